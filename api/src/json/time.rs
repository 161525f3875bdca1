//! Times as they are written: RFC 3339, UTC, milliseconds.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::fields::Problems;

/// A time in milliseconds since the Unix epoch, as `2026-01-31T09:30:00.000Z`. Times outside the years that RFC 3339 can
/// write become the epoch; no clock gives them.
pub(crate) fn rfc3339(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// The same without the parts of a second, as `2026-01-31T09:30:00Z`.
pub(crate) fn rfc3339_seconds(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.0}")
}

/// The time now, in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Seconds since the Unix epoch of a time as RFC 3339 writes it.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_seconds(text: &str) -> Result<i64, &'static str> {
    let wrong = "is not a time such as 2026-01-31T09:30:00Z";
    text.parse::<Timestamp>().map(Timestamp::as_second).map_err(|_| wrong)
}

/// A time in milliseconds since the Unix epoch, written as [`rfc3339`] does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

/// A time in RFC 3339 as milliseconds since the Unix epoch; `None` for anything else, and for times before that.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    Some(time.as_millisecond()).filter(|time_ms| *time_ms >= 0)
}

/// The time in a body's field; what is none becomes a problem.
pub(crate) fn read_time(problems: &mut Problems, field: &str, text: &str) -> Option<i64> {
    let time_ms = parse_time(text);
    if time_ms.is_none() {
        problems.add(field, "is not a time in RFC 3339, as in 2026-01-31T09:30:00Z");
    }
    time_ms
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
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
