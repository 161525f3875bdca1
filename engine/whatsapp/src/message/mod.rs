//! Between Trunkline's messages and WhatsApp's: pure mappings, no session, no clock.

mod facts;
mod incoming;
mod outgoing;
mod party;

pub use facts::thumbnail;
pub(crate) use facts::{Prepared, has_facts, prepare};
pub(crate) use incoming::{received, unwrap};
pub(crate) use outgoing::{Parts, build, media_type};
pub(crate) use party::{address_of, party};

use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;

use bytes::Bytes;
use ring::digest::{SHA256, digest};
use trunkline_model::Address;
use trunkline_model::message::MediaKind;
use trunkline_model::record::UploadedMedia;

/// Opens a plain file, at its beginning; called where blocking is allowed, any number of times.
pub type OpenFile = Box<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>;

/// A file to be encrypted and uploaded.
pub struct MediaUpload {
    /// How WhatsApp presents it, which decides over keys and path.
    pub kind: MediaKind,
    /// The plain file.
    pub open: OpenFile,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// Where the encrypted file may be written, [`sealed_bytes`] long; nothing is there yet, and its owner removes it. `None`
    /// holds it in memory.
    pub sealed_path: Option<PathBuf>,
    /// Whether it is encrypted at all: what is posted in a newsletter is not.
    pub sealed: bool,
}

impl MediaUpload {
    /// The same file in another form, which is small enough to be in memory.
    pub(crate) fn with(self, bytes: Bytes) -> MediaUpload {
        let size_bytes = bytes.len() as u64;
        let open: OpenFile = Box::new(move || Ok(Box::new(io::Cursor::new(bytes.clone()))));
        MediaUpload { open, size_bytes, ..self }
    }
}

impl fmt::Debug for MediaUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaUpload")
            .field("kind", &self.kind)
            .field("size_bytes", &self.size_bytes)
            .field("sealed", &self.sealed)
            .finish_non_exhaustive()
    }
}

/// The file of a message, as the media hosts have it.
#[derive(Debug, Clone)]
pub struct AttachedMedia {
    /// Where it is and what opens it.
    pub file: UploadedMedia,
    /// MIME type as its server told it, if it came from one.
    pub mime_type: Option<String>,
    /// Whether it is encrypted there; otherwise [`UploadedMedia`]'s keys mean nothing.
    pub sealed: bool,
}

/// What a message needs besides itself, found out when its turn came.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Its file.
    pub media: Option<AttachedMedia>,
    /// The poll that it is a vote in.
    pub poll: Option<AnsweredPoll>,
    /// The contacts that the account saved, for a status that goes to them.
    pub contacts: Vec<Address>,
}

/// What a vote is sealed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredPoll {
    /// WhatsApp id of who made the poll; `None` for this number.
    pub creator: Option<String>,
    /// The secret that came with it; that of a poll of this number is derived.
    pub secret: Option<Vec<u8>>,
}

/// Length of the encrypted form of a file, in bytes: padded to a whole AES block, at least by one byte, and a truncated MAC.
pub const fn sealed_bytes(plain_bytes: u64) -> u64 {
    (plain_bytes / 16 + 1) * 16 + 10
}

/// A WhatsApp message id in the form that web clients use: `3EB0` and 18 upper-case hexadecimal digits.
///
/// Made when a message is accepted, without a session, so that every attempt to send it carries the same one. The same
/// random bytes give the same id; two sets of 16 random bytes give the same id with a chance of 2⁻⁷².
pub fn new_message_id(random: [u8; 16]) -> String {
    let hash = digest(&SHA256, &random);
    format!("3EB0{}", hex::encode_upper(&hash.as_ref()[..9]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_encrypted_file_is_the_protocol_crates() {
        for plain in [0, 1, 15, 16, 17, 4_096, 100 << 20] {
            assert_eq!(sealed_bytes(plain), wacore::upload::encrypted_len(plain as usize) as u64, "{plain}");
        }
    }

    #[test]
    fn message_ids_have_the_web_clients_form() {
        let id = new_message_id([7; 16]);
        assert_eq!(id, new_message_id([7; 16]));
        assert_ne!(id, new_message_id([8; 16]));
        assert!(id.len() == 22 && id.starts_with("3EB0"));
        assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')));
    }
}
