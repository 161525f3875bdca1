//! Answers.

pub(super) mod app;
pub(super) mod contact;
pub(super) mod data;
pub(super) mod device;
pub(super) mod group;
pub(super) mod message;
pub(super) mod otp;
pub(super) mod schedule;
pub(super) mod template;
pub(super) mod webhook;

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::inbound::Party;

pub(super) use crate::json::party::{id_of, number_of as name_of};

/// Where a page is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    /// From 1.
    pub(super) page: usize,
    /// Entries of a page.
    pub(super) limit: usize,
    /// Entries of the list.
    pub(super) total: usize,
    /// Pages of the list.
    pub(super) total_pages: usize,
}

/// That something is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeletedJson {
    id: String,
    deleted: bool,
}

impl DeletedJson {
    pub(super) fn of(id: impl Into<String>) -> DeletedJson {
        DeletedJson { id: id.into(), deleted: true }
    }
}

/// What the service calls somebody with this WhatsApp id.
pub(super) fn name_of_jid(jid: &str) -> String {
    name_of(&Party::of_jid(jid))
}
