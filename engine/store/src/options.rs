//! How a shard's store is opened, and the seam through which tests make its disk fail.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::limits::{
    CACHE_BYTES, JOURNAL_BYTES_MAX, QUEUE_BATCHES_MAX, QUEUE_BYTES_MAX, STALL_MAX, WATCHDOG_TICK,
    WRITE_BUFFER_BYTES,
};
use crate::{PoisonCause, Position};

/// What is called, once, when the store becomes poisoned; on the disk thread or the watchdog's. It should end
/// the process. It must not hold the ledger it belongs to: the two would keep each other alive.
pub type PoisonCallback = Arc<dyn Fn(&PoisonCause) + Send + Sync>;

/// Settings of one shard's store. The defaults are those of [`crate::limits`].
#[derive(Clone)]
pub struct StoreOptions {
    /// Block cache of the shard's database, in bytes.
    pub cache_bytes: u64,
    /// Size of the active memtables at which they are rotated, in bytes. At least twice the largest group.
    pub write_buffer_bytes: u64,
    /// Bound of the journals, in bytes; at least 64 MiB.
    pub journal_bytes_max: u64,
    /// Batches that may wait for the disk thread.
    pub queue_batches_max: usize,
    /// Bytes that may wait for the disk thread.
    pub queue_bytes_max: usize,
    /// How long a due flush or a running write may take before the store is poisoned.
    pub stall_max: Duration,
    /// Pause between two looks of the watchdog; at most a quarter of `stall_max` is used.
    pub watchdog_tick: Duration,
    /// Called once when the store becomes poisoned.
    pub on_poison: Option<PoisonCallback>,
    /// Watches, delays or fails writes; for tests of the store and of what stands on it.
    pub fault_hook: Option<Arc<dyn FaultHook>>,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions {
            cache_bytes: CACHE_BYTES,
            write_buffer_bytes: WRITE_BUFFER_BYTES,
            journal_bytes_max: JOURNAL_BYTES_MAX,
            queue_batches_max: QUEUE_BATCHES_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            stall_max: STALL_MAX,
            watchdog_tick: WATCHDOG_TICK,
            on_poison: None,
            fault_hook: None,
        }
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("cache_bytes", &self.cache_bytes)
            .field("write_buffer_bytes", &self.write_buffer_bytes)
            .field("journal_bytes_max", &self.journal_bytes_max)
            .field("queue_batches_max", &self.queue_batches_max)
            .field("queue_bytes_max", &self.queue_bytes_max)
            .field("stall_max", &self.stall_max)
            .field("watchdog_tick", &self.watchdog_tick)
            .finish_non_exhaustive()
    }
}

/// One write of the disk thread, as a [`FaultHook`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteInfo {
    /// Position of the last batch in the write.
    pub last: Position,
    /// Keys written or deleted.
    pub keys: usize,
    /// Whether the write is synced.
    pub synced: bool,
}

/// A seam between the disk thread and the database. Both methods run on the disk thread and may block it.
pub trait FaultHook: Send + Sync {
    /// Runs before a write. An error counts as a failed write.
    ///
    /// # Errors
    /// Whatever the test wants the disk to answer.
    fn before_write(&self, write: &WriteInfo) -> io::Result<()> {
        let _ = write;
        Ok(())
    }

    /// Runs after a write returned and before anybody is told.
    fn after_write(&self, write: &WriteInfo) {
        let _ = write;
    }
}
