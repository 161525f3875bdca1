//! History sync: the protobuf a phone sends to a new companion, deflated, either inline or as a stored file.

use std::io::{Read, Write};

use buffa::Message;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use waproto::whatsapp::HistorySync;

use super::CryptoError;

/// Largest history accepted when inflating, in bytes.
pub const INFLATED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// zlib(HistorySync): the inline payload, or the plain content of a history file.
pub fn deflate(history: &HistorySync) -> Vec<u8> {
    let plain = history.encode_to_vec();
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::fast());
    // A Vec takes every write, so neither step can fail; an empty payload would show in every client.
    if encoder.write_all(&plain).is_err() {
        return Vec::new();
    }
    encoder.finish().unwrap_or_default()
}

/// The history behind an inline payload or file content.
pub fn inflate(deflated: &[u8]) -> Result<HistorySync, CryptoError> {
    let mut plain = Vec::new();
    ZlibDecoder::new(deflated)
        .take(INFLATED_BYTES_MAX + 1)
        .read_to_end(&mut plain)
        .map_err(|_| CryptoError::Malformed("history: zlib"))?;
    if plain.len() as u64 > INFLATED_BYTES_MAX {
        return Err(CryptoError::Malformed("history: too large"));
    }
    HistorySync::decode_from_slice(&plain).map_err(|_| CryptoError::Malformed("history"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use waproto::whatsapp::Pushname;
    use waproto::whatsapp::history_sync::HistorySyncType;

    #[test]
    fn what_is_deflated_inflates() {
        let history = HistorySync {
            sync_type: HistorySyncType::PUSH_NAME,
            pushnames: vec![Pushname {
                id: Some("1@s.whatsapp.net".to_owned()),
                pushname: Some("Ann".to_owned()),
            }],
            ..Default::default()
        };
        let deflated = deflate(&history);
        assert_eq!(deflated[0], 0x78, "zlib header");
        assert_eq!(inflate(&deflated).unwrap(), history);
    }

    #[test]
    fn garbage_and_bombs_are_refused() {
        assert!(inflate(b"not zlib").is_err());
        let mut bomb = ZlibEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![0; INFLATED_BYTES_MAX as usize + 1]).unwrap();
        assert_eq!(inflate(&bomb.finish().unwrap()), Err(CryptoError::Malformed("history: too large")));
    }
}
