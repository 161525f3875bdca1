//! The only file that talks to fjall. What it relies on, all in 3.1.13: all items of a batch have one sequence
//! number, greater than that of every snapshot taken before; with `SyncData` the sync precedes visibility; the
//! memtable limit is stored with the keyspace; `rotate_memtable` and `write_buffer_size` are public but
//! undocumented, hence the exact version.
//!
//! A snapshot taken *while* a batch is applied may show half of it: a flush that ends at that moment takes a later
//! sequence number and makes it visible. So readers never take one. The disk thread, which knows that no batch
//! is under way, takes one after each write, and all readers share it.

use std::any::Any;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use fjall::{AbstractTree, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Snapshot};

use crate::group::{Base, Overlay};
use crate::limits::{FLUSH_WORKERS, SEALED_MEMTABLES_MAX};
use crate::{Direction, Key, KeyRange, Position, StoreError, StoreOptions};

const STATE: &str = "state";
const META: &str = "meta";
const POSITION_KEY: &[u8] = b"position";
/// Off: fjall compares memtable sizes against this after every write. See the crate's contract.
const AUTO_ROTATION_BYTES: u64 = u64::MAX >> 1;

/// One shard's database. Reading is for every thread, writing for the disk thread.
#[derive(Clone)]
pub(crate) struct ShardDb {
    database: Database,
    state: Keyspace,
    meta: Keyspace,
    /// What readers see: everything up to the last completed write.
    view: Arc<Mutex<Arc<Snapshot>>>,
    /// Memtables that were sealed, until nobody else holds them. See [`ShardDb::bury`].
    sealed: Arc<Mutex<Vec<Arc<dyn Any + Send + Sync>>>>,
}

/// How much waits in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BufferSample {
    /// Bytes in active memtables.
    pub(crate) active_bytes: u64,
    /// Bytes in active and sealed memtables.
    pub(crate) total_bytes: u64,
    /// Sealed memtables, all keyspaces.
    pub(crate) sealed: usize,
    /// Most sealed memtables in one keyspace.
    pub(crate) sealed_max: usize,
    /// Memtables flushed since opening. Never decreases.
    pub(crate) flushed: u64,
}

impl ShardDb {
    pub(crate) fn open(path: &Path, options: &StoreOptions) -> Result<ShardDb, StoreError> {
        let failed = |error: fjall::Error| StoreError::Engine { action: "open", detail: error.to_string() };
        let database = Database::builder(path)
            .cache_size(options.cache_bytes)
            .worker_threads(FLUSH_WORKERS)
            .max_journaling_size(options.journal_bytes_max.max(64 * 1024 * 1024))
            .open()
            .map_err(failed)?;
        let keyspace = || KeyspaceCreateOptions::default().max_memtable_size(AUTO_ROTATION_BYTES);
        let state = database.keyspace(STATE, keyspace).map_err(failed)?;
        let meta = database.keyspace(META, keyspace).map_err(failed)?;
        let view = Arc::new(Mutex::new(Arc::new(database.snapshot())));
        Ok(ShardDb { database, state, meta, view, sealed: Arc::default() })
    }

    /// Position of the last batch that a previous opening left behind; 0 in a new store.
    pub(crate) fn position(&self) -> Result<Position, StoreError> {
        let Some(value) = self.view().get(&self.meta, POSITION_KEY).map_err(read_error)? else {
            return Ok(Position(0));
        };
        let bytes: [u8; 8] = value.as_ref().try_into().map_err(|_| StoreError::Corrupt {
            what: "the store's position".into(),
            detail: format!("{} bytes instead of 8", value.len()),
        })?;
        Ok(Position(u64::from_be_bytes(bytes)))
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        let value = self.view().get(&self.state, key.as_bytes()).map_err(read_error)?;
        Ok(value.map(|value| Bytes::copy_from_slice(&value)))
    }

