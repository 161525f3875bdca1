//! What an instance knows of chats and people, beside its event log and its outgoing messages.
//!
//! It is written in the batch of the event or status that it follows from, never in one of its own: a received message adds
//! two rows to its batch (its place in the chat, and the chat), a sent one as many to the batch that says so; a third one
//! goes along once an hour for each chat, and a fourth when somebody is met for the first time. Messages are not copied: a place
//! points to the event or to the outgoing record.
//!
//! `pending` holds rows whose batch is on its way to the disk, so that the next change builds on them; `sheet` reads through
//! it and collects what a batch is to write; `follow` says what an event means for the rows. `reader`, `search` and `people`
//! answer questions from the disk alone. `retention` removes what is too old.

mod follow;
mod pending;
mod people;
mod place;
mod reader;
mod retention;
mod search;
mod sheet;

pub(crate) use follow::Note;
pub(crate) use pending::Pending;
pub(crate) use place::forget_place;
pub(crate) use reader::ChatReader;
pub(crate) use retention::{RetentionSweep, retention_days};
pub(crate) use sheet::Sheet;

#[cfg(test)]
mod tests;
