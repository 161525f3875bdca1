//! What can go wrong, and what an error means for the caller.

use trunkline_model::ErrorCode;
use trunkline_store::StoreError;

use crate::limits::DETAIL_BYTES_MAX;

/// A setting that cannot be used; found before anything is dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An address is malformed or has a scheme that does not belong there.
    #[error("endpoint `{name}` is unusable: {problem}")]
    Endpoint {
        /// Which setting.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The additional roots are no PEM certificates.
    #[error("the additional TLS roots are unusable: {0}; give certificates in PEM form")]
    ExtraRoots(String),
    /// The test networks are public or too many.
    #[error("the test networks are unusable: {0}; give private ranges such as 10.0.0.0/8")]
    TestNetworks(String),
    /// TLS or the HTTP client could not be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// An error of a session.
///
/// Its text names no phone number, no key and no message body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no connection to WhatsApp, or no login on it yet.
    #[error("the session is not connected to WhatsApp")]
    NotConnected,
    /// This device is not linked to an account.
    #[error("the session is not linked to a WhatsApp account")]
    NotLinked,
    /// This device is linked already, so that there is nothing to pair.
    #[error("the session is linked already")]
    AlreadyLinked,
    /// An argument names nobody, or cannot be used for this.
    #[error("{0}")]
    Invalid(String),
    /// A code for pairing is still on show.
    #[error("a pairing code is on show for another {0} s")]
    CodeOnShow(u64),
    /// WhatsApp refused.
    #[error("WhatsApp refused: {0}")]
    Refused(String),
    /// This account may not do that: it is no admin, no member, or was blocked.
    #[error("WhatsApp does not let this account do that: {0}")]
    Forbidden(String),
    /// There is no such thing on WhatsApp, or not for this account.
    #[error("WhatsApp does not have it: {0}")]
    NotFound(String),
    /// WhatsApp asks for patience.
    #[error("WhatsApp asks to wait: {detail}")]
    Throttled {
        /// How long, in milliseconds, where it said so.
        retry_after_ms: Option<u64>,
        /// Its words.
        detail: String,
    },
    /// WhatsApp did not answer in time.
    #[error("WhatsApp did not answer in time")]
    Timeout,
    /// The media file is gone from WhatsApp's servers, or was never there.
    #[error("the media file is not on WhatsApp's servers any more")]
    MediaGone,
    /// The media file is larger than allowed, damaged, or not what its sender declared.
    #[error("the media file cannot be used: {0}")]
    MediaUnusable(String),
    /// The media hosts could not be reached or failed.
    #[error("the media hosts failed: {0}")]
    MediaTransfer(String),
    /// The passkey ceremony failed, or there is none.
    #[error("the passkey ceremony failed: {0}")]
    Passkey(String),
    /// Something inside the protocol failed.
    #[error("the protocol failed: {0}")]
    Protocol(String),
}

impl SessionError {
    /// The public code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            SessionError::Store(StoreError::Busy { .. }) | SessionError::NotConnected => {
                ErrorCode::Unavailable
            }
            SessionError::Config(_) | SessionError::Store(_) | SessionError::Protocol(_) => {
                ErrorCode::Internal
            }
            SessionError::NotLinked => ErrorCode::InstanceNotLinked,
            SessionError::AlreadyLinked | SessionError::CodeOnShow(_) | SessionError::Passkey(_) => {
                ErrorCode::InstanceState
            }
            SessionError::Invalid(_) => ErrorCode::Validation,
            SessionError::Refused(_) => ErrorCode::WhatsAppRefused,
            SessionError::Forbidden(_) => ErrorCode::WhatsAppForbidden,
            SessionError::NotFound(_) => ErrorCode::WhatsAppNotFound,
            SessionError::Throttled { .. } => ErrorCode::TooManyRequests,
            SessionError::Timeout => ErrorCode::Timeout,
            SessionError::MediaGone => ErrorCode::MediaNotFound,
            SessionError::MediaUnusable(_) => ErrorCode::MediaUnusable,
            SessionError::MediaTransfer(_) => ErrorCode::Unavailable,
        }
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        self.code().is_retryable()
    }

    /// A short word for metrics, from a closed set.
    pub fn label(&self) -> &'static str {
        self.code().as_str()
    }
}

/// What a failed send means for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendErrorKind {
    /// It may go later, under the same WhatsApp id. The stanza may or may not have left: the id makes a second one harmless.
    Retryable {
        /// A short word from a closed set.
        reason: &'static str,
    },
    /// It will never go.
    Permanent {
        /// The public word of the native API: `invalid_recipient`, `not_on_whatsapp`, `media_rejected`, `invalid_message`, …
        reason: &'static str,
    },
}

/// A send that did not hand the message over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct SendError {
    /// What it means for the message.
    pub kind: SendErrorKind,
    /// What happened, in a sentence without private data.
    pub detail: String,
    /// How long to wait at least, in milliseconds, where the service said so.
    pub retry_after_ms: Option<u64>,
}

impl SendError {
    /// A send that may go later, for `reason`, a short word from a closed set.
    pub fn retryable(reason: &'static str, detail: impl Into<String>) -> SendError {
        let kind = SendErrorKind::Retryable { reason };
        SendError { kind, detail: shorten(detail.into()), retry_after_ms: None }
    }

    /// A send that will never go, for `reason`, a public word of the native API.
    pub fn permanent(reason: &'static str, detail: impl Into<String>) -> SendError {
        let kind = SendErrorKind::Permanent { reason };
        SendError { kind, detail: shorten(detail.into()), retry_after_ms: None }
    }

    /// The reason word, whatever the kind.
    pub fn reason(&self) -> &'static str {
        match self.kind {
            SendErrorKind::Retryable { reason } | SendErrorKind::Permanent { reason } => reason,
        }
    }

    /// Whether the message may go later.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, SendErrorKind::Retryable { .. })
    }
}

/// The sink did not commit: nothing of the batch is acknowledged, WhatsApp delivers it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the messages were not committed: {0}")]
pub struct SinkError(pub String);

/// Cuts a foreign error text to a bounded length and removes what looks like an id: runs of five and more digits.
pub(crate) fn shorten(text: String) -> String {
    let mut out = String::with_capacity(text.len().min(DETAIL_BYTES_MAX));
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        out.push_str(if digits.len() >= 5 { "…" } else { digits });
        digits.clear();
    };
    for ch in text.chars() {
        if out.len() >= DETAIL_BYTES_MAX {
            break;
        }
        if ch.is_ascii_digit() {
            digits.push(ch);
        } else {
            flush(&mut digits, &mut out);
            out.push(ch);
        }
    }
    flush(&mut digits, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts_lose_numbers_and_length() {
        let check = |text: &str, expected: &str| assert_eq!(shorten(text.to_owned()), expected);
        check("code 479 for 4915112345678@lid", "code 479 for …@lid");
        check("123456", "…");
        check("1234", "1234");
        check("", "");
        assert!(shorten("ä".repeat(9_999)).len() <= DETAIL_BYTES_MAX + 4);
    }

    #[test]
    fn waiting_helps_where_the_service_is_away() {
        assert!(SessionError::NotConnected.is_retryable());
        assert!(SessionError::Timeout.is_retryable());
        assert!(SessionError::Store(StoreError::Busy { retry_after_ms: 10 }).is_retryable());
        assert!(!SessionError::NotLinked.is_retryable());
        assert!(!SessionError::MediaGone.is_retryable());
        assert_eq!(SessionError::Refused(String::new()).label(), "WHATSAPP_REFUSED");
    }
}
