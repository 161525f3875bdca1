//! Successes in an envelope; signatures of what is sent in one.

use ring::hmac;
use schemars::JsonSchema;
use serde::Serialize;

/// `{success, data}`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Success{T}")]
pub(crate) struct Success<T> {
    /// True.
    success: bool,
    data: T,
}

impl<T> Success<T> {
    pub(crate) fn of(data: T) -> Success<T> {
        Success { success: true, data }
    }
}

/// `{success, data, pagination}`: a page of a list, and the dialect's own words about it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub(crate) struct Paged<T, P> {
    /// True.
    success: bool,
    data: Vec<T>,
    pagination: P,
}

impl<T, P> Paged<T, P> {
    pub(crate) fn of(data: Vec<T>, pagination: P) -> Paged<T, P> {
        Paged { success: true, data, pagination }
    }
}

/// The signature of a body: `sha256=` and HMAC-SHA256 in hexadecimal digits.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let digest: String = hmac::sign(&key, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digest}")
}
