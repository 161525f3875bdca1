//! Members of bodies as customers of other services write them: under several names, numbers as texts and texts as numbers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A value that may be written as a text, a number or a boolean, as long as it can be read as a `T`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loose<T>(pub(crate) T);

impl<T: JsonSchema> JsonSchema for Loose<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        schemas.subschema_for::<T>()
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Loose<T>, D::Error> {
        struct Scalar<T>(PhantomData<T>);

        fn read<T: FromStr, E: Error>(text: &str) -> Result<Loose<T>, E> {
            text.parse().map(Loose).map_err(|_| E::custom("cannot be read"))
        }

        impl<T: FromStr> Visitor<'_> for Scalar<T> {
            type Value = Loose<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a boolean")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Loose<T>, E> {
                // A text may have spaces around it that mean something; nothing else may.
                read(text).or_else(|_: E| read(text.trim()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Loose<T>, E> {
                read(&number.to_string())
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Loose<T>, E> {
                read(&number.to_string())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Loose<T>, E> {
                read(&number.to_string())
            }

            fn visit_bool<E: Error>(self, truth: bool) -> Result<Loose<T>, E> {
                read(if truth { "true" } else { "false" })
            }
        }

        deserializer.deserialize_any(Scalar(PhantomData))
    }
}

/// What is left of a member that was given.
pub(crate) trait Given {
    /// Whether it says anything: clients write empty texts for what they leave out.
    fn is_given(&self) -> bool {
        true
    }
}

impl Given for Loose<String> {
    fn is_given(&self) -> bool {
        !self.0.is_empty()
    }
}

impl Given for Loose<bool> {}
impl Given for Loose<u32> {}
impl Given for Loose<u64> {}
impl Given for Loose<f64> {}

impl Given for crate::json::fields::Base64 {
    fn is_given(&self) -> bool {
        !self.0.is_empty()
    }
}

impl<T, const KEPT: usize> Given for crate::json::fields::First<T, KEPT> {}
impl<T> Given for crate::json::fields::Object<T> {}
impl<K, V> Given for std::collections::BTreeMap<K, V> {}
impl Given for crate::json::raw::RawObject {}

/// A body whose members have several names, and a line each that says what they are. Of several that are given the first one counts,
/// and null is nothing.
///
/// ```text
/// loose! {
///     /// A text.
///     TextBody {
///         /// Who gets it.
///         to: [to, phone, number] Loose<String>,
///     }
/// }
/// let to: Option<Loose<String>> = body.to();
/// ```
macro_rules! loose {
    (
        $(#[$doc:meta])* $body:ident {
            $(#[doc = $of:literal] $member:ident: [$($name:ident),+] $kind:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        #[allow(non_snake_case, reason = "members have the names that the service gave them")]
        pub(crate) struct $body {
            $($(#[doc = $of] $name: Option<$kind>,)+)*
        }

        #[allow(dead_code, reason = "a body has the members of its family, and not every reader takes all of them")]
        impl $body {
            /// Whether nothing is left of it that says anything.
            pub(crate) fn is_empty(&self) -> bool {
                let is_given = [$($(self.$name.as_ref().is_some_and($crate::dialects::loose::Given::is_given)),+),*];
                !is_given.contains(&true)
            }

            $(
                #[doc = $of]
                pub(crate) fn $member(&mut self) -> Option<$kind> {
                    [$(self.$name.take()),+].into_iter().flatten().find($crate::dialects::loose::Given::is_given)
                }
            )*
        }
    };
}

pub(crate) use loose;

#[cfg(test)]
mod tests {
    use super::*;

    loose! {
        /// A body.
        Body {
            /// Somebody.
            to: [to, phone, r#type] Loose<String>,
            /// How many.
            count: [count] Loose<u32>,
            /// Whether.
            on: [on] Loose<bool>,
        }
    }

    #[test]
    fn the_first_name_that_says_something_counts() {
        let check = |json: &str, expected: Option<&str>| {
            let mut body: Body = serde_json::from_str(json).expect(json);
            assert_eq!(body.to().map(|to| to.0).as_deref(), expected, "{json}");
        };
        check(r#"{"to":"a","phone":"b","other":[1]}"#, Some("a"));
        check(r#"{"to":null,"phone":"b"}"#, Some("b"));
        check(r#"{"to":"","type":"c"}"#, Some("c"));
        check(r#"{"phone":919876543210}"#, Some("919876543210"));
        check(r#"{"to":" spaces "}"#, Some(" spaces "));
        check("{}", None);
    }

    #[test]
    fn what_was_taken_is_gone_under_every_name() {
        let mut body: Body = serde_json::from_str(r#"{"to":"","phone":"b","count":null}"#).expect("a body");
        assert!(!body.is_empty());
        assert!(body.to().is_some() && body.is_empty());
        let says_nothing: Body = serde_json::from_str(r#"{"to":"","phone":null}"#).expect("a body");
        assert!(says_nothing.is_empty());
    }

    #[test]
    fn numbers_and_truths_may_be_texts() {
        let mut body: Body = serde_json::from_str(r#"{"count":" 7","on":"true"}"#).expect("a body");
        assert_eq!((body.count(), body.on()), (Some(Loose(7)), Some(Loose(true))));
        for wrong in [r#"{"count":"seven"}"#, r#"{"count":1.5}"#, r#"{"on":1}"#, r#"{"to":[]}"#] {
            assert!(serde_json::from_str::<Body>(wrong).is_err(), "{wrong}");
        }
    }
}
