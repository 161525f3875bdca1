//! Uploading a file again for a companion that came too late.

use buffa::Message as _;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use waproto::whatsapp::media_retry_notification::ResultType;
use waproto::whatsapp::{MediaRetryNotification, ServerErrorReceipt};

use super::content::describe;
use super::directory::Directory;
use super::{Phone, live};
use crate::crypto::derive::hkdf;

/// HKDF label of the key that both sides derive from the file's media key.
const LABEL: &[u8] = b"WhatsApp Media Retry Notification";

/// What the phone says to a request for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// The file is there again: the sealed `MediaRetryNotification`.
    Done {
        /// Nonce.
        iv: [u8; 12],
        /// Ciphertext and tag.
        sealed: Vec<u8>,
    },
    /// An error of the protocol: 2 no such file, 3 the request does not open, 1 anything else.
    Refused(u32),
}

impl Phone {
    /// Answers a companion that could not download the file of message `id`.
    pub fn upload_again(
        &mut self,
        id: &str,
        iv: &[u8; 12],
        request: &[u8],
        directory: &mut dyn Directory,
    ) -> Renewal {
        let plain = self.received.get(id).map(|message| &message.plain);
        let plain = plain.or_else(|| self.sent.get(id).map(|message| &message.plain));
        let file = plain
            .and_then(|plain| waproto::codec::message_decode(plain).ok())
            .and_then(|message| describe(&message)?.file);
        let Some(file) = file else { return Renewal::Refused(2) };
        let Some(key) = key(file.media_key()) else { return Renewal::Refused(1) };
        let mut request = request.to_vec();
        let opened =
            key.open_in_place(Nonce::assume_unique_for_key(*iv), Aad::from(id.as_bytes()), &mut request);
        let asked = opened.ok().and_then(|plain| ServerErrorReceipt::decode_from_slice(plain).ok());
        if asked.and_then(|receipt| receipt.stanza_id).as_deref() != Some(id) {
            return Renewal::Refused(3);
        }
        let Some(direct_path) = directory.renew_blob(file.direct_path()) else { return Renewal::Refused(2) };
        let told = MediaRetryNotification {
            stanza_id: Some(id.to_owned()),
            direct_path: Some(direct_path),
            result: Some(ResultType::SUCCESS),
            ..MediaRetryNotification::default()
        };
        let mut sealed = told.encode_to_vec();
        let iv: [u8; 12] = live(&mut self.signal, &self.ring).random();
        let nonce = Nonce::assume_unique_for_key(iv);
        match key.seal_in_place_append_tag(nonce, Aad::from(id.as_bytes()), &mut sealed) {
            Ok(()) => Renewal::Done { iv, sealed },
            Err(_) => Renewal::Refused(1),
        }
    }
}

fn key(media_key: &[u8]) -> Option<LessSafeKey> {
    let key: [u8; 32] = hkdf(media_key, None, LABEL);
    UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new)
}
