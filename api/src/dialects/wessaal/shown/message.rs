//! Messages that were sent.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use trunkline_model::Address;
use trunkline_model::command::{InstanceView, MessageView};
use trunkline_model::message::{Content, MediaSource, MessageStatus, SendMessage};

use super::account::NamedJson;
use super::{Moment, e164};

/// The member of a message's metadata with the number of the template that it was made of.
pub(in crate::dialects::wessaal) const TEMPLATE: &str = "template_id";

/// A message that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Queued")]
pub(in crate::dialects::wessaal) struct QueuedJson {
    message_id: u64,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    recipient: String,
    queued_at: Option<Moment>,
    instance: NamedJson,
    template_used: bool,
    credits_charged: u8,
}

impl QueuedJson {
    pub(in crate::dialects::wessaal) fn of(
        view: &MessageView,
        of: &InstanceView,
        (template_used, charged): (bool, bool),
    ) -> QueuedJson {
        QueuedJson {
            message_id: view.id.get(),
            status: status(view.status, charged),
            kind: kind(view),
            recipient: recipient(&view.to),
            queued_at: accepted_at(view),
            instance: NamedJson::of_instance(of),
            template_used,
            credits_charged: u8::from(charged),
        }
    }
}

/// What became of the messages of a bulk.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Bulk")]
pub(in crate::dialects::wessaal) struct BulkJson {
    total: usize,
    pub(in crate::dialects::wessaal) success_count: usize,
    pub(in crate::dialects::wessaal) failure_count: usize,
    results: Vec<BulkResultJson>,
}

impl BulkJson {
    pub(in crate::dialects::wessaal) fn of(results: Vec<BulkResultJson>) -> BulkJson {
        let success_count = results.iter().filter(|result| result.success).count();
        BulkJson {
            total: results.len(),
            success_count,
            failure_count: results.len() - success_count,
            results,
        }
    }
}

/// What became of one of them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkResult")]
pub(in crate::dialects::wessaal) struct BulkResultJson {
    index: usize,
    recipient: Option<String>,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// Why it was not queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl BulkResultJson {
    pub(in crate::dialects::wessaal) fn queued(index: usize, view: &MessageView) -> BulkResultJson {
        BulkResultJson {
            index,
            recipient: Some(recipient(&view.to)),
            success: true,
            message_id: Some(view.id.get()),
            status: Some(status(view.status, false)),
            error: None,
        }
    }

    pub(in crate::dialects::wessaal) fn refused(
        index: usize,
        recipient: Option<String>,
        error: String,
    ) -> BulkResultJson {
        BulkResultJson {
            index,
            recipient,
            success: false,
            message_id: None,
            status: None,
            error: Some(error),
        }
    }
}

/// Where a message stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageStatus")]
pub(in crate::dialects::wessaal) struct StatusJson {
    message_id: u64,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    recipient: String,
    sent_at: Option<Moment>,
    delivered_at: Option<Moment>,
    failed_at: Option<Moment>,
    error_message: Option<String>,
}

impl StatusJson {
    pub(in crate::dialects::wessaal) fn of(view: &MessageView, charged: bool) -> StatusJson {
        StatusJson {
            message_id: view.id.get(),
            status: status(view.status, charged),
            kind: kind(view),
            recipient: recipient(&view.to),
            sent_at: reached(view, &[MessageStatus::Sent]),
            delivered_at: reached(view, DELIVERED),
            failed_at: reached(view, &[MessageStatus::Failed]),
            error_message: view.error.clone(),
        }
    }
}

/// A message in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessageItem")]
pub(in crate::dialects::wessaal) struct ItemJson {
    id: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    recipient: String,
    content: Option<String>,
    status: &'static str,
    created_at: Option<Moment>,
}

impl ItemJson {
    pub(in crate::dialects::wessaal) fn of(
        view: &MessageView,
        body: Option<&SendMessage>,
        charged: bool,
    ) -> ItemJson {
        ItemJson {
            id: view.id.get(),
            kind: kind(view),
            recipient: recipient(&view.to),
            content: body.and_then(said),
            status: status(view.status, charged),
            created_at: accepted_at(view),
        }
    }
}

/// A message with everything that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Message")]
pub(in crate::dialects::wessaal) struct MessageJson {
    #[serde(flatten)]
    item: ItemJson,
    media_url: Option<String>,
    filename: Option<String>,
    instance: NamedJson,
    template_id: Option<u64>,
    metadata: Option<Value>,
    credits_charged: u8,
    queued_at: Option<Moment>,
    sent_at: Option<Moment>,
    delivered_at: Option<Moment>,
    failed_at: Option<Moment>,
    error_message: Option<String>,
}

