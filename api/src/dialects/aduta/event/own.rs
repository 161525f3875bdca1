//! The data of 7aduta's events.

use serde_json::{Value, json};
use trunkline_model::event::{Event, EventBody, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMedia, InboundMessage, Party};

use super::content::text_of;
use crate::dialects::aduta::shown::session::word;
use crate::dialects::aduta::shown::{id_of, number_of};
use crate::json::event::media_id;
use crate::json::time::rfc3339_seconds;

/// The data of an event; `None` for what the service does not have.
pub(super) fn data(event: &Event, own: Option<&Party>) -> Option<Value> {
    let phone_number = || own.and_then(|own| own.phone.as_ref()).map(|digits| format!("+{digits}"));
    Some(match &event.body {
        EventBody::MessageReceived(message) => received(event.sequence, message, own),
        EventBody::MessageStatus(change) => sent(change, event.time_ms),
        EventBody::StateChanged { to, reason, .. } => {
            let mut data = json!({ "status": word(*to), "phoneNumber": phone_number() });
            if let Some(reason) = reason {
                data["reason"] = reason.as_str().into();
            }
            data
        }
        EventBody::Presence { person, online, last_seen_ms } => {
            let presence = if *online { "available" } else { "unavailable" };
            let mut data = json!({ "jid": id_of(person), "presence": presence });
            if let Some(seen_ms) = last_seen_ms {
                data["lastSeen"] = rfc3339_seconds(*seen_ms).into();
            }
            data
        }
        EventBody::ChatPresence { chat, sender, state } => {
            json!({ "jid": id_of(sender), "chatId": id_of(chat), "presence": state })
        }
        _ => return None,
    })
}

/// A message that was sent, and where it stands.
fn sent(change: &StatusChange, time_ms: i64) -> Value {
    json!({
        "messageId": change.wa_id,
        "msgId": change.message.get(),
        "to": number_of(&change.chat),
        "chatId": id_of(&change.chat),
        "status": change.status.as_str(),
        "timestamp": rfc3339_seconds(time_ms),
    })
}

fn received(sequence: u64, message: &InboundMessage, own: Option<&Party>) -> Value {
    let (kind, more) = content(sequence, &message.content);
    let mut data = json!({
        "messageId": message.wa_id,
        "from": number_of(&message.sender),
        "to": own.map(number_of),
        "chatId": id_of(&message.chat),
        "fromMe": message.from_me,
        "pushName": message.sender.name,
        "type": kind,
        "text": text_of(&message.content),
        "timestamp": rfc3339_seconds(message.time_ms),
        "isGroup": message.is_group,
    });
    let mut add = |name: &str, value: Value| data[name] = value;
    if let Some((name, value)) = more {
        add(name, value);
    }
    if message.is_group {
        add("participant", id_of(&message.sender).into());
    }
    if let Some(quote) = &message.quote {
        add(
            "quoted",
            json!({ "messageId": quote.wa_id, "participant": quote.participant.as_ref().map(id_of) }),
        );
    }
    if !message.mentions.is_empty() {
        add("mentions", message.mentions.iter().map(id_of).collect());
    }
    data
}

/// The type of a message, and the member that holds what it is.
fn content(sequence: u64, content: &InboundContent) -> (&'static str, Option<(&'static str, Value)>) {
    match content {
        InboundContent::Text { .. } => ("text", None),
        InboundContent::Media(media) => (media.kind.as_str(), Some(("media", media_of(sequence, media)))),
        InboundContent::Reaction { target_wa_id, emoji } => {
            ("reaction", Some(("reaction", json!({ "messageId": target_wa_id, "emoji": emoji }))))
        }
        InboundContent::Edit { target_wa_id, .. } => {
            ("edit", Some(("edited", json!({ "messageId": target_wa_id }))))
        }
        InboundContent::Location { latitude_e7, longitude_e7, name, address } => {
            let place = json!({
                "latitude": *latitude_e7 as f64 / 1e7, "longitude": *longitude_e7 as f64 / 1e7,
                "name": name, "address": address,
            });
            ("location", Some(("location", place)))
        }
        InboundContent::LiveLocation(place) => {
            let place = json!({
                "latitude": place.latitude_e7 as f64 / 1e7, "longitude": place.longitude_e7 as f64 / 1e7,
                "name": null, "address": null,
            });
            ("location", Some(("location", place)))
        }
        InboundContent::Contacts { vcards } => ("contact", Some(("contacts", json!(vcards)))),
        InboundContent::Poll(poll) => {
            let shown =
                json!({ "name": poll.question, "options": poll.options, "selectableCount": poll.selectable });
            ("poll", Some(("poll", shown)))
        }
        InboundContent::MenuChoice { id, title } => {
            ("choice", Some(("choice", json!({ "id": id, "title": title }))))
        }
        InboundContent::Menu(_) => ("text", None),
        InboundContent::GroupInvite(invite) => {
            ("invite", Some(("invite", json!({ "groupJid": invite.group, "code": invite.code }))))
        }
        InboundContent::Event(_) => ("event", None),
        _ => ("unknown", None),
    }
}

fn media_of(sequence: u64, media: &InboundMedia) -> Value {
    json!({
        "id": media_id(sequence),
        "mimetype": media.mime_type,
        "caption": media.caption,
        "fileName": media.file_name,
        "fileLength": media.size_bytes,
        "seconds": media.duration_seconds,
        "width": media.look.width,
        "height": media.look.height,
        "viewOnce": media.look.view_once,
    })
}
