//! The ledger of one machine: callers' handle, opening and closing.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::database::ShardDb;
use crate::disk::Disk;
use crate::group::Overlay;
use crate::limits::{HOLD_POLL, QUIET_ROTATE_BYTES, WRITE_BUFFER_HOLD_FACTOR};
use crate::poison::Poison;
use crate::queue::{Queue, Submission};
use crate::shared::Shared;
use crate::watchdog::{ProgressWatch, Watchdog};
use crate::{
    Batch, CommitClass, CommitFuture, DataDir, Direction, Key, KeyRange, Ledger, PoisonCause, StoreError,
    StoreHealth, StoreOptions,
};

/// The store of one shard on this machine. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct LocalLedger {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    threads: Mutex<Option<Threads>>,
    /// Keeps the directory locked.
    _dir: DataDir,
}

struct Threads {
    /// One per thread; dropping a sender stops its thread.
    stop_disk: Sender<()>,
    stop_watchdog: Sender<()>,
    disk: JoinHandle<()>,
    watchdog: JoinHandle<()>,
}

impl LocalLedger {
    /// Opens the shard's database, recovers what a crash left in its journal, and starts its disk thread.
    ///
    /// Blocks for the recovery (about 2 µs per record in the journal) and until what was recovered fits the write
    /// buffer. Install a metrics recorder before.
    ///
    /// # Errors
    /// [`StoreError::NoSuchShard`]; [`StoreError::Engine`] when the database does not open or its recovered
    /// memtables are not flushed in time; [`StoreError::Corrupt`]; [`StoreError::Io`].
    pub fn open(dir: &DataDir, shard: u16, options: StoreOptions) -> Result<LocalLedger, StoreError> {
        let path = dir.shard_path(shard)?;
        let db = ShardDb::open(&path, &options)?;
        settle(&db, &options)?;
        let (queue, submissions) = Queue::new(&options);
        let poison = Poison::new(options.on_poison.clone());
        let shared = Arc::new(Shared::new(db, queue, poison, shard));
        let threads = Threads::start(&shared, submissions, shard, &options, &path)?;
        let threads = Mutex::new(Some(threads));
        Ok(LocalLedger { inner: Arc::new(Inner { shared, threads, _dir: dir.clone() }) })
    }

    /// Writes what is queued, syncs, and ends the disk thread. Commits through other clones fail with
    /// [`StoreError::Closed`] from then on; the database itself closes with the last clone.
    ///
    /// # Errors
    /// [`StoreError::Poisoned`] when the store was poisoned, or became so by the last sync. After a hang it
    /// does not wait for the hanging thread.
    pub fn close(self) -> Result<(), StoreError> {
        self.inner.shut_down()
    }

    /// A failed read means a failing disk: stop before more is built on it.
    fn stop_if_failed<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        read.inspect_err(|error| self.inner.shared.poison(PoisonCause::ReadFailed(error.to_string())))
    }
}

impl Ledger for LocalLedger {
    fn commit(&self, batch: Batch, class: CommitClass) -> CommitFuture {
        let shared = &self.inner.shared;
        match shared.check_open().and_then(|()| shared.queue.submit(batch, class)) {
            Ok(future) => future,
            Err(error) => {
                if matches!(error, StoreError::Busy { .. }) {
                    shared.metrics.busy.increment(1);
                }
                CommitFuture::ready(Err(error))
            }
        }
    }

    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.stop_if_failed(self.inner.shared.db.get(key))
    }

    fn scan(
        &self,
        range: KeyRange,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Key, Bytes)>, StoreError> {
        self.stop_if_failed(self.inner.shared.db.scan(&range, direction, limit))
    }

    fn health(&self) -> StoreHealth {
        self.inner.shared.health()
    }
}

impl Threads {
    fn start(
        shared: &Arc<Shared>,
        submissions: Receiver<Submission>,
        shard: u16,
        options: &StoreOptions,
        path: &Path,
    ) -> Result<Threads, StoreError> {
        let (stop_disk, disk_stopped) = bounded(0);
        let (stop_watchdog, watchdog_stopped) = bounded(0);
        let disk = Disk::new(shared.clone(), submissions.clone(), disk_stopped, options)?;
        let watchdog = Watchdog {
            shared: shared.clone(),
            submissions,
            stop: watchdog_stopped,
            // Looks further apart than half the stall time are taken for a process that was stopped.
            tick: options.watchdog_tick.min(options.stall_max / 4),
            watch: ProgressWatch::new(options),
        };
        let thread = |name: &str| std::thread::Builder::new().name(format!("{name}-{shard}"));
        let failed = |error| StoreError::io("start a thread for", path)(error);
        Ok(Threads {
            stop_disk,
            stop_watchdog,
            disk: thread("disk").spawn(move || disk.run()).map_err(failed)?,
            watchdog: thread("diskwatch").spawn(move || watchdog.run()).map_err(failed)?,
        })
    }

