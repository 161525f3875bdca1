//! Request bodies. Unknown members are passed over; a thing that goes by two names is read by both, the first that is there counts.

pub(crate) mod auth;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod message;
pub(crate) mod people;
pub(crate) mod session;
pub(crate) mod token;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text that clients also write as a number, as they do with `to: 1234567890`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Loose(pub(crate) String);

impl JsonSchema for Loose {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Loose".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose, D::Error> {
        struct TextOrNumber;

        impl Visitor<'_> for TextOrNumber {
            type Value = Loose;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Loose, E> {
                Ok(Loose(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Loose, E> {
                Ok(Loose(number.to_string()))
            }
        }

        deserializer.deserialize_any(TextOrNumber)
    }
}

/// The text of a member that may be left out; an empty one is.
fn text(loose: Option<Loose>) -> Option<String> {
    loose.map(|loose| loose.0).filter(|text| !text.is_empty())
}

macro_rules! twofold {
    (
        $(#[$doc:meta])* $name:ident, $others:ident {
            $($(#[$field_doc:meta])* $field:ident / $other:literal: $type:ty,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub(crate) struct $name {
            $($(#[$field_doc])* $field: Option<$type>,)+
            #[serde(flatten)]
            others: $others,
        }

        #[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        struct $others {
            $(#[doc = concat!("The same as `", stringify!($field), "`.")] #[serde(rename = $other)] $field: Option<$type>,)+
        }

        impl $name {
            /// The body with every member under its first name.
            fn merged(mut self) -> $name {
                $(self.$field = self.$field.take().or(self.others.$field.take());)+
                self
            }
        }
    };
}

use twofold;
