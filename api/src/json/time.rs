//! Times as they are written: RFC 3339, UTC, milliseconds.

use jiff::Timestamp;
use serde::Serializer;

/// A time in milliseconds since the Unix epoch, as `2026-01-31T09:30:00.000Z`. Times outside the years that RFC 3339 can
/// write become the epoch; no clock gives them.
pub(crate) fn rfc3339(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

pub(crate) fn serialize<S: Serializer>(time_ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time_ms))
}

/// The same for a time that may be missing.
pub(crate) mod option {
    use serde::Serializer;

    #[allow(clippy::ref_option, reason = "serde's `with` gives the field by reference")]
    pub(crate) fn serialize<S: Serializer>(time_ms: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        match time_ms {
            Some(time_ms) => serializer.serialize_str(&super::rfc3339(*time_ms)),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time_ms: i64, expected: &str) {
        assert_eq!(rfc3339(time_ms), expected);
    }

    #[test]
    fn milliseconds_are_always_written() {
        check(0, "1970-01-01T00:00:00.000Z");
        check(1_700_000_000_007, "2023-11-14T22:13:20.007Z");
        check(i64::MAX, "1970-01-01T00:00:00.000Z");
    }
}
