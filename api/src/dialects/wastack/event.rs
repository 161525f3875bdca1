//! Events as WAStack tells them. What the service would tell and Trunkline has no such thing for, uploaded media and automations,
//! can be asked for and never comes.

use serde::Serialize;
use serde_json::{Value, json};
use trunkline_model::delivery::{Telling, Told};
use trunkline_model::event::{Event, EventBody, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMedia, InboundMessage, Party};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;
use trunkline_model::{InstanceId, MessageId};

use super::ids;
use super::shown::message::{kind_of, status_word};
use super::shown::webhook::delivery_id;
use super::shown::{id_of, name_of};
use crate::dialects::envelope::signature;
use crate::json;
use crate::json::event::{event_id, media_id};
use crate::json::time::{Time, rfc3339};

/// The events of the service.
pub(super) const EVENTS: &[&str] = &[
    RECEIVED,
    "message.sent",
    "message.delivered",
    "message.read",
    "message.failed",
    "media.uploaded",
    "session.connected",
    "session.disconnected",
    "automation.triggered",
];

/// The event that most webhooks are made for.
pub(super) const RECEIVED: &str = "message.received";

/// An event in its envelope. Each name has a second one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    id: String,
    event: &'static str,
    r#type: &'static str,
    timestamp: Time,
    session_id: &'a str,
    device_id: &'a str,
    data: Value,
}

/// The service's word for an event; `None` for one that it does not have.
pub(super) fn word(event: &Event) -> Option<&'static str> {
    match &event.body {
        // What the phone sent of the past was not received now.
        EventBody::MessageReceived(message) if !message.from_me && !event.backfilled => Some(RECEIVED),
        EventBody::MessageStatus(change) => match change.status {
            MessageStatus::Sent => Some("message.sent"),
            MessageStatus::Delivered => Some("message.delivered"),
            MessageStatus::Read => Some("message.read"),
            MessageStatus::Failed => Some("message.failed"),
            // Whoever played it has read it.
            MessageStatus::Pending | MessageStatus::Processing | MessageStatus::Played => None,
        },
        EventBody::StateChanged { to: InstanceState::Open, .. } => Some("session.connected"),
        EventBody::StateChanged { from: InstanceState::Open, .. } => Some("session.disconnected"),
        // It was lost before, and now it is known that it does not come back by itself.
        EventBody::StateChanged { to: InstanceState::LoggedOut | InstanceState::Restricted, .. } => {
            Some("session.disconnected")
        }
        _ => None,
    }
}

/// Whether the service has such an event, and `wanted` does not leave it out.
pub(super) fn is_told(wanted: &[String], event: &Event) -> bool {
    word(event).is_some_and(|word| wanted.is_empty() || wanted.iter().any(|wanted| wanted == word))
}

/// An event for a webhook: body, headers, signature.
pub(super) fn webhook(telling: &Telling<'_>) -> Option<Told> {
    let Telling { instance, event, .. } = *telling;
    if !is_told(&telling.format.events, event) {
        return None;
    }
    let kind = word(event)?;
    let device = ids::device(instance);
    let envelope = Envelope {
        id: event_id(instance, event.sequence),
        event: kind,
        r#type: kind,
        timestamp: Time(event.time_ms),
        session_id: &device,
        device_id: &device,
        data: data(telling)?,
    };
    let body = json::bytes(&envelope);
    let mut headers = vec![
        ("X-WAStack-Event", kind.to_owned()),
        ("X-WAStack-Delivery", delivery_id(instance, event.sequence, telling.attempt)),
    ];
    if !telling.secret.is_empty() {
        headers.push(("X-WAStack-Signature", signature(telling.secret, &body)));
    }
    Some(Told { body, headers })
}

fn data(telling: &Telling<'_>) -> Option<Value> {
    let event = telling.event;
    Some(match &event.body {
        EventBody::MessageReceived(message) => received(telling, message),
        EventBody::MessageStatus(change) => status(change, event.time_ms),
        EventBody::StateChanged { to, reason, .. } => json!({
            "status": super::shown::device::status_word(*to),
            "phone": telling.own.and_then(|own| own.phone.clone()),
            "reason": reason.map(|reason| reason.as_str()),
        }),
        _ => return None,
    })
}

