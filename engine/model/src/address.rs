//! One tolerant reader of people and chats, one canonical written form.

use core::fmt;
use core::str::FromStr;

/// A place that a message can go to or come from, in WhatsApp's own naming.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
)]
pub enum Address {
    /// A person by phone number: digits only, country code first.
    Phone(String),
    /// A person by LID: WhatsApp's number-hiding id.
    Lid(String),
    /// A group by the part of its id before `@g.us`.
    Group(String),
    /// A newsletter by the part of its id before `@newsletter`.
    Newsletter(String),
    /// The status broadcast list.
    Status,
}

/// Why a text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("is empty; give a phone number with country code, a LID, or a group id")]
    Empty,
    /// Too few or too many digits for E.164.
    #[error("is not a phone number: give 7 to 15 digits with the country code, as in +966501234567")]
    PhoneLength,
    /// Something that is neither digits nor a known id form.
    #[error("is neither a phone number (digits, an optional leading +) nor a WhatsApp id")]
    Form,
    /// The server part of a WhatsApp id is not one that Trunkline sends to.
    #[error("has an unknown server part after the @")]
    Server,
}

/// Fewest and most digits of a phone number with its country code (ITU-T E.164 allows at most 15).
pub const PHONE_DIGITS: core::ops::RangeInclusive<usize> = 7..=15;
const ID_BYTES_MAX: usize = 64;

impl Address {
    /// The WhatsApp id (JID) of the account, without a device.
    pub fn jid(&self) -> String {
        match self {
            Address::Phone(digits) => format!("{digits}@s.whatsapp.net"),
            Address::Lid(user) => format!("{user}@lid"),
            Address::Group(id) => format!("{id}@g.us"),
            Address::Newsletter(id) => format!("{id}@newsletter"),
            Address::Status => "status@broadcast".to_owned(),
        }
    }

    /// The phone number's digits, when the address is one.
    pub fn phone(&self) -> Option<&str> {
        match self {
            Address::Phone(digits) => Some(digits),
            _ => None,
        }
    }

    /// Whether one person, and not a group or list, is addressed.
    pub fn is_person(&self) -> bool {
        matches!(self, Address::Phone(_) | Address::Lid(_))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.jid())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads `+966 50 123-4567`, `00966501234567`, bare digits, and JIDs with or without a device part.
    fn from_str(text: &str) -> Result<Address, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        match text.split_once('@') {
            Some((user, server)) => read_jid(user, server),
            None => read_phone(text),
        }
    }
}

fn read_jid(user: &str, server: &str) -> Result<Address, AddressError> {
    if user.len() > ID_BYTES_MAX {
        return Err(AddressError::Form);
    }
    // `user:device` and `user_agent:device` name a device of the account; the account is what is addressed.
    let account = user.split([':', '_']).next().unwrap_or(user);
    match server {
        "s.whatsapp.net" | "c.us" => read_phone(account),
        "lid" => digits(account).map(Address::Lid),
        "g.us" => group(user),
        "newsletter" => digits(user).map(Address::Newsletter),
        "broadcast" if user == "status" => Ok(Address::Status),
        _ => Err(AddressError::Server),
    }
}

fn digits(text: &str) -> Result<String, AddressError> {
    let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| text.to_owned()).ok_or(AddressError::Form)
}

fn group(text: &str) -> Result<Address, AddressError> {
    // New groups are digits; old ones are `creator-timestamp`.
    let well_formed = text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        && text.bytes().next().is_some_and(|b| b.is_ascii_digit());
    well_formed.then(|| Address::Group(text.to_owned())).ok_or(AddressError::Form)
}

fn read_phone(text: &str) -> Result<Address, AddressError> {
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    let mut out = String::with_capacity(rest.len().min(ID_BYTES_MAX));
    for ch in rest.chars() {
        match ch {
            '0'..='9' => out.push(ch),
            ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
            _ => return Err(AddressError::Form),
        }
    }
    if PHONE_DIGITS.contains(&out.len()) { Ok(Address::Phone(out)) } else { Err(AddressError::PhoneLength) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Result<&str, AddressError>) {
        let read = text.parse::<Address>().map(|a| a.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn people_and_chats_in_every_written_form() {
        for phone in ["+966 50 123-4567", "966501234567", "00966501234567", "966501234567:3@s.whatsapp.net"] {
            check(phone, Ok("966501234567@s.whatsapp.net"));
        }
        check("966501234567@c.us", Ok("966501234567@s.whatsapp.net"));
        check("100000012345678:9@lid", Ok("100000012345678@lid"));
        check("120363021033254949@g.us", Ok("120363021033254949@g.us"));
        check("5511987650001-1614300000@g.us", Ok("5511987650001-1614300000@g.us"));
        check("status@broadcast", Ok("status@broadcast"));
    }

    #[test]
    fn what_names_nobody_says_why() {
        check(" ", Err(AddressError::Empty));
        check("12345", Err(AddressError::PhoneLength));
        check("1234567890123456", Err(AddressError::PhoneLength));
        check("hello", Err(AddressError::Form));
        check("x@lid", Err(AddressError::Form));
        check("1@example.com", Err(AddressError::Server));
        check("-1@g.us", Err(AddressError::Form));
    }

    proptest! {
        #[test]
        fn canonical_form_reads_back_and_nothing_panics(text in "\\PC{0,40}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
