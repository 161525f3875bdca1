//! Bytes → typed body. Broken JSON is 400; JSON of the wrong shape is 422 and names the field.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use trunkline_model::{ErrorCode, Failure, FieldError};

use super::fields::Object;
use crate::limits::FIELD_NAME_CHARS_MAX;

/// Reads a whole JSON document that is an object.
///
/// # Errors
/// `MALFORMED_BODY` with line and column when it is not JSON, `VALIDATION` with the field's path when it has another shape.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| refusal(bytes, &Where::of(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn refusal(bytes: &[u8], path: &Where, error: &serde_json::Error) -> Failure {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    // The shape was wrong before the end was reached; what comes after it may not be JSON at all, and that goes first.
    match serde_json::from_slice::<IgnoredAny>(bytes) {
        Ok(_) => Failure::invalid(vec![explain(path, &error.to_string())]),
        Err(error) => malformed(&error),
    }
}

fn malformed(error: &serde_json::Error) -> Failure {
    let kind = match error.classify() {
        Category::Eof => "ends too early",
        _ => "is not JSON",
    };
    Failure::new(
        ErrorCode::MalformedBody,
        format!("The body {kind}, at line {} column {}.", error.line(), error.column()),
    )
}

/// Dotted path of the place that serde was at.
struct Where(Vec<String>);

impl Where {
    fn of(path: &Path) -> Where {
        let segments = path.iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(shorten(key)),
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Enum { variant } => Some(variant.clone()),
            Segment::Unknown => None,
        });
        Where(segments.collect())
    }

    /// The path of a field inside this place; serde reports some errors at the field and some at the object around it.
    fn field(&self, name: &str) -> String {
        let name = shorten(name);
        let mut segments = self.0.clone();
        if segments.last() != Some(&name) {
            segments.push(name);
        }
        segments.join(".")
    }

    fn itself(&self) -> String {
        if self.0.is_empty() { "body".to_owned() } else { self.0.join(".") }
    }
}

fn shorten(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(FIELD_NAME_CHARS_MAX).collect()
}

/// Turns serde's sentence into ours. Values are left out: they may be phone numbers or texts.
fn explain(path: &Where, message: &str) -> FieldError {
    let message = message.rsplit_once(" at line ").map_or(message, |(before, _)| before);
    if let Some(name) = quoted(message, "missing field `") {
        return FieldError::new(path.field(name), "is missing");
    }
    if let Some(name) = quoted(message, "unknown field `") {
        let known =
            message.split_once("expected ").map_or("", |(_, known)| known).trim_start_matches("one of ");
        let hint = if known.is_empty() || known.starts_with("there are no") {
            "is not a field of this object, which has none".to_owned()
        } else {
            format!("is not a field of this object, which has {known}")
        };
        return FieldError::new(path.field(name), hint);
    }
    if let Some(name) = quoted(message, "duplicate field `") {
        return FieldError::new(path.field(name), "is given twice");
    }
    if let Some(rest) =
        message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))
    {
        let (found, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, ""));
        return FieldError::new(path.itself(), format!("is {}; give {}", kind(found), wanted(expected)));
    }
    FieldError::new(path.itself(), message)
}

fn quoted<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.split('`').next()
}

/// What was found, by its kind alone.
fn kind(found: &str) -> &'static str {
    let first = found.split([' ', '`']).next().unwrap_or_default();
    match first {
        "string" | "character" => "a string",
        "integer" | "floating" | "number" => "a number that does not fit",
        "boolean" => "a boolean",
        "null" | "unit" | "Option" => "null",
        "sequence" => "an array",
        "map" | "struct" => "an object",
        _ => "of another type",
    }
}

/// What serde expected, in JSON's words.
fn wanted(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "" => "another value",
        other if other.starts_with("struct ") || other.starts_with("a map") => "an object",
        other => other,
    }
}