fn received(telling: &Telling<'_>, message: &InboundMessage) -> Value {
    let sequence = telling.event.sequence;
    json!({
        "messageId": message.wa_id,
        "chatId": id_of(&message.chat),
        "from": name_of(&message.sender),
        "to": telling.own.map(name_of),
        "fromMe": false,
        "pushName": message.sender.name,
        "type": kind_of(&message.content),
        "text": text_of(&message.content),
        "media": match &message.content {
            InboundContent::Media(media) => media_of(telling.instance, sequence, media),
            _ => Value::Null,
        },
        "content": content_of(&message.content),
        "timestamp": rfc3339(message.time_ms),
        "isGroup": message.is_group,
        "quoted": message.quote.as_ref().map(|quote| json!({
            "messageId": quote.wa_id,
            "from": quote.participant.as_ref().map(name_of),
        })),
    })
}

/// The words of a message.
fn text_of(content: &InboundContent) -> Option<&str> {
    match content {
        InboundContent::Text { body } | InboundContent::Edit { body, .. } => Some(body),
        InboundContent::Media(media) => media.caption.as_deref(),
        InboundContent::Reaction { emoji, .. } => Some(emoji),
        InboundContent::MenuChoice { title, .. } => Some(title),
        InboundContent::Poll(poll) => Some(&poll.question),
        InboundContent::Menu(menu) => Some(&menu.body),
        InboundContent::Location { name, .. } => name.as_deref(),
        _ => None,
    }
}

/// What a message has that is neither text nor file.
fn content_of(content: &InboundContent) -> Value {
    match content {
        InboundContent::Location { latitude_e7, longitude_e7, name, address } => json!({
            "latitude": *latitude_e7 as f64 / 1e7, "longitude": *longitude_e7 as f64 / 1e7,
            "name": name, "address": address,
        }),
        InboundContent::Contacts { vcards } => json!({ "vcards": vcards }),
        InboundContent::Poll(poll) => {
            json!({ "question": poll.question, "options": poll.options, "selectableCount": poll.selectable })
        }
        InboundContent::Reaction { target_wa_id, emoji } => {
            json!({ "messageId": target_wa_id, "emoji": emoji })
        }
        InboundContent::Edit { target_wa_id, .. } | InboundContent::Revoke { target_wa_id } => {
            json!({ "messageId": target_wa_id })
        }
        InboundContent::MenuChoice { id, title } => json!({ "id": id, "title": title }),
        _ => Value::Null,
    }
}

fn media_of(instance: InstanceId, sequence: u64, media: &InboundMedia) -> Value {
    let id = media_id(sequence);
    json!({
        "id": id,
        // Below the address that the customer calls; only the customer knows its host.
        "url": format!("/api/v1/devices/{}/media/{id}", ids::device(instance)),
        "mimeType": media.mime_type,
        "fileName": media.file_name,
        "size": media.size_bytes,
        "kind": media.kind.as_str(),
    })
}

fn status(change: &StatusChange, time_ms: i64) -> Value {
    json!({
        "transactionId": ids::transaction(change.message),
        "correlationId": ids::correlation(change.message, change.metadata.as_deref()),
        "messageId": change.wa_id,
        "to": name_of(&change.chat),
        "status": status_word(change.status),
        "timestamp": rfc3339(time_ms),
        "error": change.error,
    })
}

/// An event that never happened, to see whether it arrives.
pub(super) fn sample(word: &str, time_ms: i64) -> Option<Event> {
    let ana = Party { name: Some("Ana".to_owned()), ..Party::of_jid("15550100200@s.whatsapp.net") };
    let status = |status| {
        Some(EventBody::MessageStatus(StatusChange {
            message: MessageId::from_u64(0)?,
            wa_id: "TEST".to_owned(),
            chat: ana.clone(),
            status,
            error: (status == MessageStatus::Failed).then(|| "test".to_owned()),
            participant: None,
            metadata: None,
        }))
    };
    let state = |from, to| Some(EventBody::StateChanged { from, to, reason: None });
    let body: Option<EventBody> = match word {
        RECEIVED => Some(EventBody::MessageReceived(Box::new(InboundMessage {
            wa_id: "TEST".to_owned(),
            chat: ana.clone(),
            sender: ana.clone(),
            from_me: false,
            is_group: false,
            time_ms,
            from_offline_queue: false,
            content: InboundContent::Text { body: "This is a test.".to_owned() },
            quote: None,
            mentions: Vec::new(),
            marks: InboundMarks::default(),
        }))),
        "message.sent" => status(MessageStatus::Sent),
        "message.delivered" => status(MessageStatus::Delivered),
        "message.read" => status(MessageStatus::Read),
        "message.failed" => status(MessageStatus::Failed),
        "session.connected" => state(InstanceState::Syncing, InstanceState::Open),
        "session.disconnected" => state(InstanceState::Open, InstanceState::BackingOff),
        _ => None,
    };
    body.map(|body| Event { sequence: 0, time_ms, backfilled: false, body })
}

#[cfg(test)]
mod tests;
