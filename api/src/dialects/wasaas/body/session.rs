//! Sessions.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::limits::WEBHOOK_URL_BYTES_MAX;

use super::first;
use crate::dialects::loose::Loose;
use crate::dialects::word::{Word, needed};
use crate::json::fields::Problems;
use crate::json::instance::is_http_url;
use crate::json::plan::{check_name, read_phone};

/// A session that is to be made.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "CreateSession")]
pub(crate) struct SessionBody {
    /// What people call it.
    name: Option<Word>,
    /// Where its events go.
    webhook_url: Option<Word>,
    /// The phone that will link it by a code instead of a scan.
    phone_number: Option<Word>,
}

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewSession {
    pub(crate) name: String,
    pub(crate) webhook_url: Option<String>,
    /// Digits.
    pub(crate) phone: Option<String>,
}

impl SessionBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(mut self) -> Result<NewSession, Failure> {
        let mut problems = Problems::default();
        let name = needed(&mut problems, "name", self.name.take());
        if let Some(name) = &name {
            check_name(&mut problems, name);
        }
        let webhook_url = first([&mut self.webhook_url]);
        if let Some(url) = &webhook_url {
            check_url(&mut problems, "webhookUrl", url);
        }
        let phone = first([&mut self.phone_number]);
        let phone = phone.and_then(|text| read_phone(&mut problems, "phoneNumber", &text));
        problems.or(name.map(|name| NewSession { name, webhook_url, phone }))
    }
}

pub(super) fn check_url(problems: &mut Problems, field: &str, url: &str) {
    problems.bound(field, url, WEBHOOK_URL_BYTES_MAX);
    if !is_http_url(url) {
        problems.add(field, "is not an http or https URL with a host");
    }
}

/// Whose phone the code is typed on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "RequestPairingCode")]
pub(crate) struct PairingBody {
    /// With the country code.
    phone_number: Option<Word>,
    /// The same.
    phone: Option<Word>,
}

impl PairingBody {
    /// The digits.
    ///
    /// # Errors
    /// `VALIDATION`.
    pub(crate) fn read(mut self) -> Result<String, Failure> {
        let mut problems = Problems::default();
        let phone = first([&mut self.phone_number, &mut self.phone]).map(Loose);
        let phone = needed(&mut problems, "phoneNumber", phone);
        let phone = phone.and_then(|text| read_phone(&mut problems, "phoneNumber", &text));
        problems.or(phone)
    }
}
