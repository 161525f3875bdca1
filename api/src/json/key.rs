//! API keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::limits::KEY_LABEL_BYTES_MAX;
use trunkline_model::{Failure, Scope};

use super::fields::{First, Problems};
use crate::gateway::IssuedKey;
use crate::limits::WORDS_MAX;

/// Body of `keys.create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateKey")]
pub(crate) struct CreateKeyBody {
    label: String,
    scopes: First<String, { WORDS_MAX + 1 }>,
}

impl CreateKeyBody {
    /// The label and the scopes, each once.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<(String, Vec<Scope>), Failure> {
        let mut problems = Problems::default();
        problems.bound("label", &self.label, KEY_LABEL_BYTES_MAX);
        if self.label.trim().is_empty() {
            problems.add("label", "is empty; say what the key is for");
        }
        let First(words) = self.scopes;
        if words.is_empty() {
            problems.add("scopes", "is empty; a key without a scope opens nothing");
        }
        problems.few("scopes", &words, WORDS_MAX);
        let mut scopes = Vec::new();
        for (index, word) in words.iter().enumerate() {
            match Scope::parse(word) {
                Some(scope) if !scopes.contains(&scope) => scopes.push(scope),
                Some(_) => {}
                None => {
                    let known = Scope::ALL.map(Scope::as_str).join(", ");
                    problems.add(format!("scopes.{index}"), format!("is not a scope; there are {known}"));
                }
            }
        }
        problems.or(Some((self.label, scopes)))
    }
}

/// A key that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(crate) struct KeyJson<'a> {
    id: String,
    label: &'a str,
    scopes: Vec<&'static str>,
    key: &'a str,
}

impl<'a> KeyJson<'a> {
    pub(crate) fn of(issued: &'a IssuedKey, label: &'a str, scopes: &[Scope]) -> KeyJson<'a> {
        let scopes = scopes.iter().map(|scope| scope.as_str()).collect();
        KeyJson { id: issued.id.to_string(), label, scopes, key: &issued.secret }
    }
}
