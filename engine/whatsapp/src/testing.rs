//! Helpers of this crate's tests: a store in a temporary directory, and tasks on the test's own runtime.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use trunkline_model::InstanceId;
use trunkline_store::{DataDir, Ledger, LocalLedger, Sealer, StoreOptions};

use crate::spawn::{AbortHandle, Spawn};

/// Starts tasks on the runtime that the test runs in.
pub(crate) struct TestSpawn;

impl Spawn for TestSpawn {
    #[allow(clippy::disallowed_methods, reason = "the shard's spawn helper is what this stands in for")]
    fn spawn(&self, _: InstanceId, _: &'static str, future: BoxFuture<'static, ()>) -> AbortHandle {
        let handle = tokio::spawn(future).abort_handle();
        AbortHandle::new(move || handle.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(tokio::task::spawn_blocking(work).await) })
    }
}

/// A store on disk that can be closed and opened again.
pub(crate) struct TestStore {
    directory: tempfile::TempDir,
    data_dir: Option<DataDir>,
    ledger: Option<LocalLedger>,
    sealer: Arc<Sealer>,
}

impl TestStore {
    pub(crate) fn open() -> TestStore {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (data_dir, ledger, sealer) = open(directory.path());
        TestStore { directory, data_dir: Some(data_dir), ledger: Some(ledger), sealer }
    }

    pub(crate) fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::new(self.ledger.clone().expect("the store is open"))
    }

    pub(crate) fn sealer(&self) -> Arc<Sealer> {
        self.sealer.clone()
    }

    /// Closes everything and opens it from disk.
    pub(crate) fn reopen(&mut self) {
        if let Some(ledger) = self.ledger.take() {
            ledger.close().expect("closes");
        }
        self.data_dir = None;
        let (data_dir, ledger, sealer) = open(self.directory.path());
        (self.data_dir, self.ledger, self.sealer) = (Some(data_dir), Some(ledger), sealer);
    }
}

fn open(directory: &std::path::Path) -> (DataDir, LocalLedger, Arc<Sealer>) {
    let data_dir = DataDir::open_or_create(directory.join("data")).expect("a data directory");
    data_dir.claim_shards(1).expect("one shard");
    let sealer = Sealer::open(&data_dir, &directory.join("master.key")).expect("keys");
    let ledger = LocalLedger::open(&data_dir, 0, StoreOptions::default()).expect("a ledger");
    (data_dir, ledger, Arc::new(sealer))
}
