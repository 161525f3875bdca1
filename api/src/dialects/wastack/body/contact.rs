//! People: of the address book, and those whom somebody asks about.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_model::command::UpdateContact;
use trunkline_model::limits::{PEOPLE_PER_CHECK_MAX, TAGS_MAX};
use trunkline_model::plan::NewContact;
use trunkline_model::{Address, Failure, FieldError};

use super::message::{list, values};
use super::{anybody, needed, text};
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::fields::{First, Object};
use crate::limits::WASTACK_CONTACTS_MAX;

loose! {
    /// Somebody of the address book.
    ContactBody {
        /// The number, with its country code; unique in the account.
        phone: [phone, phoneNumber, number] Loose<String>,
        /// The name.
        name: [name, fullName] Loose<String>,
        /// E-mail address.
        email: [email] Loose<String>,
        /// Words that they are found by.
        tags: [tags] First<Loose<String>, { TAGS_MAX + 1 }>,
        /// The account's own fields; templates can name them.
        attributes: [attributes, customFields] BTreeMap<String, Loose<String>>,
    }
}

loose! {
    /// Several of them.
    ContactsBody {
        /// The people; who is there already is completed.
        contacts: [contacts] First<Object<ContactBody>, { WASTACK_CONTACTS_MAX + 1 }>,
    }
}

loose! {
    /// Numbers that are asked about.
    CheckBody {
        /// The device that asks.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// The numbers.
        phones: [phones, numbers] First<Loose<String>, { PEOPLE_PER_CHECK_MAX + 1 }>,
    }
}

loose! {
    /// The device that something is done on.
    DeviceBody {
        /// The device.
        device: [deviceId, device_id, sessionId] Loose<String>,
    }
}

/// The digits of a phone number.
fn digits(phone: &str) -> Result<String, Failure> {
    let phone = anybody("phone", phone)?;
    phone.phone().map(str::to_owned).ok_or_else(|| wrong("phone", "is not a phone number"))
}

/// A problem of a contact with the name that the member has here.
fn in_our_words(problem: FieldError) -> FieldError {
    let field = if problem.field == "custom" { "attributes".to_owned() } else { problem.field };
    FieldError { field, ..problem }
}

impl ContactBody {
    /// # Errors
    /// `VALIDATION` with the members that are wrong.
    pub(crate) fn read(mut self) -> Result<NewContact, Failure> {
        let contact = NewContact {
            phone: digits(&needed("phone", self.phone())?)?,
            name: text(self.name()),
            email: text(self.email()),
            notes: None,
            tags: tags(self.tags()).unwrap_or_default(),
            custom: values(self.attributes()),
        };
        let problems: Vec<FieldError> = contact.problems().into_iter().map(in_our_words).collect();
        if problems.is_empty() { Ok(contact) } else { Err(Failure::invalid(problems)) }
    }

    /// The changes to somebody: what is left out stays.
    ///
    /// # Errors
    /// `VALIDATION` for what is no number.
    pub(crate) fn changes(mut self) -> Result<UpdateContact, Failure> {
        Ok(UpdateContact {
            phone: text(self.phone()).map(|phone| digits(&phone)).transpose()?,
            name: text(self.name()).map(Some),
            email: text(self.email()).map(Some),
            notes: None,
            tags: tags(self.tags()),
            custom: self.attributes().map(|attributes| values(Some(attributes))),
        })
    }
}

type Tags = First<Loose<String>, { TAGS_MAX + 1 }>;

fn tags(given: Option<Tags>) -> Option<BTreeSet<String>> {
    given.map(|First(tags)| tags.into_iter().map(|Loose(tag)| tag).collect())
}

impl ContactsBody {
    /// What each of them is, or what is wrong with it.
    ///
    /// # Errors
    /// `VALIDATION` when there are none or too many.
    pub(crate) fn read(mut self) -> Result<Vec<Result<NewContact, Failure>>, Failure> {
        let contacts = list(self.contacts());
        if !(1..=WASTACK_CONTACTS_MAX).contains(&contacts.len()) {
            return Err(wrong("contacts", format!("has not 1 to {WASTACK_CONTACTS_MAX} contacts")));
        }
        Ok(contacts.into_iter().map(|Object(contact)| contact.read()).collect())
    }
}

impl CheckBody {
    /// The questions, and who they are about.
    ///
    /// # Errors
    /// `VALIDATION` when there are none or too many.
    pub(crate) fn read(mut self) -> Result<Vec<(String, Option<Address>)>, Failure> {
        let phones = list(self.phones());
        if !(1..=PEOPLE_PER_CHECK_MAX).contains(&phones.len()) {
            return Err(wrong("phones", format!("has not 1 to {PEOPLE_PER_CHECK_MAX} numbers")));
        }
        let person = |phone: &String| phone.parse::<Address>().ok().filter(Address::is_person);
        Ok(phones.into_iter().map(|Loose(phone)| (phone.clone(), person(&phone))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_with_numbers_in_any_form() {
        let read = |json: &str| serde_json::from_str::<ContactBody>(json).expect(json).read();
        let contact = read(r#"{"phone":"+91 98765 43210","name":"A","tags":["x"],"attributes":{"n":1}}"#);
        let contact = contact.expect("somebody");
        assert_eq!((contact.phone.as_str(), contact.custom["n"].as_str()), ("919876543210", "1"));
        for (json, field) in [
            ("{}", "phone"),
            (r#"{"phone":"a"}"#, "phone"),
            (r#"{"phone":"919876543210","email":"x"}"#, "email"),
            (r#"{"phone":"919876543210","tags":[""]}"#, "tags"),
            (r#"{"phone":"919876543210","attributes":{"":"1"}}"#, "attributes"),
        ] {
            assert_eq!(read(json).expect_err(json).fields[0].field, field, "{json}");
        }
    }

    #[test]
    fn changes_leave_what_they_do_not_name() {
        let body: ContactBody = serde_json::from_str(r#"{"name":"B"}"#).expect("a body");
        let expected = UpdateContact { name: Some(Some("B".to_owned())), ..UpdateContact::default() };
        assert_eq!(body.changes(), Ok(expected));
    }
}