    fn stop(self) {
        let Threads { stop_disk, stop_watchdog, disk, watchdog } = self;
        let current = std::thread::current().id();
        for (stop, thread) in [(stop_disk, disk), (stop_watchdog, watchdog)] {
            drop(stop);
            // The poison callback may drop the last handle on one of these threads. A panic was already reported
            // as poison.
            if thread.thread().id() != current {
                drop(thread.join());
            }
        }
    }
}

impl Inner {
    fn shut_down(&self) -> Result<(), StoreError> {
        self.shared.closed.store(true, Ordering::Release);
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        let hangs = self.shared.poison.cause().is_some_and(PoisonCause::is_hang);
        match threads {
            Some(threads) if hangs => {
                self.shared.db.clone().leak();
                drop(threads);
                self.shared.queue.end();
            }
            Some(threads) => threads.stop(),
            None => {}
        }
        if self.shared.poison.is_set() { Err(StoreError::Poisoned) } else { Ok(()) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            tracing::error!(%error, "store closed after a failure");
        }
    }
}

/// Rotates what was rebuilt from the journal, and waits until it is small enough for normal work: the watchdog would take
/// it for an overflow.
fn settle(db: &ShardDb, options: &StoreOptions) -> Result<(), StoreError> {
    let failed = |detail| StoreError::Engine { action: "flush what it recovered", detail };
    let started = std::time::Instant::now();
    let position = db.position()?;
    let mut watch = ProgressWatch::new(options);
    loop {
        let sample = db.sample();
        if sample.active_bytes > options.write_buffer_bytes.min(QUIET_ROTATE_BYTES) {
            // Before the first write to a reopened journal, fjall takes it for empty and would never begin another: a store
            // that is killed over and over would read all of it again each time.
            db.write(&Overlay::default(), position, false).map_err(|error| failed(error.to_string()))?;
            db.rotate().map_err(|error| failed(error.to_string()))?;
        } else if sample.sealed == 0
            || sample.total_bytes <= options.write_buffer_bytes * WRITE_BUFFER_HOLD_FACTOR
        {
            return Ok(());
        }
        if let Some(stalled_ms) = watch.flush_stalled_ms(started.elapsed().as_millis() as u64, &sample) {
            return Err(failed(PoisonCause::FlushStalled(stalled_ms).to_string()));
        }
        std::thread::sleep(HOLD_POLL);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::batch::Op;
    use crate::group::Base;
    use crate::random::random;
    use crate::{KeyRange, Position};

    #[test]
    fn a_long_journal_is_closed_when_the_store_is_opened_again() {
        /// fjall begins another journal after 64 MB.
        const WRITES: u64 = 1_056;
        const WRITE_BYTES: usize = 64 << 10;
        let directory = tempfile::tempdir().expect("a temporary directory");
        let options = StoreOptions::default();
        let db = ShardDb::open(directory.path(), &options).expect("opens");
        for number in 1..=WRITES {
            let value = random::<WRITE_BYTES>().expect("random bytes");
            let mut overlay = Overlay::default();
            let put = Op::Put(Key::new(0, 1, 2, &number.to_be_bytes()), Bytes::copy_from_slice(&value));
            overlay.apply(put, &db).expect("applies");
            db.write(&overlay, Position(number), false).expect("writes");
        }
        drop(db);

        let db = ShardDb::open(directory.path(), &options).expect("opens again");
        settle(&db, &options).expect("settles");
        let deadline = Instant::now() + Duration::from_secs(60);
        while directory.path().join("0.jnl").exists() {
            assert!(Instant::now() < deadline, "the journal is closed, flushed and removed");
            std::thread::sleep(HOLD_POLL);
        }
        assert_eq!(db.position().expect("reads"), Position(WRITES));
        let keys = db.keys_in(&KeyRange::owner(0, 1), usize::MAX).expect("reads");
        assert_eq!(keys.len() as u64, WRITES);
    }
}
