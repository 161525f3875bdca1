//! Where events go, and what a failed delivery leads to. Pure: time and chance come in as arguments.
//!
//! An *endpoint* is a webhook, a message broker or a consumer that pulls. It hears of an account's events, or of those of some
//! instances, each instance's in the order of its log. A *lane* is one endpoint's way through one instance's log: the live one
//! follows the log for ever, a replay ends where it was told to. Every lane has its place on disk.

mod breaker;
mod endpoint;
mod filter;
mod hook;
mod lane;
mod outcome;

pub use breaker::{Breaker, BreakerState, Leave};
pub use endpoint::{
    Batching, DialectFormat, Endpoint, EndpointRecord, FollowFrom, Format, HttpTarget, NatsTarget, OldSecret,
    Pause, PauseReason, RabbitMqTarget, RetrySchedule, Target, TargetKind,
};
pub use filter::{ChatKind, Filter};
pub use hook::{HookChange, HookId, Telling, Told};
pub use lane::{LaneCounts, LaneRecord, Next, Stretch, Trouble};
pub use outcome::{DeadLetterRecord, DeliveryRecord, Outcome, Verdict};
