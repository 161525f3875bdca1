//! From the log to whoever wants to hear of it: webhooks, message brokers, consumers that pull, streams of a whole account.
//!
//! Every endpoint has a lane through the log of each of its instances, and the lane's place is on disk beside the log: a restart
//! goes on where it stopped. A lane delivers in the order of its log and one delivery at a time; lanes do not wait for each other,
//! nor do endpoints. Losing the last place in a crash repeats deliveries, never skips one.
//!
//! What it costs is in proportion to what waits: an endpoint whose instances are quiet is a record in memory, a lane that is at
//! the end of its log a row on disk.
//!
//! ```text
//! event log ── news ──▶ Inbox ──▶ Dispatcher ──▶ Station (endpoint × shard) ──▶ Runner ──▶ Lane ──▶ Courier
//! ```

mod census;
mod courier;
mod dispatcher;
mod follow;
mod hooks;
mod inbox;
mod journal;
mod key;
mod lane;
mod meters;
mod pull;
mod registry;
mod replay;
mod rows;
mod runner;
mod station;
mod sums;
#[cfg(test)]
mod tests;

pub(crate) use courier::test;
pub(crate) use courier::{Couriers, check_address, check_target};
pub(crate) use dispatcher::Dispatcher;
pub use follow::AccountFollower;
pub(crate) use inbox::Inbox;
pub(crate) use pull::{acknowledge, pull};
pub(crate) use registry::{Entry, Registry, ShardSide, TellPaused};
pub(crate) use replay::replay;
pub(crate) use rows::{forget_letters, read_endpoint};
pub(crate) use sums::{dead_letters, deliveries, health};

use trunkline_model::delivery::{DialectFormat, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::{AccountId, EndpointId, InstanceId};

/// Writes events as endpoints read them. The engine knows no JSON; the node passes the API's writers in.
pub trait EventWriter: Send + Sync {
    /// The body of a delivery of one event.
    fn one(&self, account: AccountId, instance: InstanceId, event: &Event) -> Vec<u8>;

    /// The body of a delivery of several.
    fn many(&self, account: AccountId, instance: InstanceId, events: &[&Event]) -> Vec<u8>;

    /// The public id of an event.
    fn id(&self, instance: InstanceId, sequence: u64) -> String;

    /// Whether a dialect has such an event, and the format does not leave it out.
    fn is_told(&self, format: &DialectFormat, event: &Event) -> bool;

    /// One event in the form of a dialect, signed: the body, and the headers that go with it. `None` when it is not told.
    fn in_dialect(&self, telling: &Telling<'_>) -> Option<Told>;

    /// The body of a test delivery, which no log has.
    fn test(&self, account: AccountId, endpoint: EndpointId, time_ms: i64) -> Vec<u8>;
}
