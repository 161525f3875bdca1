//! One linked number on WhatsApp: everything that names the protocol crates lives here.
//!
//! **Does.** Opens a [`Session`] over an instance's part of the [`trunkline_store::Ledger`]: pairs it (QR, code, passkey),
//! keeps one connection at a time, sends and receives messages and media, and reports what happens as [`SessionEvent`]s.
//! Stores the protocol's state through that ledger; secrets sealed.
//!
//! **Never does.** Reconnects by itself, or decides when to: after [`SessionEvent::Closed`] the owner calls
//! [`Session::start`] again. Starts a task other than through [`Spawn`]. Acknowledges a message before the owner's
//! [`InboundSink`] committed it. Deletes credentials before WhatsApp confirmed the logout. Writes a phone number, a key or a
//! message into a log line above `debug`. Shows a type of the protocol crates.
//!
//! **Invariants.**
//! - Every `start()` is answered by exactly one `Closed`.
//! - A stanza that uses a ratchet step leaves only when the step's lease is on disk.
//! - What is acknowledged to WhatsApp is on disk.
//! - A build with the feature `simulated` dials loopback and configured test networks only ([`TestNetwork`]).
//! - A connection between two messages holds no buffer: those belong to the shard's thread.
//! - Every queue, cache and wait has a bound in [`limits`].

pub mod limits;
pub mod metrics;

mod backend;
mod crypto;
mod endpoints;
mod error;
mod guard;
mod http;
mod message;
mod portable;
mod proxy;
mod runtime;
mod session;
mod spawn;
mod tls;
mod transport;

#[cfg(test)]
mod testing;

/// First parts of the targets that the protocol crates log under. Their lines, from `info` down, name people and numbers:
/// a subscriber keeps them at `error`, and at `off` where even ids of messages are too much.
pub const PROTOCOL_LOG_TARGETS: [&str; 20] = [
    "whatsapp_rust",
    "wacore",
    "wacore_binary",
    "wacore_libsignal",
    "wacore_noise",
    "wacore_appstate",
    "AppState",
    "Blocking",
    "Bot",
    "Chatstate",
    "ChatstateHandler",
    "Client",
    "MessageQueue",
    "Mex",
    "PresenceHandler",
    "TcToken",
    "UnifiedSession",
    "blocklist",
    "usync",
    "waproto",
];

pub use endpoints::Endpoints;
pub use error::{ConfigError, SendError, SendErrorKind, SessionError, SinkError};
pub use guard::{SIMULATED, TestNetwork};
pub use message::{
    AnsweredPoll, AttachedMedia, Beside, MediaUpload, OpenFile, new_message_id, sealed_bytes, thumbnail,
};
pub use portable::{PortableDevice, PortableError};
pub use proxy::{ProxyError, check_proxy};
pub use session::{
    AppStateChange, DevicePlatform, Downloaded, InboundSink, PairingCode, ReceiptKind, Session, SessionEvent,
    SessionEvents, SessionKit, SessionKitConfig, SessionOptions,
};
pub use spawn::{AbortHandle, Spawn};
pub use transport::frames;

/// Makes ring the cryptography of the protocol crates in this process, once; the first [`SessionKit`] does it by itself.
///
/// Returns whether ring is in use: `false` when a protocol crate was used before, which then stays with its own.
pub fn install_crypto_provider() -> bool {
    crypto::install()
}
