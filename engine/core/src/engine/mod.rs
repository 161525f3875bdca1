//! The engine's whole public face: start, ask, follow, stop. Works from any thread.

mod accounts;
#[cfg(test)]
mod end_tests;
mod endpoints;
mod error;
mod handle;
mod imports;
mod instances;
mod plans;
#[cfg(test)]
mod restart_tests;
mod start;
mod status;

#[cfg(test)]
mod pressure_tests;

pub use error::EngineError;
pub use handle::{Engine, EventTail, Health, ShardHealth};
pub use status::{NodeStatus, ShardStatus};
