//! Voice notes: Ogg/Opus with a length and a shape.

use std::io::Cursor;

use ogg::PacketReader;
use trunkline_model::record::MediaFacts;

use super::Prepared;
use super::ffmpeg::{self, Tool};
use crate::error::SendError;
use crate::limits::WAVEFORM_VALUES;

/// Samples in a second of any Opus stream (RFC 7845, 4).
const OPUS_RATE_HZ: u64 = 48_000;

/// A voice note as phones play it. Another format is made into one where ffmpeg is there to do it.
pub(super) fn prepare(bytes: &[u8]) -> Result<Prepared, SendError> {
    if let Some(facts) = facts(bytes) {
        return Ok(Prepared::as_it_is(facts));
    }
    let opus = match ffmpeg::voice_note(bytes) {
        Ok(opus) => opus,
        Err(Tool::Absent) => {
            let detail = "the voice note is not Ogg/Opus, and this node has no ffmpeg to make it so";
            return Err(SendError::permanent("voice_not_opus", detail));
        }
        Err(Tool::Failed) => {
            return Err(SendError::permanent(
                "media_unusable",
                "ffmpeg cannot make a voice note of the file",
            ));
        }
    };
    let facts = facts(&opus).unwrap_or_default();
    Ok(Prepared { made: Some((opus.into(), "audio/ogg; codecs=opus")), facts })
}

/// Length and shape of an Ogg/Opus file; `None` when it is none.
pub(super) fn facts(bytes: &[u8]) -> Option<MediaFacts> {
    let mut packets = PacketReader::new(Cursor::new(bytes));
    let head = packets.read_packet().ok()??;
    if !head.data.starts_with(b"OpusHead") {
        return None;
    }
    let pre_skip = head.data.get(10..12).map_or(0, |skip| u64::from(u16::from_le_bytes([skip[0], skip[1]])));
    // The tags.
    packets.read_packet().ok()?;
    let (mut sizes, mut last_sample) = (Vec::new(), 0);
    // A file that is cut off is as long as what is there of it.
    while let Ok(Some(packet)) = packets.read_packet() {
        sizes.push(packet.data.len() as u32);
        // The position belongs to a page: only its last packet ends there.
        if packet.last_in_page() {
            last_sample = packet.absgp_page();
        }
    }
    let seconds = last_sample.saturating_sub(pre_skip).div_ceil(OPUS_RATE_HZ);
    Some(MediaFacts {
        duration_seconds: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
        waveform: (!sizes.is_empty()).then(|| waveform(&sizes)),
        ..MediaFacts::default()
    })
}

/// The shape of a voice note from the sizes of its packets: Opus spends more bytes where there is more to hear, so that the
/// shape is there without decoding.
fn waveform(sizes: &[u32]) -> Vec<u8> {
    let values: Vec<u32> = (0..WAVEFORM_VALUES)
        .map(|value| {
            let from = value * sizes.len() / WAVEFORM_VALUES;
            let until = ((value + 1) * sizes.len() / WAVEFORM_VALUES).max(from + 1).min(sizes.len());
            let part = sizes.get(from..until).unwrap_or_default();
            part.iter().sum::<u32>() / u32::try_from(part.len().max(1)).unwrap_or(1)
        })
        .collect();
    let least = values.iter().copied().min().unwrap_or(0);
    let range = values.iter().copied().max().unwrap_or(0).saturating_sub(least).max(1);
    values.into_iter().map(|value| ((value - least) * 100 / range).min(100) as u8).collect()
}
