//! Range deletions of any size, in bounded writes.

use std::sync::{Arc, Mutex};

use trunkline_store::CommitClass::{First, Local, Soon};
use trunkline_store::limits::RANGE_STEP_KEYS;
use trunkline_store::{Direction, FaultHook, Key, KeyRange, Ledger, StoreOptions, WriteInfo};

use crate::support::{Fixture, key, put};

#[derive(Default)]
struct Writes(Mutex<Vec<WriteInfo>>);

impl FaultHook for Writes {
    fn after_write(&self, write: &WriteInfo) {
        self.0.lock().unwrap().push(*write);
    }
}

fn count(store: &Fixture) -> usize {
    store.ledger.scan(KeyRange::owner(1, 2), Direction::Forward, usize::MAX).unwrap().len()
}

#[test]
fn a_large_range_goes_in_bounded_writes_and_keeps_its_neighbours() {
    let writes = Arc::new(Writes::default());
    let store = Fixture::new(StoreOptions { fault_hook: Some(writes.clone()), ..StoreOptions::default() });
    let keys = RANGE_STEP_KEYS as u64 * 3 + 7;
    for chunk in 0..keys.div_ceil(1000) {
        let mut batch = trunkline_store::Batch::new();
        (chunk * 1000..keys.min(chunk * 1000 + 1000)).for_each(|number| batch.put(key(number), "x"));
        store.commit(batch, Local).unwrap();
    }
    let neighbour = Key::new(1, 3, 0, b"");
    let mut other = put(keys - 1, "rewritten");
    other.put(neighbour.clone(), "stays");
    writes.0.lock().unwrap().clear();

    // In one group: a batch that is not to be reordered, the deletion, and one that writes into the emptied range.
    let before = store.ledger.commit(other, Soon);
    let mut batch = put(5, "gone again");
    batch.delete_range(KeyRange::owner(1, 2));
    batch.put(key(6), "new");
    let deletion = store.ledger.commit(batch, Soon);
    let after = store.ledger.commit(put(7, "later"), First);
    before.wait().unwrap();
    deletion.wait().unwrap();
    after.wait().unwrap();

    let left = store.ledger.scan(KeyRange::owner(1, 2), Direction::Forward, usize::MAX).unwrap();
    let left: Vec<_> = left.iter().map(|(key, value)| (key.clone(), value.as_ref())).collect();
    assert_eq!(left, [(key(6), &b"new"[..]), (key(7), &b"later"[..])]);
    assert_eq!(store.ledger.get(&neighbour).unwrap().unwrap(), "stays");
    let writes = writes.0.lock().unwrap();
    assert!(writes.len() >= 4 && writes.iter().all(|write| write.keys <= RANGE_STEP_KEYS + 8), "{writes:?}");
    assert!(writes.last().unwrap().synced, "the last write syncs all");
}

#[test]
fn a_deleted_range_stays_deleted_after_reopening() {
    let store = Fixture::new(StoreOptions::default());
    for number in 0..100 {
        store.commit(put(number, "x"), Local).unwrap();
    }
    let mut batch = trunkline_store::Batch::new();
    batch.delete_range(KeyRange::between(key(10), key(90)));
    store.commit(batch, First).unwrap();
    assert_eq!(count(&store), 20);
    assert_eq!(count(&store.reopened()), 20);
}
