//! Cryptography of WhatsApp's companion protocol, written from the protocol description as plain functions over bytes.
//!
//! Nothing here keeps state, reads a clock or draws a random number of its own: keys, times and randomness are
//! arguments. Only the Signal protocol itself comes from a library; pairing signatures, pairing codes, media,
//! app state and history are an independent implementation, so that a defect in a client's library shows.

pub mod addon;
pub mod adv;
pub mod app_state;
pub mod derive;
pub mod history;
pub mod media;
pub mod pair_code;
pub mod passkey;
pub mod phash;
pub mod prekeys;
pub mod qr;

/// Why a cryptographic operation refused its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Not the encoding, length or protobuf expected.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A MAC, signature or hash that does not match.
    #[error("{0} does not match")]
    Mismatch(&'static str),
    /// A public key that is not a point, or an agreement that yields nothing.
    #[error("unusable key")]
    BadKey,
}
