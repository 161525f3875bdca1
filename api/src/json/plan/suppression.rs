//! Who wants no bulk messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::command::SuppressionCommand;
use trunkline_model::limits::{
    OPT_OUT_WORD_BYTES_MAX, OPT_OUT_WORDS_MAX, SUPPRESSION_NOTE_BYTES_MAX, SUPPRESSIONS_PER_CALL_MAX,
};
use trunkline_model::message::Lane;
use trunkline_model::plan::{SuppressionRecord, SuppressionSettings};

use super::read_person;
use crate::json::fields::{First, Problems};
use crate::json::time::Time;
use crate::limits;

/// Body of `suppressions.add`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AddSuppressions")]
pub(crate) struct SuppressBody {
    /// People by phone number or LID.
    #[schemars(with = "First<String, { SUPPRESSIONS_PER_CALL_MAX + 1 }>")]
    people: First<String, { SUPPRESSIONS_PER_CALL_MAX + 1 }>,
    #[serde(default)]
    note: Option<String>,
}

impl SuppressBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SuppressionCommand, Failure> {
        let mut problems = Problems::default();
        let First(texts) = self.people;
        if texts.is_empty() {
            problems.add("people", "is empty");
        }
        problems.few("people", &texts, SUPPRESSIONS_PER_CALL_MAX);
        if let Some(note) = &self.note {
            problems.bound("note", note, SUPPRESSION_NOTE_BYTES_MAX);
        }
        let person =
            |(index, text): (usize, &String)| read_person(&mut problems, &format!("people.{index}"), text);
        let people = texts.iter().enumerate().filter_map(person).collect();
        problems.or(Some(SuppressionCommand::Add { people, note: self.note }))
    }
}

/// Somebody on the list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Suppression")]
pub(crate) struct SuppressionJson<'a> {
    phone: Option<&'a str>,
    lid: Option<&'a str>,
    /// `requested` or `opted_out`.
    reason: &'static str,
    /// The instance that heard the word.
    instance: Option<String>,
    note: Option<&'a str>,
    since: Time,
}

impl<'a> SuppressionJson<'a> {
    pub(crate) fn of(record: &'a SuppressionRecord) -> SuppressionJson<'a> {
        SuppressionJson {
            phone: record.phone.as_deref(),
            lid: record.lid.as_deref(),
            reason: record.reason.as_str(),
            instance: record.instance.map(|id| id.to_string()),
            note: record.note.as_deref(),
            since: Time(record.since_ms),
        }
    }
}

/// How the account goes about the list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SuppressionSettings")]
pub(crate) struct SuppressionSettingsJson {
    /// A message that says one of these and nothing else puts its sender on the list; case and accents do not count.
    words: Vec<String>,
    /// The lanes that respect the list: `bulk` unless it was changed, `interactive`, `reply`, `otp`.
    lanes: Vec<String>,
}

impl SuppressionSettingsJson {
    pub(crate) fn of(settings: &SuppressionSettings) -> SuppressionSettingsJson {
        let lanes = settings.lanes.iter().map(|lane| lane.as_str().to_owned()).collect();
        SuppressionSettingsJson { words: settings.words.clone(), lanes }
    }
}

/// Body of `suppressions.settings_put`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PutSuppressionSettings")]
pub(crate) struct PutSettings {
    /// None for no words at all.
    #[schemars(with = "First<String, { OPT_OUT_WORDS_MAX + 1 }>")]
    words: First<String, { OPT_OUT_WORDS_MAX + 1 }>,
    /// `bulk`, `interactive`, `reply`, `otp`; none for a list that nothing respects.
    #[schemars(with = "First<String, { limits::WORDS_MAX + 1 }>")]
    lanes: First<String, { limits::WORDS_MAX + 1 }>,
}

impl PutSettings {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SuppressionSettings, Failure> {
        let mut problems = Problems::default();
        let (First(words), First(given)) = (self.words, self.lanes);
        problems.few("words", &words, OPT_OUT_WORDS_MAX);
        problems.few("lanes", &given, limits::WORDS_MAX);
        for (index, word) in words.iter().take(OPT_OUT_WORDS_MAX).enumerate() {
            problems.bound(&format!("words.{index}"), word, OPT_OUT_WORD_BYTES_MAX);
            if !word.chars().any(char::is_alphanumeric) {
                problems.add(format!("words.{index}"), "has neither letter nor digit");
            }
        }
        let mut lanes: Vec<Lane> = Vec::new();
        for (index, word) in given.iter().take(limits::WORDS_MAX).enumerate() {
            match Lane::parse(word) {
                Some(lane) if !lanes.contains(&lane) => lanes.push(lane),
                Some(_) => {}
                None => problems
                    .add(format!("lanes.{index}"), "is no lane: `otp`, `interactive`, `reply` or `bulk`"),
            }
        }
        lanes.sort();
        problems.or(Some(SuppressionSettings { words, lanes }))
    }
}
