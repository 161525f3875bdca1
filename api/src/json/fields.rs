//! Small readers shared by the bodies: objects, fields that may be null, bytes in base64, lists of problems.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use trunkline_model::{Failure, FieldError};

/// A JSON object, and nothing else. Serde's derived readers take an array as well, its elements being the fields in the order
/// of declaration: a caller who sends one has made a mistake.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<T: JsonSchema> JsonSchema for Object<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        T::json_schema(schemas)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        struct Members<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, members: M) -> Result<Object<T>, M::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

/// Reads a field where `null` means "remove" and absence means "leave".
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Reads a field that may be left out, and must not be null.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The first `KEPT` items of an array; what follows is read over. A list that is refused for its length need not be held
/// whole: a body may hold millions of empty strings. `KEPT` is one more than allowed, so that too many are noticed.
#[derive(Debug, Default)]
pub(crate) struct First<T, const KEPT: usize>(pub(crate) Vec<T>);

impl<T: JsonSchema, const KEPT: usize> JsonSchema for First<T, KEPT> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("First_{}", T::schema_name()).into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": schemas.subschema_for::<T>(), "maxItems": KEPT - 1 })
    }
}

impl<'de, T: Deserialize<'de>, const KEPT: usize> Deserialize<'de> for First<T, KEPT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<First<T, KEPT>, D::Error> {
        struct Items<T, const KEPT: usize>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const KEPT: usize> Visitor<'de> for Items<T, KEPT> {
            type Value = First<T, KEPT>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<First<T, KEPT>, S::Error> {
                let mut first = Vec::new();
                while first.len() < KEPT {
                    match items.next_element()? {
                        Some(item) => first.push(item),
                        None => return Ok(First(first)),
                    }
                }
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_seq(Items(std::marker::PhantomData))
    }
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Bytes written in base64, of either alphabet, with or without padding. Decoded where serde holds the text, so that a
/// large file is not copied first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base64(pub(crate) Bytes);

impl JsonSchema for Base64 {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Base64".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

impl Base64 {
    /// The bytes that a text is written for.
    pub(crate) fn of(text: &str) -> Option<Base64> {
        let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
        engine.decode(text).ok().map(|bytes| Base64(Bytes::from(bytes)))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Base64, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Base64;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string in base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Base64, E> {
                Base64::of(text).ok_or_else(|| E::custom("is not base64"))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// Problems found so far; reading goes on, so that the caller hears of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    pub(crate) fn extend(&mut self, problems: Vec<FieldError>) {
        self.0.extend(problems);
    }

    /// Adds a problem when a text is longer than allowed.
    pub(crate) fn bound(&mut self, field: &str, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            self.add(field, format!("is {} bytes long; at most {bytes_max} are allowed", text.len()));
        }
    }

    /// Adds a problem when a text has more characters than allowed.
    pub(crate) fn bound_chars(&mut self, field: &str, text: &str, chars_max: usize) {
        let chars = text.chars().count();
        if chars > chars_max {
            self.add(field, format!("is {chars} characters long; at most {chars_max} are allowed"));
        }
    }

    /// Adds a problem when a list has more items than allowed.
    pub(crate) fn few<T>(&mut self, field: &str, items: &[T], items_max: usize) {
        if items.len() > items_max {
            self.add(field, format!("has more than {items_max} items"));
        }
    }

    /// Keeps the value of a reading that worked, or adds its error.
    pub(crate) fn keep<T, E: ToString>(&mut self, field: impl Into<String>, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.add(field, error.to_string())).ok()
    }

    /// `value`, when nothing was wrong.
    ///
    /// # Errors
    /// `VALIDATION` with every problem.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Failure::invalid(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_read_to_its_end_and_held_to_its_bound() {
        let check = |json: &str, expected: Option<&[u8]>| {
            let read = serde_json::from_str::<First<u8, 3>>(json).ok();
            assert_eq!(read.as_ref().map(|first| first.0.as_slice()), expected, "{json}");
        };
        check("[]", Some(&[]));
        check("[1,2]", Some(&[1, 2]));
        check("[1,2,3]", Some(&[1, 2, 3]));
        check("[1,2,3,4,[],{}]", Some(&[1, 2, 3]));
        check("[1,2,3,4", None);
        check("[1,\"2\"]", None);
        check("{}", None);
        let endless = format!("[{}0]", "0,".repeat(1_000_000));
        let read: First<u8, 3> = serde_json::from_str(&endless).expect("an array");
        assert!(read.0.capacity() < 16, "{} places are held", read.0.capacity());
    }
}
