//! Messages: accepted, sent, kept.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::InstanceId;
use trunkline_model::command::{MessageView, StoredBody, StoredMessage};
use trunkline_model::inbound::InboundContent;
use trunkline_model::message::MessageStatus;
use trunkline_model::plan::{ScheduleRecord, ScheduleState};

use super::super::ids;
use super::{id_of, name_of, name_of_jid};
use crate::json::event::media_id;
use crate::json::time::Time;

/// That a message was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct AcceptedJson {
    /// 202.
    status_code: u16,
    #[serde(rename = "transactionId")]
    pub(crate) transaction: String,
    #[serde(rename = "correlationId")]
    pub(crate) correlation: String,
    #[serde(rename = "messageType")]
    kind: String,
}

impl AcceptedJson {
    pub(crate) fn of(view: &MessageView) -> AcceptedJson {
        AcceptedJson {
            status_code: 202,
            transaction: ids::transaction(view.id),
            correlation: ids::correlation(view.id, view.metadata.as_deref()),
            kind: ids::kind(view),
        }
    }

    /// One that waits for its time.
    pub(crate) fn later(record: &ScheduleRecord) -> AcceptedJson {
        let metadata = record.message.metadata.as_deref();
        AcceptedJson {
            status_code: 202,
            transaction: record.id.to_string(),
            correlation: ids::correlation_of_schedule(record.id, metadata),
            kind: ids::word(record.message.content.kind()).to_owned(),
        }
    }
}

/// What became of one message of several.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkResultJson {
    pub(crate) index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// What became of several messages.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BulkJson {
    /// 202.
    status_code: u16,
    #[serde(rename = "batchId")]
    batch: String,
    total: usize,
    accepted: usize,
    rejected: usize,
    results: Vec<BulkResultJson>,
}

impl BulkJson {
    pub(crate) fn of(batch: String, results: Vec<BulkResultJson>) -> BulkJson {
        let rejected = results.iter().filter(|result| result.error.is_some()).count();
        let total = results.len();
        BulkJson { status_code: 202, batch, total, accepted: total - rejected, rejected, results }
    }
}

/// That something was done, and what holds now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StateJson {
    /// The service's word for it.
    pub(crate) status: String,
}

/// That a message was deleted, or its deletion accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedJson {
    pub(crate) id: String,
    pub(crate) deleted: bool,
    /// `cancelled`, `revoked` or `deleted`.
    pub(crate) status: &'static str,
    /// The transaction of the revocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction_id: Option<String>,
}

/// The service's word for a status.
pub(crate) fn status_word(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Pending => "queued",
        MessageStatus::Processing => "processing",
        MessageStatus::Sent => "sent",
        MessageStatus::Delivered => "delivered",
        MessageStatus::Read | MessageStatus::Played => "read",
        MessageStatus::Failed => "failed",
    }
}

/// An accepted message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageJson {
    transaction_id: String,
    correlation_id: String,
    message_type: String,
    device_id: String,
    to: String,
    /// `queued`, `processing`, `sent`, `delivered`, `read`, `failed` or `cancelled`.
    status: &'static str,
    /// WhatsApp's id of it.
    message_id: Option<String>,
    error: Option<String>,
    queued_at: Option<Time>,
    sent_at: Option<Time>,
    delivered_at: Option<Time>,
    read_at: Option<Time>,
}

impl MessageJson {
    pub(crate) fn of(view: &MessageView) -> MessageJson {
        let at = |status| view.status_times_ms.get(&status).copied().map(Time);
        MessageJson {
            transaction_id: ids::transaction(view.id),
            correlation_id: ids::correlation(view.id, view.metadata.as_deref()),
            message_type: ids::kind(view),
            device_id: ids::device(view.instance),
            to: name_of_jid(&view.to),
            status: status_word(view.status),
            message_id: Some(view.wa_id.clone()),
            error: view.error.clone(),
            queued_at: at(MessageStatus::Pending),
            sent_at: at(MessageStatus::Sent),
            delivered_at: at(MessageStatus::Delivered),
            read_at: at(MessageStatus::Read).or_else(|| at(MessageStatus::Played)),
        }
    }

