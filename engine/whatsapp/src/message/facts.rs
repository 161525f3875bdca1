//! What WhatsApp shows about a file and a caller seldom knows: sizes, thumbnails, the shape of a voice note; and the forms that
//! WhatsApp wants of stickers and voice notes. Bytes in, bytes out: no session, no network.
//!
//! A file that cannot be read goes as it is, without these facts: the caller may know better than the reader here.

mod ffmpeg;
mod picture;
mod voice;

use std::io::{self, Read as _};

use bytes::Bytes;
use trunkline_model::message::MediaKind;
use trunkline_model::record::MediaFacts;

use super::MediaUpload;
use crate::error::SendError;
use crate::limits::PREPARED_BYTES_MAX;

/// A file as it goes to WhatsApp.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// Its other form and the type of that, where it was given one.
    pub(crate) made: Option<(Bytes, &'static str)>,
    pub(crate) facts: MediaFacts,
}

impl Prepared {
    fn as_it_is(facts: MediaFacts) -> Prepared {
        Prepared { made: None, facts }
    }
}

/// Whether there is anything to find out about files of a kind.
pub(crate) fn has_facts(kind: MediaKind) -> bool {
    !matches!(kind, MediaKind::Audio | MediaKind::Document)
}

/// Finds the facts of a file and gives it the form that its kind needs. Works for as long as decoding takes: not for a shard's
/// thread. Of a file above [`PREPARED_BYTES_MAX`] nothing is found out, but of a video, which only ffmpeg reads.
///
/// # Errors
/// Permanent `voice_not_opus` for a voice note that is not Ogg/Opus on a node without ffmpeg, `media_unusable` when ffmpeg
/// cannot read it; retryable `media_unreadable` when the file cannot be read.
pub(crate) fn prepare(file: &MediaUpload) -> Result<Prepared, SendError> {
    let unreadable = |error: io::Error| SendError::retryable("media_unreadable", error.to_string());
    match file.kind {
        MediaKind::Video => {
            let mut plain = (file.open)().map_err(unreadable)?;
            Ok(Prepared::as_it_is(ffmpeg::video_facts(&mut plain)))
        }
        kind if !has_facts(kind) || file.size_bytes > PREPARED_BYTES_MAX => Ok(Prepared::default()),
        kind => {
            let mut bytes = Vec::new();
            let plain = (file.open)().map_err(unreadable)?;
            plain.take(PREPARED_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
            match kind {
                MediaKind::Sticker => Ok(picture::sticker(&bytes)),
                MediaKind::Voice => voice::prepare(&bytes),
                _ => Ok(Prepared::as_it_is(picture::facts(&bytes))),
            }
        }
    }
}

/// A small JPEG of a picture, for the card of a link; `None` of what is no picture. Decodes: not for a shard's thread.
pub fn thumbnail(bytes: &[u8]) -> Option<Vec<u8>> {
    picture::facts(bytes).thumbnail_jpeg
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