impl MessageJson {
    pub(in crate::dialects::wessaal) fn of(
        (view, body): (&MessageView, Option<&SendMessage>),
        of: &InstanceView,
        charged: bool,
    ) -> MessageJson {
        let media = body.and_then(|body| match &body.content {
            Content::Media(media) => Some(media),
            _ => None,
        });
        let metadata: Option<Value> =
            view.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
        MessageJson {
            item: ItemJson::of(view, body, charged),
            media_url: media.and_then(|media| match &media.source {
                MediaSource::Url(url) => Some(url.clone()),
                MediaSource::Blob(_) => None,
            }),
            filename: media.and_then(|media| media.file_name.clone()),
            instance: NamedJson::of_instance(of),
            template_id: metadata.as_ref().and_then(|metadata| metadata.get(TEMPLATE)?.as_u64()),
            metadata,
            credits_charged: u8::from(charged),
            queued_at: accepted_at(view),
            sent_at: reached(view, &[MessageStatus::Sent]),
            delivered_at: reached(view, DELIVERED),
            failed_at: reached(view, &[MessageStatus::Failed]),
            error_message: view.error.clone(),
        }
    }
}

/// What says that a message was delivered: what was read was delivered before.
const DELIVERED: &[MessageStatus] = &[MessageStatus::Delivered, MessageStatus::Read, MessageStatus::Played];

/// When the first of these statuses was reached.
fn reached(view: &MessageView, statuses: &[MessageStatus]) -> Option<Moment> {
    statuses.iter().filter_map(|status| view.status_times_ms.get(status)).min().copied().map(Moment)
}

/// When it was accepted, in milliseconds since the Unix epoch.
pub(in crate::dialects::wessaal) fn accepted_ms(view: &MessageView) -> Option<i64> {
    view.status_times_ms.values().min().copied()
}

fn accepted_at(view: &MessageView) -> Option<Moment> {
    accepted_ms(view).map(Moment)
}

/// The service's word for a status; what was paid for and failed was paid back.
pub(in crate::dialects::wessaal) fn status(status: MessageStatus, charged: bool) -> &'static str {
    match status {
        MessageStatus::Pending => "pending",
        MessageStatus::Processing => "processing",
        MessageStatus::Sent => "sent",
        MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played => "delivered",
        MessageStatus::Failed if charged => "refunded",
        MessageStatus::Failed => "failed",
    }
}

/// The service's word for what a message is; ours where it has none.
pub(in crate::dialects::wessaal) fn kind(view: &MessageView) -> &'static str {
    if view.to == Address::Status.jid() {
        return "status";
    }
    match view.kind.as_str() {
        "contacts" => "contact",
        "live_location" => "location",
        "voice" => "audio",
        other => KINDS.iter().copied().find(|kind| *kind == other).unwrap_or("text"),
    }
}

const KINDS: &[&str] = &[
    "text",
    "image",
    "video",
    "document",
    "audio",
    "sticker",
    "location",
    "poll",
    "event",
    "buttons",
    "list",
    "reaction",
    "edit",
    "revoke",
    "pin",
    "keep",
    "poll_vote",
];

/// A recipient as the service writes it: a number with its plus, or a WhatsApp id.
pub(in crate::dialects::wessaal) fn recipient(jid: &str) -> String {
    match jid.parse::<Address>() {
        Ok(Address::Phone(digits)) => e164(&digits),
        _ => jid.to_owned(),
    }
}

/// What a message says, in a text.
fn said(body: &SendMessage) -> Option<String> {
    match &body.content {
        Content::Media(media) => media.caption.clone(),
        Content::Contacts(cards) => {
            Some(cards.iter().map(|card| card.name.as_str()).collect::<Vec<_>>().join(", "))
        }
        _ => body.text().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_word_of_the_reference() {
        let known = ["pending", "processing", "sent", "delivered", "failed", "refunded"];
        for native in MessageStatus::ALL {
            assert!(known.contains(&status(native, false)), "{native:?}");
        }
        assert_eq!(status(MessageStatus::Failed, true), "refunded");
    }

    #[test]
    fn numbers_have_a_plus_and_groups_stay_what_they_are() {
        assert_eq!(recipient("966501234567@s.whatsapp.net"), "+966501234567");
        assert_eq!(recipient("120363021033254949@g.us"), "120363021033254949@g.us");
    }
}
