//! Message sequence numbers: one counter a bucket. Numbers are taken from disk by the lease, so that not every message writes the
//! counter; what is left of a lease when the process ends is never given, which is harmless.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use trunkline_model::MessageId;
use trunkline_model::record::{self, Counter, RecordError, table};
use trunkline_model::slot::Bucket;
use trunkline_store::{Batch, CommitClass, Ledger, StoreError};

use crate::limits::MESSAGE_NUMBERS_LEASED;
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
/// that was then refused leaves a gap.
pub(crate) struct Sequences {
    ledger: Arc<dyn Ledger>,
    leases: Mutex<HashMap<Bucket, Lease>>,
}

/// Numbers that may be given: the disk says that they were.
#[derive(Clone, Copy)]
struct Lease {
    next: u64,
    end: u64,
}

impl Sequences {
    pub(crate) fn new(ledger: Arc<dyn Ledger>) -> Sequences {
        Sequences { ledger, leases: Mutex::default() }
    }

    /// The next id of a bucket. Whatever uses it has to be committed after this call, and by the same ledger: a new lease is
    /// ordered before it, so it is on disk before the id is.
    ///
    /// # Errors
    /// [`SequenceError`]; no number is used up then.
    pub(crate) fn take(&self, bucket: Bucket) -> Result<MessageId, SequenceError> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let held = leases.get(&bucket).filter(|lease| lease.next < lease.end).copied();
        let Lease { next, end } = match held {
            Some(lease) => lease,
            None => self.lease(bucket, leases.get(&bucket))?,
        };
        let id = MessageId::new(bucket, next).ok_or(SequenceError::UsedUp)?;
        leases.insert(bucket, Lease { next: next + 1, end });
        Ok(id)
    }

    fn lease(&self, bucket: Bucket, ended: Option<&Lease>) -> Result<Lease, SequenceError> {
        let key = slot_key(bucket.first_slot(), table::MESSAGE_SEQUENCE, &[bucket.0]);
        let next = match ended {
            Some(ended) => ended.end,
            None => match self.ledger.get(&key)? {
                Some(bytes) => record::decode::<Counter>(&bytes)?.next,
                None => 1,
            },
        };
        let end = next + MESSAGE_NUMBERS_LEASED;
        let mut batch = Batch::new();
        batch.put(key, record::encode(&Counter { next: end })?);
        let mut commit = self.ledger.commit(batch, CommitClass::First);
        // Refused at once, or on its way in front of whatever is committed next.
        match (&mut commit).now_or_never() {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(_)) | None => Ok(Lease { next, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use tempfile::TempDir;

    const LIVES: usize = 3;

    #[tokio::test]
    async fn numbers_are_never_given_twice_across_a_restart() {
        let dir = TempDir::new().expect("a directory");
        let a_life = MESSAGE_NUMBERS_LEASED as usize + 2;
        let mut given = Vec::new();
        for _ in 0..LIVES {
            let ledger = testing::ledger(&dir);
            let sequences = Sequences::new(ledger.clone());
            for _ in 0..a_life {
                given.push(sequences.take(Bucket(9)).expect("there are numbers").sequence());
            }
            drop(sequences);
            ledger.close();
        }
        assert_eq!(given.len(), LIVES * a_life);
        assert!(given.is_sorted_by(|earlier, later| earlier < later), "{given:?}");
        assert_eq!(given[..a_life], *(1..=a_life as u64).collect::<Vec<_>>(), "no gap within a life");
    }

    #[tokio::test]
    async fn a_refused_lease_uses_up_nothing() {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let sequences = Sequences::new(ledger.clone());
        ledger.refuse(Some(|| StoreError::Busy { retry_after_ms: 1 }));
        assert!(matches!(sequences.take(Bucket(9)), Err(SequenceError::Store(StoreError::Busy { .. }))));
        ledger.refuse(None);
        assert_eq!(sequences.take(Bucket(9)).expect("there are numbers").sequence(), 1);
    }
}
