//! One instance's part of the ledger, with the two ways to write: wait until it is on disk, or only fix its place in the
//! order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::FutureExt;
use trunkline_model::InstanceId;
use trunkline_store::{Batch, CommitClass, Direction, Key, KeyRange, Ledger, Sealer, StoreError};

use crate::limits::{BATCH_BYTES_TARGET, ROWS_PER_BATCH_MAX, SCAN_PAGE_ROWS};

/// Set when another writer took over: see [`Space::retire`].
pub(crate) type Retired = Arc<AtomicBool>;

/// The rows of one instance.
#[derive(Clone)]
pub(crate) struct Space {
    ledger: Arc<dyn Ledger>,
    sealer: Arc<Sealer>,
    slot: u16,
    owner: u64,
    /// Shared by all clones: no write goes out any more.
    retired: Retired,
}

impl Space {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, sealer: Arc<Sealer>, instance: InstanceId) -> Space {
        let retired = Arc::new(AtomicBool::new(false));
        Space { ledger, sealer, slot: instance.slot().0, owner: instance.0, retired }
    }

    /// What refuses every later write through this space and its clones, whoever still holds one.
    pub(crate) fn fence(&self) -> Retired {
        self.retired.clone()
    }

    /// Pulls the fence up.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    fn check_retired(&self) -> Result<(), StoreError> {
        if self.retired.load(Ordering::Relaxed) { Err(StoreError::Closed) } else { Ok(()) }
    }

    pub(crate) fn key(&self, table: u8, suffix: &[u8]) -> Key {
        Key::new(self.slot, self.owner, table, suffix)
    }

    pub(crate) fn table(&self, table: u8) -> KeyRange {
        KeyRange::table(self.slot, self.owner, table)
    }

    pub(crate) fn prefix(&self, table: u8, prefix: &[u8]) -> KeyRange {
        KeyRange::prefix(self.slot, self.owner, table, prefix)
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.ledger.get(key)
    }

    /// The value of `key` without its tag.
    pub(crate) fn get_tagged(&self, key: &Key, tag: u16) -> Result<Option<Bytes>, StoreError> {
        self.get(key)?.map(|value| untag(value, tag)).transpose()
    }

    /// The opened value of `key`.
    pub(crate) fn get_sealed(&self, key: &Key, tag: u16) -> Result<Option<Vec<u8>>, StoreError> {
        match self.get_tagged(key, tag)? {
            Some(sealed) => Ok(Some(self.unseal(key, &sealed)?)),
            None => Ok(None),
        }
    }

    pub(crate) fn unseal(&self, key: &Key, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut plain = self.sealer.unseal(key.as_bytes(), sealed)?;
        Ok(std::mem::take(&mut *plain))
    }

    /// A tag, then the sealed bytes; bound to the key, so that a row cannot be moved.
    pub(crate) fn sealed(&self, key: &Key, tag: u16, plain: &[u8]) -> Vec<u8> {
        tagged(tag, &self.sealer.seal(key.as_bytes(), plain))
    }

    pub(crate) fn seal_only(&self, key: &Key, plain: &[u8]) -> Vec<u8> {
        self.sealer.seal(key.as_bytes(), plain)
    }

    /// At most one page of a range, smallest key first.
    pub(crate) fn page(&self, range: KeyRange, rows_max: usize) -> Result<Vec<(Key, Bytes)>, StoreError> {
        self.ledger.scan(range, Direction::Forward, rows_max)
    }

    /// The greatest row of a range.
    pub(crate) fn last(&self, range: KeyRange) -> Result<Option<(Key, Bytes)>, StoreError> {
        Ok(self.ledger.scan(range, Direction::Backward, 1)?.pop())
    }

    /// Every row of a range, read page by page.
    pub(crate) fn for_each(
        &self,
        range: KeyRange,
        mut visit: impl FnMut(&Key, Bytes) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rest = range;
        loop {
            let page = self.page(rest.clone(), SCAN_PAGE_ROWS)?;
            let full = page.len() == SCAN_PAGE_ROWS;
            let last = page.last().map(|(key, _)| key.clone());
            for (key, value) in page {
                visit(&key, value)?;
            }
            match last {
                Some(key) if full => rest = rest.after(&key),
                _ => return Ok(()),
            }
        }
    }

    /// Commits and waits: on return the batch is on disk and reads see it.
    pub(crate) async fn commit(&self, batch: Batch, class: CommitClass) -> Result<(), StoreError> {
        self.check_retired()?;
        self.ledger.commit(batch, class).await.map(drop)
    }

    /// Commits without waiting. The batch's place in the order is fixed: no crash keeps a later batch and loses this
    /// one. Reads see it a little later; [`Space::barrier`] waits for that.
    ///
    /// # Errors
    /// Those that are known at once, above all a full queue.
    pub(crate) fn post(&self, batch: Batch, class: CommitClass) -> Result<(), StoreError> {
        self.check_retired()?;
        let mut answer = self.ledger.commit(batch, class);
        match (&mut answer).now_or_never() {
            Some(Err(error)) => Err(error),
            Some(Ok(_)) => Ok(()),
            None => {
                answer.detach();
                Ok(())
            }
        }
    }

    /// Waits until everything committed or posted before is on disk and seen by reads.
    pub(crate) async fn barrier(&self) -> Result<(), StoreError> {
        self.commit(Batch::new(), CommitClass::First).await
    }
}

/// Collects the rows of one call into as few batches as the store takes: one, unless the call is enormous.
#[derive(Default)]
pub(crate) struct Rows {
    full: Vec<Batch>,
    current: Batch,
}

impl Rows {
    /// The batch that the next row goes into.
    pub(crate) fn next(&mut self) -> &mut Batch {
        if self.current.len() >= ROWS_PER_BATCH_MAX || self.current.bytes() >= BATCH_BYTES_TARGET {
            self.full.push(std::mem::take(&mut self.current));
        }
        &mut self.current
    }

    /// Commits all of them in order and waits for the last. When more than one was needed, a crash may keep the first
    /// ones only.
    pub(crate) async fn commit(self, space: &Space, class: CommitClass) -> Result<(), StoreError> {
        for batch in self.full {
            space.commit(batch, class).await?;
        }
        if self.current.is_empty() {
            return Ok(());
        }
        space.commit(self.current, class).await
    }

    /// Posts all of them in order.
    pub(crate) fn post(self, space: &Space, class: CommitClass) -> Result<(), StoreError> {
        for batch in self.full {
            space.post(batch, class)?;
        }
        if self.current.is_empty() {
            return Ok(());
        }
        space.post(self.current, class)
    }
}

/// Puts a tag in front of bytes.
pub(crate) fn tagged(tag: u16, bytes: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(2 + bytes.len());
    value.extend_from_slice(&tag.to_be_bytes());
    value.extend_from_slice(bytes);
    value
}

/// Takes the tag off, if it is the wanted one.
pub(crate) fn untag(mut value: Bytes, tag: u16) -> Result<Bytes, StoreError> {
    if !value.starts_with(&tag.to_be_bytes()) {
        return Err(damaged(format!("tag {tag:#06x} is not in front")));
    }
    Ok(value.split_off(2))
}

/// A row that is not what its table holds.
pub(crate) fn damaged(detail: String) -> StoreError {
    StoreError::Corrupt { what: "a row of the protocol store".to_owned(), detail }
}
