//! Messages that arrived, in Trunkline's own words.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

use crate::address::Address;
use crate::message::MediaKind;

/// A person or chat as far as it is known. What is unknown is `None`, never guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Party {
    /// WhatsApp id without a device part: the form that replies and lookups take.
    pub jid: String,
    /// Phone number digits.
    pub phone: Option<String>,
    /// LID digits.
    pub lid: Option<String>,
    /// Name that the person gave itself.
    pub name: Option<String>,
}

impl Party {
    /// A person or chat known by its WhatsApp id alone.
    pub fn of_jid(jid: &str) -> Party {
        let (phone, lid) = match jid.parse() {
            Ok(Address::Phone(digits)) => (Some(digits), None),
            Ok(Address::Lid(digits)) => (None, Some(digits)),
            _ => (None, None),
        };
        Party { jid: jid.to_owned(), phone, lid, name: None }
    }

    /// Whether it is the same person or chat: one name that both have is enough.
    pub fn is(&self, other: &Party) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        self.jid == other.jid || same(&self.phone, &other.phone) || same(&self.lid, &other.lid)
    }

    /// Whether it is a person of whom only one of the two names is known.
    pub fn lacks_a_name(&self) -> bool {
        self.phone.is_some() != self.lid.is_some()
    }
}

/// A decrypted message from WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundMessage {
    /// WhatsApp's id; unique only together with chat and sender.
    pub wa_id: String,
    /// The conversation.
    pub chat: Party,
    /// Who wrote it.
    pub sender: Party,
    /// Whether the linked account itself wrote it, on another device.
    pub from_me: bool,
    /// Whether the conversation is a group.
    pub is_group: bool,
    /// When it was written, by the server's clock, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Whether it waited on the server while this instance was offline.
    pub from_offline_queue: bool,
    /// What it says.
    pub content: InboundContent,
    /// The message that it answers.
    pub quote: Option<InboundQuote>,
    /// People named in the text.
    pub mentions: Vec<Party>,
    /// How it travelled.
    pub marks: InboundMarks,
}

/// How a message travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundMarks {
    /// Whether it is shown as forwarded.
    pub forwarded: bool,
    /// Seconds after which it disappears.
    pub expires_in_seconds: Option<u32>,
}

/// The quoted part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundQuote {
    /// WhatsApp's id of the quoted message.
    pub wa_id: String,
    /// Who wrote it.
    pub participant: Option<Party>,
}

/// The kinds of inbound content.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum InboundContent {
    /// Text.
    Text {
        /// The text.
        body: String,
    },
    /// A file, to be downloaded with the keys in it.
    Media(InboundMedia),
    /// A reaction to another message; an empty emoji takes it back.
    Reaction {
        /// WhatsApp's id of the message reacted to.
        target_wa_id: String,
        /// The emoji.
        emoji: String,
    },
    /// A message deleted for everyone.
    Revoke {
        /// WhatsApp's id of the deleted message.
        target_wa_id: String,
    },
    /// A message whose text changed.
    Edit {
        /// WhatsApp's id of the edited message.
        target_wa_id: String,
        /// The new text.
        body: String,
    },
    /// A point on the map.
    Location {
        /// Degrees north, times ten million.
        latitude_e7: i64,
        /// Degrees east, times ten million.
        longitude_e7: i64,
        /// Name of the place.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
    },
    /// One position of a point on the map that moves.
    LiveLocation(Box<InboundLiveLocation>),
    /// One or more contact cards.
    Contacts {
        /// The cards, as vCard text.
        vcards: Vec<String>,
    },
    /// A poll.
    Poll(Box<InboundPoll>),
    /// A vote in a poll, opened; the log turns it into a tally.
    PollVote(Box<InboundVote>),
    /// An invitation with a date.
    Event(Box<InboundEvent>),
    /// An answer to such an invitation, opened.
    EventAnswer {
        /// WhatsApp's id of the invitation.
        target_wa_id: String,
        /// `going`, `not_going` or `maybe`.
        answer: String,
        /// How many others they bring.
        extra_guests: u32,
    },
    /// Text with buttons or a list.
    Menu(Box<InboundMenu>),
    /// What was chosen of buttons or a list.
    MenuChoice {
        /// What its sender had given the choice as an id.
        id: String,
        /// What the choice says.
        title: String,
    },
    /// A message was pinned, or is not any more.
    Pin {
        /// WhatsApp's id of it.
        target_wa_id: String,
        /// Whether it is pinned now.
        pinned: bool,
    },
    /// A message is kept in a chat whose messages disappear, or is not any more.
    Keep {
        /// WhatsApp's id of it.
        target_wa_id: String,
        /// Whether it is kept now.
        kept: bool,
    },
    /// An invitation to a group.
    GroupInvite(Box<InboundInvite>),
    /// Something that this version does not name.
    Other {
        /// The protocol's own name of the message type.
        kind: String,
    },
}

