//! Files in inbound messages.

use trunkline_model::inbound::{InboundMedia, MediaLook};
use trunkline_model::message::MediaKind;
use waproto::whatsapp as wa;

/// The kinds of media share their fields' names but no type.
macro_rules! file {
    ($kind:expr, $message:expr, { $($extra:tt)* }) => {{
        let message = $message;
        let direct_path = message.direct_path.clone().filter(|path| !path.is_empty());
        direct_path.map(|direct_path| InboundMedia {
            kind: $kind,
            mime_type: message.mimetype.clone(),
            size_bytes: message.file_length,
            direct_path,
            media_key: message.media_key.clone().unwrap_or_default(),
            file_sha256: message.file_sha256.clone().unwrap_or_default(),
            file_enc_sha256: message.file_enc_sha256.clone().unwrap_or_default(),
            $($extra)*
            ..blank($kind)
        })
    }};
}

fn blank(kind: MediaKind) -> InboundMedia {
    InboundMedia {
        kind,
        mime_type: None,
        caption: None,
        file_name: None,
        size_bytes: None,
        duration_seconds: None,
        look: MediaLook::default(),
        direct_path: String::new(),
        media_key: Vec::new(),
        file_sha256: Vec::new(),
        file_enc_sha256: Vec::new(),
    }
}

/// The protocol's name of a media message, and the file when it is complete.
pub(super) fn media(message: &wa::Message) -> Option<(&'static str, Option<InboundMedia>)> {
    if let Some(image) = message.image_message.as_option() {
        let look = MediaLook {
            width: image.width,
            height: image.height,
            view_once: image.view_once == Some(true),
            ..MediaLook::default()
        };
        let file = file!(MediaKind::Image, image, { caption: image.caption.clone(), look, });
        return Some(("imageMessage", file));
    }
    // A round video note is a video that is shown in a circle.
    for (name, video) in [("videoMessage", &message.video_message), ("ptvMessage", &message.ptv_message)] {
        if let Some(video) = video.as_option() {
            let look = MediaLook {
                width: video.width,
                height: video.height,
                view_once: video.view_once == Some(true),
                gif: video.gif_playback == Some(true),
                video_note: name == "ptvMessage",
                animated: false,
            };
            let file = file!(MediaKind::Video, video, {
                caption: video.caption.clone(),
                duration_seconds: video.seconds,
                look,
            });
            return Some((name, file));
        }
    }
    if let Some(audio) = message.audio_message.as_option() {
        let kind = if audio.ptt == Some(true) { MediaKind::Voice } else { MediaKind::Audio };
        let look = MediaLook { view_once: audio.view_once == Some(true), ..MediaLook::default() };
        return Some(("audioMessage", file!(kind, audio, { duration_seconds: audio.seconds, look, })));
    }
    if let Some(document) = message.document_message.as_option() {
        let file_name = document.file_name.clone().or_else(|| document.title.clone());
        let file = file!(MediaKind::Document, document, { caption: document.caption.clone(), file_name, });
        return Some(("documentMessage", file));
    }
    let sticker = message.sticker_message.as_option()?;
    let look = MediaLook {
        width: sticker.width,
        height: sticker.height,
        animated: sticker.is_animated == Some(true),
        ..MediaLook::default()
    };
    Some(("stickerMessage", file!(MediaKind::Sticker, sticker, { look, })))
}
