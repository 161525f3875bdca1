//! A real ledger in a temporary directory, whose refusals a test decides.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tempfile::TempDir;
use trunkline_store::{
    Batch, CommitClass, CommitFuture, DataDir, Direction, Key, KeyRange, Ledger, LocalLedger, StoreError,
    StoreHealth, StoreOptions, commit_channel,
};

pub(crate) struct TestLedger {
    inner: LocalLedger,
    refuse: Mutex<Option<fn() -> StoreError>>,
    at_once: AtomicBool,
    _data_dir: DataDir,
}

/// A ledger on `dir`, opened like a node would.
pub(crate) fn ledger(dir: &TempDir) -> Arc<TestLedger> {
    let data_dir = DataDir::open_or_create(dir.path()).expect("a fresh directory");
    data_dir.claim_shards(1).expect("one shard");
    let inner = LocalLedger::open(&data_dir, 0, StoreOptions::default()).expect("the ledger opens");
    Arc::new(TestLedger {
        inner,
        refuse: Mutex::default(),
        at_once: AtomicBool::new(false),
        _data_dir: data_dir,
    })
}

impl TestLedger {
    /// Makes every commit from now on answer this error; `None` lets them through again.
    pub(crate) fn refuse(&self, error: Option<fn() -> StoreError>) {
        *self.refuse.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// From now on commits are answered before the future is handed out, as by a disk that is faster than its caller. For
    /// callers outside of a runtime.
    pub(crate) fn answer_at_once(&self) {
        self.at_once.store(true, Ordering::Relaxed);
    }

    /// Closes the store, so that the directory can be opened again.
    pub(crate) fn close(self: Arc<TestLedger>) {
        let this = Arc::into_inner(self).expect("nobody else holds the ledger");
        this.inner.close().expect("the store closes");
    }
}

impl Ledger for TestLedger {
    fn commit(&self, batch: Batch, class: CommitClass) -> CommitFuture {
        match *self.refuse.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => CommitFuture::ready(Err(error())),
            None if self.at_once.load(Ordering::Relaxed) => {
                let (promise, future) = commit_channel();
                promise.resolve(self.inner.commit(batch, class).wait());
                future
            }
            None => self.inner.commit(batch, class),
        }
    }

    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(key)
    }

    fn scan(
        &self,
        range: KeyRange,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Key, Bytes)>, StoreError> {
        self.inner.scan(range, direction, limit)
    }

    fn health(&self) -> StoreHealth {
        self.inner.health()
    }
}
