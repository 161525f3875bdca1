//! What an account plans: templates, address book, suppression list, one-time passwords, campaigns, schedules.

pub(crate) mod book;
pub(crate) mod campaign;
pub(crate) mod import;
pub(crate) mod otp;
pub(crate) mod schedule;
pub(crate) mod suppression;
pub(crate) mod template;

use std::collections::BTreeMap;

use trunkline_model::limits::PLAN_NAME_BYTES_MAX;
use trunkline_model::{Address, InstanceId};

use super::fields::Problems;

/// Gives the account's instance of an id or name.
pub(crate) type Resolve<'a> = &'a dyn Fn(&str) -> Option<InstanceId>;

/// Values of variables, as a body has them.
pub(crate) type Variables = BTreeMap<String, String>;

/// The digits of a phone number.
pub(crate) fn read_phone(problems: &mut Problems, field: &str, text: &str) -> Option<String> {
    let address = problems.keep(field, text.parse::<Address>())?;
    let phone = address.phone().map(str::to_owned);
    if phone.is_none() {
        problems.add(field, "is no phone number with its country code");
    }
    phone
}

/// A person by phone number or LID.
pub(crate) fn read_person(problems: &mut Problems, field: &str, text: &str) -> Option<Address> {
    let address = problems.keep(field, text.parse::<Address>())?;
    if address.is_person() {
        return Some(address);
    }
    problems.add(field, "is no person");
    None
}

/// The instance that a body names.
pub(crate) fn read_instance(
    problems: &mut Problems,
    field: &str,
    text: &str,
    resolve: Resolve<'_>,
) -> Option<InstanceId> {
    let found = resolve(text);
    if found.is_none() {
        problems.add(field, "is no instance of this account");
    }
    found
}

/// Checks a name.
pub(crate) fn check_name(problems: &mut Problems, name: &str) {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        problems.add("name", "is empty or has control characters");
    }
    problems.bound("name", name, PLAN_NAME_BYTES_MAX);
}
