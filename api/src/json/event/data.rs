//! The `data` member of each event type.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use trunkline_model::InstanceId;
use trunkline_model::event::{Event, EventBody, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMedia, InboundMessage};

use super::media_id;
use crate::json::party::Person;
use crate::json::raw::{RawObject, embed};
use crate::json::time::Time;

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "EventData")]
pub(super) enum Data<'a> {
    State {
        from: &'static str,
        to: &'static str,
        reason: Option<&'static str>,
    },
    Code {
        code: &'a str,
        expires_at: Time,
    },
    PasskeyRequest {
        #[schemars(with = "Option<RawObject>")]
        request: Option<&'a RawValue>,
    },
    PasskeyConfirmation {
        confirmation_code: &'a str,
    },
    Linked {
        linked: Person<'a>,
    },
    Received(Box<Received<'a>>),
    Status(Box<Status<'a>>),
    ChatPresence {
        chat: Person<'a>,
        sender: Person<'a>,
        state: &'a str,
    },
    Presence {
        person: Person<'a>,
        online: bool,
        last_seen: Option<Time>,
    },
    Group {
        group: Person<'a>,
        author: Option<Person<'a>>,
        change: &'a str,
        participants: Vec<Person<'a>>,
    },
    Imported {
        source: &'a str,
        by: &'a str,
    },
    Exported {
        by: &'a str,
    },
}

impl<'a> Data<'a> {
    pub(super) fn of(instance: InstanceId, event: &'a Event) -> Data<'a> {
        match &event.body {
            EventBody::StateChanged { from, to, reason } => Data::State {
                from: from.as_str(),
                to: to.as_str(),
                reason: reason.map(|reason| reason.as_str()),
            },
            EventBody::QrIssued { code, expires_at_ms }
            | EventBody::PairingCodeIssued { code, expires_at_ms } => {
                Data::Code { code, expires_at: Time(*expires_at_ms) }
            }
            EventBody::PasskeyRequested { request_options_json } => {
                Data::PasskeyRequest { request: embed(Some(request_options_json)) }
            }
            EventBody::PasskeyConfirmation { code } => Data::PasskeyConfirmation { confirmation_code: code },
            EventBody::Linked { account } => Data::Linked { linked: Person::of(account) },
            EventBody::MessageReceived(message) => {
                Data::Received(Box::new(Received::of(instance, event.sequence, message)))
            }
            EventBody::MessageStatus(change) => Data::Status(Box::new(Status::of(change))),
            EventBody::ChatPresence { chat, sender, state } => {
                Data::ChatPresence { chat: Person::of(chat), sender: Person::of(sender), state }
            }
            EventBody::Presence { person, online, last_seen_ms } => Data::Presence {
                person: Person::of(person),
                online: *online,
                last_seen: last_seen_ms.map(Time),
            },
            EventBody::GroupChanged { group, author, change, participants } => Data::Group {
                group: Person::of(group),
                author: author.as_ref().map(Person::of),
                change,
                participants: participants.iter().map(Person::of).collect(),
            },
            EventBody::Exported { by } => Data::Exported { by },
            EventBody::Imported { source, by } => Data::Imported { source, by },
        }
    }
}

/// An outgoing message's new status.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatusChange")]
pub(super) struct Status<'a> {
    message: String,
    wa_id: &'a str,
    chat: Person<'a>,
    status: &'static str,
    error: Option<&'a str>,
    participant: Option<Person<'a>>,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
}

impl<'a> Status<'a> {
    fn of(change: &'a StatusChange) -> Status<'a> {
        Status {
            message: change.message.to_string(),
            wa_id: &change.wa_id,
            chat: Person::of_jid(&change.chat),
            status: change.status.as_str(),
            error: change.error.as_deref(),
            participant: change.participant.as_deref().map(Person::of_jid),
            metadata: embed(change.metadata.as_ref()),
        }
    }
}

/// A received message: `type` names the member that holds its content.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedMessage")]
pub(super) struct Received<'a> {
    wa_id: &'a str,
    chat: Person<'a>,
    sender: Person<'a>,
    from_me: bool,
    is_group: bool,
    time: Time,
    from_offline_queue: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    content: BTreeMap<&'static str, ReceivedContent<'a>>,
    reply_to: Option<Quoted<'a>>,
    mentions: Vec<Person<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "QuotedMessage")]
