//! Contacts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::command::UpdateContact;
use trunkline_model::limits::TAGS_MAX;
use trunkline_model::plan::NewContact;

use super::first;
use crate::dialects::loose::Loose;
use crate::dialects::wasaas::wrong;
use crate::dialects::word::{Word, Words, needed, said, values};
use crate::json::fields::{First, Object, Problems, nullable};
use crate::json::plan::read_phone;
use crate::limits::WASAAS_PEOPLE_MAX;

/// A contact that is to be made or changed: of a change, what is left out stays, and null removes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "NewContact")]
pub(crate) struct ContactBody {
    /// With the country code; unique in the account.
    phone: Option<Word>,
    /// The same.
    phone_number: Option<Word>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    name: Option<Option<Word>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    email: Option<Option<Word>>,
    /// All of them.
    tags: Option<First<String, { TAGS_MAX + 1 }>>,
    /// Fields of the account's own, all of them; templates can name them.
    custom_fields: Option<Words>,
}

fn tags(problems: &mut Problems, tags: First<String, { TAGS_MAX + 1 }>) -> BTreeSet<String> {
    problems.few("tags", &tags.0, TAGS_MAX);
    tags.0.into_iter().collect()
}

impl ContactBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn create(mut self) -> Result<NewContact, Failure> {
        let mut problems = Problems::default();
        let phone = first([&mut self.phone, &mut self.phone_number]).map(Loose);
        let phone = needed(&mut problems, "phone", phone);
        let phone = phone.and_then(|text| read_phone(&mut problems, "phone", &text));
        let contact = NewContact {
            phone: phone.unwrap_or_default(),
            name: said(self.name.flatten()),
            email: said(self.email.flatten()),
            notes: None,
            tags: tags(&mut problems, self.tags.unwrap_or_default()),
            custom: custom(self.custom_fields),
        };
        problems.extend(contact.problems());
        problems.or(Some(contact))
    }

    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn update(mut self) -> Result<UpdateContact, Failure> {
        let mut problems = Problems::default();
        let phone = first([&mut self.phone, &mut self.phone_number]);
        let phone = phone.and_then(|text| read_phone(&mut problems, "phone", &text));
        let update = UpdateContact {
            phone,
            name: self.name.map(said),
            email: self.email.map(said),
            notes: None,
            tags: self.tags.map(|given| tags(&mut problems, given)),
            custom: self.custom_fields.map(|fields| custom(Some(fields))),
        };
        problems.or(Some(update))
    }
}

fn custom(fields: Option<Words>) -> BTreeMap<String, String> {
    values(fields)
}

/// One contact, or many under `contacts`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Contacts")]
pub(crate) struct ContactsBody {
    #[serde(flatten)]
    one: ContactBody,
    /// Those that are to be imported.
    #[schemars(with = "Option<First<ContactBody, { WASAAS_PEOPLE_MAX + 1 }>>")]
    contacts: Option<First<Object<ContactBody>, { WASAAS_PEOPLE_MAX + 1 }>>,
}

/// What a body of contacts is.
#[derive(Debug)]
pub(crate) enum Given {
    One(Box<ContactBody>),
    Many(Vec<ContactBody>),
}

impl ContactsBody {
    /// # Errors
    /// `VALIDATION` for none, or too many.
    pub(crate) fn read(self) -> Result<Given, Failure> {
        let Some(First(contacts)) = self.contacts else { return Ok(Given::One(Box::new(self.one))) };
        if !(1..=WASAAS_PEOPLE_MAX).contains(&contacts.len()) {
            return Err(wrong("contacts", format!("has not 1 to {WASAAS_PEOPLE_MAX} people")));
        }
        Ok(Given::Many(contacts.into_iter().map(|Object(contact)| contact).collect()))
    }

    /// Of one that is there already.
    pub(crate) fn into_one(self) -> ContactBody {
        self.one
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Given {
        serde_json::from_value::<ContactsBody>(body).expect("it is a body").read().expect("it is in order")
    }

    #[test]
    fn a_contact_has_tags_and_fields_of_its_own() {
        let one = read(json!({
            "name": "Nora", "phone": "+5511999999999", "tags": ["vip"], "customFields": {"city": "Porto", "age": 30},
        }));
        let Given::One(body) = one else { panic!("{one:?}") };
        let contact = body.create().expect("it is in order");
        assert_eq!((contact.phone.as_str(), contact.name.as_deref()), ("5511999999999", Some("Nora")));
        assert_eq!((contact.tags.len(), contact.custom["age"].as_str()), (1, "30"));
    }

    #[test]
    fn many_are_an_import_and_a_change_leaves_what_it_does_not_name() {
        let many = read(json!({"contacts": [{"phone": "5511999999999"}, {"name": "nobody"}]}));
        let Given::Many(bodies) = many else { panic!("{many:?}") };
        let read: Vec<bool> = bodies.into_iter().map(|body| body.create().is_ok()).collect();
        assert_eq!(read, [true, false]);
        let change: ContactBody = serde_json::from_value(json!({"name": null})).expect("it is a body");
        let change = change.update().expect("it is in order");
        assert_eq!((change.name, change.email, change.tags), (Some(None), None, None));
    }
}
