//! What can go wrong in a command; the text is what the driver reads.

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    #[error("the command is malformed: {0}")]
    Command(#[from] serde_json::Error),
    #[error("number {0} runs already")]
    Running(usize),
    #[error("there is no number {0}")]
    Unknown(usize),
    #[error("number {0} has no stored login")]
    NoLogin(usize),
    #[error("number {0} is logged out")]
    LoggedOut(usize),
    #[error("number {0} was not open in time")]
    NotOpen(usize),
    #[error("{0:?} is neither a phone number nor a JID")]
    Recipient(String),
    #[error("nobody to send to")]
    Nobody,
    #[error("the server refused a message with {0}")]
    Refused(String),
    #[error("no ack of a message in time")]
    NoAck,
    #[error("{came} of {count} messages came in time")]
    TooFew { came: u64, count: u64 },
    #[error("{0}")]
    Client(String),
}

impl PeerError {
    /// An error of the client or its parts, as text.
    pub(crate) fn client(error: impl std::fmt::Display) -> PeerError {
        PeerError::Client(error.to_string())
    }
}
