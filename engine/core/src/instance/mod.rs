//! The instance actor: one linked number. Its state changes only here, on its shard's thread, one message at a time.
//!
//! `actor` receives and dispatches, `lanes` holds what front ends ask, `call` answers it; `lifecycle` moves through the states
//! and opens sessions, `reconnect` opens them again, `recycle` gives their memory back; `session` maps what WhatsApp says;
//! `archive`, `accept`, `pump` and `status` are the life of an outgoing message; `views` answers questions; `settings` changes
//! what people may change; `remove` ends it all, and `sweep` what has expired.

mod accept;
mod actor;
mod archive;
mod birth;
mod call;
mod lanes;
mod lifecycle;
mod message;
mod pump;
mod reconnect;
mod recycle;
mod remove;
mod sealed;
mod session;
mod settings;
mod state;
mod status;
mod sweep;
mod views;

pub(crate) use actor::InstanceActor;
pub(crate) use archive::archive;
pub(crate) use birth::{Birth, InstanceArgs};
pub(crate) use lanes::{Lanes, Letter};
pub(crate) use message::{Ask, InstanceMsg};
pub(crate) use remove::finish_all;

#[cfg(test)]
mod tests;
