//! Why the engine does not start, or cannot go on.

use trunkline_model::record::RecordError;
use trunkline_store::StoreError;
use trunkline_whatsapp::{ConfigError, SessionError};

/// An error of the engine itself, for its operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A setting of the WhatsApp side.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The WhatsApp side could not be set up.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A thread or runtime could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(String),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    Http(String),
    /// The blob directory.
    #[error("the directory for media cannot be used: {0}")]
    Blobs(#[from] std::io::Error),
    /// The bucket for media.
    #[error("the bucket for media cannot be used: {0}")]
    Bucket(String),
    /// More instances are on disk than this process may hold.
    #[error("{found} instances are on disk, and this process may hold {max}; let it open more files")]
    TooManyInstances {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// The data directory has never held a running node.
    #[error("the data directory is empty: start `trunkline serve` on it once, which also prints a first key")]
    NeverStarted,
    /// The random number generator.
    #[error("the operating system gives no random numbers")]
    Random,
}
