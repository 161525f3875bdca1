//! The engine's whole public face: start, ask, follow, stop. Works from any thread.

mod error;
mod handle;
mod instances;
mod keys;
mod start;

pub use error::EngineError;
pub use handle::{Engine, EventTail, Health, ShardHealth};
pub use keys::{NewKey, Principal, create_key_offline};
