//! Outgoing messages as replies give them, and the body of `messages.read`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::command::{Command, MessageView};
use trunkline_model::limits::WA_MESSAGE_ID_BYTES_MAX;
use trunkline_model::message::{Content, MediaSource, SendMessage};
use trunkline_model::{Address, Failure};

use super::fields::{First, Problems};
use super::party::Person;
use super::raw::{RawObject, embed};
use super::time;
use crate::limits::READ_IDS_MAX;

/// An outgoing message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Message")]
pub(crate) struct MessageJson<'a> {
    id: String,
    instance: String,
    wa_id: &'a str,
    to: Person<'a>,
    #[serde(rename = "type")]
    kind: &'a str,
    lane: &'static str,
    status: &'static str,
    status_times: BTreeMap<&'static str, String>,
    attempts: u32,
    error: Option<&'a str>,
    /// Whether it failed and the credit that it cost goes back.
    refunded: bool,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
}

impl<'a> MessageJson<'a> {
    pub(crate) fn of(view: &'a MessageView) -> MessageJson<'a> {
        MessageJson {
            id: view.id.to_string(),
            instance: view.instance.to_string(),
            wa_id: &view.wa_id,
            to: Person::of_jid(&view.to),
            kind: &view.kind,
            lane: view.lane.as_str(),
            status: view.status.as_str(),
            status_times: view
                .status_times_ms
                .iter()
                .map(|(status, time_ms)| (status.as_str(), time::rfc3339(*time_ms)))
                .collect(),
            attempts: view.attempts,
            error: view.error.as_deref(),
            refunded: view.refunded,
            metadata: embed(view.metadata.as_ref()),
        }
    }
}

/// What an outgoing message says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageContent")]
pub(crate) struct ContentJson<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    /// The text, or the one under a file; the question of a poll, the name of a place.
    text: Option<&'a str>,
    /// Where the file is fetched from; null for one that came with the message.
    media_url: Option<&'a str>,
    /// Name of a document.
    file_name: Option<&'a str>,
}

impl<'a> ContentJson<'a> {
    pub(crate) fn of(message: &'a SendMessage) -> ContentJson<'a> {
        let media = match &message.content {
            Content::Media(media) => Some(media),
            _ => None,
        };
        ContentJson {
            kind: message.content.kind(),
            // A file without a text under it has none.
            text: media.map_or_else(|| message.text(), |media| media.caption.as_deref()),
            media_url: media.and_then(|media| match &media.source {
                MediaSource::Url(url) => Some(url.as_str()),
                MediaSource::Blob(_) => None,
            }),
            file_name: media.and_then(|media| media.file_name.as_deref()),
        }
    }
}

/// Body of `messages.read`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MarkRead")]
pub(crate) struct ReadBody {
    chat: String,
    #[serde(default)]
    participant: Option<String>,
    wa_ids: First<String, { READ_IDS_MAX + 1 }>,
}

impl ReadBody {
    /// The command.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<Command, Failure> {
        let mut problems = Problems::default();
        let chat = problems.keep("chat", self.chat.parse::<Address>());
        let participant = self.participant.and_then(|participant| {
            let address = problems.keep("participant", participant.parse::<Address>())?;
            if !address.is_person() {
                problems.add("participant", "is not a person");
            }
            Some(address.jid())
        });
        let First(wa_ids) = self.wa_ids;
        if !(1..=READ_IDS_MAX).contains(&wa_ids.len()) {
            problems.add("wa_ids", format!("has not 1 to {READ_IDS_MAX} ids"));
        }
        for (index, id) in wa_ids.iter().take(READ_IDS_MAX).enumerate() {
            if !(1..=WA_MESSAGE_ID_BYTES_MAX).contains(&id.len()) {
                problems.add(
                    format!("wa_ids.{index}"),
                    format!("is not 1 to {WA_MESSAGE_ID_BYTES_MAX} bytes long"),
                );
            }
        }
        problems.or(chat.map(|chat| Command::MarkRead { chat: chat.jid(), participant, wa_ids }))
    }
}
