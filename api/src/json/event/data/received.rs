//! Received messages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::InstanceId;
use trunkline_model::inbound::{
    InboundContent, InboundEvent, InboundInvite, InboundLiveLocation, InboundMedia, InboundMenu,
    InboundMessage,
};

use super::super::media_id;
use crate::json::party::Person;
use crate::json::time::Time;

/// A received message: `type` names the member that holds its content.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedMessage")]
pub(crate) struct Received<'a> {
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
    /// Whether it is shown as forwarded.
    forwarded: bool,
    /// Seconds after which it disappears.
    expires_in_seconds: Option<u32>,
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
    Location { latitude: f64, longitude: f64, name: Option<&'a str>, address: Option<&'a str> },
    LiveLocation(Box<ReceivedLiveLocation<'a>>),
    Contacts { vcards: &'a [String] },
    Poll { question: &'a str, options: &'a [String], selectable: u32 },
    Event(Box<ReceivedEvent<'a>>),
    EventAnswer { target_wa_id: &'a str, answer: &'a str, extra_guests: u32 },
    Menu { body: &'a str, footer: Option<&'a str>, choices: Vec<ReceivedChoice<'a>> },
    MenuChoice { id: &'a str, title: &'a str },
    Pin { target_wa_id: &'a str, pinned: bool },
    Keep { target_wa_id: &'a str, kept: bool },
    GroupInvite(Box<ReceivedInvite<'a>>),
    PollVote { poll_wa_id: &'a str },
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
    width: Option<u32>,
    height: Option<u32>,
    /// Whether it can be looked at once.
    view_once: bool,
    /// Whether a video plays by itself, over and over.
    gif: bool,
    /// Whether a video is shown in a circle.
    video_note: bool,
    /// Whether a sticker moves.
    animated: bool,
}

/// One position of a point on the map that moves.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedLiveLocation")]
struct ReceivedLiveLocation<'a> {
    latitude: f64,
    longitude: f64,
    accuracy_metres: Option<u32>,
    heading_degrees: Option<u32>,
    caption: Option<&'a str>,
    sequence: Option<i64>,
}

/// An invitation with a date.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedEvent")]
struct ReceivedEvent<'a> {
    name: &'a str,
    description: Option<&'a str>,
    starts_at: Option<Time>,
    ends_at: Option<Time>,
    place: Option<&'a str>,
    join_link: Option<&'a str>,
    cancelled: bool,
}

/// Something that can be chosen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedChoice")]
struct ReceivedChoice<'a> {
    id: &'a str,
    title: &'a str,
}

/// An invitation to a group.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedInvitation")]
struct ReceivedInvite<'a> {
    group: Person<'a>,
    name: Option<&'a str>,
    code: &'a str,
    expires_at: Option<Time>,
    caption: Option<&'a str>,
}

impl<'a> Received<'a> {
    /// Its type: the name of the member that holds its content.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// The message of the event with this number.
    pub(crate) fn of(instance: InstanceId, sequence: u64, message: &'a InboundMessage) -> Received<'a> {
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
                participant: quote.participant.as_ref().map(Person::of),
            }),
            mentions: message.mentions.iter().map(Person::of).collect(),
            forwarded: message.marks.forwarded,
            expires_in_seconds: message.marks.expires_in_seconds,
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
        InboundContent::Location { latitude_e7, longitude_e7, name, address } => (
            "location",
            ReceivedContent::Location {
                latitude: degrees(*latitude_e7),
                longitude: degrees(*longitude_e7),
                name: name.as_deref(),
                address: address.as_deref(),
            },
        ),
        InboundContent::LiveLocation(place) => ("live_location", live_location(place)),
        InboundContent::Contacts { vcards } => ("contacts", ReceivedContent::Contacts { vcards }),
        InboundContent::Poll(poll) => {
            let (question, options) = (poll.question.as_str(), poll.options.as_slice());
            ("poll", ReceivedContent::Poll { question, options, selectable: poll.selectable })
        }
        // The log makes an event of its own of every vote.
        InboundContent::PollVote(vote) => {
            ("poll_vote", ReceivedContent::PollVote { poll_wa_id: &vote.poll_wa_id })
        }
        InboundContent::Event(event) => ("event", received_event(event)),
        InboundContent::Menu(menu) => ("menu", received_menu(menu)),
        InboundContent::MenuChoice { id, title } => {
            ("menu_choice", ReceivedContent::MenuChoice { id, title })
        }
        InboundContent::GroupInvite(invite) => ("group_invite", group_invite(invite)),
        InboundContent::Other { kind } => ("other", ReceivedContent::Other { kind }),
        about => about_another(about),
    }
}

/// Messages about messages.
fn about_another(content: &InboundContent) -> (&'static str, ReceivedContent<'_>) {
    match content {
        InboundContent::Reaction { target_wa_id, emoji } => {
            ("reaction", ReceivedContent::Reaction { target_wa_id, emoji })
        }
        InboundContent::Revoke { target_wa_id } => ("revoke", ReceivedContent::Revoke { target_wa_id }),
        InboundContent::Edit { target_wa_id, body } => ("edit", ReceivedContent::Edit { target_wa_id, body }),
        InboundContent::EventAnswer { target_wa_id, answer, extra_guests } => {
            let extra_guests = *extra_guests;
            ("event_answer", ReceivedContent::EventAnswer { target_wa_id, answer, extra_guests })
        }
        InboundContent::Pin { target_wa_id, pinned } => {
            ("pin", ReceivedContent::Pin { target_wa_id, pinned: *pinned })
        }
        InboundContent::Keep { target_wa_id, kept } => {
            ("keep", ReceivedContent::Keep { target_wa_id, kept: *kept })
        }
        _ => ("other", ReceivedContent::Other { kind: "other" }),
    }
}

fn live_location(place: &InboundLiveLocation) -> ReceivedContent<'_> {
    ReceivedContent::LiveLocation(Box::new(ReceivedLiveLocation {
        latitude: degrees(place.latitude_e7),
        longitude: degrees(place.longitude_e7),
        accuracy_metres: place.accuracy_metres,
        heading_degrees: place.heading_degrees,
        caption: place.caption.as_deref(),
        sequence: place.sequence,
    }))
}

/// A time in seconds as one in milliseconds; out of range it stays there.
fn seconds(time_s: i64) -> Time {
    Time(time_s.saturating_mul(1_000))
}

fn received_event(event: &InboundEvent) -> ReceivedContent<'_> {
    ReceivedContent::Event(Box::new(ReceivedEvent {
        name: &event.name,
        description: event.description.as_deref(),
        starts_at: event.starts_at_s.map(seconds),
        ends_at: event.ends_at_s.map(seconds),
        place: event.place.as_deref(),
        join_link: event.join_link.as_deref(),
        cancelled: event.cancelled,
    }))
}

fn received_menu(menu: &InboundMenu) -> ReceivedContent<'_> {
    ReceivedContent::Menu {
        body: &menu.body,
        footer: menu.footer.as_deref(),
        choices: menu.choices.iter().map(|(id, title)| ReceivedChoice { id, title }).collect(),
    }
}

fn group_invite(invite: &InboundInvite) -> ReceivedContent<'_> {
    ReceivedContent::GroupInvite(Box::new(ReceivedInvite {
        group: Person::of_jid(&invite.group),
        name: invite.name.as_deref(),
        code: &invite.code,
        expires_at: invite.expires_at_s.map(seconds),
        caption: invite.caption.as_deref(),
    }))
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
        width: media.look.width,
        height: media.look.height,
        view_once: media.look.view_once,
        gif: media.look.gif,
        video_note: media.look.video_note,
        animated: media.look.animated,
    }))
}

/// Degrees of a coordinate kept in ten-millionths: exact in a double, since seven decimals of 180 need 31 bits.
fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}
