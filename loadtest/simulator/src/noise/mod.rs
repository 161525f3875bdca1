//! The service's side of the Noise handshake: XX, IK and XXfallback over X25519, AES-256-GCM, SHA-256.
//!
//! An implementation of its own, from the protocol description, so that a client's handshake is
//! checked against something other than itself.

pub mod certificate;
pub mod framing;
pub mod responder;
pub mod symmetric;
pub mod transport;

pub use certificate::ServiceIdentity;
pub use framing::{Framing, Inbound};
pub use responder::{Established, HelloOptions, Responder};
pub use transport::{Opener, Sealer};

/// Pattern name of a first connection; exactly 32 bytes, so used unhashed.
pub const PATTERN_XX: &[u8] = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0";

/// Pattern name of a resumed connection; exactly 32 bytes, so used unhashed.
pub const PATTERN_IK: &[u8] = b"Noise_IK_25519_AESGCM_SHA256\0\0\0\0";

/// Pattern name after a refused resumption; 36 bytes, so hashed.
pub const PATTERN_XX_FALLBACK: &[u8] = b"Noise_XXfallback_25519_AESGCM_SHA256";

/// "WA", protocol 6, dictionary 3: mixed into every handshake.
pub const PROLOGUE: [u8; 4] = [b'W', b'A', 6, 3];

/// Why a handshake failed. The connection is closed; there is nothing to answer.
#[derive(Debug, thiserror::Error)]
pub enum NoiseError {
    /// A key that is no Curve25519 point.
    #[error("bad key: {0}")]
    Key(#[from] wacore_libsignal::protocol::CurveError),
    /// A ciphertext that does not open.
    #[error("a handshake or transport ciphertext does not open")]
    Cipher,
    /// A handshake message that is no protobuf, or lacks a field.
    #[error("malformed handshake message: {0}")]
    Malformed(&'static str),
    /// Bytes before or between frames that are neither prologue nor frame.
    #[error("malformed stream: {0}")]
    Stream(&'static str),
    /// A direction's 32-bit counter ran out.
    #[error("nonces of this connection are used up")]
    NoncesUsedUp,
}

#[cfg(test)]
mod tests;
