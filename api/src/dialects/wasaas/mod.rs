//! WASaaS, below `/api`. One key opens it.
//!
//! Successes are `{success, data}` with a pagination beside lists, errors `{success, error: {code, message}}`.

use std::sync::LazyLock;

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{Dialect, ErrorCode, Failure};

use super::admit::key_of;
use super::quota::Allowance;
use super::speaks::{Credential, Mount, Speaks};
use super::{Access, Ask, Caller, Row, bearer, document, page};
use crate::body::RequestBody;
use crate::gateway::{Gateway, Principal};
use crate::reply::{self, Answer};

/// The dialect.
pub(super) static MOUNT: Mount = Mount {
    dialect: Dialect::Wasaas,
    title: "WASaaS",
    description: "The API of WASaaS, for its customers.",
    credentials: &[Credential {
        header: "Authorization",
        what: "`Bearer` and an API key.",
        needed_for: &[Access::Key, Access::Instance, Access::Linked, Access::Account],
    }],
    tables: &[],
    quotas: |_: &Row| -> &'static [Allowance] { &[] },
    refuse,
    error: |schemas| schemas.subschema_for::<ErrorJson<'_>>(),
    document: LazyLock::new(|| document::document(&MOUNT)),
    page: LazyLock::new(|| page::page(&MOUNT)),
};

/// Operations of WASaaS.
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
        key_of(gateway, Dialect::Wasaas, (bearer(caller.headers), caller.from))
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
    error: DetailJson<'a>,
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
        ErrorCode::WhatsAppRefused => (502, "INTERNAL_ERROR"),
        ErrorCode::InstanceState | ErrorCode::InstanceNotLinked => (409, "SESSION_NOT_CONNECTED"),
        other => match other.http_status() {
            401 => (401, "UNAUTHORIZED"),
            403 => (403, "FORBIDDEN"),
            404 => (404, "NOT_FOUND"),
            429 => (429, "RATE_LIMITED"),
            405 => (405, "VALIDATION_ERROR"),
            400..500 => (400, "VALIDATION_ERROR"),
            507 => (503, "INTERNAL_ERROR"),
            status => (status, "INTERNAL_ERROR"),
        },
    };
    let error = ErrorJson { success: false, error: DetailJson { code, message: &failure.detail } };
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}
