//! The event log of one instance and what feeds it from the receiving side.

mod event_log;
mod inbound;
pub(crate) mod polls;
mod under_way;

pub(crate) use event_log::{Entries, EventLog, newest_on_disk};
pub(crate) use inbound::{CommitInbound, Reader, Unread};

#[cfg(test)]
mod tests;
