//! Message sequence numbers: one counter a bucket, stored in the batch of the message that uses it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use trunkline_model::MessageId;
use trunkline_model::record::{self, Counter, RecordError, table};
use trunkline_model::slot::Bucket;
use trunkline_store::{Batch, Ledger, StoreError};

use crate::place::slot_key;

/// Why no number could be given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SequenceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the message numbers of a bucket are used up")]
    UsedUp,
}

/// Hands out message ids. Only the shard's own thread calls it, so a number is never given twice; a number given to a message
/// that was then refused leaves a gap, which is harmless.
pub(crate) struct Sequences {
    ledger: Arc<dyn Ledger>,
    next: Mutex<HashMap<Bucket, u64>>,
}

impl Sequences {
    pub(crate) fn new(ledger: Arc<dyn Ledger>) -> Sequences {
        Sequences { ledger, next: Mutex::default() }
    }

    /// The next id of a bucket. Its counter's new value goes into `batch`, before anything that uses the id.
    pub(crate) fn take(&self, bucket: Bucket, batch: &mut Batch) -> Result<MessageId, SequenceError> {
        let key = slot_key(bucket.first_slot(), table::MESSAGE_SEQUENCE, &[bucket.0]);
        let mut counters = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match counters.get(&bucket) {
            Some(next) => *next,
            None => match self.ledger.get(&key)? {
                Some(bytes) => record::decode::<Counter>(&bytes)?.next,
                None => 1,
            },
        };
        let id = MessageId::new(bucket, next).ok_or(SequenceError::UsedUp)?;
        batch.put(key, record::encode(&Counter { next: next + 1 })?);
        counters.insert(bucket, next + 1);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use tempfile::TempDir;
    use trunkline_store::CommitClass;

    #[tokio::test]
    async fn numbers_are_never_given_twice_across_a_restart() {
        let dir = TempDir::new().expect("a directory");
        let mut given = Vec::new();
        for _ in 0..2 {
            let ledger = testing::ledger(&dir);
            let sequences = Sequences::new(ledger.clone());
            for _ in 0..3 {
                let mut batch = Batch::new();
                given.push(sequences.take(Bucket(9), &mut batch).expect("there are numbers").sequence());
                ledger.commit(batch, CommitClass::First).await.expect("durable");
            }
            drop(sequences);
            ledger.close();
        }
        assert_eq!(given, [1, 2, 3, 4, 5, 6]);
    }
}
