//! Messages with a file.

use buffa::MessageField;
use trunkline_model::message::{Media, MediaKind};
use trunkline_model::record::UploadedMedia;
use wacore::download::MediaType;
use waproto::whatsapp as wa;
use waproto::whatsapp::message::{
    AudioMessage, DocumentMessage, FutureProofMessage, ImageMessage, StickerMessage, VideoMessage,
};

use crate::message::AttachedMedia;

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

/// The fields that every kind of media message has under the same name. A file that is not encrypted has no keys.
macro_rules! with_file {
    ($message:ident, ($file:expr, $sealed:expr), $mime_type:expr, { $($extra:tt)* }) => {{
        let (file, sealed): (UploadedMedia, bool) = ($file, $sealed);
        $message {
            url: Some(file.url),
            direct_path: Some(file.direct_path),
            media_key: sealed.then(|| file.media_key.to_vec()),
            file_sha256: Some(file.file_sha256.to_vec()),
            file_enc_sha256: sealed.then(|| file.file_enc_sha256.to_vec()),
            file_length: Some(file.size_bytes),
            media_key_timestamp: sealed.then_some(file.key_made_at_s),
            mimetype: Some($mime_type),
            $($extra)*
            ..$message::default()
        }
    }};
}

pub(super) fn build(media: &Media, uploaded: AttachedMedia) -> wa::Message {
    let AttachedMedia { mut file, mime_type: told, sealed } = uploaded;
    let facts = std::mem::take(&mut file.facts);
    // A file that was given another form is of that form's type, whatever it was before.
    let known = file.mime_type.take().or_else(|| media.mime_type.clone()).or(told);
    let mime_type = known.unwrap_or_else(|| media.kind.default_mime_type().to_owned());
    let mut message = wa::Message::default();
    let caption = media.caption.clone().filter(|caption| !caption.is_empty());
    let view_once = media.show.view_once.then_some(true);
    let seconds = media.duration_seconds.or(facts.duration_seconds);
    match media.kind {
        MediaKind::Image => {
            message.image_message = MessageField::some(with_file!(ImageMessage, (file, sealed), mime_type, {
                caption,
                width: facts.width,
                height: facts.height,
                jpeg_thumbnail: facts.thumbnail_jpeg,
                view_once,
            }));
        }
        MediaKind::Video => {
            let sidecar = file.streaming_sidecar.clone();
            let video = MessageField::some(with_file!(VideoMessage, (file, sealed), mime_type, {
                caption,
                seconds,
                width: facts.width,
                height: facts.height,
                jpeg_thumbnail: facts.thumbnail_jpeg,
                gif_playback: media.show.gif.then_some(true),
                view_once,
                streaming_sidecar: sidecar,
            }));
            if media.show.video_note {
                message.ptv_message = video;
            } else {
                message.video_message = video;
            }
        }
        MediaKind::Audio | MediaKind::Voice => {
            let sidecar = file.streaming_sidecar.clone();
            message.audio_message = MessageField::some(with_file!(AudioMessage, (file, sealed), mime_type, {
                seconds,
                waveform: facts.waveform,
                ptt: Some(media.kind == MediaKind::Voice),
                view_once,
                streaming_sidecar: sidecar,
            }));
        }
        MediaKind::Sticker => {
            message.sticker_message =
                MessageField::some(with_file!(StickerMessage, (file, sealed), mime_type, {
                    width: facts.width,
                    height: facts.height,
                    is_animated: facts.animated.then_some(true),
                }));
        }
        MediaKind::Document => return build_document(media, (file, sealed), mime_type),
    }
    if media.show.view_once { wrapped_once(message, media.kind) } else { message }
}

/// What can be looked at once travels in a wrapper, besides its own mark; a voice note in another one.
fn wrapped_once(inner: wa::Message, kind: MediaKind) -> wa::Message {
    let wrapper = MessageField::some(FutureProofMessage { message: MessageField::some(inner) });
    let mut message = wa::Message::default();
    if kind == MediaKind::Voice {
        message.view_once_message_v2_extension = wrapper;
    } else {
        message.view_once_message = wrapper;
    }
    message
}

/// A document with a caption travels in a wrapper, as the web client sends it.
fn build_document(media: &Media, (file, sealed): (UploadedMedia, bool), mime_type: String) -> wa::Message {
    let caption = media.caption.clone().filter(|caption| !caption.is_empty());
    let has_caption = caption.is_some();
    let document = with_file!(DocumentMessage, (file, sealed), mime_type, {
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
