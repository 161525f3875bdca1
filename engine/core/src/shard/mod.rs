//! A shard: one pinned thread with its runtime, its store, its timers and its actors.

mod boot;
mod bulk;
mod census;
mod context;
mod dormitory;
mod governor;
mod polls;
mod resume;
mod sequences;
mod supervisor;
mod thread;
mod timers;

pub(crate) use boot::{Found, read};
pub(crate) use census::{Choice, Reading};
pub(crate) use context::ShardContext;
pub(crate) use polls::{Breather, Measured, PollKind, Polls};
pub(crate) use resume::{Permit, Turns, TurnsThread};
pub(crate) use sequences::SequenceError;
#[cfg(test)]
pub(crate) use supervisor::ShardSupervisor;
pub(crate) use supervisor::{SupervisorMsg, store_failure};
pub(crate) use thread::{ShardHandle, ShardParts, start};
pub(crate) use timers::{TimerKey, TimerTag};

/// What a test builds a shard from.
#[cfg(test)]
pub(crate) mod parts {
    pub(crate) use super::bulk::BulkTurns;
    pub(crate) use super::dormitory::Dormitory;
    pub(crate) use super::governor::{Governor, MemoryPolicy};
    pub(crate) use super::polls::Polls;
    pub(crate) use super::resume::Turns;
    pub(crate) use super::sequences::Sequences;
    pub(crate) use super::timers::Timers;
}
