//! A full queue refuses and never blocks the caller.

use trunkline_store::CommitClass::First;
use trunkline_store::{Ledger, StoreError, StoreOptions};

use crate::disk::{JOURNAL, SyncRule};
use crate::support::{Fixture, put};

const QUEUE_BATCHES: usize = 8;

#[test]
fn a_stalled_disk_makes_the_store_busy_and_loses_nothing() {
    let store = Fixture::new(StoreOptions { queue_batches_max: QUEUE_BATCHES, ..StoreOptions::default() });
    let syncs = SyncRule::new(&store.path(), JOURNAL);
    syncs.hold();
    let mut futures = vec![store.ledger.commit(put(0, "a"), First)];
    syncs.await_calls(1);
    futures.extend((1..QUEUE_BATCHES as u64).map(|number| store.ledger.commit(put(number, "a"), First)));
    match store.commit(put(99, "refused"), First) {
        Err(StoreError::Busy { retry_after_ms }) => assert!((10..=1000).contains(&retry_after_ms)),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.ledger.health().queue_depth, QUEUE_BATCHES);
    syncs.release();
    for future in futures {
        future.wait().unwrap();
    }
    store.commit(put(100, "welcome again"), First).unwrap();
    assert_eq!((store.value(7).is_some(), store.value(99)), (true, None));
    let health = store.ledger.health();
    assert_eq!((health.queue_depth, health.queue_bytes), (0, 0));
    assert!(health.last_commit_age_ms.is_some());
}

#[test]
fn an_oversized_batch_is_refused_alone() {
    let store = Fixture::new(StoreOptions::default());
    let refused = store.commit(put(1, vec![0; trunkline_store::limits::VALUE_BYTES_MAX + 1]), First);
    assert!(matches!(refused, Err(StoreError::TooLarge { what: "bytes of one value", .. })));
    store.commit(put(1, "a"), First).unwrap();
}
