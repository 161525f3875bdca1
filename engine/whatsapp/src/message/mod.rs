//! Between Trunkline's messages and WhatsApp's: pure mappings, no session, no clock.

mod facts;
mod incoming;
mod outgoing;
mod party;

pub use facts::thumbnail;
pub(crate) use facts::{Prepared, prepare};
pub(crate) use incoming::{received, unwrap};
pub(crate) use outgoing::{Parts, Uploaded, build, media_type};
pub(crate) use party::{address_of, party};

use bytes::Bytes;
use ring::digest::{SHA256, digest};

/// A file to be encrypted and uploaded with a message.
#[derive(Debug, Clone)]
pub struct MediaUpload {
    /// The plain file.
    pub bytes: Bytes,
    /// MIME type as it was found out; the message's own, or the kind's, when unknown.
    pub mime_type: Option<String>,
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
    fn message_ids_have_the_web_clients_form() {
        let id = new_message_id([7; 16]);
        assert_eq!(id, new_message_id([7; 16]));
        assert_ne!(id, new_message_id([8; 16]));
        assert!(id.len() == 22 && id.starts_with("3EB0"));
        assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')));
    }
}
