//! Answers: `{success, message, data}`, times in microseconds.

pub(super) mod account;
pub(super) mod book;
pub(super) mod message;

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A success.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SuccessOf{T}")]
pub(super) struct SuccessJson<T> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'static, str>>,
    data: T,
}

impl<T> SuccessJson<T> {
    pub(super) fn of(data: T) -> SuccessJson<T> {
        SuccessJson { success: true, message: None, data }
    }

    pub(super) fn saying(message: impl Into<Cow<'static, str>>, data: T) -> SuccessJson<T> {
        SuccessJson { success: true, message: Some(message.into()), data }
    }
}

/// A success of which nothing but that is told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Done")]
pub(super) struct DoneJson {
    success: bool,
    message: &'static str,
}

impl DoneJson {
    pub(super) fn saying(message: &'static str) -> DoneJson {
        DoneJson { success: true, message }
    }
}

/// A time in milliseconds since the Unix epoch, as `2025-01-15T10:30:00.000000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub(super) i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        serializer.serialize_str(&format!("{time:.6}"))
    }
}

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A phone number with its plus.
pub(super) fn e164(digits: &str) -> String {
    format!("+{digits}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of the reference.
    #[test]
    fn times_have_microseconds() {
        assert_eq!(json!(Moment(1_736_937_000_000)), json!("2025-01-15T10:30:00.000000Z"));
        assert_eq!(json!(Moment(i64::MAX)), json!("1970-01-01T00:00:00.000000Z"));
    }
}
