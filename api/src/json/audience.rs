//! Who sees a status, in bodies.

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, IntoDeserializer as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use trunkline_model::limits::AUDIENCE_MAX;
use trunkline_model::message::Audience;

use super::fields::{First, Problems};
use super::party::read_people;

/// Who sees a status: these people, or everybody of a kind.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, rename = "Audience")]
pub(crate) enum AudienceBody {
    /// These people.
    People(#[schemars(length(min = 1))] First<String, { AUDIENCE_MAX + 1 }>),
    /// Everybody of a kind.
    Word(AudienceWord),
}

/// Everybody of a kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AudienceWord {
    /// Those whom the account saved.
    Contacts,
}

/// Not derived: an untagged enum would hold a list of any length before it is read.
impl<'de> Deserialize<'de> for AudienceBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AudienceBody, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = AudienceBody;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of people or the word `contacts`")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<AudienceBody, E> {
                AudienceWord::deserialize(word.into_deserializer()).map(AudienceBody::Word)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, people: S) -> Result<AudienceBody, S::Error> {
                First::deserialize(SeqAccessDeserializer::new(people)).map(AudienceBody::People)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl AudienceBody {
    /// The audience; entries that are no people become problems.
    pub(crate) fn read(self, problems: &mut Problems) -> Audience {
        match self {
            AudienceBody::People(people) => {
                Audience::People(read_people(problems, "audience", people.0, AUDIENCE_MAX))
            }
            AudienceBody::Word(AudienceWord::Contacts) => Audience::Contacts,
        }
    }
}
