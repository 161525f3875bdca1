//! A server's byte stream, cut into messages.

use std::borrow::Cow;

use super::header::{Header, Opcode, SERVER_HEADER_BYTES_MAX};
use super::{CloseFrame, FrameError, Message};
use crate::limits::READ_AHEAD_BYTES;

/// Cuts a byte stream into messages. After an error it must not be used again.
#[derive(Debug)]
pub struct Unframer {
    message_bytes_max: u64,
    /// Only while something is incomplete: most of its life a connection waits between two messages.
    partial: Option<Box<Partial>>,
}

/// What arrived of something incomplete.
#[derive(Debug, Default)]
struct Partial {
    header: [u8; SERVER_HEADER_BYTES_MAX],
    header_bytes: usize,
    /// The frame whose payload is arriving.
    frame: Option<Arriving>,
    /// Payload of a control frame, which may stand between the fragments of a message.
    control: Vec<u8>,
    message: Option<Gathering>,
}

#[derive(Debug, Clone, Copy)]
struct Arriving {
    header: Header,
    missing_bytes: u64,
}

#[derive(Debug)]
struct Gathering {
    text: bool,
    bytes: Vec<u8>,
}

/// A frame's payload.
enum Payload<'a> {
    /// All of it lies in the input.
    Lent(&'a [u8]),
    /// It arrived in pieces, and all of them are in [`Partial`] now.
    Kept,
}

impl Unframer {
    /// For a stream whose messages have at most `message_bytes_max` bytes.
    pub fn new(message_bytes_max: usize) -> Unframer {
        Unframer { message_bytes_max: message_bytes_max as u64, partial: None }
    }

    /// Takes the next message off the front of `input`. `None` means that all of `input` is taken and more is needed.
    ///
    /// # Errors
    /// [`FrameError`] when the peer broke a rule. The stream ends there.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Message<'a>>, FrameError> {
        loop {
            let arriving = match self.partial.as_mut().and_then(|partial| partial.frame.take()) {
                Some(arriving) => arriving,
                None => match self.header(input)? {
                    Some(header) => Arriving { header, missing_bytes: header.payload_bytes },
                    None => return Ok(None),
                },
            };
            let Some(payload) = self.payload(arriving, input) else { return Ok(None) };
            let message = self.complete(arriving.header, payload)?;
            self.tidy();
            if message.is_some() {
                return Ok(message);
            }
        }
    }

    /// Bytes kept of what is incomplete.
    pub fn held_bytes(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| {
            let message = partial.message.as_ref().map_or(0, |message| message.bytes.capacity());
            size_of::<Partial>() + partial.control.capacity() + message
        })
    }

    /// The next frame's header, once it is whole and allowed here.
    fn header(&mut self, input: &mut &[u8]) -> Result<Option<Header>, FrameError> {
        let kept_bytes = self.partial.as_ref().map_or(0, |partial| partial.header_bytes);
        if input.is_empty() {
            return Ok(None);
        }
        let read = if kept_bytes == 0 {
            Header::read(input)?
        } else {
            let mut joined = [0; SERVER_HEADER_BYTES_MAX];
            let added_bytes = input.len().min(SERVER_HEADER_BYTES_MAX - kept_bytes);
            if let Some(partial) = &self.partial {
                joined[..kept_bytes].copy_from_slice(&partial.header[..kept_bytes]);
            }
            joined[kept_bytes..kept_bytes + added_bytes].copy_from_slice(&input[..added_bytes]);
            Header::read(&joined[..kept_bytes + added_bytes])?
        };
        let Some((header, header_bytes)) = read else {
            // Shorter than the longest header, or it would have been read.
            let partial = self.partial.get_or_insert_default();
            partial.header[kept_bytes..kept_bytes + input.len()].copy_from_slice(input);
            partial.header_bytes += input.len();
            *input = &[];
            return Ok(None);
        };
        *input = &input[header_bytes - kept_bytes..];
        if let Some(partial) = &mut self.partial {
            partial.header_bytes = 0;
        }
        self.admit(header)?;
        Ok(Some(header))
    }

    /// Whether such a frame may come now, and its message is not too long with it.
    fn admit(&self, header: Header) -> Result<(), FrameError> {
        let message = self.partial.as_ref().and_then(|partial| partial.message.as_ref());
        let gathered_bytes = match (header.opcode, message) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => return Ok(()),
            (Opcode::Continuation, None) => return Err(FrameError::LoneContinuation),
            (Opcode::Continuation, Some(message)) => message.bytes.len() as u64,
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(FrameError::InterruptedMessage),
            (Opcode::Text | Opcode::Binary, None) => 0,
        };
        match gathered_bytes.saturating_add(header.payload_bytes) {
            bytes if bytes > self.message_bytes_max => Err(FrameError::TooLong { bytes }),
            _ => Ok(()),
        }
    }

    /// Takes a frame's payload off the input, as far as it is there.
    fn payload<'a>(&mut self, arriving: Arriving, input: &mut &'a [u8]) -> Option<Payload<'a>> {
        let Arriving { header, missing_bytes } = arriving;
        let here_bytes = usize::try_from(missing_bytes).unwrap_or(usize::MAX).min(input.len());
        let (here, rest) = input.split_at(here_bytes);
        *input = rest;
        let left_bytes = missing_bytes - here_bytes as u64;
        if here_bytes as u64 == header.payload_bytes {
            return Some(Payload::Lent(here));
        }
        let partial = self.partial.get_or_insert_default();
        keep(partial.place_for(header.opcode), here, left_bytes);
        if left_bytes == 0 {
            return Some(Payload::Kept);
        }
        partial.frame = Some(Arriving { header, missing_bytes: left_bytes });
        None
    }

    /// What a whole frame means: a message, unless it is a fragment that is not the last.
    fn complete<'a>(
        &mut self,
        header: Header,
        payload: Payload<'a>,
    ) -> Result<Option<Message<'a>>, FrameError> {
        if header.opcode.is_control() {
            let kept = self.partial.as_mut().map(|partial| std::mem::take(&mut partial.control));
            let payload = match payload {
                Payload::Lent(bytes) => Cow::Borrowed(bytes),
                Payload::Kept => Cow::Owned(kept.unwrap_or_default()),
            };
            return control(header.opcode, payload).map(Some);
        }
        let gathering = self.partial.as_ref().is_some_and(|partial| partial.message.is_some());
        if let (true, false, Payload::Lent(bytes)) = (header.fin, gathering, &payload) {
            return Ok(Some(data(header.opcode == Opcode::Text, Cow::Borrowed(bytes))));
        }
        let partial = self.partial.get_or_insert_default();
        if let Payload::Lent(bytes) = payload {
            keep(partial.place_for(header.opcode), bytes, 0);
        }
        if !header.fin {
            return Ok(None);
        }
        Ok(partial.message.take().map(|message| data(message.text, Cow::Owned(message.bytes))))
    }

    /// Lets go of the memory when nothing is incomplete any more.
    fn tidy(&mut self) {
        let busy = |partial: &Partial| partial.header_bytes > 0 || partial.message.is_some();
        if self.partial.as_deref().is_some_and(|partial| !busy(partial)) {
            self.partial = None;
        }
    }
}

