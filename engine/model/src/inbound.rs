//! Messages that arrived, in Trunkline's own words.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

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
    /// WhatsApp ids named in the text.
    pub mentions: Vec<String>,
}

/// The quoted part of an answer.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InboundQuote {
    /// WhatsApp's id of the quoted message.
    pub wa_id: String,
    /// WhatsApp id of who wrote it.
    pub participant: Option<String>,
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
    },
    /// One or more contact cards.
    Contacts {
        /// The cards, as vCard text.
        vcards: Vec<String>,
    },
    /// Something that this version does not name.
    Other {
        /// The protocol's own name of the message type.
        kind: String,
    },
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
    /// Path on WhatsApp's media hosts.
    pub direct_path: String,
    /// Key that opens the file.
    pub media_key: Vec<u8>,
    /// SHA-256 of the plain file.
    pub file_sha256: Vec<u8>,
    /// SHA-256 of the encrypted file.
    pub file_enc_sha256: Vec<u8>,
}
