//! The instance actor: one linked number. Its state changes only here, on its shard's thread, one message at a time.
//!
//! `actor` receives and dispatches; `lifecycle` connects and moves through the states; `session` maps what WhatsApp says;
//! `archive`, `accept`, `pump` and `status` are the life of an outgoing message; `views` answers questions; `remove` ends it all.

mod accept;
mod actor;
mod archive;
mod birth;
mod call;
mod lifecycle;
mod message;
mod pump;
mod remove;
mod sealed;
mod session;
mod state;
mod status;
mod sweep;
mod views;

pub(crate) use actor::InstanceActor;
pub(crate) use archive::archive;
pub(crate) use birth::{Birth, InstanceArgs};
pub(crate) use message::{Ask, InstanceMsg};
