//! Wessaal's integration API, below `/integration/v1`. One key opens it; the instance stands in the body, by its number or its name.
//!
//! Successes are `{success, message, data}`, errors `{success, message, error_code}`, those of validation with the fields instead of a
//! code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{Dialect, ErrorCode, Failure};

use super::admit::key_of;
use super::quota::Allowance;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Ask, Caller, Row, document, header, page};
use crate::body::RequestBody;
use crate::gateway::{Gateway, Principal};
use crate::reply::{self, Answer};

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wessaal,
    title: "Wessaal",
    description: "The integration API of Wessaal, for its customers.",
    credentials: &[Credential {
        header: "X-API-Key",
        what: "An API key.",
        needed_for: &[Access::Key, Access::Instance, Access::Linked, Access::Account],
    }],
    tables: &[],
    quotas: |_: &Row| -> &'static [Allowance] { &[] },
    refuse,
    error: |schemas| schemas.subschema_for::<ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// Operations of Wessaal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {}

/// See the module.
pub(crate) struct Speaker;

impl Speaks for Speaker {
    type Operation = Operation;

    fn open(operation: Operation) -> Result<Answer, Failure> {
        match operation {}
    }

    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure> {
        key_of(gateway, Dialect::Wessaal, (header(caller.headers, "x-api-key"), caller.from))
    }

    async fn respond<G: Gateway>(
        operation: Operation,
        _ask: Ask<'_, G>,
        _body: RequestBody,
    ) -> Result<Answer, Failure> {
        match operation {}
    }
}

/// An error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorJson<'a> {
    success: bool,
    message: &'a str,
    /// What went wrong, in a word; not of fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'a str, Vec<&'a str>>,
}

fn refuse(failure: &Failure) -> Answer {
    let mut errors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for field in &failure.fields {
        errors.entry(field.field.as_str()).or_default().push(field.message.as_str());
    }
    let (status, error_code) = match failure.code {
        ErrorCode::InstanceState | ErrorCode::InstanceNotLinked => (422, Some("INSTANCE_NOT_CONNECTED")),
        ErrorCode::WhatsAppRefused => (502, Some("SERVER_ERROR")),
        other => match other.http_status() {
            401 => (401, Some("UNAUTHORIZED")),
            403 => (403, Some("FORBIDDEN")),
            404 => (404, Some("NOT_FOUND")),
            405 => (405, None),
            410 => (410, Some("GONE")),
            429 => (429, Some("RATE_LIMITED")),
            400..500 => (422, None),
            507 => (503, Some("SERVER_ERROR")),
            status => (status, Some("SERVER_ERROR")),
        },
    };
    let message = if errors.is_empty() { failure.detail.as_str() } else { "Validation failed" };
    let error = ErrorJson { success: false, message, error_code, errors };
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}
