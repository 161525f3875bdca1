//! People of the address book.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::plan::ContactRecord;

use crate::json::time::Time;

/// Somebody of the address book.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactJson {
    id: String,
    name: Option<String>,
    phone: String,
    email: Option<String>,
    tags: BTreeSet<String>,
    attributes: BTreeMap<String, String>,
    created_at: Time,
    updated_at: Time,
}

impl ContactJson {
    pub(crate) fn of(record: &ContactRecord) -> ContactJson {
        let about = record.about.clone();
        ContactJson {
            id: record.id.to_string(),
            name: about.name,
            phone: about.phone,
            email: about.email,
            tags: about.tags,
            attributes: about.custom,
            created_at: Time(record.created_at_ms),
            updated_at: Time(record.updated_at_ms),
        }
    }
}

/// What became of people who were to be added.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ImportedJson {
    pub(crate) created: usize,
    pub(crate) updated: usize,
    pub(crate) failed: usize,
    pub(crate) errors: Vec<ImportErrorJson>,
}

/// Why somebody was not added.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ImportErrorJson {
    /// Place in the list, from 0.
    pub(crate) index: usize,
    pub(crate) error: String,
}

/// That somebody is blocked, or is not any more.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BlockedJson {
    pub(crate) id: String,
    pub(crate) phone: String,
    pub(crate) blocked: bool,
}
