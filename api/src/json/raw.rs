//! The caller's own JSON object: kept and given back as it was written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A JSON object as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawObject(pub(crate) String);

impl JsonSchema for RawObject {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Object".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawObject, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{') {
            Ok(RawObject(raw.get().to_owned()))
        } else {
            Err(serde::de::Error::custom("is not an object"))
        }
    }
}

/// Stored JSON text for output; what is not JSON any more is left out.
pub(crate) fn embed(text: Option<&String>) -> Option<&RawValue> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
