//! A shard: one pinned thread with its runtime, its store, its timers and its actors.

mod boot;
mod context;
mod sequences;
mod supervisor;
mod thread;
mod timers;

pub(crate) use boot::{Found, read};
pub(crate) use context::ShardContext;
pub(crate) use supervisor::{SupervisorMsg, store_failure};
pub(crate) use thread::{ShardHandle, ShardParts, start};
pub(crate) use timers::TimerTag;
