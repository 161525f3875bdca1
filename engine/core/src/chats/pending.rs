//! Rows whose batch is not on disk yet. What is read, changed and written back must see them, or two messages that arrive
//! together would count as one.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use trunkline_store::Key;

/// Rows on their way to the disk, the newest of each key. As many as there are batches under way, which the store bounds.
#[derive(Default)]
pub(crate) struct Pending {
    rows: HashMap<Key, (u64, Option<Bytes>)>,
    /// Batches in their order on disk, with what they write.
    order: VecDeque<(u64, Key)>,
    epoch: u64,
}

impl Pending {
    /// The newest value of a key: `Some(None)` when it is being deleted, `None` when the disk has it.
    pub(super) fn get(&self, key: &Key) -> Option<Option<Bytes>> {
        self.rows.get(key).map(|(_, value)| value.clone())
    }

    /// Keeps the rows of a batch that was queued just now; gives the batch's number, to be settled by.
    pub(crate) fn keep(&mut self, rows: Vec<(Key, Option<Bytes>)>) -> u64 {
        self.epoch += 1;
        for (key, value) in rows {
            self.order.push_back((self.epoch, key.clone()));
            self.rows.insert(key, (self.epoch, value));
        }
        self.epoch
    }

    /// Number of the newest batch.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Forgets everything: a batch that was queued after all of it is on disk. Gives the number of the newest batch.
    pub(crate) fn settle_all(&mut self) -> u64 {
        self.settle(self.epoch);
        self.epoch
    }

    /// Forgets the rows of a batch that is on disk, and of every batch before it: they become durable in order.
    pub(crate) fn settle(&mut self, epoch: u64) {
        while let Some((batch, key)) = self.order.pop_front_if(|(batch, _)| *batch <= epoch) {
            if self.rows.get(&key).is_some_and(|(newest, _)| *newest == batch) {
                self.rows.remove(&key);
            }
        }
        if self.rows.is_empty() {
            // A number that is quiet holds nothing.
            self.rows = HashMap::new();
            self.order = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_seen_until_its_newest_write_is_on_disk() {
        let key = |name: &[u8]| Key::new(1, 2, 3, name);
        let value = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let mut pending = Pending::default();
        let first = pending.keep(vec![(key(b"a"), value("1")), (key(b"b"), None)]);
        let second = pending.keep(vec![(key(b"a"), value("2"))]);
        assert_eq!((pending.get(&key(b"a")), pending.get(&key(b"b"))), (Some(value("2")), Some(None)));
        pending.settle(first);
        assert_eq!((pending.get(&key(b"a")), pending.get(&key(b"b"))), (Some(value("2")), None));
        pending.settle(second);
        assert_eq!(pending.get(&key(b"a")), None);
        assert_eq!((pending.rows.capacity(), pending.order.capacity()), (0, 0));
    }
}
