//! API keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::account::{KeyKind, check_chosen};
use trunkline_model::command::{KeyRotation, KeyView, NewKey, Shown, UpdateKey};
use trunkline_model::limits::{
    KEY_CHOSEN_BYTES_MAX, KEY_CHOSEN_BYTES_MIN, KEY_LABEL_BYTES_MAX, KEY_OVERLAP_MS_MAX,
};
use trunkline_model::{Dialect, Failure, InstanceId, Scope};

use super::access::{Instances, Ranges, read_instances, read_overlap, read_ranges};
use super::fields::{First, Problems, nullable, present};
use super::time::{Time, now_ms, read_time};
use super::webhook::Resolve;
use crate::limits::WORDS_MAX;

type Words = First<String, { WORDS_MAX + 1 }>;

/// Body of `keys.create` and `accounts.create_key`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateKey")]
pub(crate) struct CreateKeyBody {
    /// What the key is for.
    label: String,
    /// Which form of the API it speaks: `native` when left out, or `wastack`, `wasaas`, `wsapi`, `aduta`, `wessaal`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    dialect: Option<String>,
    /// What it may do: scopes, or the words of its dialect.
    scopes: Words,
    /// The instances that exist for it, by id or name; null for all.
    #[serde(default)]
    instances: Option<Instances>,
    /// Addresses that it is taken from, single or as ranges (CIDR); empty for any.
    #[serde(default)]
    allowed_ips: Ranges,
    /// When it ends; null for never.
    #[serde(default)]
    expires_at: Option<String>,
    /// What its holder presents, where that is not to be made: 24 to 128 visible characters of ASCII that nobody guesses.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = KEY_CHOSEN_BYTES_MIN, max = KEY_CHOSEN_BYTES_MAX))]
    key: Option<String>,
}

impl CreateKeyBody {
    /// The key to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<NewKey, Failure> {
        let mut problems = Problems::default();
        check_label(&mut problems, &self.label);
        let dialect = self.dialect.as_deref().map_or(Some(Dialect::Native), |word| {
            let dialect = Dialect::parse(word);
            if dialect.is_none() {
                let known = Dialect::ALL.map(Dialect::as_str).join(", ");
                problems.add("dialect", format!("is not a dialect; there are {known}"));
            }
            dialect
        });
        let scopes = dialect.map(|dialect| read_scopes(&mut problems, dialect, self.scopes));
        let instances = self.instances.map(|names| read_instances(&mut problems, names, resolve));
        let allowed_ips = read_ranges(&mut problems, self.allowed_ips);
        let expires_at_ms = self.expires_at.and_then(|text| read_end(&mut problems, &text));
        let chosen = self.key.map(|key| read_chosen(&mut problems, key));
        let label = self.label;
        let known = dialect.zip(scopes);
        let key = known.map(|(dialect, scopes)| NewKey {
            label,
            dialect,
            scopes,
            instances,
            allowed_ips,
            expires_at_ms,
            chosen,
        });
        problems.or(key)
    }
}

/// Body of `keys.update`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateKey")]
pub(crate) struct UpdateKeyBody {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    label: Option<String>,
    /// Scopes, or the words of the key's dialect.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Words")]
    scopes: Option<Words>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<Instances>")]
    instances: Option<Option<Instances>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Ranges")]
    allowed_ips: Option<Ranges>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    expires_at: Option<Option<String>>,
}

impl UpdateKeyBody {
    /// The changes to a key of this dialect.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, dialect: Dialect, resolve: Resolve<'_>) -> Result<UpdateKey, Failure> {
        let mut problems = Problems::default();
        if let Some(label) = &self.label {
            check_label(&mut problems, label);
        }
        let update = UpdateKey {
            label: self.label,
            scopes: self.scopes.map(|words| read_scopes(&mut problems, dialect, words)),
            instances: self
                .instances
                .map(|given| given.map(|names| read_instances(&mut problems, names, resolve))),
            allowed_ips: self.allowed_ips.map(|ranges| read_ranges(&mut problems, ranges)),
            expires_at_ms: self.expires_at.map(|given| given.and_then(|text| read_end(&mut problems, &text))),
        };
        problems.or(Some(update))
    }

    /// Whether the dialect of the key has to be known to read it.
    pub(crate) fn names_scopes(&self) -> bool {
        self.scopes.is_some()
    }
}

