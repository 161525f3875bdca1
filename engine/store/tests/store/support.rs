//! Vocabulary of these tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use bytes::Bytes;
use tempfile::TempDir;
use trunkline_store::{
    Batch, CommitClass, DataDir, Key, Ledger, LocalLedger, PoisonCause, Position, StoreError, StoreOptions,
};

pub const SHARD: u16 = 0;

/// A store in a temporary directory, with the settings it is opened with.
pub struct Fixture {
    directory: TempDir,
    options: StoreOptions,
    pub ledger: LocalLedger,
}

impl Fixture {
    pub fn new(options: StoreOptions) -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path(), options.clone());
        Fixture { directory, options, ledger }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap()
    }

    /// Closes the store and opens it again.
    pub fn reopened(self) -> Fixture {
        let Fixture { directory, options, ledger } = self;
        ledger.close().unwrap();
        let ledger = open(directory.path(), options.clone());
        Fixture { directory, options, ledger }
    }

    /// Lets the store go; the directory stays while the first part lives.
    pub fn dismantled(self) -> (TempDir, StoreOptions) {
        (self.directory, self.options)
    }

    pub fn commit(&self, batch: Batch, class: CommitClass) -> Result<Position, StoreError> {
        self.ledger.commit(batch, class).wait()
    }

    pub fn value(&self, number: u64) -> Option<Bytes> {
        self.ledger.get(&key(number)).unwrap()
    }
}

pub fn open(path: &Path, options: StoreOptions) -> LocalLedger {
    LocalLedger::open(&DataDir::open_or_create(path).unwrap(), SHARD, options).unwrap()
}

/// These options, and what the poison callback will be told.
pub fn noting(options: StoreOptions) -> (StoreOptions, Receiver<PoisonCause>) {
    let (told, causes) = channel();
    let on_poison = move |cause: &PoisonCause| told.send(cause.clone()).unwrap();
    (StoreOptions { on_poison: Some(Arc::new(on_poison)), ..options }, causes)
}

/// Keys that order as their numbers.
pub fn key(number: u64) -> Key {
    Key::new(1, 2, 3, &number.to_be_bytes())
}

pub fn put(number: u64, value: impl Into<Bytes>) -> Batch {
    let mut batch = Batch::new();
    batch.put(key(number), value);
    batch
}
