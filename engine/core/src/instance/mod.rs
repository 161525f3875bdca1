//! The instance actor: one linked number. Its state changes only here, on its shard's thread, one message at a time.
//!
//! `actor` receives and dispatches, `lanes` holds what front ends ask, `call` answers it; `lifecycle` moves through the states
//! and opens sessions, `reconnect` opens them again, `recycle` gives their memory back; `session` maps what WhatsApp says;
//! `archive`, `accept`, `accept_many`, `pump`, `status` and `receipts` are the life of an outgoing message, `votes` what is more to a vote,
//! `payment` what it costs; `views` answers questions; `settings` changes what people may change, `obey` how the instance behaves by itself; `remove` ends it all, and
//! `sweep` what has expired. `doze` ends the actor of an instance that needs none.

mod accept;
mod accept_many;
mod actor;
mod archive;
mod birth;
mod call;
mod chats;
mod contacts;
mod doze;
mod export;
mod lanes;
mod lifecycle;
mod message;
mod obey;
mod payment;
mod preview;
mod pump;
mod receipts;
mod reconnect;
mod recycle;
mod remove;
mod resend;
mod session;
mod settings;
mod state;
mod status;
mod sweep;
mod views;
mod votes;

pub(crate) use actor::InstanceActor;
pub(crate) use archive::{AcceptedArchive, archive};
pub(crate) use birth::{Before, Birth, InstanceArgs, state_without_actor};
pub(crate) use call::session_failure;
pub(crate) use lanes::{Lanes, Letter, Wake};
pub(crate) use message::{Ask, InstanceMsg};
pub(crate) use obey::to_disk as settings_to_disk;
pub(crate) use remove::finish_all;
pub(crate) use sweep::{Swept, remove_expired};
pub(crate) use views::{dormant_view, message_view};

#[cfg(test)]
mod tests;
