//! Problem documents (RFC 9457): the one form of every error.

use hyper::StatusCode;
use hyper::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure};

use crate::json;
use crate::reply::{self, Answer};
use crate::request_id::RequestId;

/// What was wrong with a request, or with us (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    /// Absent within a batch, whose answer has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FieldProblem<'a> {
    field: &'a str,
    message: &'a str,
}

impl<'a> Problem<'a> {
    /// What a failure says to a caller.
    pub(crate) fn of(failure: &'a Failure, request_id: Option<&'a str>) -> Problem<'a> {
        let code = failure.code;
        let fields = failure.fields.iter();
        Problem {
            kind: format!("/docs/errors/{}", code.as_str()),
            title: code.title(),
            status: code.http_status(),
            code: code.as_str(),
            detail: &failure.detail,
            errors: fields
                .map(|field| FieldProblem { field: &field.field, message: &field.message })
                .collect(),
            state: failure.state.map(|state| state.as_str()),
            // Rounded up: a client that waits as long as it is told must not come too early.
            retry_after_seconds: failure.retry_after_ms.map(|ms| ms.div_ceil(1_000).max(1)),
            request_id,
        }
    }
}

/// The answer to a request that failed.
pub(crate) fn answer(failure: &Failure, request_id: &RequestId) -> Answer {
    let code = failure.code;
    let problem = Problem::of(failure, Some(request_id.as_str()));
    let retry_after_seconds = problem.retry_after_seconds;
    let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = reply::bytes(status, "application/problem+json", json::bytes(&problem));
    if let Some(seconds) = retry_after_seconds {
        reply::set_text(&mut answer, RETRY_AFTER, &seconds.to_string());
    }
    if code == ErrorCode::Unauthorized {
        reply::set(&mut answer, WWW_AUTHENTICATE, "Bearer realm=\"trunkline\"");
    }
    answer
}

/// The answer to a method that a path does not have.
pub(crate) fn other_methods(allow: &str, request_id: &RequestId) -> Answer {
    let failure = Failure::new(ErrorCode::MethodNotAllowed, format!("This path takes {allow}."));
    let mut answer = answer(&failure, request_id);
    reply::set_text(&mut answer, ALLOW, allow);
    answer
}