/// Body of `keys.rotate`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "RotateApiKey")]
pub(crate) struct RotateApiKeyBody {
    /// How long the old key serves beside the new one; a day when nothing is said, 0 for not at all.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "u64", range(max = KEY_OVERLAP_MS_MAX / 1_000))]
    overlap_seconds: Option<u64>,
    /// The new key, where it is not to be made: 24 to 128 visible characters of ASCII that nobody guesses.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String", length(min = KEY_CHOSEN_BYTES_MIN, max = KEY_CHOSEN_BYTES_MAX))]
    key: Option<String>,
}

impl RotateApiKeyBody {
    /// How the key is replaced.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<KeyRotation, Failure> {
        let mut problems = Problems::default();
        let chosen = self.key.map(|key| read_chosen(&mut problems, key));
        let overlap_ms = read_overlap(&mut problems, self.overlap_seconds);
        problems.or(Some(KeyRotation { overlap_ms, chosen }))
    }
}

/// A secret that the caller chose.
pub(crate) fn read_chosen(problems: &mut Problems, secret: String) -> Shown {
    if let Err(wrong) = check_chosen(&secret) {
        problems.add("key", wrong);
    }
    Shown(secret)
}

fn check_label(problems: &mut Problems, label: &str) {
    problems.bound("label", label, KEY_LABEL_BYTES_MAX);
    if label.trim().is_empty() {
        problems.add("label", "is empty; say what the key is for");
    }
}

/// The words, each once.
fn read_scopes(problems: &mut Problems, dialect: Dialect, First(words): Words) -> Vec<String> {
    if words.is_empty() {
        problems.add("scopes", "is empty; a key without a scope opens nothing");
    }
    problems.few("scopes", &words, WORDS_MAX);
    let mut scopes: Vec<String> = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        let is_known = match dialect {
            Dialect::Native => Scope::parse(&word).is_some(),
            dialect => KeyKind::parse(dialect, &word).is_some(),
        };
        if !is_known {
            let known: Vec<&str> = match dialect {
                Dialect::Native => Scope::ALL.map(Scope::as_str).to_vec(),
                dialect => KeyKind::of(dialect).map(|kind| kind.word).collect(),
            };
            problems
                .add(format!("scopes.{index}"), format!("is not a scope; there are {}", known.join(", ")));
        } else if !scopes.contains(&word) {
            scopes.push(word);
        }
    }
    scopes
}

fn read_end(problems: &mut Problems, text: &str) -> Option<i64> {
    let end_ms = read_time(problems, "expires_at", text)?;
    if end_ms <= now_ms() {
        problems.add("expires_at", "has passed; revoke the key instead");
    }
    Some(end_ms)
}

/// What is known of a key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(crate) struct KeyJson<'a> {
    id: String,
    label: &'a str,
    dialect: &'static str,
    /// How the key begins, to tell it from others.
    prefix: &'a str,
    /// What it may do: scopes, or the words of its dialect.
    scopes: &'a [String],
    /// The instances that exist for it; null for all.
    instances: Option<Vec<String>>,
    /// Addresses that it is taken from; empty for any.
    allowed_ips: &'a [String],
    expires_at: Option<Time>,
    /// A minute late at most.
    last_used_at: Option<Time>,
    /// How long the key serves that this one replaced.
    old_key_until: Option<Time>,
    created_at: Time,
}

impl<'a> KeyJson<'a> {
    pub(crate) fn of(view: &'a KeyView) -> KeyJson<'a> {
        let record = &view.record;
        let native = record.dialect == Dialect::Native;
        KeyJson {
            id: record.id.to_string(),
            label: &record.label,
            dialect: record.dialect.as_str(),
            prefix: &record.secrets.current.prefix,
            scopes: if native { &record.scopes } else { &record.dialect_scopes },
            instances: instance_ids(record.instances.as_deref()),
            allowed_ips: &record.allowed_ips,
            expires_at: record.expires_at_ms.map(Time),
            last_used_at: view.last_used_at_ms.map(Time),
            old_key_until: record.secrets.old.as_ref().map(|old| Time(old.until_ms)),
            created_at: Time(record.created_at_ms),
        }
    }
}

pub(super) fn instance_ids(instances: Option<&[InstanceId]>) -> Option<Vec<String>> {
    instances.map(|ids| ids.iter().map(InstanceId::to_string).collect())
}

/// A key that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewKey")]
pub(crate) struct NewKeyJson<'a> {
    #[serde(flatten)]
    known: KeyJson<'a>,
    /// The key itself, which is never shown again.
    key: &'a str,
}

impl<'a> NewKeyJson<'a> {
    pub(crate) fn of(view: &'a KeyView, shown: &'a Shown) -> NewKeyJson<'a> {
        NewKeyJson { known: KeyJson::of(view), key: &shown.0 }
    }
}
