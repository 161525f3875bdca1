//! A protocol message from an accepted one.

use buffa::MessageField;
use trunkline_model::Address;
use trunkline_model::message::{Content, Media, MediaKind, Quote, SendMessage};
use trunkline_model::record::UploadedMedia;
use wacore::download::MediaType;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::{
    AudioMessage, DocumentMessage, ExtendedTextMessage, FutureProofMessage, ImageMessage, StickerMessage,
    VideoMessage,
};

use super::AttachedMedia;
use crate::error::SendError;

/// Which of WhatsApp's media classes, and with it which keys and which path, a file belongs to.
pub(crate) fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Video => MediaType::Video,
        MediaKind::Audio | MediaKind::Voice => MediaType::Audio,
        MediaKind::Document => MediaType::Document,
        MediaKind::Sticker => MediaType::Sticker,
    }
}

/// The protocol message.
///
/// # Errors
/// Permanent `invalid_message` when a media message comes without its upload.
pub(crate) fn build(
    message: &SendMessage,
    uploaded: Option<AttachedMedia>,
) -> Result<wa::Message, SendError> {
    let context = context(message);
    match (&message.content, uploaded) {
        (Content::Text(text), _) => Ok(build_text(&text.body, context)),
        (Content::Media(media), Some(uploaded)) => Ok(build_media(media, uploaded, context)),
        (Content::Media(_), None) => {
            Err(SendError::permanent("invalid_message", "the media file is missing"))
        }
    }
}

/// Plain text goes as such; only a quote or a mention needs the longer form.
fn build_text(body: &str, context: Option<wa::ContextInfo>) -> wa::Message {
    let Some(context) = context else {
        return wa::Message { conversation: Some(body.to_owned()), ..wa::Message::default() };
    };
    let text = ExtendedTextMessage {
        text: Some(body.to_owned()),
        context_info: MessageField::some(context),
        ..ExtendedTextMessage::default()
    };
    wa::Message { extended_text_message: MessageField::some(text), ..wa::Message::default() }
}

fn context(message: &SendMessage) -> Option<wa::ContextInfo> {
    if message.quote.is_none() && message.mentions.is_empty() {
        return None;
    }
    let mut context = wa::ContextInfo {
        mentioned_jid: message.mentions.iter().map(Address::jid).collect(),
        ..wa::ContextInfo::default()
    };
    if let Some(quote) = &message.quote {
        context.stanza_id = Some(quote.wa_id.clone());
        context.participant = quoted_author(quote, &message.to);
        // Clients show a quote only when a message is in it, be it an empty one.
        let quoted = wa::Message {
            conversation: Some(quote.body.clone().unwrap_or_default()),
            ..wa::Message::default()
        };
        context.quoted_message = MessageField::some(quoted);
    }
    Some(context)
}

/// Who wrote the quoted message. In a chat of two it is the other person unless told otherwise.
fn quoted_author(quote: &Quote, to: &Address) -> Option<String> {
    match &quote.participant {
        Some(author) => Some(author.jid()),
        None => to.is_person().then(|| to.jid()),
    }
}

/// The fields that every kind of media message has under the same name.
macro_rules! with_file {
    ($message:ident, $file:expr, $mime_type:expr, $context:expr, { $($extra:tt)* }) => {{
        let file = $file;
        $message {
            url: Some(file.url),
            direct_path: Some(file.direct_path),
            media_key: Some(file.media_key.to_vec()),
            file_sha256: Some(file.file_sha256.to_vec()),
            file_enc_sha256: Some(file.file_enc_sha256.to_vec()),
            file_length: Some(file.size_bytes),
            media_key_timestamp: Some(file.key_made_at_s),
            mimetype: Some($mime_type),
            context_info: $context.map(MessageField::some).unwrap_or_default(),
            $($extra)*
            ..$message::default()
        }
    }};
}

fn build_media(media: &Media, uploaded: AttachedMedia, context: Option<wa::ContextInfo>) -> wa::Message {
    let file = uploaded.file;
    let known = media.mime_type.clone().or(uploaded.mime_type);
    let mime_type = known.unwrap_or_else(|| media.kind.default_mime_type().to_owned());
    let mut message = wa::Message::default();
    let caption = media.caption.clone().filter(|caption| !caption.is_empty());
    match media.kind {
        MediaKind::Image => {
            message.image_message =
                MessageField::some(with_file!(ImageMessage, file, mime_type, context, { caption, }));
        }
        MediaKind::Video => {
            let sidecar = file.streaming_sidecar.clone();
            message.video_message = MessageField::some(with_file!(VideoMessage, file, mime_type, context, {
                caption,
                seconds: media.duration_seconds,
                streaming_sidecar: sidecar,
            }));
        }
        MediaKind::Audio | MediaKind::Voice => {
            let sidecar = file.streaming_sidecar.clone();
            message.audio_message = MessageField::some(with_file!(AudioMessage, file, mime_type, context, {
                seconds: media.duration_seconds,
                ptt: Some(media.kind == MediaKind::Voice),
                streaming_sidecar: sidecar,
            }));
        }
        MediaKind::Sticker => {
            message.sticker_message =
                MessageField::some(with_file!(StickerMessage, file, mime_type, context, {}));
        }
        MediaKind::Document => return build_document(media, file, mime_type, context),
    }
    message
}

/// A document with a caption travels in a wrapper, as the web client sends it.
fn build_document(
    media: &Media,
    file: UploadedMedia,
    mime_type: String,
    context: Option<wa::ContextInfo>,
) -> wa::Message {
    let caption = media.caption.clone().filter(|caption| !caption.is_empty());
    let has_caption = caption.is_some();
    let document = with_file!(DocumentMessage, file, mime_type, context, {
        caption,
        file_name: media.file_name.clone(),
        title: media.file_name.clone(),
    });
    let inner = wa::Message { document_message: MessageField::some(document), ..wa::Message::default() };
    if !has_caption {
        return inner;
    }
    let wrapper = FutureProofMessage { message: MessageField::some(inner) };
    wa::Message { document_with_caption_message: MessageField::some(wrapper), ..wa::Message::default() }
}

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
