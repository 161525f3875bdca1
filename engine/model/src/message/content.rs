//! What a caller wants sent.

use crate::address::Address;
use crate::failure::FieldError;
use crate::limits;

/// A message as it is accepted, stored and forwarded: one archive from the HTTP body to the socket.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SendMessage {
    /// Where it goes.
    pub to: Address,
    /// What it says.
    pub content: Content,
    /// The message that it answers.
    pub quote: Option<Quote>,
    /// People named in the text.
    pub mentions: Vec<Address>,
    /// Which lane of the outbox it takes.
    pub lane: Lane,
    /// The caller's own JSON object, kept verbatim and given back with every event of the message.
    pub metadata: Option<String>,
}

impl SendMessage {
    /// The text that a search looks through: the text itself, or the one under a file, or the file's name.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(&text.body),
            Content::Media(media) => media.caption.as_deref().or(media.file_name.as_deref()),
        }
    }
}

/// The kinds of content.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Content {
    /// Plain text.
    Text(Text),
    /// A file.
    Media(Media),
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Text {
    /// The text, in UTF-8, with WhatsApp's own markup.
    pub body: String,
}

/// A file, with what WhatsApp shows about it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Media {
    /// How WhatsApp presents it.
    pub kind: MediaKind,
    /// Where its bytes are.
    pub source: MediaSource,
    /// MIME type; guessed from the file name or the kind when unknown.
    pub mime_type: Option<String>,
    /// Text under an image, video or document.
    pub caption: Option<String>,
    /// Name that a document is saved under.
    pub file_name: Option<String>,
    /// Length of audio and video, in seconds.
    pub duration_seconds: Option<u32>,
}

/// How WhatsApp presents a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// An audio file.
    Audio,
    /// A voice note.
    Voice,
    /// A file to save.
    Document,
    /// A sticker (WebP).
    Sticker,
}

impl MediaKind {
    /// Every kind.
    pub const ALL: [MediaKind; 6] = [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::Voice,
        MediaKind::Document,
        MediaKind::Sticker,
    ];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Voice => "voice",
            MediaKind::Document => "document",
            MediaKind::Sticker => "sticker",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<MediaKind> {
        MediaKind::ALL.into_iter().find(|k| k.as_str() == word)
    }

    /// The MIME type of a file of this kind about which nothing else is known.
    pub fn default_mime_type(self) -> &'static str {
        match self {
            MediaKind::Image => "image/jpeg",
            MediaKind::Video => "video/mp4",
            MediaKind::Audio => "audio/mpeg",
            MediaKind::Voice => "audio/ogg; codecs=opus",
            MediaKind::Document => "application/octet-stream",
            MediaKind::Sticker => "image/webp",
        }
    }
}

/// Where a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum MediaSource {
    /// To be fetched when the message's turn comes.
    Url(String),
    /// Already on this node's disk.
    Blob(BlobRef),
}

/// A file in the node's blob store, named by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct BlobRef {
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// Length in bytes.
    pub size_bytes: u64,
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Quote {
    /// WhatsApp's id of the quoted message.
    pub wa_id: String,
    /// Who wrote it; unknown in a chat of two means the other person.
    pub participant: Option<Address>,
    /// Text of the quoted message, shown above the answer.
    pub body: Option<String>,
}

/// Lanes of the outbox, in order of precedence.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
pub enum Lane {
    /// One-time passwords: a person is waiting in front of a screen.
    Otp,
    /// Ordinary sends.
    Interactive,
    /// Answers written by a machine.
    Reply,
    /// Campaigns.
    Bulk,
}

impl Lane {
    /// Every lane, the first served first.
    pub const ALL: [Lane; 4] = [Lane::Otp, Lane::Interactive, Lane::Reply, Lane::Bulk];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Lane::Otp => "otp",
            Lane::Interactive => "interactive",
            Lane::Reply => "reply",
            Lane::Bulk => "bulk",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Lane> {
        Lane::ALL.into_iter().find(|lane| lane.as_str() == word)
    }

    /// One byte, in order of precedence: the first byte of a queue key.
    pub fn rank(self) -> u8 {
        self as u8
    }

    /// Reads [`Lane::rank`] back.
    pub fn from_rank(rank: u8) -> Option<Lane> {
        Lane::ALL.get(usize::from(rank)).copied()
    }
}

/// Checks of a message that need nothing but the message.
pub trait ValidateSend {
    /// Every field that is wrong, with what to do about it. Empty when the message can be accepted.
    fn problems(&self) -> Vec<FieldError>;
}

impl ValidateSend for SendMessage {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut refuse = |field: &str, message: String| problems.push(FieldError::new(field, message));
        match &self.content {
            Content::Text(text) => {
                if text.body.trim().is_empty() {
                    refuse("text.body", "is empty; a message needs a text".to_owned());
                }
                too_long(&mut refuse, "text.body", &text.body, limits::TEXT_BYTES_MAX);
            }
            Content::Media(media) => {
                let kind = media.kind.as_str();
                if let Some(caption) = &media.caption {
                    too_long(&mut refuse, &format!("{kind}.caption"), caption, limits::CAPTION_BYTES_MAX);
                }
                if let Some(name) = &media.file_name {
                    too_long(&mut refuse, &format!("{kind}.file_name"), name, limits::FILE_NAME_BYTES_MAX);
                }
            }
        }
        if matches!(self.to, Address::Newsletter(_) | Address::Status) {
            refuse(
                "to",
                "is neither a person nor a group; newsletters and status have their own routes".to_owned(),
            );
        }
        if self.mentions.len() > limits::MENTIONS_MAX {
            refuse("mentions", format!("names more than {} people", limits::MENTIONS_MAX));
        }
        if let Some(metadata) = &self.metadata {
            too_long(&mut refuse, "metadata", metadata, limits::METADATA_BYTES_MAX);
        }
        problems
    }
}

fn too_long(refuse: &mut impl FnMut(&str, String), field: &str, text: &str, bytes_max: usize) {
    if text.len() > bytes_max {
        refuse(field, format!("is {} bytes long; at most {bytes_max} are allowed", text.len()));
    }
}
