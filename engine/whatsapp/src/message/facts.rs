//! What WhatsApp shows about a file and a caller seldom knows: sizes, thumbnails, the shape of a voice note; and the forms that
//! WhatsApp wants of stickers and voice notes. Bytes in, bytes out: no session, no network.
//!
//! A file that cannot be read goes as it is, without these facts: the caller may know better than the reader here.

mod ffmpeg;
mod picture;
mod voice;

use bytes::Bytes;
use trunkline_model::message::{Media, MediaKind};

use crate::error::SendError;

/// What is known of a file besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Width in pixels.
    pub(crate) width: Option<u32>,
    /// Height in pixels.
    pub(crate) height: Option<u32>,
    /// A small picture, as JPEG.
    pub(crate) thumbnail_jpeg: Option<Vec<u8>>,
    /// Length of audio, in seconds, rounded up.
    pub(crate) duration_seconds: Option<u32>,
    /// Loudness of a voice note over time: 64 values from 0 to 100.
    pub(crate) waveform: Option<Vec<u8>>,
    /// A sticker that moves.
    pub(crate) animated: bool,
}

/// A file as it goes to WhatsApp.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) bytes: Bytes,
    /// Its type, where it was made anew.
    pub(crate) mime_type: Option<&'static str>,
    pub(crate) facts: Facts,
}

impl Prepared {
    fn as_it_is(bytes: Bytes, facts: Facts) -> Prepared {
        Prepared { bytes, mime_type: None, facts }
    }
}

/// Finds the facts of a file and gives it the form that its kind needs. Works for as long as decoding takes: not for a shard's
/// thread.
///
/// # Errors
/// Permanent `voice_not_opus` for a voice note that is not Ogg/Opus on a node without ffmpeg, `media_unusable` when ffmpeg
/// cannot read it.
pub(crate) fn prepare(media: &Media, bytes: Bytes) -> Result<Prepared, SendError> {
    match media.kind {
        MediaKind::Image => {
            let facts = picture::facts(&bytes);
            Ok(Prepared::as_it_is(bytes, facts))
        }
        MediaKind::Sticker => Ok(picture::sticker(bytes)),
        MediaKind::Voice => voice::prepare(bytes),
        MediaKind::Video => {
            let facts = ffmpeg::video_facts(&bytes);
            Ok(Prepared::as_it_is(bytes, facts))
        }
        MediaKind::Audio | MediaKind::Document => Ok(Prepared::as_it_is(bytes, Facts::default())),
    }
}

/// A small JPEG of a picture, for the card of a link; `None` of what is no picture. Decodes: not for a shard's thread.
pub fn thumbnail(bytes: &[u8]) -> Option<Vec<u8>> {
    picture::facts(bytes).thumbnail_jpeg
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
