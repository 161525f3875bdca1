//! The address book.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::command::UpdateContact;
use trunkline_model::limits::TAGS_MAX;
use trunkline_model::plan::{ContactRecord, NewContact};

use super::read_phone;
use crate::json::fields::{First, Problems, nullable, present};
use crate::json::time::Time;

type Tags = First<String, { TAGS_MAX + 1 }>;

/// Body of `address_book.create`, and a row of an import.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewContact")]
pub(crate) struct ContactBody {
    /// With the country code; unique in the account.
    phone: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    #[schemars(with = "Tags")]
    tags: Tags,
    /// Fields of the account's own; templates can name them.
    #[serde(default)]
    custom: BTreeMap<String, String>,
}

impl ContactBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<NewContact, Failure> {
        let mut problems = Problems::default();
        problems.few("tags", &self.tags.0, TAGS_MAX);
        let phone = read_phone(&mut problems, "phone", &self.phone);
        let contact = NewContact {
            phone: phone.unwrap_or_default(),
            name: self.name,
            email: self.email,
            notes: self.notes,
            tags: self.tags.0.into_iter().collect(),
            custom: self.custom,
        };
        problems.extend(contact.problems());
        problems.or(Some(contact))
    }
}

/// Body of `address_book.update`: what is left out stays, null removes, lists and objects are replaced whole.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateContact")]
pub(crate) struct ContactChange {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    phone: Option<String>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    name: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    email: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    notes: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Tags")]
    tags: Option<Tags>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "BTreeMap<String, String>")]
    custom: Option<BTreeMap<String, String>>,
}

impl ContactChange {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<UpdateContact, Failure> {
        let mut problems = Problems::default();
        if let Some(First(tags)) = &self.tags {
            problems.few("tags", tags, TAGS_MAX);
        }
        let phone = self.phone.map(|text| read_phone(&mut problems, "phone", &text));
        problems.or(Some(UpdateContact {
            phone: phone.flatten(),
            name: self.name,
            email: self.email,
            notes: self.notes,
            tags: self.tags.map(|First(tags)| tags.into_iter().collect()),
            custom: self.custom,
        }))
    }
}

/// Somebody of the address book.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BookContact")]
pub(crate) struct BookContactJson<'a> {
    id: String,
    phone: &'a str,
    name: Option<&'a str>,
    email: Option<&'a str>,
    notes: Option<&'a str>,
    tags: &'a BTreeSet<String>,
    custom: &'a BTreeMap<String, String>,
    created_at: Time,
    updated_at: Time,
}

impl<'a> BookContactJson<'a> {
    pub(crate) fn of(record: &'a ContactRecord) -> BookContactJson<'a> {
        let about = &record.about;
        BookContactJson {
            id: record.id.to_string(),
            phone: &about.phone,
            name: about.name.as_deref(),
            email: about.email.as_deref(),
            notes: about.notes.as_deref(),
            tags: &about.tags,
            custom: &about.custom,
            created_at: Time(record.created_at_ms),
            updated_at: Time(record.updated_at_ms),
        }
    }
}
