//! What is known about a session's socket without asking the client.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

/// Written by the socket, read by supervision.
pub(crate) struct LinkActivity {
    born: Instant,
    /// Milliseconds after `born`, plus one; 0 stands for never.
    last_frame: AtomicU64,
    /// Milliseconds of silence before the last socket ended.
    silent_at_end: AtomicU64,
    dial_error: Mutex<Option<String>>,
}

impl LinkActivity {
    pub(crate) fn new() -> LinkActivity {
        LinkActivity {
            born: Instant::now(),
            last_frame: AtomicU64::new(0),
            silent_at_end: AtomicU64::new(0),
            dial_error: Mutex::new(None),
        }
    }

    fn now(&self) -> u64 {
        self.born.elapsed().as_millis() as u64 + 1
    }

    /// A socket is open: from now on its age counts.
    pub(crate) fn opened(&self) {
        *self.dial_error.lock() = None;
        self.last_frame.store(self.now(), Ordering::Relaxed);
    }

    /// A frame arrived.
    pub(crate) fn frame(&self) {
        self.last_frame.store(self.now(), Ordering::Relaxed);
    }

    /// The socket is gone.
    pub(crate) fn closed(&self) {
        match self.last_frame.swap(0, Ordering::Relaxed) {
            // Both halves of a socket say that it is gone; the first one counts.
            0 => {}
            at => self.silent_at_end.store(self.now().saturating_sub(at), Ordering::Relaxed),
        }
    }

    /// Milliseconds between the last socket's last frame and its end.
    pub(crate) fn silent_ms_at_end(&self) -> u64 {
        self.silent_at_end.load(Ordering::Relaxed)
    }

    /// No socket could be opened.
    pub(crate) fn dial_failed(&self, why: String) {
        *self.dial_error.lock() = Some(why);
        self.closed();
    }

    /// Why the last attempt to open a socket failed, once.
    pub(crate) fn take_dial_error(&self) -> Option<String> {
        self.dial_error.lock().take()
    }

    /// Milliseconds since the last frame, or since the socket was opened; `None` without a socket.
    pub(crate) fn last_frame_age_ms(&self) -> Option<u64> {
        match self.last_frame.load(Ordering::Relaxed) {
            0 => None,
            at => Some(self.now().saturating_sub(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_exists_while_a_socket_does() {
        let activity = LinkActivity::new();
        assert_eq!(activity.last_frame_age_ms(), None);
        activity.opened();
        assert!(activity.last_frame_age_ms().is_some_and(|age| age < 1_000));
        activity.dial_failed("away".to_owned());
        assert_eq!(activity.last_frame_age_ms(), None);
        assert_eq!(activity.take_dial_error(), Some("away".to_owned()));
        assert_eq!(activity.take_dial_error(), None);
    }
}
