//! Errors: code and message at the top, as WasenderAPI's clients read them, and once more in `error`.

use std::collections::BTreeMap;

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure};

use crate::reply::{self, Answer};

/// An error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorJson<'a> {
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

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Answer {
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