    /// One whose time has not come, or never will.
    pub(crate) fn later(record: &ScheduleRecord) -> MessageJson {
        let AcceptedJson { transaction, correlation, kind, .. } = AcceptedJson::later(record);
        MessageJson {
            transaction_id: transaction,
            correlation_id: correlation,
            message_type: kind,
            device_id: ids::device(record.instance),
            to: name_of_jid(&record.message.to.jid()),
            status: waiting_word(record.state),
            message_id: None,
            error: None,
            queued_at: Some(Time(record.created_at_ms)),
            sent_at: None,
            delivered_at: None,
            read_at: None,
        }
    }
}

/// What a message that was not sent yet is waiting for.
fn waiting_word(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Active | ScheduleState::Paused => "queued",
        ScheduleState::Cancelled => "cancelled",
        // It is over and no message came of it.
        ScheduleState::Completed => "failed",
    }
}

/// Where an accepted message stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageStatusJson {
    transaction_id: String,
    status: &'static str,
    updated_at: Option<Time>,
    error: Option<String>,
}

impl MessageStatusJson {
    pub(crate) fn of(view: &MessageView) -> MessageStatusJson {
        MessageStatusJson {
            transaction_id: ids::transaction(view.id),
            status: status_word(view.status),
            updated_at: view.status_times_ms.values().max().copied().map(Time),
            error: view.error.clone(),
        }
    }

    /// One whose time has not come, or never will.
    pub(crate) fn later(record: &ScheduleRecord) -> MessageStatusJson {
        MessageStatusJson {
            transaction_id: record.id.to_string(),
            status: waiting_word(record.state),
            updated_at: Some(Time(record.created_at_ms)),
            error: None,
        }
    }
}

/// A message of a chat.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredJson {
    message_id: String,
    chat_id: String,
    from: Option<String>,
    from_me: bool,
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    /// The file's id; it is below the device, at `/media/{mediaId}`.
    media_id: Option<String>,
    timestamp: Time,
    /// Of an own message, how far it came; `received` of others.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<String>,
    device_id: String,
}

impl StoredJson {
    pub(crate) fn of(instance: InstanceId, stored: &StoredMessage) -> StoredJson {
        let device_id = ids::device(instance);
        let (text, timestamp) = (stored.text.clone(), Time(stored.time_ms));
        match &stored.message {
            StoredBody::Received { sequence, message } => StoredJson {
                message_id: message.wa_id.clone(),
                chat_id: id_of(&message.chat),
                from: Some(name_of(&message.sender)),
                from_me: message.from_me,
                kind: kind_of(&message.content).to_owned(),
                text,
                media_id: matches!(message.content, InboundContent::Media(_)).then(|| media_id(*sequence)),
                timestamp,
                status: if message.from_me { "sent" } else { "received" },
                transaction_id: None,
                device_id,
            },
            StoredBody::Sent(view) => StoredJson {
                message_id: view.wa_id.clone(),
                chat_id: view.to.clone(),
                from: None,
                from_me: true,
                kind: ids::word(&view.kind).to_owned(),
                text,
                media_id: None,
                timestamp,
                status: status_word(view.status),
                transaction_id: Some(ids::transaction(view.id)),
                device_id,
            },
        }
    }
}

/// The service's word for what somebody sent.
pub(crate) fn kind_of(content: &InboundContent) -> &'static str {
    match content {
        InboundContent::Text { .. } | InboundContent::Edit { .. } => "plain-text",
        InboundContent::Media(media) => media.kind.as_str(),
        InboundContent::Reaction { .. } => "reaction",
        InboundContent::Location { .. } | InboundContent::LiveLocation(_) => "location",
        InboundContent::Contacts { .. } => "contact",
        InboundContent::Poll(_) => "poll",
        InboundContent::PollVote(_) => "poll-vote",
        InboundContent::Menu(_) => "buttons",
        InboundContent::MenuChoice { .. } => "button-reply",
        InboundContent::Event(_) => "event",
        InboundContent::EventAnswer { .. } => "event-reply",
        InboundContent::GroupInvite(_) => "group-invite",
        InboundContent::Revoke { .. } => "revoked",
        InboundContent::Pin { .. } => "pin",
        InboundContent::Keep { .. } => "keep",
        InboundContent::Other { .. } => "unknown",
    }
}