impl Partial {
    /// Where the payload of such a frame is gathered. The first data frame of a message opens it.
    fn place_for(&mut self, opcode: Opcode) -> &mut Vec<u8> {
        if opcode.is_control() {
            return &mut self.control;
        }
        let text = opcode == Opcode::Text;
        &mut self.message.get_or_insert_with(|| Gathering { text, bytes: Vec::new() }).bytes
    }
}

/// Appends a piece of which `left_bytes` are still to come. Room for those is made as far as what arrived has earned it, so
/// that a length alone costs nothing; a message of ordinary size gets its exact size at once.
fn keep(bytes: &mut Vec<u8>, piece: &[u8], left_bytes: u64) {
    if bytes.capacity() - bytes.len() < piece.len() {
        let left_bytes = usize::try_from(left_bytes).unwrap_or(usize::MAX);
        let room_bytes = piece.len() + left_bytes.min(READ_AHEAD_BYTES.max(bytes.len()));
        if room_bytes >= bytes.len() {
            bytes.reserve_exact(room_bytes);
        } else {
            // Doubles: a message in millions of fragments must not be copied once for each.
            bytes.reserve(room_bytes);
        }
    }
    bytes.extend_from_slice(piece);
}

fn data(text: bool, payload: Cow<'_, [u8]>) -> Message<'_> {
    if text { Message::Text(payload) } else { Message::Binary(payload) }
}

fn control(opcode: Opcode, payload: Cow<'_, [u8]>) -> Result<Message<'_>, FrameError> {
    Ok(match opcode {
        Opcode::Ping => Message::Ping(payload),
        Opcode::Close => Message::Close(close(&payload)?),
        _ => Message::Pong,
    })
}

fn close(payload: &[u8]) -> Result<CloseFrame, FrameError> {
    if payload.is_empty() {
        return Ok(CloseFrame::default());
    }
    let (code, reason) = payload.split_first_chunk().ok_or(FrameError::MalformedClose)?;
    match u16::from_be_bytes(*code) {
        // Assigned or registered codes and private ones; 1004 to 1006 and 1015 are never sent (RFC 6455 §7.4.1).
        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => {
            Ok(CloseFrame { code: Some(code), reason: String::from_utf8_lossy(reason).into_owned() })
        }
        _ => Err(FrameError::MalformedClose),
    }
}
