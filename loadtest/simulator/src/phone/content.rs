//! Reading a decrypted message: what sort it is, its text, what it is about, and the file it announces.

use waproto::whatsapp::Message;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use super::directory::Directory;
use super::inbox::{MediaSeen, MessageKind};
use super::limits::INBOX_TEXT_CHARS_MAX;
use crate::crypto::CryptoError;
use crate::crypto::derive::sha256;
use crate::crypto::media::{MediaKind, decrypt};

/// Wrappers (view once, ephemeral, …) taken off before a message counts as unreadable.
const WRAPPERS_MAX: usize = 4;

/// What a person would see of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) kind: MessageKind,
    pub(super) text: Option<String>,
    pub(super) target: Option<String>,
    pub(super) file: Option<FileRef>,
}

/// A file as a message announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRef {
    kind: MediaKind,
    direct_path: String,
    media_key: Vec<u8>,
    sha256: Vec<u8>,
    enc_sha256: Vec<u8>,
}

/// The content of a message, `None` when it only carries keys or speaks to software.
pub(super) fn describe(message: &Message) -> Option<Content> {
    let message = unwrapped(message);
    let plain = |kind, text: Option<&String>| Content {
        kind,
        text: text.map(|text| cut(text)),
        target: None,
        file: None,
    };
    if let Some(text) = &message.conversation {
        return Some(plain(MessageKind::Text, Some(text)));
    }
    if let Some(text) = message.extended_text_message.as_option() {
        return Some(plain(MessageKind::Text, text.text.as_ref()));
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        let target = reaction.key.id.clone();
        return Some(Content { target, ..plain(MessageKind::Reaction, reaction.text.as_ref()) });
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        let target = protocol.key.id.clone();
        return match protocol.r#type {
            // An absent type is the enumeration's first value.
            Some(ProtocolType::REVOKE) | None if target.is_some() => {
                Some(Content { target, ..plain(MessageKind::Revoke, None) })
            }
            Some(ProtocolType::MESSAGE_EDIT) => {
                let edited = protocol.edited_message.as_option().and_then(describe);
                let text = edited.and_then(|content| content.text);
                Some(Content { target, ..plain(MessageKind::Edit, text.as_ref()) })
            }
            _ => None,
        };
    }
    media(message)
        .or_else(|| thing(message))
        .or_else(|| is_other(message).then(|| plain(MessageKind::Other, None)))
}

/// The content of a message that is neither text nor file.
fn thing(message: &Message) -> Option<Content> {
    let about = |kind, text: Option<&String>, target: Option<&String>| Content {
        kind,
        text: text.map(|text| cut(text)),
        target: target.cloned(),
        file: None,
    };
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
    ];
    let found = if let Some(place) = message.location_message.as_option() {
        about(MessageKind::Location, place.name.as_ref(), None)
    } else if let Some(place) = message.live_location_message.as_option() {
        about(MessageKind::Location, place.caption.as_ref(), None)
    } else if let Some(card) = message.contact_message.as_option() {
        about(MessageKind::Contacts, card.display_name.as_ref(), None)
    } else if let Some(cards) = message.contacts_array_message.as_option() {
        about(MessageKind::Contacts, cards.contacts.first().and_then(|card| card.display_name.as_ref()), None)
    } else if let Some(poll) = polls.into_iter().find_map(|poll| poll.as_option()) {
        about(MessageKind::Poll, poll.name.as_ref(), None)
    } else if let Some(event) = message.event_message.as_option() {
        about(MessageKind::Event, event.name.as_ref(), None)
    } else if let Some(menu) = message.interactive_message.as_option() {
        about(MessageKind::Menu, menu.body.text.as_ref(), None)
    } else if let Some(pin) = message.pin_in_chat_message.as_option() {
        about(MessageKind::Pin, None, pin.key.id.as_ref())
    } else {
        let keep = message.keep_in_chat_message.as_option()?;
        about(MessageKind::Keep, None, keep.key.id.as_ref())
    };
    Some(found)
}

/// The content of a message that announces a file. The messages' types differ, their fields have the same names.
fn media(message: &Message) -> Option<Content> {
    macro_rules! file {
        ($field:ident, $kind:ident $(, $caption:ident)?) => {
            if let Some(file) = message.$field.as_option() {
                let caption: Option<&String> = None$(.or(file.$caption.as_ref()))?;
                return Some(Content {
                    kind: MessageKind::$kind,
                    text: caption.map(|text| cut(text)),
                    target: None,
                    file: Some(FileRef {
                        kind: MediaKind::$kind,
                        direct_path: file.direct_path.clone().unwrap_or_default(),
                        media_key: file.media_key.clone().unwrap_or_default(),
                        sha256: file.file_sha256.clone().unwrap_or_default(),
                        enc_sha256: file.file_enc_sha256.clone().unwrap_or_default(),
                    }),
                });
            }
        };
    }
    file!(image_message, Image, caption);
    file!(video_message, Video, caption);
    file!(ptv_message, Video);
    file!(audio_message, Audio);
    file!(document_message, Document, caption);
    file!(sticker_message, Sticker);
    None
}

/// Whether a message without any content known above shows anything at all: more than keys and context.
fn is_other(message: &Message) -> bool {
    let mut rest = message.clone();
    rest.sender_key_distribution_message.take();
    rest.fast_ratchet_key_sender_key_distribution_message.take();
    rest.message_context_info.take();
    rest != Message::default()
}

fn unwrapped(message: &Message) -> &Message {
    let mut message = message;
    for _ in 0..WRAPPERS_MAX {
        let wrappers = [
            &message.ephemeral_message,
            &message.view_once_message,
            &message.view_once_message_v2,
            &message.view_once_message_v2_extension,
            &message.document_with_caption_message,
            &message.edited_message,
            &message.group_mentioned_message,
        ];
        let inner = wrappers.into_iter().find_map(|wrapper| wrapper.as_option()?.message.as_option());
        match inner {
            Some(inner) => message = inner,
            None => break,
        }
    }
    message
}

fn cut(text: &str) -> String {
    text.chars().take(INBOX_TEXT_CHARS_MAX).collect()
}

impl FileRef {
    pub(super) fn media_key(&self) -> &[u8] {
        &self.media_key
    }

    pub(super) fn direct_path(&self) -> &str {
        &self.direct_path
    }

    /// Downloads, checks and decrypts the file.
    pub(super) fn open(&self, directory: &dyn Directory) -> MediaSeen {
        let Some(stored) = directory.get_blob(&self.direct_path) else { return MediaSeen::Missing };
        if sha256(stored)[..] != self.enc_sha256 {
            return MediaSeen::Refused("encrypted hash");
        }
        match decrypt(stored, &self.media_key, self.kind) {
            Ok(plain) if sha256(&plain)[..] == self.sha256 => {
                MediaSeen::Opened { sha256: sha256(&plain), bytes: plain.len() }
            }
            Ok(_) => MediaSeen::Refused("plain hash"),
            Err(CryptoError::Malformed(what) | CryptoError::Mismatch(what)) => MediaSeen::Refused(what),
            Err(CryptoError::BadKey) => MediaSeen::Refused("media key"),
        }
    }
}
