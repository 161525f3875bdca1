//! Rows that are kept for a while: sent messages and the buffer of decrypted ones. Each has a twin ordered by time.

use bytes::Bytes;
use trunkline_store::{Batch, CommitClass, Key, KeyRange, StoreError};

use super::LedgerBackend;
use super::space::{Space, tagged};
use super::suffix::{sortable, split_time, timed};
use super::tables::tag;
use crate::limits::{EXPIRED_BATCHES_PER_CALL, EXPIRED_ROWS_PER_BATCH};

/// A table and its twin.
#[derive(Clone, Copy)]
pub(super) struct TimedTable {
    pub(super) rows: u8,
    pub(super) by_time: u8,
}

impl TimedTable {
    /// The row's key, and its twin with what belongs there.
    pub(super) fn keys(self, space: &Space, suffix: &[u8], time_s: i64) -> (Key, Key, Vec<u8>) {
        let twin = space.key(self.by_time, &timed(time_s, suffix));
        (space.key(self.rows, suffix), twin, tagged(tag::INDEX, &[]))
    }

    /// Removes rows whose own time, as `time_of` reads it, is before `cutoff_s`: oldest first, a few batches at the most.
    /// A twin that its row left behind goes too, uncounted.
    pub(super) async fn expire(
        self,
        space: &Space,
        cutoff_s: i64,
        time_of: impl Fn(&Bytes) -> Result<Option<i64>, StoreError>,
    ) -> Result<u32, StoreError> {
        let due = || {
            let start = space.key(self.by_time, &[]);
            KeyRange::between(start, space.key(self.by_time, &sortable(cutoff_s)))
        };
        if space.page(due(), 1)?.is_empty() {
            return Ok(0);
        }
        // A row may have been posted again and not be visible yet; what is removed must be what was read.
        space.barrier().await?;
        let mut removed = 0;
        for _ in 0..EXPIRED_BATCHES_PER_CALL {
            let page = space.page(due(), EXPIRED_ROWS_PER_BATCH)?;
            if page.is_empty() {
                break;
            }
            let mut batch = Batch::new();
            for (twin, _) in page {
                if let Some((_, suffix)) = split_time(twin.suffix()) {
                    let key = space.key(self.rows, suffix);
                    let time_s = space.get(&key)?.map(|value| time_of(&value)).transpose()?.flatten();
                    if time_s.is_some_and(|time_s| time_s < cutoff_s) {
                        batch.delete(key);
                        removed += 1;
                    }
                }
                batch.delete(twin);
            }
            space.commit(batch, CommitClass::Soon).await?;
        }
        Ok(removed)
    }
}

impl LedgerBackend {
    /// Wall clock, in seconds since the Unix epoch, as the protocol crate sees it.
    pub(super) fn now_s() -> i64 {
        wacore::time::now_secs()
    }
}
