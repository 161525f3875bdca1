//! The byte stream of a connection: an optional edge pre-intro, the prologue, then frames.
//!
//! WebSocket message boundaries mean nothing: a message may hold several frames or part of one.

use bytes::{Buf, Bytes, BytesMut};

use super::{NoiseError, PROLOGUE};
use crate::limits::{FRAME_BYTES_MAX, ROUTING_INFO_BYTES_MAX};

const PRE_INTRO: [u8; 4] = [b'E', b'D', 0, 1];
const LENGTH_BYTES: usize = 3;

/// What the stream holds next.
#[derive(Debug, PartialEq, Eq)]
pub enum Inbound {
    /// Routing information from an earlier connection. Not part of the handshake.
    Routing(Bytes),
    /// One frame, without its length.
    Frame(BytesMut),
}

/// Cuts a client's byte stream into frames. Holds nothing but an incomplete frame.
#[derive(Debug, Default)]
pub struct Framing {
    buffer: BytesMut,
    started: bool,
}

impl Framing {
    /// Appends bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next thing in the stream, `None` until more bytes come.
    ///
    /// # Errors
    /// [`NoiseError::Stream`] if the stream does not begin as it must.
    pub fn pull(&mut self) -> Result<Option<Inbound>, NoiseError> {
        if !self.started {
            if let Some(routing) = self.pre_intro()? {
                return Ok(Some(Inbound::Routing(routing)));
            }
            if !self.prologue()? {
                return Ok(None);
            }
        }
        Ok(self.length_prefixed(0).map(Inbound::Frame))
    }

    /// Whether the prologue was seen.
    pub fn is_started(&self) -> bool {
        self.started
    }

    fn pre_intro(&mut self) -> Result<Option<Bytes>, NoiseError> {
        if !self.buffer.starts_with(&PRE_INTRO) {
            return Ok(None);
        }
        let Some(length) = self.announced(PRE_INTRO.len()) else { return Ok(None) };
        if length > ROUTING_INFO_BYTES_MAX {
            return Err(NoiseError::Stream("routing information is too long"));
        }
        Ok(self.length_prefixed(PRE_INTRO.len()).map(BytesMut::freeze))
    }

    fn prologue(&mut self) -> Result<bool, NoiseError> {
        let seen = self.buffer.len().min(PROLOGUE.len());
        let begins_otherwise =
            self.buffer[..seen] != PROLOGUE[..seen] && self.buffer[..seen] != PRE_INTRO[..seen];
        if begins_otherwise {
            return Err(NoiseError::Stream("the stream does not begin with WA 06 03"));
        }
        if self.buffer.starts_with(&PROLOGUE) {
            self.buffer.advance(PROLOGUE.len());
            self.started = true;
        }
        Ok(self.started)
    }

    fn announced(&self, at: usize) -> Option<usize> {
        let length = self.buffer.get(at..at + LENGTH_BYTES)?;
        Some(length.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
    }

    fn length_prefixed(&mut self, at: usize) -> Option<BytesMut> {
        let length = self.announced(at)?;
        if self.buffer.len() < at + LENGTH_BYTES + length {
            return None;
        }
        self.buffer.advance(at + LENGTH_BYTES);
        let frame = self.buffer.split_to(length);
        if self.buffer.is_empty() {
            // An idle connection holds no receive buffer.
            self.buffer = BytesMut::new();
        }
        Some(frame)
    }
}

/// Prefixes `payload` with its length.
///
/// # Errors
/// [`NoiseError::Stream`] if it is longer than a frame can be.
pub fn frame(payload: &[u8], out: &mut Vec<u8>) -> Result<(), NoiseError> {
    if payload.len() > FRAME_BYTES_MAX {
        return Err(NoiseError::Stream("a frame holds at most 2^24 - 1 bytes"));
    }
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunks: &[&[u8]]) -> Result<Vec<Inbound>, NoiseError> {
        let mut framing = Framing::default();
        let mut seen = Vec::new();
        for chunk in chunks {
            framing.push(chunk);
            while let Some(inbound) = framing.pull()? {
                seen.push(inbound);
            }
        }
        Ok(seen)
    }

    fn frame_of(bytes: &[u8]) -> Inbound {
        Inbound::Frame(BytesMut::from(bytes))
    }

    #[test]
    fn frames_survive_every_split() {
        let stream = b"ED\x00\x01\x00\x00\x02hiWA\x06\x03\x00\x00\x01a\x00\x00\x00\x00\x00\x03bcd";
        let expected =
            [Inbound::Routing(Bytes::from_static(b"hi")), frame_of(b"a"), frame_of(b""), frame_of(b"bcd")];
        for cut in 0..stream.len() {
            let (head, tail) = stream.split_at(cut);
            assert_eq!(all(&[head, tail]).expect("a good stream"), expected, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(all(&bytes).expect("a good stream"), expected);
    }

    /// Row 1 of the conformance checklist.
    #[test]
    fn row_1_anything_but_the_prologue_is_refused() {
        for stream in [&b"WA\x05\x03"[..], b"GET / HTTP/1.1", b"WA\x06\x02", b"X"] {
            assert!(all(&[stream]).is_err(), "{stream:?}");
        }
        assert!(all(&[b"ED\x00\x01\xff\xff\xff"]).is_err(), "a routing blob of 16 MiB");
        assert_eq!(all(&[b"WA\x06"]).expect("incomplete"), []);
    }
}
