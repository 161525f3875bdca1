//! Errors: one sentence.

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure};

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
    let error = detail_of(failure);
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

fn detail_of(failure: &Failure) -> String {
    if failure.fields.len() < 2 {
        return failure.detail.clone();
    }
    let lines = failure.fields.iter().map(|field| format!("`{}` {}", field.field, field.message));
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunkline_model::FieldError;

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

    #[test]
    fn every_member_that_is_wrong_is_named() {
        let two = vec![FieldError::new("to", "is missing"), FieldError::new("text", "is empty")];
        assert_eq!(detail_of(&Failure::invalid(two)), "`to` is missing; `text` is empty");
    }
}
