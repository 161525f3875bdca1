//! A real ledger in a temporary directory, whose refusals a test decides.

pub(crate) mod shard;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::watch;
use trunkline_store::{
    Batch, CommitClass, CommitFuture, DataDir, Direction, Key, KeyRange, Ledger, LocalLedger, Sealer,
    StoreError, StoreHealth, StoreOptions, commit_channel,
};

/// What is refused, and after how many commits that are not.
#[derive(Default)]
struct Refusing {
    spared: usize,
    error: Option<fn() -> StoreError>,
}

pub(crate) struct TestLedger {
    inner: LocalLedger,
    refuse: Mutex<Refusing>,
    refused: watch::Sender<usize>,
    at_once: AtomicBool,
    panics: AtomicBool,
    sealer: Arc<Sealer>,
    _data_dir: DataDir,
}

/// A ledger on `dir`, opened like a node would.
pub(crate) fn ledger(dir: &TempDir) -> Arc<TestLedger> {
    let data_dir = DataDir::open_or_create(dir.path()).expect("a fresh directory");
    data_dir.claim_shards(1).expect("one shard");
    let sealer = Sealer::open(&data_dir, &dir.path().join("master.key")).expect("its keys");
    let inner = LocalLedger::open(&data_dir, 0, StoreOptions::default()).expect("the ledger opens");
    Arc::new(TestLedger {
        inner,
        refuse: Mutex::default(),
        refused: watch::Sender::new(0),
        at_once: AtomicBool::new(false),
        panics: AtomicBool::new(false),
        sealer: Arc::new(sealer),
        _data_dir: data_dir,
    })
}

impl TestLedger {
    /// The keys of the directory.
    pub(crate) fn sealer(&self) -> Arc<Sealer> {
        Arc::clone(&self.sealer)
    }

    /// Makes every commit from now on answer this error; `None` lets them through again.
    pub(crate) fn refuse(&self, error: Option<fn() -> StoreError>) {
        *self.refuse.lock().unwrap_or_else(PoisonError::into_inner) = Refusing { spared: 0, error };
    }

    /// As [`TestLedger::refuse`], after so many further commits.
    pub(crate) fn refuse_after(&self, spared: usize, error: fn() -> StoreError) {
        let refusing = Refusing { spared, error: Some(error) };
        *self.refuse.lock().unwrap_or_else(PoisonError::into_inner) = refusing;
    }

    /// Waits until so many commits were refused.
    pub(crate) async fn refusals(&self, count: usize) {
        let mut refused = self.refused.subscribe();
        refused.wait_for(|refused| *refused >= count).await.expect("the ledger lives");
    }

    /// The next read of a single key panics, in whoever reads it.
    pub(crate) fn panic_at_next_read(&self) {
        self.panics.store(true, Ordering::Relaxed);
    }

    fn refusal(&self) -> Option<StoreError> {
        let mut refuse = self.refuse.lock().unwrap_or_else(PoisonError::into_inner);
        let error = refuse.error?;
        if refuse.spared > 0 {
            refuse.spared -= 1;
            return None;
        }
        self.refused.send_modify(|refused| *refused += 1);
        Some(error())
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
        match self.refusal() {
            Some(error) => CommitFuture::ready(Err(error)),
            None if self.at_once.load(Ordering::Relaxed) => {
                let (promise, future) = commit_channel();
                promise.resolve(self.inner.commit(batch, class).wait());
                future
            }
            None => self.inner.commit(batch, class),
        }
    }

    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "a read fails as the test wants it");
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
