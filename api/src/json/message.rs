//! Outgoing messages as replies give them, and the body of `messages.read`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::command::{Command, MessageView};
use trunkline_model::limits::WA_MESSAGE_ID_BYTES_MAX;
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
