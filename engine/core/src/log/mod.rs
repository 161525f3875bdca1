//! The event log of one instance and what feeds it from the receiving side.

mod boundary;
mod event_log;
mod inbound;
pub(crate) mod polls;
mod trim;
mod under_way;

pub(crate) use boundary::Boundary;
pub(crate) use event_log::{Entries, EventLog, event, newest_on_disk, read, sequence_of};
pub(crate) use inbound::{CommitInbound, Reader, Unread};
pub(crate) use trim::trim;

#[cfg(test)]
mod tests;
