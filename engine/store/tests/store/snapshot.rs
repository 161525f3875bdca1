//! Readers on other threads see whole batches, also while memtables are rotated and flushed under them.

use std::sync::atomic::{AtomicBool, Ordering};

use trunkline_store::CommitClass::Local;
use trunkline_store::{Batch, Direction, KeyRange, Ledger, StoreOptions};

use crate::support::{Fixture, key};

const KEYS: u64 = 500;
const BATCHES: u64 = 1000;
/// A few batches fill it, so that flushes end all the time.
const WRITE_BUFFER_BYTES: u64 = 256 * 1024;

/// Ends the reader also when the writer fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_scan_never_shows_half_a_batch() {
    let store =
        Fixture::new(StoreOptions { write_buffer_bytes: WRITE_BUFFER_BYTES, ..StoreOptions::default() });
    let done = AtomicBool::new(false);
    let scans = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut scans = 0;
            let mut newest = 0;
            while !done.load(Ordering::Relaxed) {
                let rows = store.ledger.scan(KeyRange::owner(1, 2), Direction::Forward, usize::MAX).unwrap();
                let Some((_, first)) = rows.first() else { continue };
                let torn = rows.iter().filter(|(_, value)| value != first).count();
                assert_eq!((rows.len() as u64, torn), (KEYS, 0), "after {scans} scans");
                let number = u64::from_be_bytes(first[..8].try_into().unwrap());
                assert!(number >= newest, "a reader went back in time");
                (newest, scans) = (number, scans + 1);
            }
            scans
        });
        let writing = Done(&done);
        for number in 0..BATCHES {
            let mut batch = Batch::new();
            let value = [number.to_be_bytes().as_slice(), &[0; 100]].concat();
            (0..KEYS).for_each(|part| batch.put(key(part), value.clone()));
            store.commit(batch, Local).unwrap();
        }
        drop(writing);
        reader.join().unwrap()
    });
    assert!(scans > 10, "the reader saw nothing of it");
}
