//! Events as WASaaS tells them: `{event, sessionId, timestamp, data}`, signed.

use serde::Serialize;
use serde_json::{Value, json};
use trunkline_model::InstanceId;
use trunkline_model::delivery::{Telling, Told};
use trunkline_model::event::{Event, EventBody, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMessage};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;

use super::session_id;
use super::shown::message::{id_of, kind, media_url, standing};
use super::shown::session::{picture, status};
use crate::dialects::envelope::signature;
use crate::json;
use crate::json::time::{Time, rfc3339};

/// Names that the service has and that nothing here is called by: a webhook may ask for them, and never hears any.
pub(super) const UNTOLD: &[&str] =
    &["campaign.started", "campaign.completed", "contact.created", "contact.updated"];

/// The events that there are.
pub(super) const EVENTS: &[&str] = &[
    "message.received",
    "message.sent",
    "message.delivered",
    "message.read",
    "message.failed",
    "session.connected",
    "session.disconnected",
    "session.qr",
];

/// An event in its envelope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    event: &'static str,
    session_id: String,
    timestamp: Time,
    data: Value,
}

/// Which of the service's events one of ours is; `None` when it has no such thing.
fn name_of(event: &Event) -> Option<&'static str> {
    match &event.body {
        // What was written before the session was there is no news, and what the number wrote on the phone was not received.
        EventBody::MessageReceived(message) if !event.backfilled && !message.from_me => {
            let says = !matches!(message.content, InboundContent::Other { .. });
            says.then_some("message.received")
        }
        EventBody::MessageStatus(change) => match change.status {
            MessageStatus::Sent => Some("message.sent"),
            MessageStatus::Delivered => Some("message.delivered"),
            MessageStatus::Read => Some("message.read"),
            MessageStatus::Failed => Some("message.failed"),
            MessageStatus::Pending | MessageStatus::Processing | MessageStatus::Played => None,
        },
        EventBody::QrIssued { .. } => Some("session.qr"),
        EventBody::StateChanged { from, to, .. } => change(*from, *to),
        _ => None,
    }
}

/// What a change of state is: attempts to connect again that fail are no news.
fn change(from: InstanceState, to: InstanceState) -> Option<&'static str> {
    use InstanceState::{Deleted, LoggedOut, Open, Syncing};
    let was_on = matches!(from, Open | Syncing);
    match to {
        Open => Some("session.connected"),
        LoggedOut | Deleted if from != LoggedOut => Some("session.disconnected"),
        Syncing | LoggedOut | Deleted => None,
        _ => was_on.then_some("session.disconnected"),
    }
}

fn is_wanted(wanted: &[String], name: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)
}

/// Whether the service has such an event, and `wanted` does not leave it out.
pub(super) fn is_told(wanted: &[String], event: &Event) -> bool {
    name_of(event).is_some_and(|name| is_wanted(wanted, name))
}

/// An event for a webhook; `None` when it is not told.
pub(super) fn webhook(telling: &Telling<'_>) -> Option<Told> {
    let event = name_of(telling.event).filter(|name| is_wanted(&telling.format.events, name))?;
    let envelope = Envelope {
        event,
        session_id: session_id(telling.instance),
        timestamp: Time(telling.event.time_ms),
        data: data(telling)?,
    };
    let body = json::bytes(&envelope);
    let mut headers = Vec::new();
    if !telling.secret.is_empty() {
        headers.push(("X-Webhook-Signature", signature(telling.secret, &body)));
    }
    Some(Told { body, headers })
}

fn data(telling: &Telling<'_>) -> Option<Value> {
    match &telling.event.body {
        EventBody::MessageReceived(message) => {
            Some(received(telling.instance, telling.event.sequence, message))
        }
        EventBody::MessageStatus(change) => Some(sent(change, telling.event.time_ms)),
        EventBody::QrIssued { code, expires_at_ms } => {
            // A code that cannot be drawn is told as the text in it.
            let qr = picture(code).unwrap_or_else(|_| code.clone());
            Some(json!({ "qr": qr, "code": code, "expiresAt": rfc3339(*expires_at_ms) }))
        }
        EventBody::StateChanged { to, reason, .. } => {
            let phone = telling.own.and_then(|own| own.phone.as_deref());
            let reason = reason.map(|reason| reason.as_str());
            Some(json!({ "status": status(*to), "phoneNumber": phone, "reason": reason }))
        }
        _ => None,
    }
}

fn received(instance: InstanceId, sequence: u64, message: &InboundMessage) -> Value {
    json!({
        "id": message.wa_id,
        "chatId": id_of(&message.chat),
        "from": id_of(&message.sender),
        "fromMe": message.from_me,
        "name": message.sender.name,
        "isGroup": message.is_group,
        "type": kind(message),
        "text": text(&message.content),
        "mediaUrl": media_url(instance, sequence, message),
        "quotedMessageId": message.quote.as_ref().map(|quote| quote.wa_id.as_str()),
        "timestamp": rfc3339(message.time_ms),
    })
}

/// The text of a message, or under its file; the emoji of a reaction.
fn text(content: &InboundContent) -> Option<&str> {
    match content {
        InboundContent::Text { body } | InboundContent::Edit { body, .. } => Some(body),
        InboundContent::Media(media) => media.caption.as_deref(),
        InboundContent::Reaction { emoji, .. } => Some(emoji),
        InboundContent::Location { name, .. } => name.as_deref(),
        InboundContent::Poll(poll) => Some(&poll.question),
        InboundContent::Event(event) => Some(&event.name),
        InboundContent::Menu(menu) => Some(&menu.body),
        InboundContent::MenuChoice { title, .. } => Some(title),
        InboundContent::GroupInvite(invite) => invite.caption.as_deref(),
        _ => None,
    }
}

fn sent(change: &StatusChange, time_ms: i64) -> Value {
    json!({
        "id": change.wa_id,
        "messageId": change.wa_id,
        "chatId": id_of(&change.chat),
        "to": id_of(change.participant.as_ref().unwrap_or(&change.chat)),
        "status": standing(change.status),
        "error": change.error,
        "timestamp": rfc3339(time_ms),
    })
}

#[cfg(test)]
mod tests;
