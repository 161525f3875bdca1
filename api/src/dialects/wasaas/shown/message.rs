//! Messages: those that were sent, and those of a chat.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::Failure;
use trunkline_model::InstanceId;
use trunkline_model::command::{MessageView, StoredBody, StoredMessage};
use trunkline_model::inbound::{InboundContent, InboundMessage};
use trunkline_model::message::MessageStatus;

use crate::dialects::in_full;
use crate::dialects::wasaas::session_id;
use crate::json::event::media_id;
use crate::json::time::Time;

/// A message that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Sent")]
pub(in crate::dialects::wasaas) struct SentJson {
    message_id: String,
    /// `queued`, or `sent` when WhatsApp has it already.
    status: &'static str,
    timestamp: Option<Time>,
}

impl SentJson {
    pub(in crate::dialects::wasaas) fn of(view: &MessageView) -> SentJson {
        let timestamp = view.status_times_ms.values().min().copied().map(Time);
        SentJson { message_id: view.wa_id.clone(), status: accepted(view.status), timestamp }
    }
}

fn accepted(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Pending | MessageStatus::Processing => "queued",
        MessageStatus::Failed => "failed",
        _ => "sent",
    }
}

/// What became of the messages of a bulk.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Bulk")]
pub(in crate::dialects::wasaas) struct BulkJson {
    /// The bulk, by its first message; null when none is queued.
    job_id: Option<String>,
    total: usize,
    queued: usize,
    failed: usize,
    results: Vec<BulkResultJson>,
}

impl BulkJson {
    pub(in crate::dialects::wasaas) fn of(results: Vec<BulkResultJson>) -> BulkJson {
        let queued = results.iter().filter(|result| result.message_id.is_some()).count();
        BulkJson {
            job_id: results.iter().find_map(|result| result.job.clone()),
            total: results.len(),
            queued,
            failed: results.len() - queued,
            results,
        }
    }
}

/// What became of one of them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "BulkResult")]
pub(in crate::dialects::wasaas) struct BulkResultJson {
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// `queued` or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    job: Option<String>,
}

impl BulkResultJson {
    pub(in crate::dialects::wasaas) fn of(
        to: Option<String>,
        result: &Result<MessageView, Failure>,
    ) -> BulkResultJson {
        match result {
            Ok(view) => BulkResultJson {
                to,
                message_id: Some(view.wa_id.clone()),
                status: accepted(view.status),
                error: None,
                job: Some(view.id.to_string().replacen("msg_", "job_", 1)),
            },
            Err(failure) => BulkResultJson {
                to,
                message_id: None,
                status: "failed",
                error: Some(in_full(failure)),
                job: None,
            },
        }
    }
}

/// A message of a chat.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Message")]
pub(in crate::dialects::wasaas) struct MessageJson {
    id: String,
    chat_id: String,
    from_me: bool,
    sender: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    /// Where the file of a received message is, on this server, with the same key.
    media_url: Option<String>,
    timestamp: Time,
    /// `received`, or where an own message stands.
    status: &'static str,
}

impl MessageJson {
    pub(in crate::dialects::wasaas) fn of(instance: InstanceId, stored: &StoredMessage) -> MessageJson {
        let (text, timestamp) = (stored.text.clone(), Time(stored.time_ms));
        match &stored.message {
            StoredBody::Sent(view) => MessageJson {
                id: view.wa_id.clone(),
                chat_id: view.to.clone(),
                from_me: true,
                sender: None,
                kind: view.kind.clone(),
                text,
                media_url: None,
                timestamp,
                status: standing(view.status),
            },
            StoredBody::Received { sequence, message } => MessageJson {
                id: message.wa_id.clone(),
                chat_id: id_of(&message.chat),
                from_me: message.from_me,
                sender: Some(id_of(&message.sender)),
                kind: kind(message).to_owned(),
                text,
                media_url: media_url(instance, *sequence, message),
                timestamp,
                status: if message.from_me { "sent" } else { "received" },
            },
        }
    }
}

/// Where the file of a received message is.
pub(in crate::dialects::wasaas) fn media_url(
    instance: InstanceId,
    sequence: u64,
    message: &InboundMessage,
) -> Option<String> {
    let is_file = matches!(message.content, InboundContent::Media(_));
    // A path of this dialect: a host of its own has no other.
    is_file.then(|| format!("/api/sessions/{}/media/{}", session_id(instance), media_id(sequence)))
}

/// The service's word for where an own message stands.
pub(in crate::dialects::wasaas) fn standing(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Pending | MessageStatus::Processing => "queued",
        MessageStatus::Sent => "sent",
        MessageStatus::Delivered => "delivered",
        MessageStatus::Read | MessageStatus::Played => "read",
        MessageStatus::Failed => "failed",
    }
}

pub(in crate::dialects::wasaas) use crate::json::party::id_of;

/// What a received message is.
pub(in crate::dialects::wasaas) fn kind(message: &InboundMessage) -> &'static str {
    match &message.content {
        InboundContent::Text { .. } => "text",
        InboundContent::Media(media) => media.kind.as_str(),
        InboundContent::Reaction { .. } => "reaction",
        InboundContent::Revoke { .. } => "revoked",
        InboundContent::Edit { .. } => "edited",
        InboundContent::Location { .. } | InboundContent::LiveLocation(_) => "location",
        InboundContent::Contacts { .. } => "contact",
        InboundContent::Poll(_) => "poll",
        InboundContent::PollVote(_) => "poll_vote",
        InboundContent::Event(_) | InboundContent::EventAnswer { .. } => "event",
        InboundContent::Menu(_) => "interactive",
        InboundContent::MenuChoice { .. } => "interactive_response",
        InboundContent::Pin { .. } => "pin",
        InboundContent::Keep { .. } => "keep",
        InboundContent::GroupInvite(_) => "group_invite",
        InboundContent::Other { .. } => "unknown",
    }
}
