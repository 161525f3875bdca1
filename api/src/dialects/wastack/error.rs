//! Errors: one sentence.

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
    /// False.
    success: bool,
    /// What is wrong.
    error: &'a str,
}

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Answer {
    let error = in_full(failure);
    let error = ErrorJson { success: false, error: &error };
    let status = StatusCode::from_u16(status_of(failure)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply::json(status, &error)
}

/// What is wrong with a request is 400; 409 is a device that is not connected, and what cannot be in its state.
fn status_of(failure: &Failure) -> u16 {
    match failure.code {
        ErrorCode::WhatsAppRefused => 502,
        ErrorCode::NodeFull | ErrorCode::StorageFull => 503,
        code => match code.http_status() {
            412 | 415 | 422 => 400,
            status => status,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_the_services_statuses() {
        let check = |code, status: u16| assert_eq!(answer(&Failure::new(code, "x")).status(), status);
        check(ErrorCode::Validation, 400);
        check(ErrorCode::UnsupportedMediaType, 400);
        check(ErrorCode::Unauthorized, 401);
        check(ErrorCode::Forbidden, 403);
        check(ErrorCode::MessageNotFound, 404);
        check(ErrorCode::InstanceState, 409);
        check(ErrorCode::InstanceNotLinked, 409);
        check(ErrorCode::BodyTooLarge, 413);
        check(ErrorCode::TooManyRequests, 429);
        check(ErrorCode::NodeFull, 503);
    }
}
