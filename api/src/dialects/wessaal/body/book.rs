//! Contacts and templates.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::command::UpdateContact;
use trunkline_model::plan::{NewContact, TemplateText};

use super::message::{Kind, kind};
use crate::dialects::wessaal::{CONTACT_NAMES, renamed};
use crate::dialects::word::{Word, flag, needed, number, said};
use crate::json::fields::{Problems, nullable};
use crate::json::plan::{check_name, read_phone};

/// Body of `contacts`, to make one or to change it: of a change, what is left out stays, and null removes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactBody {
    /// With the country code; unique in the account.
    phone: Option<Word>,
    /// What people call him.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    label: Option<Option<Word>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    email: Option<Option<Word>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    notes: Option<Option<Word>>,
}

impl ContactBody {
    /// Somebody new.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn create(self) -> Result<NewContact, Failure> {
        let mut problems = Problems::default();
        let phone = needed(&mut problems, "phone", self.phone);
        let phone = phone.and_then(|text| read_phone(&mut problems, "phone", &text));
        let contact = NewContact {
            phone: phone.unwrap_or_default(),
            name: self.label.flatten().and_then(|word| said(Some(word))),
            email: self.email.flatten().and_then(|word| said(Some(word))),
            notes: self.notes.flatten().and_then(|word| said(Some(word))),
            tags: BTreeSet::new(),
            ..NewContact::default()
        };
        problems.extend(renamed(contact.problems(), CONTACT_NAMES));
        problems.or(Some(contact))
    }

    /// Changes to somebody.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn update(self) -> Result<UpdateContact, Failure> {
        let mut problems = Problems::default();
        let phone = said(self.phone).map(|text| read_phone(&mut problems, "phone", &text));
        let update = UpdateContact {
            phone: phone.flatten(),
            name: self.label.map(said),
            email: self.email.map(said),
            notes: self.notes.map(said),
            ..UpdateContact::default()
        };
        problems.or(Some(update))
    }
}

/// Body of `templates`, to make one or to change it: of a change, what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Template")]
pub(crate) struct TemplateBody {
    /// Number of the workspace that it belongs to.
    #[schemars(with = "u64")]
    workspace_id: Option<Word>,
    name: Option<Word>,
    /// `text`, `image`, `video`, `document` or `audio`.
    message_type: Option<Word>,
    /// The text, with `{{variables}}`.
    content: Option<Word>,
    /// Whether it may be sent; true when left out.
    #[schemars(with = "Option<bool>")]
    is_active: Option<Word>,
}

/// What a body says of a template.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TemplateSaid {
    pub(crate) workspace: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<Kind>,
    pub(crate) content: Option<String>,
    pub(crate) active: Option<bool>,
}

impl TemplateBody {
    /// What it says; everything but `is_active` where it has to say it.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, is_new: bool) -> Result<TemplateSaid, Failure> {
        let mut problems = Problems::default();
        if is_new {
            let fields = [
                ("workspace_id", &self.workspace_id),
                ("name", &self.name),
                ("message_type", &self.message_type),
                ("content", &self.content),
            ];
            for (field, word) in fields {
                needed(&mut problems, field, word.clone());
            }
        }
        let told = TemplateSaid {
            workspace: number(&mut problems, "workspace_id", (self.workspace_id, "field must be an integer")),
            name: said(self.name),
            kind: kind(&mut problems, "message_type", self.message_type),
            content: said(self.content),
            active: flag(&mut problems, "is_active", self.is_active),
        };
        if let Some(name) = &told.name {
            check_name(&mut problems, name);
        }
        if let Some(content) = &told.content {
            problems.keep("content", TemplateText::parse(content));
        }
        problems.or(Some(told))
    }
}
