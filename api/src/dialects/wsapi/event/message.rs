//! The data of a message.

use serde::Serialize;
use serde_json::{Value, json};
use trunkline_model::inbound::{InboundContent, InboundMedia, InboundMessage, InboundQuote, Party};

use super::data::{is_status, lasting};
use crate::dialects::wsapi::shown::{Identity, id_of};
use crate::json::event::media_id;
use crate::json::time::Time;

/// A message that arrived.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageData {
    id: String,
    time: Time,
    chat_id: String,
    sender: Sender,
    is_group: bool,
    is_status: bool,
    is_forwarded: bool,
    view_once: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `text`, `media`, …: what the type has.
    #[serde(flatten)]
    content: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<ReplyTo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral_expiration: Option<&'static str>,
    is_edit: bool,
}

/// Somebody who did something, and whether it was the linked number itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sender {
    #[serde(flatten)]
    pub(super) person: Identity,
    pub(super) is_me: bool,
}

impl Sender {
    pub(super) fn of(party: &Party, own: Option<&Party>) -> Sender {
        Sender { person: Identity::of(party), is_me: own.is_some_and(|own| own.is(party)) }
    }
}

/// The message that another one answers.
#[derive(Serialize)]
struct ReplyTo {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
}

impl ReplyTo {
    fn of(quote: &InboundQuote, own: Option<&Party>) -> ReplyTo {
        let sender = quote.participant.as_ref().map(|author| Sender::of(author, own));
        ReplyTo { id: quote.wa_id.clone(), sender }
    }
}

impl MessageData {
    /// The message of the event with this sequence number; `None` for what the service does not show as one.
    pub(super) fn of(sequence: u64, message: &InboundMessage, own: Option<&Party>) -> Option<MessageData> {
        let (kind, content) = content(sequence, &message.content)?;
        let view_once = matches!(&message.content, InboundContent::Media(media) if media.look.view_once);
        Some(MessageData {
            id: message.wa_id.clone(),
            time: Time(message.time_ms),
            chat_id: id_of(&message.chat),
            sender: Sender { is_me: message.from_me, ..Sender::of(&message.sender, own) },
            is_group: message.is_group,
            is_status: is_status(&message.chat),
            is_forwarded: message.marks.forwarded,
            view_once,
            kind,
            content,
            mentions: message.mentions.iter().map(|person: &Party| id_of(person)).collect(),
            reply_to: message.quote.as_ref().map(|quote| ReplyTo::of(quote, own)),
            ephemeral_expiration: message.marks.expires_in_seconds.map(lasting),
            is_edit: matches!(message.content, InboundContent::Edit { .. }),
        })
    }
}

/// The type of a message and its own members. What the service has no type for is a text that says it, beside the thing itself.
fn content(sequence: u64, content: &InboundContent) -> Option<(&'static str, Value)> {
    Some(match content {
        InboundContent::Text { body } => ("text", json!({ "text": body })),
        InboundContent::Edit { target_wa_id, body } => {
            ("text", json!({ "text": body, "edit": { "originalMessageId": target_wa_id } }))
        }
        InboundContent::Media(media) => ("media", json!({ "media": media_of(sequence, media) })),
        InboundContent::Reaction { target_wa_id, emoji } => {
            ("reaction", json!({ "reaction": { "messageId": target_wa_id, "emoji": emoji } }))
        }
        InboundContent::Contacts { vcards } => match vcards.as_slice() {
            [vcard] => ("contact", json!({ "contact": vcard })),
            vcards => ("contactArray", json!({ "contactArray": vcards })),
        },
        InboundContent::Pin { target_wa_id, pinned } => {
            ("pinInChat", json!({ "pin": { "pinned": pinned, "messageId": target_wa_id } }))
        }
        InboundContent::Location { latitude_e7, longitude_e7, name, address } => {
            let (latitude, longitude) = (*latitude_e7 as f64 / 1e7, *longitude_e7 as f64 / 1e7);
            let place =
                json!({ "latitude": latitude, "longitude": longitude, "name": name, "address": address });
            let mut lines: Vec<String> = [name, address].into_iter().flatten().cloned().collect();
            // RFC 5870.
            lines.push(format!("geo:{latitude},{longitude}"));
            ("text", json!({ "text": lines.join("\n"), "location": place }))
        }
        InboundContent::Poll(poll) => {
            let shown =
                json!({ "name": poll.question, "options": poll.options, "selectableCount": poll.selectable });
            let text = format!("{}\n{}", poll.question, poll.options.join("\n"));
            ("text", json!({ "text": text, "poll": shown }))
        }
        InboundContent::Menu(menu) => ("text", json!({ "text": menu.body })),
        InboundContent::MenuChoice { title, .. } => ("text", json!({ "text": title })),
        InboundContent::GroupInvite(invite) => ("text", json!({ "text": invite.caption })),
        InboundContent::Event(event) => ("text", json!({ "text": event.name })),
        InboundContent::LiveLocation(_)
        | InboundContent::PollVote(_)
        | InboundContent::EventAnswer { .. }
        | InboundContent::Keep { .. }
        | InboundContent::Revoke { .. }
        | InboundContent::Other { .. } => return None,
    })
}

fn media_of(sequence: u64, media: &InboundMedia) -> Value {
    let mut shown = json!({
        "mediaType": media.kind.as_str(),
        "id": media_id(sequence),
    });
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            shown[name] = value;
        }
    };
    add("mimeType", json!(media.mime_type));
    add("fileLength", json!(media.size_bytes));
    add("caption", json!(media.caption));
    add("height", json!(media.look.height));
    add("width", json!(media.look.width));
    add("duration", json!(media.duration_seconds));
    add("filename", json!(media.file_name));
    shown
}
