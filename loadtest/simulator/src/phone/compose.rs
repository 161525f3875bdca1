//! Writing a message: the protobuf, and what the stanza around it must say.

use buffa::MessageField;
use wacore_binary::Jid;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::message::{
    AudioMessage, DocumentMessage, ImageMessage, ProtocolMessage, ReactionMessage, StickerMessage,
    VideoMessage,
};
use waproto::whatsapp::{Message, MessageKey};

use super::directory::Directory;
use super::sent::StanzaForm;
use super::types::{MediaMessage, PhoneError};
use crate::crypto::media::{MediaKind, encrypt};

/// A message ready to be encrypted.
#[derive(Debug, Clone)]
pub(super) struct Composed {
    pub(super) message: Message,
    pub(super) form: StanzaForm,
}

/// A message being referred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) from_me: bool,
    /// Author, in groups.
    pub(super) participant: Option<Jid>,
}

impl Target {
    pub(super) fn key(&self, chat: &Jid) -> MessageField<MessageKey, Box<MessageKey>> {
        MessageField::some(MessageKey {
            remote_jid: Some(chat.to_string()),
            from_me: Some(self.from_me),
            id: Some(self.id.clone()),
            participant: self.participant.as_ref().map(ToString::to_string),
        })
    }
}

pub(super) fn text(text: String) -> Composed {
    let message = Message { conversation: Some(text), ..Default::default() };
    Composed { message, form: StanzaForm::of_type("text") }
}

pub(super) fn reaction(chat: &Jid, target: &Target, emoji: String, now_s: u64) -> Composed {
    let reaction = ReactionMessage {
        key: target.key(chat),
        text: Some(emoji),
        sender_timestamp_ms: Some(now_ms(now_s)),
        ..Default::default()
    };
    let message = Message { reaction_message: MessageField::some(reaction), ..Default::default() };
    Composed { message, form: StanzaForm { hide_failure: true, ..StanzaForm::of_type("reaction") } }
}

pub(super) fn edit(chat: &Jid, target: &Target, new_text: String, now_s: u64) -> Composed {
    let protocol = ProtocolMessage {
        key: target.key(chat),
        r#type: Some(ProtocolType::MESSAGE_EDIT),
        edited_message: MessageField::some(text(new_text).message),
        timestamp_ms: Some(now_ms(now_s)),
        ..Default::default()
    };
    correction(protocol, "1")
}

pub(super) fn revoke(chat: &Jid, target: &Target) -> Composed {
    let protocol =
        ProtocolMessage { key: target.key(chat), r#type: Some(ProtocolType::REVOKE), ..Default::default() };
    correction(protocol, if target.from_me { "7" } else { "8" })
}

/// A message about an earlier one that receivers apply silently; `edit` says how.
fn correction(protocol: ProtocolMessage, edit: &'static str) -> Composed {
    let form = StanzaForm { edit: Some(edit), hide_failure: true, ..StanzaForm::of_type("text") };
    Composed { form, ..protocol_message(protocol) }
}

/// A message to software rather than to a person.
pub(super) fn protocol_message(protocol: ProtocolMessage) -> Composed {
    let message = Message { protocol_message: MessageField::some(protocol), ..Default::default() };
    Composed { message, form: StanzaForm::of_type("text") }
}

/// Encrypts and stores a file, and announces it.
pub(super) fn media(
    file: MediaMessage,
    media_key: [u8; 32],
    now_s: u64,
    directory: &mut dyn Directory,
) -> Result<Composed, PhoneError> {
    let sealed = encrypt(&file.data, &media_key, file.kind);
    let stored = directory.put_blob(file.kind, sealed.bytes);
    macro_rules! announce {
        ($type:ident { $($field:ident: $value:expr),* }) => {
            MessageField::some($type {
                url: Some(stored.url),
                direct_path: Some(stored.direct_path),
                mimetype: Some(file.mimetype),
                media_key: Some(media_key.to_vec()),
                media_key_timestamp: Some(i64::try_from(now_s).unwrap_or(i64::MAX)),
                file_sha256: Some(sealed.sha256.to_vec()),
                file_enc_sha256: Some(sealed.enc_sha256.to_vec()),
                file_length: Some(sealed.plain_bytes),
                $($field: $value,)*
                ..Default::default()
            })
        };
    }
    let mut message = Message::default();
    let media_type = match file.kind {
        MediaKind::Image => {
            message.image_message = announce!(ImageMessage { caption: file.caption });
            "image"
        }
        MediaKind::Video => {
            message.video_message = announce!(VideoMessage { caption: file.caption });
            "video"
        }
        MediaKind::Audio => {
            message.audio_message = announce!(AudioMessage {});
            "audio"
        }
        MediaKind::Document => {
            message.document_message = announce!(DocumentMessage {
                caption: file.caption,
                title: file.file_name.clone(),
                file_name: file.file_name
            });
            "document"
        }
        MediaKind::Sticker => {
            message.sticker_message = announce!(StickerMessage {});
            "sticker"
        }
        MediaKind::History | MediaKind::AppState => {
            return Err(PhoneError::Unsupported("this sort of file is not sent to people"));
        }
    };
    Ok(Composed {
        message,
        form: StanzaForm { media_type: Some(media_type), ..StanzaForm::of_type("media") },
    })
}

pub(super) fn now_ms(now_s: u64) -> i64 {
    i64::try_from(now_s.saturating_mul(1000)).unwrap_or(i64::MAX)
}
