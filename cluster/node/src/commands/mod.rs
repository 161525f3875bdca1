//! The commands, one file each.

pub mod config;
pub mod key;
pub mod link;
pub mod serve;
