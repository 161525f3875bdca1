//! What the callers, the disk thread and the watchdog of one store have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::database::{BufferSample, ShardDb};
use crate::metrics::Metrics;
use crate::poison::Poison;
use crate::queue::{Queue, Waiter};
use crate::{PoisonCause, StoreError, StoreHealth};

pub(crate) struct Shared {
    pub(crate) db: ShardDb,
    pub(crate) poison: Poison,
    pub(crate) queue: Queue,
    pub(crate) metrics: Metrics,
    /// Set before the threads are told to stop: no new batch is taken.
    pub(crate) closed: AtomicBool,
    /// Those whose batches are being written. Here, and not on the disk thread's stack, so that the watchdog can
    /// answer them when that thread hangs.
    in_flight: Mutex<Vec<Waiter>>,
    opened: Instant,
    /// In milliseconds after `opened`, plus one; 0: no call into the database is running / nothing was written.
    busy_since_ms: AtomicU64,
    last_commit_ms: AtomicU64,
    /// As the watchdog last saw it.
    flushes_waiting: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(db: ShardDb, queue: Queue, poison: Poison, shard: u16) -> Shared {
        Shared {
            db,
            poison,
            queue,
            metrics: Metrics::new(shard),
            closed: AtomicBool::new(false),
            in_flight: Mutex::new(Vec::new()),
            opened: Instant::now(),
            busy_since_ms: AtomicU64::new(0),
            last_commit_ms: AtomicU64::new(0),
            flushes_waiting: AtomicUsize::new(0),
        }
    }

    /// Milliseconds since the store was opened.
    pub(crate) fn now_ms(&self) -> u64 {
        self.opened.elapsed().as_millis() as u64
    }

    /// Marks a call into the database that can block; ends when the guard is dropped.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.busy_since_ms.store(self.now_ms() + 1, Ordering::Relaxed);
        Busy(&self.busy_since_ms)
    }

    /// How long the running call into the database has been running.
    pub(crate) fn busy_for_ms(&self) -> u64 {
        match self.busy_since_ms.load(Ordering::Relaxed) {
            0 => 0,
            since => (self.now_ms() + 1).saturating_sub(since),
        }
    }

    pub(crate) fn note_commit(&self) {
        self.last_commit_ms.store(self.now_ms() + 1, Ordering::Relaxed);
    }

    fn last_commit_age_ms(&self) -> Option<u64> {
        match self.last_commit_ms.load(Ordering::Relaxed) {
            0 => None,
            at => Some((self.now_ms() + 1).saturating_sub(at)),
        }
    }

    pub(crate) fn note_sample(&self, sample: &BufferSample) {
        self.flushes_waiting.store(sample.sealed, Ordering::Relaxed);
        self.metrics.flushes_waiting.set(sample.sealed as f64);
        self.metrics.write_buffer_bytes.set(sample.total_bytes as f64);
    }

    /// The store's condition. Takes no lock: whoever asks may be the one to notice that all of them are stuck.
    pub(crate) fn health(&self) -> StoreHealth {
        let load = self.queue.load();
        StoreHealth {
            queue_depth: load.batches(),
            queue_bytes: load.bytes(),
            oldest_waiting_ms: load.oldest_age_ms(),
            last_commit_age_ms: self.last_commit_age_ms(),
            write_buffer_bytes: self.db.buffer_bytes(),
            flushes_waiting: self.flushes_waiting.load(Ordering::Relaxed),
            poisoned: self.poison.is_set(),
        }
    }

    pub(crate) fn set_in_flight(&self, waiters: Vec<Waiter>) {
        *self.in_flight.lock().unwrap_or_else(PoisonError::into_inner) = waiters;
    }

    pub(crate) fn take_in_flight(&self) -> Vec<Waiter> {
        std::mem::take(&mut *self.in_flight.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops the store and tells everybody whose batch was under way.
    pub(crate) fn poison(&self, cause: PoisonCause) {
        self.metrics.poisoned.set(1.0);
        self.poison.set(cause);
        self.fail_in_flight();
    }

    pub(crate) fn fail_in_flight(&self) {
        for waiter in self.take_in_flight() {
            waiter.answer(Err(StoreError::Poisoned));
        }
    }

    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.poison.is_set() {
            return Err(StoreError::Poisoned);
        }
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        Ok(())
    }
}

pub(crate) struct Busy<'a>(&'a AtomicU64);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
