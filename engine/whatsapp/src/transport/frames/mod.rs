//! WebSocket framing of a client (RFC 6455), without I/O: bytes in, messages out, and back.
//!
//! **Does.** [`Unframer`] cuts what a server sent into messages, whatever the pieces it arrives in; a message that is whole in
//! the caller's buffer is lent from there. [`binary_frame`] and the functions beside it write a client's masked frames.
//!
//! **Never does.** Reads, writes, waits, draws a random number, or keeps a byte of a message that it handed out. Checks that
//! text is UTF-8: nobody here reads text.
//!
//! **Invariants.** An unframer between two messages holds no memory but a pointer. It never holds more than twice the bytes
//! that arrived plus [`limits::READ_AHEAD_BYTES`](crate::limits::READ_AHEAD_BYTES), whatever length was announced. What
//! breaks a rule of the standard is an error, never a panic, and ends the stream.

mod framer;
mod header;
mod unframer;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use framer::{begin_binary_frame, binary_frame, close_frame, mask_payload, pong_frame};
pub use header::CLIENT_HEADER_BYTES_MAX;
pub use unframer::Unframer;

/// What a server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// Data. Lent from the input where the message lay there in one piece, otherwise gathered.
    Binary(Cow<'a, [u8]>),
    /// Text, as the bytes that arrived.
    Text(Cow<'a, [u8]>),
    /// To be answered with a pong of the same payload, of at most 125 bytes.
    Ping(Cow<'a, [u8]>),
    /// An answer to a ping, or an unasked sign of life.
    Pong,
    /// The last message of a stream.
    Close(CloseFrame),
}

/// Why the peer ends the stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CloseFrame {
    /// Its code (RFC 6455 §7.4), where it sent one.
    pub code: Option<u16>,
    /// Its words; what is not UTF-8 in them is replaced.
    pub reason: String,
}

/// How a peer broke the rules. The stream cannot go on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A reserved bit is set, though no extension was agreed upon.
    #[error("a frame has reserved bits")]
    ReservedBits,
    /// The opcode is reserved.
    #[error("a frame has the reserved opcode {0}")]
    ReservedOpcode(u8),
    /// Only clients mask.
    #[error("a frame of the server is masked")]
    Masked,
    /// A length could have been written in fewer bytes.
    #[error("a frame's length is not in its shortest form")]
    PaddedLength,
    /// A control frame of more than 125 bytes.
    #[error("a control frame is too long")]
    LongControl,
    /// A control frame in several parts.
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// A message is longer than accepted.
    #[error("a message of {bytes} bytes is longer than accepted")]
    TooLong {
        /// Its length as far as it is known, in bytes.
        bytes: u64,
    },
    /// A continuation without a beginning.
    #[error("a continuation continues nothing")]
    LoneContinuation,
    /// A message begins within another one.
    #[error("a message begins before the last one ended")]
    InterruptedMessage,
    /// The payload of a close frame is one byte, or its code may not be sent.
    #[error("a close frame is malformed")]
    MalformedClose,
}

impl FrameError {
    /// The close code that tells the peer (RFC 6455 §7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            FrameError::TooLong { .. } => 1009,
            _ => 1002,
        }
    }
}
