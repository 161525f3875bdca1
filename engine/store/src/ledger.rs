//! The seam between the engine and whatever makes its batches durable.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{Batch, Key, KeyRange, StoreError};

/// How soon, and how safely, a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommitClass {
    /// Durable before the effect: goes into the next group, synced. Device identity, ratchet leases, outbox
    /// entries, inbound events before their ack.
    First,
    /// Durable, but may wait up to [`crate::limits::SOON_LINGER`] to share a sync. Receipts, cursors, contacts.
    Soon,
    /// Written without a sync; survives the process, not the machine. Caches, media bytes.
    Local,
}

/// Place of a batch in the shard's order. Strictly increasing while the store is open, and across reopening for
/// every batch that was durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub(crate) u64);

impl Position {
    /// The position with this number.
    pub fn new(number: u64) -> Position {
        Position(number)
    }

    /// The number; the first batch of an empty store has 1.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest key first.
    Forward,
    /// Greatest key first.
    Backward,
}

/// What a supervisor needs to know about a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreHealth {
    /// Batches waiting for, or in, a write.
    pub queue_depth: usize,
    /// Bytes of those batches.
    pub queue_bytes: usize,
    /// Age of the oldest batch that was not answered yet, in milliseconds; 0 when none waits.
    pub oldest_waiting_ms: u64,
    /// Time since the last group was written, in milliseconds; `None` before the first.
    pub last_commit_age_ms: Option<u64>,
    /// Bytes in memory that are in the journal but not yet in a table.
    pub write_buffer_bytes: u64,
    /// Sealed memtables whose flush has not completed, as the watchdog last saw.
    pub flushes_waiting: usize,
    /// Whether the store refuses every write until the process restarts.
    pub poisoned: bool,
}

/// A place where batches become durable in the order of their commits.
///
/// The local implementation is [`crate::LocalLedger`]; a cluster proposes the same batches through consensus.
pub trait Ledger: Send + Sync + 'static {
    /// Orders `batch` after everything committed before, at the call. The future resolves once the batch is
    /// durable ([`CommitClass::First`], [`CommitClass::Soon`]) or applied ([`CommitClass::Local`]) and then
    /// reads see it. Dropping the future does not cancel the write ([`CommitFuture::detach`] says so aloud).
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the queue is full (nothing was queued), [`StoreError::TooLarge`],
    /// [`StoreError::Closed`]; [`StoreError::Poisoned`] after a failure: whether the batch of a call that was
    /// under way then is on disk is unknown until the store is opened again.
    fn commit(&self, batch: Batch, class: CommitClass) -> CommitFuture;

    /// The committed value of `key`. Cheap on the shard's thread when the block is cached; may wait for a few syncs
    /// in the moment in which a flush or compaction is recorded.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the stored bytes fail their checks; the store is then poisoned.
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError>;

    /// Up to `limit` committed pairs of `range`, all from one moment. For the next page see
    /// [`KeyRange::after`] and [`KeyRange::before`].
    ///
    /// # Errors
    /// As [`Ledger::get`].
    fn scan(
        &self,
        range: KeyRange,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Key, Bytes)>, StoreError>;

    /// The store's condition at this moment. Never blocks, also not when the disk hangs.
    fn health(&self) -> StoreHealth;
}

/// The answer to a commit. Must be awaited, or explicitly let go with [`CommitFuture::detach`].
#[must_use = "await the commit, or detach() it"]
#[derive(Debug)]
pub struct CommitFuture(Answer);

#[derive(Debug)]
enum Answer {
    Known(Option<Result<Position, StoreError>>),
    Awaited(oneshot::Receiver<Result<Position, StoreError>>),
}

/// The writing side of a [`CommitFuture`]; dropped unresolved, the future yields [`StoreError::Closed`].
#[derive(Debug)]
pub struct CommitPromise(oneshot::Sender<Result<Position, StoreError>>);

/// A promise and the future that it resolves; for implementations of [`Ledger`].
pub fn commit_channel() -> (CommitPromise, CommitFuture) {
    let (sender, receiver) = oneshot::channel();
    (CommitPromise(sender), CommitFuture(Answer::Awaited(receiver)))
}

impl CommitPromise {
    /// Answers the waiter, if it still listens.
    pub fn resolve(self, answer: Result<Position, StoreError>) {
        // A waiter that went away is no error: the write does not depend on it.
        drop(self.0.send(answer));
    }
}

impl CommitFuture {
    /// A future that is already answered.
    pub fn ready(answer: Result<Position, StoreError>) -> CommitFuture {
        CommitFuture(Answer::Known(Some(answer)))
    }

    /// Lets the write go on unobserved.
    pub fn detach(self) {}

    /// Blocks the thread until the answer is there. For plain threads and start-up code; panics inside an
    /// asynchronous runtime.
    ///
    /// # Errors
    /// Those of [`Ledger::commit`].
    pub fn wait(self) -> Result<Position, StoreError> {
        match self.0 {
            Answer::Known(answer) => answer.unwrap_or(Err(StoreError::Closed)),
            Answer::Awaited(receiver) => receiver.blocking_recv().unwrap_or(Err(StoreError::Closed)),
        }
    }
}

impl Future for CommitFuture {
    type Output = Result<Position, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Answer::Known(answer) => Poll::Ready(answer.take().unwrap_or(Err(StoreError::Closed))),
            Answer::Awaited(receiver) => {
                Pin::new(receiver).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
            }
        }
    }
}
