//! Commits that wait while the store is busy instead of giving up. The wait is bounded by the store: a queue that does not move
//! poisons it within [`trunkline_store::limits::STALL_MAX`], and then the answer is an error.

use std::time::Duration;

use trunkline_store::{Batch, CommitClass, Ledger, Position, StoreError};

/// Commits a batch.
///
/// # Errors
/// Those of [`Ledger::commit`] but [`StoreError::Busy`].
pub(crate) async fn commit(
    ledger: &dyn Ledger,
    batch: Batch,
    class: CommitClass,
) -> Result<Position, StoreError> {
    loop {
        match ledger.commit(batch.clone(), class).await {
            Err(StoreError::Busy { retry_after_ms }) => {
                tokio::time::sleep(Duration::from_millis(retry_after_ms)).await;
            }
            other => return other,
        }
    }
}

/// As [`commit`], for a thread that may block.
///
/// # Errors
/// As [`commit`].
pub(crate) fn commit_blocking(
    ledger: &dyn Ledger,
    batch: &Batch,
    class: CommitClass,
) -> Result<Position, StoreError> {
    loop {
        match ledger.commit(batch.clone(), class).wait() {
            Err(StoreError::Busy { retry_after_ms }) => {
                std::thread::sleep(Duration::from_millis(retry_after_ms));
            }
            other => return other,
        }
    }
}

/// Resolves once everything that was committed before is durable.
///
/// # Errors
/// As [`commit`].
pub(crate) async fn barrier(ledger: &dyn Ledger) -> Result<(), StoreError> {
    commit(ledger, Batch::new(), CommitClass::First).await.map(|_| ())
}