/// One position of a point on the map that moves.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundLiveLocation {
    /// Degrees north, times ten million.
    pub latitude_e7: i64,
    /// Degrees east, times ten million.
    pub longitude_e7: i64,
    /// How exact that is, in metres.
    pub accuracy_metres: Option<u32>,
    /// Where to, in degrees clockwise from magnetic north.
    pub heading_degrees: Option<u32>,
    /// Text beside it.
    pub caption: Option<String>,
    /// Number of the position.
    pub sequence: Option<i64>,
}

/// A received poll.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundPoll {
    /// What is asked.
    pub question: String,
    /// What can be answered.
    pub options: Vec<String>,
    /// How many answers one may give; 0 for any number.
    pub selectable: u32,
    /// The secret that votes are opened with.
    pub secret: Option<Vec<u8>>,
}

/// A vote in a poll.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundVote {
    /// WhatsApp's id of the poll.
    pub poll_wa_id: String,
    /// SHA-256 of the text of each option chosen; none takes the vote back.
    pub selected: Vec<Vec<u8>>,
}

/// A received invitation with a date.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundEvent {
    /// What it is.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// When it begins, in seconds since the Unix epoch.
    pub starts_at_s: Option<i64>,
    /// When it ends, in seconds since the Unix epoch.
    pub ends_at_s: Option<i64>,
    /// Name of the place.
    pub place: Option<String>,
    /// Where to join it.
    pub join_link: Option<String>,
    /// Whether it was called off.
    pub cancelled: bool,
    /// The secret that answers are opened with.
    pub secret: Option<Vec<u8>>,
}

/// Received text with buttons or a list.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundMenu {
    /// The text.
    pub body: String,
    /// Small text below it.
    pub footer: Option<String>,
    /// What can be chosen: id and text.
    pub choices: Vec<(String, String)>,
}

/// A received invitation to a group.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundInvite {
    /// WhatsApp id of the group.
    pub group: String,
    /// Its subject.
    pub name: Option<String>,
    /// The invitation's code.
    pub code: String,
    /// Until when it serves, in seconds since the Unix epoch.
    pub expires_at_s: Option<i64>,
    /// Text beside it.
    pub caption: Option<String>,
}

/// A received file: what it is, and what is needed to fetch and open it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundMedia {
    /// How WhatsApp presents it.
    pub kind: MediaKind,
    /// MIME type as the sender declared it.
    pub mime_type: Option<String>,
    /// Text under it.
    pub caption: Option<String>,
    /// Name of a document.
    pub file_name: Option<String>,
    /// Length in bytes as the sender declared it.
    pub size_bytes: Option<u64>,
    /// Length of audio and video, in seconds.
    pub duration_seconds: Option<u32>,
    /// How it is shown.
    pub look: MediaLook,
    /// Path on WhatsApp's media hosts.
    pub direct_path: String,
    /// Key that opens the file.
    pub media_key: Vec<u8>,
    /// SHA-256 of the plain file.
    pub file_sha256: Vec<u8>,
    /// SHA-256 of the encrypted file.
    pub file_enc_sha256: Vec<u8>,
}

/// How a received file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MediaLook {
    /// Width in pixels, as the sender declared it.
    pub width: Option<u32>,
    /// Height in pixels, as the sender declared it.
    pub height: Option<u32>,
    /// It can be looked at once.
    pub view_once: bool,
    /// A video that plays by itself, over and over.
    pub gif: bool,
    /// A video in a circle.
    pub video_note: bool,
    /// A sticker that moves.
    pub animated: bool,
}
