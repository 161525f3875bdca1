//! What is between a socket's bytes and its messages: records, frames, and what the kernel has not taken yet. No waiting here.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;

use super::frames::{
    CloseFrame, FrameError, Message, Unframer, begin_binary_frame, close_frame, mask_payload, pong_frame,
};
use super::record_layer::{Flow, RecordLayer, TlsError};
use super::scratch::{NoRandom, Scratch};
use crate::limits::{WRITE_PIECE_BYTES, WS_MESSAGE_BYTES_MAX};

/// Close code of a polite end (RFC 6455 §7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

/// One connection. Between two messages, with nothing left to write, it holds no buffer.
pub(super) struct Wire {
    records: RecordLayer,
    unframer: Unframer,
    pending: Pending,
    /// A part of a frame has left: only its rest can follow.
    in_frame: bool,
    /// The last ping that is not answered yet (one answer for several is allowed, RFC 6455 §5.5.3).
    ping: Option<Box<[u8]>>,
}

/// Why nothing more is read.
#[derive(Debug)]
pub(super) enum ReadEnd {
    Closed(CloseFrame),
    Frame(FrameError),
    Tls(TlsError),
}

impl From<TlsError> for ReadEnd {
    fn from(error: TlsError) -> ReadEnd {
        ReadEnd::Tls(error)
    }
}

/// Why nothing more is written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Random(#[from] NoRandom),
    #[error("an earlier message was cut off")]
    CutOff,
}

/// How far a write got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    All,
    /// The kernel takes nothing for now.
    Blocked,
}

/// A message on its way out.
pub(super) struct Outgoing {
    data: Bytes,
    at: usize,
    /// Drawn when the header leaves.
    mask: Option<[u8; 4]>,
}

impl Outgoing {
    pub(super) fn new(data: Bytes) -> Outgoing {
        Outgoing { data, at: 0, mask: None }
    }

    fn is_done(&self) -> bool {
        self.mask.is_some() && self.at == self.data.len()
    }
}

/// A socket's way to take bytes without waiting.
pub(super) trait TryWrite {
    /// How many bytes the kernel took; `WouldBlock` when it takes none.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
}

impl Wire {
    pub(super) fn new(records: RecordLayer) -> Wire {
        Wire {
            records,
            unframer: Unframer::new(WS_MESSAGE_BYTES_MAX),
            pending: Pending::default(),
            in_frame: false,
            ping: None,
        }
    }

