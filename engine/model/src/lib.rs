//! The vocabulary of Trunkline: ids, limits, commands, replies, events, stored records, error codes, and the pure
//! state machines and planners that the engine drives.
//!
//! What this crate never does: no I/O, no clock, no random number, no async runtime, no JSON. Time and randomness come in
//! as arguments, so that every decision made here can be replayed from its inputs.
//!
//! Invariants:
//! - a record's bytes start with a two-byte version tag ([`record::Record::TAG`]); the bytes of every version ever written stay
//!   in the tests;
//! - an instance changes state only through [`instance::InstanceState::on`], a message only through
//!   [`message::MessageStatus::on`]: both are tables, and a step that the table lacks is an error that names both sides;
//! - every bound has a name with a unit in [`limits`].

pub mod account;
pub mod address;
pub mod budget;
pub mod chat;
pub mod command;
pub mod credit;
pub mod delivery;
pub mod dialect;
pub mod event;
pub mod failure;
pub mod gate;
#[cfg(test)]
mod golden;
pub mod id;
pub mod inbound;
pub mod instance;
mod limit_class;
pub mod limits;
pub mod message;
pub mod plan;
pub mod reach;
pub mod record;
pub mod retry;
pub mod scope;
pub mod settings;
pub mod slot;

pub use address::{Address, AddressError};
pub use dialect::Dialect;
pub use failure::{ErrorCode, Failure, FieldError};
pub use id::{
    AccountId, AppId, CampaignId, ContactId, EndpointId, FileId, InstanceId, KeyId, MemberId, MessageId,
    OtpId, ScheduleId, TemplateId, WorkspaceId,
};
pub use limit_class::LimitClass;
pub use scope::Scope;
