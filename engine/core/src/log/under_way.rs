//! Received messages whose commit is under way. A second delivery meanwhile must not pass the look at the disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Identity of a received message: ids are unique only within a chat and sender.
pub(super) type Seen = [u8; 16];

/// Who is writing a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// A delivery that will say how it ended.
    Alive,
    /// A delivery that was cut off with its session: its batch may be queued, or not.
    Gone,
}

/// The marks of an instance. They outlive a session, as the batches of a session that was cut off do.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<Seen, Writer>>);

/// The marks of one delivery. Dropped without [`Claims::release`], they say that their writer is gone.
pub(super) struct Claims<'a> {
    under_way: &'a UnderWay,
    seen: Vec<Seen>,
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashMap<Seen, Writer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a delivery.
    pub(super) fn claims(&self) -> Claims<'_> {
        Claims { under_way: self, seen: Vec::new() }
    }

    /// Forgets a writer that is gone. To be called once it is known what became of its batch.
    pub(super) fn forget_gone(&self, seen: &Seen) {
        let mut marks = self.lock();
        if marks.get(seen) == Some(&Writer::Gone) {
            marks.remove(seen);
        }
    }
}

impl Claims<'_> {
    /// Marks a message. Says whether nobody else is writing it.
    pub(super) fn take(&mut self, seen: Seen) -> bool {
        let mut marks = self.under_way.lock();
        let free = !marks.contains_key(&seen);
        if free {
            marks.insert(seen, Writer::Alive);
            self.seen.push(seen);
        }
        free
    }

    /// The delivery ended: what is not on disk now will not be.
    pub(super) fn release(mut self) {
        let mut marks = self.under_way.lock();
        for seen in self.seen.drain(..) {
            marks.remove(&seen);
        }
    }
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        if self.seen.is_empty() {
            return;
        }
        let mut marks = self.under_way.lock();
        for seen in self.seen.drain(..) {
            marks.insert(seen, Writer::Gone);
        }
    }
}
