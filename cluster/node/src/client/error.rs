//! Why a call of the API failed.

use serde::Deserialize;

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No answer: not running, not reachable, too slow.
    #[error("{url} does not answer ({reason}); check the address and that the server runs")]
    Unreachable {
        /// The address.
        url: String,
        /// What happened, without the address.
        reason: String,
    },
    /// An answer that says no.
    #[error("{detail} ({code}, HTTP {status})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The error code of the problem document, or empty.
        code: String,
        /// What it says.
        detail: String,
        /// When to come back, where it says so, in seconds.
        retry_after_seconds: Option<u64>,
    },
    /// An answer that this client cannot read.
    #[error("{url} answered something unexpected ({reason}); is it a Trunkline server of this release?")]
    Garbled {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The members of a problem document that matter here. The simulator's control interface has `error` instead.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
    error: String,
    errors: Vec<Field>,
    retry_after_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Field {
    field: String,
    message: String,
}

impl ApiError {
    /// Reads the answer of a refusal.
    pub(super) fn refused(status: u16, body: &[u8]) -> ApiError {
        let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        let mut detail = if problem.detail.is_empty() { problem.error } else { problem.detail };
        for Field { field, message } in &problem.errors {
            detail = format!("{detail} `{field}` {message}.");
        }
        if detail.is_empty() {
            "The request was refused without a reason.".clone_into(&mut detail);
        }
        ApiError::Refused {
            status,
            code: problem.code,
            detail,
            retry_after_seconds: problem.retry_after_seconds,
        }
    }

    /// Whether the answer carries this error code.
    pub fn has_code(&self, wanted: &str) -> bool {
        matches!(self, ApiError::Refused { code, .. } if code == wanted)
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            ApiError::Unreachable { .. } => true,
            ApiError::Refused { status, .. } => matches!(status, 429 | 503 | 504),
            ApiError::Garbled { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_what_the_problem_document_says() {
        let check = |status: u16, body: &str, expected: &str| {
            let error = ApiError::refused(status, body.as_bytes());
            assert_eq!(error.to_string(), expected);
        };
        let taken = r#"{"code":"NAME_TAKEN","detail":"Taken.","status":409,"title":"x","type":"/docs/errors/NAME_TAKEN"}"#;
        check(409, taken, "Taken. (NAME_TAKEN, HTTP 409)");
        let fields =
            r#"{"code":"VALIDATION","detail":"Wrong.","errors":[{"field":"to","message":"is no number"}]}"#;
        check(422, fields, "Wrong. `to` is no number. (VALIDATION, HTTP 422)");
        check(404, r#"{"error":"no such account"}"#, "no such account (, HTTP 404)");
        check(503, "<html>", "The request was refused without a reason. (, HTTP 503)");
        assert!(ApiError::refused(409, taken.as_bytes()).has_code("NAME_TAKEN"));
    }
    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refused = |status| ApiError::refused(status, b"{}");
        let garbled = ApiError::Garbled { url: String::new(), reason: String::new() };
        assert!([429, 503, 504].into_iter().all(|status| refused(status).is_retryable()));
        assert!([400, 401, 404, 409, 422, 500].into_iter().all(|status| !refused(status).is_retryable()));
        assert!(!garbled.is_retryable());
    }
}
