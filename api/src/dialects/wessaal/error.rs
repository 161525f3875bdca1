//! Errors, in the words of the framework that the service is built with.

use std::collections::BTreeMap;

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure, FieldError};

use crate::reply::{self, Answer};

/// An error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorJson<'a> {
    success: bool,
    message: &'a str,
    /// What went wrong, in a word; not of fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'a str, Vec<String>>,
}

/// What the service says of an account without credits.
const NO_CREDITS: &str = "Insufficient credits: not enough balance";

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Answer {
    let mut errors: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for field in &failure.fields {
        errors.entry(field.field.as_str()).or_default().push(sentence(field));
    }
    let (status, error_code) = if errors.is_empty() { judge(failure.code) } else { (422, None) };
    let message: &str = match status {
        402 => NO_CREDITS,
        _ if !errors.is_empty() => "Validation failed",
        _ => &failure.detail,
    };
    write(status, ErrorJson { success: false, message, error_code, errors })
}

/// The answer where the service has closed something for good.
pub(super) fn gone(message: &str) -> Answer {
    write(410, ErrorJson { success: false, message, error_code: Some("GONE"), errors: BTreeMap::new() })
}

fn write(status: u16, error: ErrorJson<'_>) -> Answer {
    reply::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error)
}

fn judge(code: ErrorCode) -> (u16, Option<&'static str>) {
    match code {
        ErrorCode::InstanceState | ErrorCode::InstanceNotLinked => (422, Some("INSTANCE_NOT_CONNECTED")),
        ErrorCode::WhatsAppRefused => (502, Some("SERVER_ERROR")),
        other => match other.http_status() {
            401 => (401, Some("UNAUTHORIZED")),
            402 => (402, Some("INSUFFICIENT_CREDITS")),
            403 => (403, Some("FORBIDDEN")),
            404 => (404, Some("NOT_FOUND")),
            410 => (410, Some("GONE")),
            429 => (429, Some("RATE_LIMITED")),
            status @ (400 | 405 | 413 | 415) => (status, None),
            400..500 => (422, None),
            507 => (503, Some("SERVER_ERROR")),
            status => (status, Some("SERVER_ERROR")),
        },
    }
}

/// What is wrong with a field, as a whole sentence: `The media url field is required.`
pub(super) fn sentence(field: &FieldError) -> String {
    let name = field.field.replace('_', " ");
    match field.message.as_str() {
        whole if whole.starts_with("The ") => whole.to_owned(),
        "is missing" => format!("The {name} field is required."),
        rest => format!("The {name} {}.", rest.trim_end_matches('.')),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    fn shown(failure: &Failure) -> (u16, Value) {
        let answer = answer(failure);
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().now_or_never().expect("it is at hand");
        let body = body.expect("it is whole").to_bytes();
        (status, serde_json::from_slice(&body).expect("it is JSON"))
    }

    /// The examples of the reference.
    #[test]
    fn errors_are_those_of_the_reference() {
        let failure = Failure::invalid(vec![
            FieldError::new("instance", "is missing"),
            FieldError::new("media_url", "field is required when message type is image"),
        ]);
        let expected = json!({
            "success": false,
            "message": "Validation failed",
            "errors": {
                "instance": ["The instance field is required."],
                "media_url": ["The media url field is required when message type is image."],
            },
        });
        assert_eq!(shown(&failure), (422, expected));
        let missing = Failure::new(ErrorCode::InstanceNotFound, "Instance not found");
        let expected = json!({"success": false, "message": "Instance not found", "error_code": "NOT_FOUND"});
        assert_eq!(shown(&missing), (404, expected));
    }

    #[test]
    fn every_code_has_a_status_that_the_service_knows() {
        for code in ErrorCode::ALL {
            let (status, _) = judge(*code);
            let known = [400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 429, 500, 502, 503, 504];
            assert!(known.contains(&status), "{code:?}: {status}");
        }
    }

    #[test]
    fn sentences_are_those_of_the_framework() {
        let check = |field: &str, message: &str, expected: &str| {
            assert_eq!(sentence(&FieldError::new(field, message)), expected);
        };
        check("contact_id", "is missing", "The contact id field is required.");
        check("template_id", "The selected template id is invalid.", "The selected template id is invalid.");
        check("font", "is not from 1 to 7.", "The font is not from 1 to 7.");
    }
}
