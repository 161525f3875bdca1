//! Messages after they were accepted.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{MessageView, ReceiptView};
use trunkline_model::message::MessageStatus;

use super::id_of;
use crate::json::time::Time;

/// A message that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentJson {
    success: bool,
    /// WhatsApp's id of it.
    message_id: String,
    data: SentDataJson,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SentDataJson {
    /// The number that paths and `replyTo` take as well.
    msg_id: u64,
    jid: String,
    status: &'static str,
    message_id: String,
}

impl SentJson {
    pub(crate) fn of(view: &MessageView) -> SentJson {
        let data = SentDataJson {
            msg_id: view.id.get(),
            jid: view.to.clone(),
            status: log_word(view.status),
            message_id: view.wa_id.clone(),
        };
        SentJson { success: true, message_id: view.wa_id.clone(), data }
    }
}

/// The word for where a message stands.
pub(crate) fn log_word(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Pending | MessageStatus::Processing => "in_progress",
        other => other.as_str(),
    }
}

/// The number for where a message stands.
pub(crate) fn status_number(status: MessageStatus) -> u8 {
    match status {
        MessageStatus::Failed => 0,
        MessageStatus::Pending | MessageStatus::Processing => 1,
        MessageStatus::Sent => 2,
        MessageStatus::Delivered => 3,
        MessageStatus::Read => 4,
        MessageStatus::Played => 5,
    }
}

/// What became of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InfoJson {
    remote_jid: String,
    id: String,
    msg_id: u64,
    key: KeyJson,
    /// What it is: `text`, `image`, …
    #[serde(rename = "type")]
    kind: String,
    /// When it was accepted, in seconds since the Unix epoch.
    message_timestamp: String,
    /// 0 failed, 1 waits, 2 sent, 3 delivered, 4 read, 5 played.
    status: u8,
    status_text: &'static str,
    failed_reason: Option<String>,
    receipts: Vec<ReceiptJson>,
}

/// A message, as WhatsApp names it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct KeyJson {
    id: String,
    from_me: bool,
    remote_jid: String,
}

/// What one recipient's device told.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptJson {
    user_jid: String,
    delivered_at: Option<Time>,
    read_at: Option<Time>,
    played_at: Option<Time>,
}

impl InfoJson {
    pub(crate) fn of(view: &MessageView, receipts: &[ReceiptView]) -> InfoJson {
        let accepted_ms = view.status_times_ms.values().min().copied().unwrap_or_default();
        let receipt = |receipt: &ReceiptView| ReceiptJson {
            user_jid: id_of(&receipt.person),
            delivered_at: receipt.delivered_at_ms.map(Time),
            read_at: receipt.read_at_ms.map(Time),
            played_at: receipt.played_at_ms.map(Time),
        };
        InfoJson {
            remote_jid: view.to.clone(),
            id: view.wa_id.clone(),
            msg_id: view.id.get(),
            key: KeyJson { id: view.wa_id.clone(), from_me: true, remote_jid: view.to.clone() },
            kind: view.kind.clone(),
            message_timestamp: accepted_ms.div_euclid(1_000).to_string(),
            status: status_number(view.status),
            status_text: log_word(view.status),
            failed_reason: view.error.clone(),
            receipts: receipts.iter().map(receipt).collect(),
        }
    }
}

/// What is shown in a chat.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PresenceJson {
    pub(crate) jid: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}