struct Quoted<'a> {
    wa_id: &'a str,
    participant: Option<Person<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ReceivedContent")]
enum ReceivedContent<'a> {
    Text { body: &'a str },
    Media(Box<ReceivedMedia<'a>>),
    Reaction { target_wa_id: &'a str, emoji: &'a str },
    Revoke { target_wa_id: &'a str },
    Edit { target_wa_id: &'a str, body: &'a str },
    Location { latitude: f64, longitude: f64, name: Option<&'a str> },
    Contacts { vcards: &'a [String] },
    Other { kind: &'a str },
}

/// A received file. Its keys stay inside: the file is fetched through `url`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedMedia")]
struct ReceivedMedia<'a> {
    id: String,
    url: String,
    mime_type: Option<&'a str>,
    caption: Option<&'a str>,
    file_name: Option<&'a str>,
    size_bytes: Option<u64>,
    duration_seconds: Option<u32>,
}

impl<'a> Received<'a> {
    fn of(instance: InstanceId, sequence: u64, message: &'a InboundMessage) -> Received<'a> {
        let (kind, content) = content(instance, sequence, &message.content);
        Received {
            wa_id: &message.wa_id,
            chat: Person::of(&message.chat),
            sender: Person::of(&message.sender),
            from_me: message.from_me,
            is_group: message.is_group,
            time: Time(message.time_ms),
            from_offline_queue: message.from_offline_queue,
            kind,
            content: BTreeMap::from([(kind, content)]),
            reply_to: message.quote.as_ref().map(|quote| Quoted {
                wa_id: &quote.wa_id,
                participant: quote.participant.as_deref().map(Person::of_jid),
            }),
            mentions: message.mentions.iter().map(|jid| Person::of_jid(jid)).collect(),
        }
    }
}

fn content(
    instance: InstanceId,
    sequence: u64,
    content: &InboundContent,
) -> (&'static str, ReceivedContent<'_>) {
    match content {
        InboundContent::Text { body } => ("text", ReceivedContent::Text { body }),
        InboundContent::Media(media) => (media.kind.as_str(), received_media(instance, sequence, media)),
        InboundContent::Reaction { target_wa_id, emoji } => {
            ("reaction", ReceivedContent::Reaction { target_wa_id, emoji })
        }
        InboundContent::Revoke { target_wa_id } => ("revoke", ReceivedContent::Revoke { target_wa_id }),
        InboundContent::Edit { target_wa_id, body } => ("edit", ReceivedContent::Edit { target_wa_id, body }),
        InboundContent::Location { latitude_e7, longitude_e7, name } => (
            "location",
            ReceivedContent::Location {
                latitude: degrees(*latitude_e7),
                longitude: degrees(*longitude_e7),
                name: name.as_deref(),
            },
        ),
        InboundContent::Contacts { vcards } => ("contacts", ReceivedContent::Contacts { vcards }),
        InboundContent::Other { kind } => ("other", ReceivedContent::Other { kind }),
    }
}

fn received_media(instance: InstanceId, sequence: u64, media: &InboundMedia) -> ReceivedContent<'_> {
    let id = media_id(sequence);
    ReceivedContent::Media(Box::new(ReceivedMedia {
        url: format!("/v1/instances/{instance}/media/{id}"),
        id,
        mime_type: media.mime_type.as_deref(),
        caption: media.caption.as_deref(),
        file_name: media.file_name.as_deref(),
        size_bytes: media.size_bytes,
        duration_seconds: media.duration_seconds,
    }))
}

/// Degrees of a coordinate kept in ten-millionths: exact in a double, since seven decimals of 180 need 31 bits.
fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}
