//! People and chats as replies name them: id, phone, LID, name. What is unknown is null.

use serde::Serialize;
use trunkline_model::Address;
use trunkline_model::inbound::Party;

/// A person or chat.
#[derive(Debug, Serialize)]
pub(crate) struct Person<'a> {
    /// WhatsApp id: the form that every operation takes.
    id: &'a str,
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
            id: &party.jid,
            phone: party.phone.as_deref().map(e164),
            lid: party.lid.clone(),
            name: party.name.as_deref(),
        }
    }

    /// A person known by a WhatsApp id alone.
    pub(crate) fn of_jid(jid: &'a str) -> Person<'a> {
        let address = jid.parse::<Address>().ok();
        Person {
            id: jid,
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