    pub(crate) fn scan(
        &self,
        range: &KeyRange,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Key, Bytes)>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let read = |guard: fjall::Guard| {
            let (key, value) = guard.into_inner().map_err(read_error)?;
            Ok((Key::from_bytes(&key)?, Bytes::copy_from_slice(&value)))
        };
        let rows = self.range(range);
        match direction {
            Direction::Forward => rows.take(limit).map(read).collect(),
            Direction::Backward => rows.rev().take(limit).map(read).collect(),
        }
    }

    /// Writes the overlay and the position as one atomic batch, after the sync if `synced`, and shows it to readers.
    /// For the disk thread only.
    pub(crate) fn write(&self, overlay: &Overlay, last: Position, synced: bool) -> Result<(), fjall::Error> {
        let mode = if synced { PersistMode::SyncData } else { PersistMode::Buffer };
        let mut batch = self.database.batch().durability(Some(mode));
        for (key, write) in overlay.writes() {
            match write {
                Some(value) => batch.insert(&self.state, key.as_bytes(), value.as_ref()),
                None => batch.remove(&self.state, key.as_bytes()),
            }
        }
        batch.insert(&self.meta, POSITION_KEY, last.0.to_be_bytes());
        batch.commit()?;
        let view = Arc::new(self.database.snapshot());
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
        Ok(())
    }

    /// Seals the active memtables and queues their flushes. Does nothing while flushes lag behind.
    pub(crate) fn rotate(&self) -> Result<bool, fjall::Error> {
        if self.sample().sealed_max >= SEALED_MEMTABLES_MAX {
            return Ok(false);
        }
        let mut rotated = false;
        // Both, or the journals that the other one's records keep alive are never deleted.
        for keyspace in [&self.state, &self.meta] {
            let memtable = keyspace.tree.active_memtable();
            if keyspace.rotate_memtable()? {
                self.sealed().push(memtable);
                rotated = true;
            }
        }
        Ok(rotated)
    }

    /// Frees the memtables that are flushed and that no reader holds any more. A full one is hundreds of thousands of
    /// allocations; fjall would free it when it forgets it, under the lock that every reader and the next rotation take.
    /// So this store holds each for longer than fjall does, and a thread that nobody waits for frees it.
    pub(crate) fn bury(&self) {
        let (dead, held): (Vec<_>, Vec<_>) =
            std::mem::take(&mut *self.sealed()).into_iter().partition(|it| Arc::strong_count(it) == 1);
        self.sealed().extend(held);
        drop(dead);
    }

    fn sealed(&self) -> MutexGuard<'_, Vec<Arc<dyn Any + Send + Sync>>> {
        self.sealed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sync(&self) -> Result<(), fjall::Error> {
        self.database.persist(PersistMode::SyncAll)
    }

    /// Bytes in active and sealed memtables. Takes no lock.
    pub(crate) fn buffer_bytes(&self) -> u64 {
        self.database.write_buffer_size()
    }

    /// May wait for a sync: fjall locks the list of memtables while it records a flush.
    pub(crate) fn sample(&self) -> BufferSample {
        let mut sample = BufferSample { total_bytes: self.buffer_bytes(), ..Default::default() };
        for tree in [&self.state.tree, &self.meta.tree] {
            // Memtables are numbered. The number is read first: a rotation in between makes the count of flushed
            // ones too small for a moment, never too great.
            let active = tree.active_memtable();
            let sealed = tree.sealed_memtable_count();
            sample.active_bytes += active.size();
            sample.sealed += sealed;
            sample.sealed_max = sample.sealed_max.max(sealed);
            sample.flushed += active.id().saturating_sub(sealed as u64);
        }
        sample
    }

    /// Keeps the database open for the rest of the process. Closing waits for the flush workers, and after a hang
    /// that would be for ever.
    pub(crate) fn leak(self) {
        std::mem::forget(self);
    }

    fn range(&self, range: &KeyRange) -> fjall::Iter {
        self.view().range::<&[u8], _>(&self.state, range.bounds())
    }

    fn view(&self) -> Arc<Snapshot> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Base for ShardDb {
    fn keys_in(&self, range: &KeyRange, limit: usize) -> Result<Vec<Key>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        self.range(range).take(limit).map(|row| Key::from_bytes(&row.key().map_err(read_error)?)).collect()
    }

    fn contains(&self, key: &Key) -> Result<bool, StoreError> {
        self.view().contains_key(&self.state, key.as_bytes()).map_err(read_error)
    }
}

fn read_error(error: fjall::Error) -> StoreError {
    match &error {
        fjall::Error::Io(_) | fjall::Error::Storage(fjall::LsmError::Io(_)) => {
            StoreError::Engine { action: "read", detail: error.to_string() }
        }
        _ => StoreError::Corrupt { what: "the shard's database".into(), detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::batch::Op;

    #[test]
    fn flushed_memtables_are_freed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let db = ShardDb::open(directory.path(), &StoreOptions::default()).expect("opens");
        const ROTATIONS: u64 = 8;
        for number in 0..ROTATIONS {
            let mut overlay = Overlay::default();
            let put = Op::Put(Key::new(0, 1, 2, &number.to_be_bytes()), Bytes::from_static(b"value"));
            overlay.apply(put, &db).expect("applies");
            db.write(&overlay, Position(number + 1), true).expect("writes");
            assert!(db.rotate().expect("rotates"));
            let deadline = Instant::now() + Duration::from_secs(20);
            while db.sample().sealed > 0 {
                assert!(Instant::now() < deadline, "the memtables are flushed");
                std::thread::yield_now();
            }
            db.bury();
        }
        // fjall forgets old versions at the next rotation, two keyspaces each time.
        let held = db.sealed().len();
        assert!(held <= 6, "{held} of {} memtables are still held", 2 * ROTATIONS);
    }
}
