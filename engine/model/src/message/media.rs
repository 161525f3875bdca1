//! Files of outgoing messages: what they are, and where their bytes are.

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
    /// Ways of showing it that are not the kind's own.
    pub show: MediaShow,
}

/// Ways of showing a file that are not its kind's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MediaShow {
    /// It can be looked at once: images, videos, voice notes.
    pub view_once: bool,
    /// A video that plays by itself, over and over, without sound.
    pub gif: bool,
    /// A video in a circle.
    pub video_note: bool,
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
