//! Contacts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::plan::ContactRecord;

use crate::json::time::Time;

/// Somebody of the address book.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Contact")]
pub(in crate::dialects::wasaas) struct ContactJson {
    id: String,
    name: Option<String>,
    /// Digits, country code first.
    phone: String,
    email: Option<String>,
    tags: BTreeSet<String>,
    custom_fields: BTreeMap<String, String>,
    created_at: Time,
    updated_at: Time,
}

impl ContactJson {
    pub(in crate::dialects::wasaas) fn of(record: &ContactRecord) -> ContactJson {
        let about = &record.about;
        ContactJson {
            id: record.id.to_string(),
            name: about.name.clone(),
            phone: about.phone.clone(),
            email: about.email.clone(),
            tags: about.tags.clone(),
            custom_fields: about.custom.clone(),
            created_at: Time(record.created_at_ms),
            updated_at: Time(record.updated_at_ms),
        }
    }
}

/// What became of an import.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "Import")]
pub(in crate::dialects::wasaas) struct ImportJson {
    /// Those that are in the address book now: new, or completed.
    pub(in crate::dialects::wasaas) imported: usize,
    /// Those among them that were there before.
    pub(in crate::dialects::wasaas) updated: usize,
    /// Those that are not in it.
    pub(in crate::dialects::wasaas) skipped: usize,
    /// Why each of those is not.
    pub(in crate::dialects::wasaas) errors: Vec<ImportErrorJson>,
}

/// Somebody who was not imported.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportError")]
pub(in crate::dialects::wasaas) struct ImportErrorJson {
    /// His place in the request, from 0.
    pub(in crate::dialects::wasaas) index: usize,
    pub(in crate::dialects::wasaas) error: String,
}
