//! 7aduta, and WasenderAPI whose form it has, below `/api/v1`. The key of a session is the session; a token opens the account.
//!
//! Errors have `{success, code, message}`, the two once more in `error`, and the fields that are wrong.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{Dialect, ErrorCode, Failure};

use super::admit::{Addressed, key_of};
use super::quota::Allowance;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Ask, Caller, Row, bearer, document, header, page};
use crate::body::RequestBody;
use crate::gateway::{Gateway, Principal};
use crate::reply::{self, Answer};

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Aduta,
    title: "7aduta",
    description: "The API of 7aduta, for its customers.",
    credentials: &[
        Credential {
            header: "Authorization",
            what: "`Bearer` and the key of a session, which is the session that is meant.",
            needed_for: &[Access::Instance, Access::Linked],
        },
        Credential {
            header: "X-API-Token",
            what: "A personal token.",
            needed_for: &[Access::Key, Access::Account],
        },
    ],
    tables: &[],
    quotas: |_: &Row| -> &'static [Allowance] { &[] },
    refuse,
    error: |schemas| schemas.subschema_for::<ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// Operations of 7aduta.
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
        let key = header(caller.headers, "x-api-token").or_else(|| bearer(caller.headers));
        key_of(gateway, Dialect::Aduta, (key, caller.from))
    }

    /// The one instance of a session's key.
    fn address<G: Gateway>(
        _gateway: &G,
        _caller: &Caller<'_>,
        (principal, row): (&Principal, &Row),
    ) -> Result<Addressed, Failure> {
        if !matches!(row.access, Access::Instance | Access::Linked) {
            return Ok(Addressed::Nobody);
        }
        match principal.instances.as_deref() {
            Some([session]) => Ok(Addressed::Here(*session)),
            _ => Err(Failure::new(ErrorCode::Unauthorized, "The key of a session is needed.")),
        }
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
    code: &'static str,
    message: &'a str,
    error: DetailJson<'a>,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'a str, Vec<&'a str>>,
    /// When to try again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// What went wrong.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ErrorDetail")]
struct DetailJson<'a> {
    code: &'static str,
    message: &'a str,
}

fn refuse(failure: &Failure) -> Answer {
    let (status, code) = match failure.code {
        ErrorCode::InstanceState | ErrorCode::InstanceNotLinked => (409, "SESSION_DISCONNECTED"),
        ErrorCode::InstanceNotFound => (404, "SESSION_NOT_FOUND"),
        ErrorCode::WhatsAppRefused => (502, "INTERNAL_ERROR"),
        other => match other.http_status() {
            401 => (401, "UNAUTHORIZED"),
            403 => (403, "FORBIDDEN"),
            404 => (404, "NOT_FOUND"),
            405 => (405, "METHOD_NOT_ALLOWED"),
            429 => (429, "RATE_LIMITED"),
            400..500 => (422, "VALIDATION_ERROR"),
            507 => (503, "INTERNAL_ERROR"),
            status => (status, "INTERNAL_ERROR"),
        },
    };
    let message = failure.detail.as_str();
    let mut errors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for field in &failure.fields {
        errors.entry(field.field.as_str()).or_default().push(field.message.as_str());
    }
    let retry_after = failure.retry_after_ms.map(|ms| ms.div_ceil(1_000).max(1));
    let error = DetailJson { code, message };
    let error = ErrorJson { success: false, code, message, error, errors, retry_after };
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}
