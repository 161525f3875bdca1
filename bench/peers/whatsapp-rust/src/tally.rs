//! Counts of what all numbers moved, and who waits for them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::error::PeerError;
use crate::usage::Stopwatch;

/// Shared by all numbers.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) sent: AtomicU64,
    pub(crate) acked: AtomicU64,
    pub(crate) received: AtomicU64,
    /// How many wait, so that a received message takes no lock when nobody does.
    waiting: AtomicUsize,
    waits: Mutex<Vec<Wait>>,
}

struct Wait {
    key: u64,
    came: u64,
    count: u64,
    watch: Option<Stopwatch>,
    done: Option<oneshot::Sender<Value>>,
}

impl Tally {
    /// One more message was decrypted.
    pub(crate) fn note_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
        if self.waiting.load(Ordering::Acquire) == 0 {
            return;
        }
        for wait in self.waits.lock().iter_mut() {
            let watch = *wait.watch.get_or_insert_with(Stopwatch::start);
            wait.came += 1;
            if wait.came >= wait.count
                && let Some(done) = wait.done.take()
            {
                // A waiter that gave up does not listen.
                let _ = done.send(watch.read());
            }
        }
    }

    /// Waits for `count` messages from now on; the time runs from the first of them to the last.
    ///
    /// # Errors
    /// [`PeerError::TooFew`] after `timeout`.
    pub(crate) async fn await_received(&self, count: u64, timeout: Duration) -> Result<Value, PeerError> {
        let (done, finished) = oneshot::channel();
        let key = self.add(count, done);
        let outcome = tokio::time::timeout(timeout, finished).await;
        let came = self.remove(key);
        match outcome {
            Ok(Ok(value)) => Ok(value),
            _ => Err(PeerError::TooFew { came, count }),
        }
    }

    fn add(&self, count: u64, done: oneshot::Sender<Value>) -> u64 {
        let mut waits = self.waits.lock();
        let key = waits.last().map_or(0, |last| last.key + 1);
        waits.push(Wait { key, came: 0, count, watch: None, done: Some(done) });
        self.waiting.store(waits.len(), Ordering::Release);
        key
    }

    fn remove(&self, key: u64) -> u64 {
        let mut waits = self.waits.lock();
        let came = waits.iter().find(|wait| wait.key == key).map_or(0, |wait| wait.came);
        waits.retain(|wait| wait.key != key);
        self.waiting.store(waits.len(), Ordering::Release);
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_count_from_their_own_start() {
        let tally = Tally::default();
        tally.note_received();
        let first = tally.await_received(2, Duration::from_secs(10));
        let second = tally.await_received(1, Duration::from_secs(10));
        let messages = async {
            tally.note_received();
            tally.note_received();
        };
        let (first, second, ()) = tokio::join!(first, second, messages);
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(tally.received.load(Ordering::Relaxed), 3);
        assert!(tally.waits.lock().is_empty());
    }

    #[tokio::test]
    async fn who_waits_in_vain_hears_how_many_came() {
        let tally = Tally::default();
        let waiting = tally.await_received(3, Duration::from_millis(1));
        let message = async { tally.note_received() };
        let (outcome, ()) = tokio::join!(waiting, message);
        assert_eq!(
            outcome.map_err(|error| error.to_string()),
            Err("1 of 3 messages came in time".to_owned())
        );
    }
}
