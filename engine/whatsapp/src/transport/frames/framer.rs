//! A client's frames: header, mask, masked payload. All functions append to a buffer of the caller.

use super::header::{CONTROL_BYTES_MAX, Header, Opcode};

/// Appends one whole binary message.
///
/// `mask` should be drawn anew for each frame (RFC 6455 §5.3).
pub fn binary_frame(payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    begin_binary_frame(payload.len() as u64, mask, out);
    mask_payload(payload, mask, 0, out);
}

/// Appends the header of a binary message of `payload_bytes` bytes, whose payload follows by [`mask_payload`].
pub fn begin_binary_frame(payload_bytes: u64, mask: [u8; 4], out: &mut Vec<u8>) {
    Header { fin: true, opcode: Opcode::Binary, payload_bytes }.write(mask, out);
}

/// Appends a piece of a frame's payload under the frame's mask; `at` is where it begins within the payload, in bytes.
pub fn mask_payload(piece: &[u8], mask: [u8; 4], at: usize, out: &mut Vec<u8>) {
    let mut key = mask;
    key.rotate_left(at % 4);
    let begin = out.len();
    out.extend_from_slice(piece);
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = out[begin..].as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// Appends the answer to a ping; of its payload the 125 bytes that a ping can have.
pub fn pong_frame(payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    control(Opcode::Pong, &payload[..payload.len().min(CONTROL_BYTES_MAX)], mask, out);
}

/// Appends a close frame with `code`, or with none.
pub fn close_frame(code: Option<u16>, mask: [u8; 4], out: &mut Vec<u8>) {
    match code {
        Some(code) => control(Opcode::Close, &code.to_be_bytes(), mask, out),
        None => control(Opcode::Close, &[], mask, out),
    }
}

fn control(opcode: Opcode, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    Header { fin: true, opcode, payload_bytes: payload.len() as u64 }.write(mask, out);
    mask_payload(payload, mask, 0, out);
}
