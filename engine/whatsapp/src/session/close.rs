//! Why a connection ended: one table from what was seen to the reason that the owner's reconnect policy knows.

use trunkline_model::event::CloseReason;

use super::events::SessionEvent;

/// What was seen of a connection's end. Of several causes the first in this order counts: see [`Cause::rank`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// The owner logged the device out.
    LoggedOutHere,
    /// `<failure>` or `<stream:error>` with this code says that the device is out.
    LoggedOut(u16),
    /// Another client took over the stream.
    Replaced,
    /// A ban of so many seconds.
    TemporaryBan(u64),
    /// The client version is refused.
    Outdated,
    /// Any other `<failure>` at login.
    Failure(u16),
    /// The owner stopped the session.
    Stopped,
    /// A phone accepted the device; the next connection logs it in.
    Paired,
    /// `<stream:error>` with this code.
    StreamError(u16),
    /// Nobody scanned a code.
    CodesExhausted,
    /// The owner did not keep up with the events.
    Overflow,
    /// No socket could be opened.
    DialFailed(String),
    /// The socket was open, Noise was not.
    HandshakeFailed,
    /// The socket ended; so many milliseconds after its last frame, in these words.
    SocketEnded {
        /// Milliseconds of silence before the end.
        silent_ms: u64,
        /// The transport's words.
        words: String,
    },
    /// The session's own task failed.
    TaskFailed,
}

/// After so long without a frame an end is put down to silence: the client's keep-alive is 15 to 30 s, and it gives up 20 s
/// after a ping that nobody answers.
const SILENCE_MS: u64 = 20_000;

impl Cause {
    /// Which of two causes explains an end better: the smaller one. What the service says comes before what this side
    /// did, and that before what the socket did.
    fn rank(&self) -> u8 {
        match self {
            Cause::LoggedOutHere => 0,
            Cause::LoggedOut(_) => 1,
            Cause::Replaced => 2,
            Cause::TemporaryBan(_) => 3,
            Cause::Outdated => 4,
            Cause::Failure(_) => 5,
            Cause::Stopped => 6,
            Cause::Paired => 7,
            Cause::StreamError(_) => 8,
            Cause::CodesExhausted => 9,
            Cause::Overflow => 10,
            Cause::DialFailed(_) => 11,
            Cause::HandshakeFailed => 12,
            Cause::SocketEnded { .. } => 13,
            Cause::TaskFailed => 14,
        }
    }

    /// The better explanation of the two.
    pub(super) fn better(self, other: Cause) -> Cause {
        if other.rank() < self.rank() { other } else { self }
    }

    /// The table.
    pub(super) fn reason(&self) -> CloseReason {
        match self {
            Cause::LoggedOutHere => CloseReason::DeviceRemoved,
            // 403: the account is locked. 401 and 406: this device is not known any more.
            Cause::LoggedOut(403) => CloseReason::AccountLocked,
            Cause::LoggedOut(_) => CloseReason::DeviceRemoved,
            Cause::Replaced => CloseReason::Replaced,
            Cause::TemporaryBan(_) | Cause::Failure(402) => CloseReason::TemporaryBan,
            // 409 is a refused user agent, which only another version can change.
            Cause::Outdated | Cause::Failure(405 | 409) => CloseReason::ClientOutdated,
            Cause::Failure(429) | Cause::StreamError(429) => CloseReason::RateLimited,
            Cause::Failure(500..=599) => CloseReason::ServiceUnavailable,
            Cause::Failure(_) => CloseReason::ConnectFailed,
            Cause::Stopped => CloseReason::Requested,
            Cause::Paired | Cause::StreamError(515) => CloseReason::StreamRestart,
            Cause::StreamError(401 | 516) => CloseReason::DeviceRemoved,
            // The account is locked, as at login: its credentials may serve again.
            Cause::StreamError(403) => CloseReason::AccountLocked,
            Cause::StreamError(409 | 440) => CloseReason::Replaced,
            Cause::StreamError(500..=599) => CloseReason::ServiceUnavailable,
            Cause::StreamError(_) => CloseReason::ConnectionLost,
            Cause::CodesExhausted => CloseReason::CodesExpired,
            Cause::DialFailed(_) | Cause::HandshakeFailed => CloseReason::ConnectFailed,
            Cause::SocketEnded { silent_ms, .. } if *silent_ms >= SILENCE_MS => CloseReason::Silent,
            Cause::SocketEnded { .. } | Cause::Overflow | Cause::TaskFailed => CloseReason::ConnectionLost,
        }
    }

    fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Cause::TemporaryBan(seconds) => Some(seconds.saturating_mul(1_000)),
            _ => None,
        }
    }

    fn detail(&self) -> String {
        match self {
            Cause::LoggedOutHere => "logged out".to_owned(),
            Cause::LoggedOut(code) => {
                format!("the service says that this device is not linked (code {code})")
            }
            Cause::Replaced => "another client took over the stream".to_owned(),
            Cause::TemporaryBan(seconds) => format!("the account is banned for {seconds} s"),
            Cause::Outdated => "the service refuses this client version".to_owned(),
            Cause::Failure(code) => format!("the service refuses the login (code {code})"),
            Cause::Stopped => "stopped".to_owned(),
            Cause::Paired => "a phone accepted this device; it logs in on a new stream".to_owned(),
            Cause::StreamError(code) => format!("the service ended the stream (code {code})"),
            Cause::CodesExhausted => "nobody scanned a code".to_owned(),
            Cause::Overflow => "the events of this session were not taken fast enough".to_owned(),
            Cause::DialFailed(words) => words.clone(),
            Cause::HandshakeFailed => "the Noise handshake failed".to_owned(),
            Cause::SocketEnded { silent_ms, words } => format!("{words}; silent for {silent_ms} ms"),
            Cause::TaskFailed => "the session's task failed".to_owned(),
        }
    }

    /// The event that ends a run.
    pub(super) fn event(&self) -> SessionEvent {
        SessionEvent::Closed {
            reason: self.reason(),
            retry_after_ms: self.retry_after_ms(),
            detail: crate::error::shorten(self.detail()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(silent_ms: u64) -> Cause {
        Cause::SocketEnded { silent_ms, words: "read error".into() }
    }

    #[test]
    fn every_row_of_the_table() {
        let check = |cause: Cause, expected: CloseReason| assert_eq!(cause.reason(), expected, "{cause:?}");
        check(Cause::LoggedOutHere, CloseReason::DeviceRemoved);
        check(Cause::LoggedOut(401), CloseReason::DeviceRemoved);
        check(Cause::LoggedOut(403), CloseReason::AccountLocked);
        check(Cause::LoggedOut(406), CloseReason::DeviceRemoved);
        check(Cause::Replaced, CloseReason::Replaced);
        check(Cause::TemporaryBan(60), CloseReason::TemporaryBan);
        check(Cause::Outdated, CloseReason::ClientOutdated);
        check(Cause::Failure(402), CloseReason::TemporaryBan);
        check(Cause::Failure(405), CloseReason::ClientOutdated);
        check(Cause::Failure(409), CloseReason::ClientOutdated);
        check(Cause::Failure(429), CloseReason::RateLimited);
        check(Cause::StreamError(429), CloseReason::RateLimited);
        for code in [500, 501, 503] {
            check(Cause::Failure(code), CloseReason::ServiceUnavailable);
        }
        for code in [0, 400, 413, 414, 415, 418] {
            check(Cause::Failure(code), CloseReason::ConnectFailed);
        }
        check(Cause::Stopped, CloseReason::Requested);
        check(Cause::Paired, CloseReason::StreamRestart);
        check(Cause::StreamError(515), CloseReason::StreamRestart);
        for code in [401, 516] {
            check(Cause::StreamError(code), CloseReason::DeviceRemoved);
        }
        check(Cause::StreamError(403), CloseReason::AccountLocked);
        for code in [409, 440] {
            check(Cause::StreamError(code), CloseReason::Replaced);
        }
        for code in [500, 503] {
            check(Cause::StreamError(code), CloseReason::ServiceUnavailable);
        }
        check(Cause::StreamError(400), CloseReason::ConnectionLost);
        check(Cause::CodesExhausted, CloseReason::CodesExpired);
        check(Cause::Overflow, CloseReason::ConnectionLost);
        check(Cause::DialFailed("away".into()), CloseReason::ConnectFailed);
        check(Cause::HandshakeFailed, CloseReason::ConnectFailed);
        check(ended(0), CloseReason::ConnectionLost);
        check(ended(SILENCE_MS), CloseReason::Silent);
        check(Cause::TaskFailed, CloseReason::ConnectionLost);
    }

    #[test]
    fn what_the_service_says_explains_more_than_what_the_socket_did() {
        let check = |a: Cause, b: Cause| {
            assert_eq!(ended(0).better(a.clone()), a);
            assert_eq!(a.clone().better(b.clone()), a);
            assert_eq!(b.better(a.clone()), a);
        };
        check(Cause::LoggedOut(401), Cause::StreamError(401));
        check(Cause::LoggedOutHere, Cause::LoggedOut(401));
        check(Cause::Paired, Cause::StreamError(515));
        check(Cause::Replaced, Cause::Stopped);
        check(Cause::Stopped, Cause::StreamError(515));
        check(Cause::StreamError(503), Cause::Overflow);
    }

    #[test]
    fn a_ban_says_how_long() {
        let check = |cause: Cause, expected: Option<u64>| match cause.event() {
            SessionEvent::Closed { retry_after_ms, .. } => assert_eq!(retry_after_ms, expected),
            other => panic!("{other:?}"),
        };
        check(Cause::TemporaryBan(90), Some(90_000));
        check(Cause::TemporaryBan(u64::MAX), Some(u64::MAX));
        check(Cause::StreamError(429), None);
        check(Cause::StreamError(503), None);
    }
}
