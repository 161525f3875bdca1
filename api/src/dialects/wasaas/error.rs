//! Errors: a code and a sentence.

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure};

use crate::dialects::in_full;
use crate::reply::{self, Answer};

/// An error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorJson<'a> {
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

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Answer {
    let (status, code) = judge(failure.code);
    let message = in_full(failure);
    let error = ErrorJson { success: false, error: DetailJson { code, message: &message } };
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}

fn judge(code: ErrorCode) -> (u16, &'static str) {
    match code {
        ErrorCode::WhatsAppRefused => (502, "INTERNAL_ERROR"),
        ErrorCode::InstanceState | ErrorCode::InstanceNotLinked => (409, "SESSION_NOT_CONNECTED"),
        // What there may be only so many of is what a plan limits.
        ErrorCode::PlansFull | ErrorCode::AccountFull | ErrorCode::WebhooksFull => (403, "PLAN_LIMIT"),
        other => match other.http_status() {
            401 => (401, "UNAUTHORIZED"),
            402 => (403, "PLAN_LIMIT"),
            403 => (403, "FORBIDDEN"),
            404 => (404, "NOT_FOUND"),
            409 => (409, "CONFLICT"),
            429 => (429, "RATE_LIMITED"),
            status @ (405 | 413) => (status, "VALIDATION_ERROR"),
            400..500 => (400, "VALIDATION_ERROR"),
            507 => (403, "PLAN_LIMIT"),
            status => (status, "INTERNAL_ERROR"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_and_a_word_of_the_service() {
        let words = [
            "VALIDATION_ERROR",
            "UNAUTHORIZED",
            "FORBIDDEN",
            "PLAN_LIMIT",
            "NOT_FOUND",
            "SESSION_NOT_CONNECTED",
            "CONFLICT",
            "RATE_LIMITED",
            "INTERNAL_ERROR",
        ];
        for code in ErrorCode::ALL {
            let (status, word) = judge(*code);
            assert!((400..600).contains(&status) && words.contains(&word), "{code:?}: {status} {word}");
        }
    }
}