    /// Opens the bytes that were read to `incoming[begin..end]`. `deliver` gets each data message; control messages are dealt
    /// with here, and their answers left in `scratch.sealed` for [`answer`](Wire::answer).
    pub(super) fn receive(
        &mut self,
        scratch: &mut Scratch,
        (begin, end): (usize, usize),
        mut deliver: impl FnMut(Option<Cow<'_, [u8]>>),
    ) -> Result<Flow, ReadEnd> {
        scratch.sealed.clear();
        let begin = self.records.prepend_held(&mut scratch.incoming[..end], begin);
        let (unframer, ping) = (&mut self.unframer, &mut self.ping);
        self.records.open(&mut scratch.incoming[begin..end], &mut scratch.sealed, |plain| {
            unframe(unframer, ping, plain, &mut deliver)
        })
    }

    /// Like [`receive`](Wire::receive), for bytes that left the record layer earlier.
    pub(super) fn receive_plain(
        &mut self,
        scratch: &mut Scratch,
        plain: &[u8],
        mut deliver: impl FnMut(Option<Cow<'_, [u8]>>),
    ) -> Result<Flow, ReadEnd> {
        scratch.sealed.clear();
        unframe(&mut self.unframer, &mut self.ping, plain, &mut deliver).map(|()| Flow::Open)
    }

    /// Writes what a call of [`receive`](Wire::receive) gave rise to: answers of TLS, a pong, and what `end` asks for.
    pub(super) fn answer(
        &mut self,
        scratch: &mut Scratch,
        end: Option<&ReadEnd>,
        to: &impl TryWrite,
    ) -> Result<(), WriteError> {
        // Sealed already, so first in order.
        self.pending.write(&scratch.sealed, to)?;
        let code = match end {
            None => return self.pong(scratch, to),
            // After an error of TLS its alert was the last word.
            Some(ReadEnd::Tls(_)) => return Ok(()),
            Some(ReadEnd::Closed(close)) => close.code,
            Some(ReadEnd::Frame(error)) => Some(error.close_code()),
        };
        self.farewell(scratch, code, to)
    }

    /// Takes `out` as far as the kernel does.
    pub(super) fn send(
        &mut self,
        scratch: &mut Scratch,
        out: &mut Outgoing,
        to: &impl TryWrite,
    ) -> Result<Written, WriteError> {
        if self.in_frame && out.mask.is_none() {
            return Err(WriteError::CutOff);
        }
        loop {
            if self.flush(scratch, to)? == Written::Blocked {
                return Ok(Written::Blocked);
            }
            if out.is_done() {
                return Ok(Written::All);
            }
            scratch.plain.clear();
            scratch.sealed.clear();
            let mask = match out.mask {
                Some(mask) => mask,
                None => {
                    let mask = scratch.masks.next()?;
                    begin_binary_frame(out.data.len() as u64, mask, &mut scratch.plain);
                    *out.mask.insert(mask)
                }
            };
            let piece_end = out.data.len().min(out.at + WRITE_PIECE_BYTES);
            mask_payload(&out.data[out.at..piece_end], mask, out.at, &mut scratch.plain);
            out.at = piece_end;
            self.in_frame = !out.is_done();
            let sealed = self.records.seal(&scratch.plain, &mut scratch.sealed)?;
            self.pending.write(sealed, to)?;
        }
    }

    /// Writes what is pending, and a pong that had to wait for it.
    pub(super) fn flush(&mut self, scratch: &mut Scratch, to: &impl TryWrite) -> Result<Written, WriteError> {
        self.pending.write(&[], to)?;
        self.pong(scratch, to)?;
        Ok(if self.pending.is_empty() { Written::All } else { Written::Blocked })
    }

    /// Whether bytes wait for the kernel that no sender will come back for.
    pub(super) fn wants_flush(&self) -> bool {
        !self.pending.is_empty() && !self.in_frame
    }

    /// Says goodbye in both layers, unless a message was cut off: then nothing can follow.
    pub(super) fn close(&mut self, scratch: &mut Scratch, to: &impl TryWrite) -> Result<(), WriteError> {
        self.farewell(scratch, Some(NORMAL_CLOSURE), to)
    }

    /// Bytes held of what is incomplete, bytes that wait for the kernel, bytes of TLS.
    pub(super) fn memory_bytes(&self) -> (usize, usize, usize) {
        let (held, tls) = self.records.memory_bytes();
        (held + self.unframer.held_bytes(), self.pending.bytes.capacity(), tls)
    }

    fn pong(&mut self, scratch: &mut Scratch, to: &impl TryWrite) -> Result<(), WriteError> {
        if self.in_frame || !self.pending.is_empty() {
            return Ok(());
        }
        let Some(ping) = self.ping.take() else { return Ok(()) };
        scratch.plain.clear();
        scratch.sealed.clear();
        pong_frame(&ping, scratch.masks.next()?, &mut scratch.plain);
        let sealed = self.records.seal(&scratch.plain, &mut scratch.sealed)?;
        Ok(self.pending.write(sealed, to)?)
    }

    fn farewell(
        &mut self,
        scratch: &mut Scratch,
        code: Option<u16>,
        to: &impl TryWrite,
    ) -> Result<(), WriteError> {
        if self.in_frame {
            return Ok(());
        }
        scratch.plain.clear();
        scratch.sealed.clear();
        close_frame(code, scratch.masks.next()?, &mut scratch.plain);
        let sealed = self.records.seal(&scratch.plain, &mut scratch.sealed)?;
        self.pending.write(sealed, to)?;
        scratch.sealed.clear();
        self.records.seal_end(&mut scratch.sealed)?;
        Ok(self.pending.write(&scratch.sealed, to)?)
    }
}

/// Data goes to `deliver`, other signs of life as `None`; pings are remembered; a close ends it.
fn unframe(
    unframer: &mut Unframer,
    ping: &mut Option<Box<[u8]>>,
    mut plain: &[u8],
    deliver: &mut impl FnMut(Option<Cow<'_, [u8]>>),
) -> Result<(), ReadEnd> {
    while let Some(message) = unframer.next(&mut plain).map_err(ReadEnd::Frame)? {
        match message {
            Message::Binary(data) => deliver(Some(data)),
            Message::Ping(payload) => {
                *ping = Some(payload.into());
                deliver(None);
            }
            Message::Text(_) | Message::Pong => deliver(None),
            Message::Close(close) => {
                deliver(None);
                return Err(ReadEnd::Closed(close));
            }
        }
    }
    Ok(())
}

/// Bytes that the kernel has not taken.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    taken: usize,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Writes what waits and then `more`; what the kernel does not take waits on. An error ends the connection.
    fn write(&mut self, more: &[u8], to: &impl TryWrite) -> io::Result<()> {
        if !self.bytes.is_empty() {
            self.taken += take(&self.bytes[self.taken..], to)?;
            if self.taken < self.bytes.len() {
                self.bytes.extend_from_slice(more);
                return Ok(());
            }
            *self = Pending::default();
        }
        let taken = take(more, to)?;
        self.bytes = more[taken..].to_vec();
        Ok(())
    }
}

/// Gives the kernel what it takes, and says how much that was.
fn take(bytes: &[u8], to: &impl TryWrite) -> io::Result<usize> {
    let mut taken = 0;
    while taken < bytes.len() {
        match to.try_write(&bytes[taken..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(more) => taken += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
