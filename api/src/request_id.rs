//! The id that joins a request, its answer and its log lines.

use std::cell::Cell;
use std::fmt::Write;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use crate::limits::REQUEST_ID_BYTES_MAX;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request's id: the caller's own, where it sent a usable one, or a fresh one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// Reads the id of a request. One that is too long or has other characters than letters, digits, `.`, `_`, `-` is
    /// replaced and not refused: proxies set this header, and a message must not fail for it.
    pub(crate) fn of(headers: &HeaderMap) -> RequestId {
        headers
            .get(X_REQUEST_ID)
            .filter(|value| is_usable(value.as_bytes()))
            .map_or_else(RequestId::fresh, |value| RequestId(value.clone()))
    }

    fn fresh() -> RequestId {
        let mut text = String::with_capacity(32);
        // Writing to a String cannot fail.
        let _ = write!(text, "req_{:016x}", next());
        RequestId(HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("req_0")))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_usable(value: &[u8]) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&value.len())
        && value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A random start for each thread, then counting: unique for all practical purposes, and no system call a request.
fn next() -> u64 {
    thread_local! {
        static NEXT: Cell<Option<u64>> = const { Cell::new(None) };
    }
    NEXT.with(|next| {
        let id = next.get().unwrap_or_else(|| getrandom::u64().unwrap_or_default());
        next.set(Some(id.wrapping_add(1)));
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, kept: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_str(given).expect("a header value"));
        assert_eq!(RequestId::of(&headers).as_str() == given, kept, "{given}");
    }

    #[test]
    fn a_usable_id_is_kept_and_any_other_replaced() {
        check("0f8fad5b-d9cb-469f-a165-70867728950e", true);
        check("a.b_c-1", true);
        for replaced in ["", "with space", "semi;colon", "<script>"] {
            check(replaced, false);
        }
        check(&"x".repeat(REQUEST_ID_BYTES_MAX), true);
        check(&"x".repeat(REQUEST_ID_BYTES_MAX + 1), false);
    }

    #[test]
    fn fresh_ids_differ() {
        assert_ne!(RequestId::fresh().as_str(), RequestId::fresh().as_str());
    }
}
