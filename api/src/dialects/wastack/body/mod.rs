//! What customers write, read tolerantly: members have several names, and unknown ones are passed over.

pub(super) mod about;
pub(super) mod app;
pub(super) mod contact;
pub(super) mod device;
pub(super) mod group;
pub(super) mod message;
pub(super) mod otp;
pub(super) mod schedule;
pub(super) mod template;
pub(super) mod webhook;
pub(super) mod when;

use trunkline_model::{Address, Failure};

use super::wrong;
use crate::dialects::loose::Loose;

/// The text of a member that was given.
pub(super) fn text(given: Option<Loose<String>>) -> Option<String> {
    given.map(|Loose(text)| text)
}

/// A member that has to be there.
pub(super) fn needed(field: &str, given: Option<Loose<String>>) -> Result<String, Failure> {
    text(given).ok_or_else(|| wrong(field, "is missing"))
}

/// Anybody: digits with or without a plus, or a WhatsApp id.
pub(super) fn anybody(field: &str, text: &str) -> Result<Address, Failure> {
    text.parse::<Address>().map_err(|error| wrong(field, error.to_string()))
}

/// A person.
pub(super) fn person(field: &str, text: &str) -> Result<Address, Failure> {
    let person = anybody(field, text)?;
    if person.is_person() { Ok(person) } else { Err(wrong(field, "is not a person")) }
}
