//! The engine: shards, supervision, instance actors, the outbox pump, the event log and deliveries. [`Engine`] is its whole
//! public face.
//!
//! What this crate never does: parse or write JSON, read environment variables or flags, name a type of the WhatsApp protocol
//! crates or of the storage engine.
//!
//! Invariants:
//! - an accepted message is on disk before its caller hears of it, under the WhatsApp id that it will be sent with, always;
//! - a received message is in the event log before WhatsApp hears an acknowledgement;
//! - an instance lives on one shard; everything that changes it runs on that shard's thread, through its actor;
//! - an instance changes its state only through the transition table of `trunkline-model`;
//! - nothing is spawned bare, and every queue, retry and timeout has its bound in [`limits`].

mod account;
mod chats;
mod clock;
mod config;
mod credits;
mod delivery;
mod directory;
mod engine;
mod fatal;
mod instance;
pub mod limits;
mod log;
mod media;
pub mod metrics;
mod patient;
mod place;
mod planner;
mod portable;
mod shard;
mod spawn;
#[cfg(test)]
mod testing;
mod watch;

pub use account::{AppPrincipal, OfflineAccounts, Principal};
pub use config::EngineConfig;
pub use delivery::{AccountFollower, EventWriter};
pub use engine::{Engine, EngineError, EventTail, Health, NodeStatus, ShardHealth, ShardStatus};
pub use fatal::{Fatal, OnFatal};
pub use media::BucketConfig;
pub use trunkline_whatsapp::{Endpoints, SessionKitConfig};
