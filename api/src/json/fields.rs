//! Small readers shared by the bodies: objects, fields that may be null, bytes in base64, lists of problems.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use trunkline_model::{Failure, FieldError};

/// A JSON object, and nothing else. Serde's derived readers take an array as well, its elements being the fields in the order
/// of declaration: a caller who sends one has made a mistake.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

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

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Bytes written in base64, of either alphabet, with or without padding. Decoded where serde holds the text, so that a
/// large file is not copied first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base64(pub(crate) Bytes);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Base64, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Base64;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string in base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Base64, E> {
                let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
                engine
                    .decode(text)
                    .map(|bytes| Base64(Bytes::from(bytes)))
                    .map_err(|_| E::custom("is not base64"))
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
