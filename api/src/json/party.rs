//! People and chats as replies name them: id, phone, LID, name. What is unknown is null.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Address;
use trunkline_model::inbound::Party;

use super::fields::Problems;

/// The WhatsApp id of somebody: that of the phone number where it is known.
pub(crate) fn id_of(party: &Party) -> String {
    match &party.phone {
        Some(digits) => Address::Phone(digits.clone()).jid(),
        None => party.jid.clone(),
    }
}

/// The id that hides somebody's number, where it is known.
pub(crate) fn lid_of(party: &Party) -> Option<String> {
    party.lid.as_ref().map(|digits| Address::Lid(digits.clone()).jid())
}

/// Somebody by the digits of the phone number where they are known, otherwise by the WhatsApp id.
pub(crate) fn number_of(party: &Party) -> String {
    party.phone.clone().unwrap_or_else(|| party.jid.clone())
}

/// A person or chat.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Person<'a> {
    /// WhatsApp id: the form that every operation takes. A person has one, that of the phone number where it is known; the other
    /// names are beside it.
    id: Cow<'a, str>,
    /// Phone number in E.164.
    phone: Option<String>,
    /// LID digits.
    lid: Option<String>,
    /// Name that the person gave itself.
    name: Option<&'a str>,
}

impl<'a> Person<'a> {
    /// A person of whom the engine told what it knows.
    pub(crate) fn of(party: &'a Party) -> Person<'a> {
        Person {
            id: id_of(party).into(),
            phone: party.phone.as_deref().map(e164),
            lid: party.lid.clone(),
            name: party.name.as_deref(),
        }
    }

    /// A person known by a WhatsApp id alone.
    pub(crate) fn of_jid(jid: &'a str) -> Person<'a> {
        let address = jid.parse::<Address>().ok();
        Person {
            id: jid.into(),
            phone: address.as_ref().and_then(Address::phone).map(e164),
            lid: match &address {
                Some(Address::Lid(digits)) => Some(digits.clone()),
                _ => None,
            },
            name: None,
        }
    }
}

fn e164(digits: &str) -> String {
    format!("+{digits}")
}

/// People in a body's list; entries that are none become problems.
pub(crate) fn read_people(
    problems: &mut Problems,
    field: &str,
    texts: Vec<String>,
    people_max: usize,
) -> Vec<Address> {
    problems.few(field, &texts, people_max);
    let mut people = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let field = format!("{field}.{index}");
        match problems.keep(field.as_str(), text.parse::<Address>()) {
            Some(person) if person.is_person() => people.push(person),
            Some(_) => problems.add(field, "is not a person"),
            None => {}
        }
    }
    people
}
