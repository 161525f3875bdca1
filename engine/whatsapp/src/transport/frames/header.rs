//! The header of a frame (RFC 6455 §5.2): read as a server sends it, written as a client does.

use super::FrameError;

/// Longest header that a server sends, in bytes: two, and a length of eight.
pub(super) const SERVER_HEADER_BYTES_MAX: usize = 10;
/// Longest header that a client sends, in bytes: a server's, and the mask.
pub const CLIENT_HEADER_BYTES_MAX: usize = SERVER_HEADER_BYTES_MAX + 4;
/// Longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub(super) const CONTROL_BYTES_MAX: usize = 125;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
/// Lengths from here on do not fit the seven bits of the second byte; it then says how many bytes follow.
const LENGTH_IN_2_BYTES: u8 = 126;
const LENGTH_IN_8_BYTES: u8 = 127;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn read(bits: u8) -> Result<Opcode, FrameError> {
        Ok(match bits {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            other => return Err(FrameError::ReservedOpcode(other)),
        })
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= Opcode::Close as u8
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The last frame of its message.
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    pub(super) payload_bytes: u64,
}

impl Header {
    /// The header at the start of `bytes` with its own length; `None` while it is not whole.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(Header, usize)>, FrameError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        if first & RESERVED != 0 {
            return Err(FrameError::ReservedBits);
        }
        if second & MASKED != 0 {
            return Err(FrameError::Masked);
        }
        let (fin, opcode) = (first & FIN != 0, Opcode::read(first & OPCODE)?);
        if opcode.is_control() {
            if !fin {
                return Err(FrameError::FragmentedControl);
            }
            if usize::from(*second) > CONTROL_BYTES_MAX {
                return Err(FrameError::LongControl);
            }
        }
        let Some((payload_bytes, length_bytes)) = length(*second, rest)? else { return Ok(None) };
        Ok(Some((Header { fin, opcode, payload_bytes }, 2 + length_bytes)))
    }

    /// Appends the header as a client sends it.
    pub(super) fn write(self, mask: [u8; 4], out: &mut Vec<u8>) {
        out.push(if self.fin { FIN } else { 0 } | self.opcode as u8);
        match self.payload_bytes {
            bytes @ 0..=125 => out.push(MASKED | bytes as u8),
            bytes @ 126..=0xffff => {
                out.push(MASKED | LENGTH_IN_2_BYTES);
                out.extend_from_slice(&(bytes as u16).to_be_bytes());
            }
            bytes => {
                out.push(MASKED | LENGTH_IN_8_BYTES);
                out.extend_from_slice(&bytes.to_be_bytes());
            }
        }
        out.extend_from_slice(&mask);
    }
}

/// The payload's length, and how many bytes of `rest` it took to say.
fn length(seven_bits: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
    let (bytes, length_bytes, shortest) = match seven_bits {
        LENGTH_IN_2_BYTES => match rest.first_chunk() {
            Some(two) => (u64::from(u16::from_be_bytes(*two)), 2, 126),
            None => return Ok(None),
        },
        LENGTH_IN_8_BYTES => match rest.first_chunk() {
            Some(eight) => (u64::from_be_bytes(*eight), 8, 0x1_0000),
            None => return Ok(None),
        },
        short => (u64::from(short), 0, 0),
    };
    if bytes < shortest {
        return Err(FrameError::PaddedLength);
    }
    // The highest bit of a length must be zero; no message that is accepted comes near it.
    Ok(Some((bytes, length_bytes)))
}
