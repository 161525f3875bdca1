//! Answers: `{success, data}`, with the names of 7aduta and those of WasenderAPI.

pub(crate) mod auth;
pub(crate) mod contact;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod session;
pub(crate) mod token;

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Address;
use trunkline_model::inbound::Party;

/// A request that worked, and what it gave.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Success{T}")]
pub(crate) struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    pub(super) fn of(data: T) -> Success<T> {
        Success { success: true, data }
    }
}

/// What was done, in a sentence.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Said {
    pub(super) message: &'static str,
}

/// The WhatsApp id of somebody: that of the phone number where it is known.
pub(super) fn id_of(party: &Party) -> String {
    match &party.phone {
        Some(digits) => Address::Phone(digits.clone()).jid(),
        None => party.jid.clone(),
    }
}

/// The id that hides somebody's number, where it is known.
pub(super) fn lid_of(party: &Party) -> Option<String> {
    party.lid.as_ref().map(|digits| Address::Lid(digits.clone()).jid())
}

/// Somebody as this service names people: by the digits of the number where they are known.
pub(super) fn number_of(party: &Party) -> String {
    party.phone.clone().unwrap_or_else(|| party.jid.clone())
}
