//! The commands, one file each.

pub mod account;
pub mod config;
pub mod credit;
mod door;
pub mod events;
pub mod key;
pub mod link;
pub mod serve;
mod server;
pub mod webhooks;
