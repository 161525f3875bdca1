//! The watchdog: whatever stops making progress stops the store, and nobody waits for ever.

use std::collections::VecDeque;
use std::time::Duration;

use trunkline_store::CommitClass::{First, Local};
use trunkline_store::{CommitFuture, Ledger, PoisonCause, StoreError, StoreOptions};

use crate::disk::{JOURNAL, MANIFEST, SyncRule, TABLES};
use crate::support::{Fixture, noting, put};

const WRITE_BUFFER_BYTES: u64 = 1024 * 1024;

fn impatient() -> StoreOptions {
    StoreOptions {
        stall_max: Duration::from_millis(500),
        watchdog_tick: Duration::from_millis(20),
        write_buffer_bytes: WRITE_BUFFER_BYTES,
        ..StoreOptions::default()
    }
}

#[test]
fn a_sync_that_never_returns_poisons_and_answers_everybody() {
    let (options, causes) = noting(impatient());
    let store = Fixture::new(options);
    let syncs = SyncRule::new(&store.path(), JOURNAL);
    syncs.hold();
    let in_flight = store.ledger.commit(put(1, "a"), First);
    syncs.await_calls(1);
    let queued = store.ledger.commit(put(2, "b"), First);
    assert!(matches!(in_flight.wait(), Err(StoreError::Poisoned)));
    assert!(matches!(queued.wait(), Err(StoreError::Poisoned)));
    assert!(matches!(causes.recv(), Ok(PoisonCause::WriteStalled(500..))));
    assert!(matches!(store.commit(put(3, "c"), First), Err(StoreError::Poisoned)));
    // Must not wait for the hanging thread, which is still held here.
    assert!(matches!(store.ledger.close(), Err(StoreError::Poisoned)));
}

/// Writes without syncs until the store is poisoned; returns the largest write buffer seen.
fn flood_until_poisoned(store: &Fixture) -> u64 {
    let mut waiting = VecDeque::<CommitFuture>::new();
    let mut buffer_bytes_max = 0;
    for number in 0.. {
        waiting.push_back(store.ledger.commit(put(number, vec![number as u8; 16 * 1024]), Local));
        buffer_bytes_max = buffer_bytes_max.max(store.ledger.health().write_buffer_bytes);
        let Some(oldest) = waiting.pop_front_if(|_| number >= 64) else { continue };
        match oldest.wait() {
            Ok(_) => {}
            Err(StoreError::Poisoned) => break,
            Err(other) => panic!("{other}"),
        }
    }
    for future in waiting {
        assert!(matches!(future.wait(), Err(StoreError::Poisoned)));
    }
    buffer_bytes_max
}

#[test]
fn flushes_held_back_fill_the_queue_first_and_then_poison() {
    let (options, causes) = noting(impatient());
    let store = Fixture::new(options);
    let flushes = SyncRule::new(&store.path(), TABLES);
    flushes.hold();
    let buffer_bytes_max = flood_until_poisoned(&store);
    assert!(flushes.calls() > 0, "no flush reached the disk, so none was held back");
    assert!(matches!(causes.recv(), Ok(PoisonCause::FlushStalled(500..))));
    assert!(buffer_bytes_max > WRITE_BUFFER_BYTES);
    assert!(buffer_bytes_max <= 4 * WRITE_BUFFER_BYTES, "{buffer_bytes_max}");
}

#[test]
fn a_manifest_that_cannot_be_synced_poisons_although_every_lock_is_taken() {
    let (options, causes) = noting(impatient());
    let store = Fixture::new(options);
    let manifest = SyncRule::new(&store.path(), MANIFEST);
    manifest.hold();
    flood_until_poisoned(&store);
    assert!(manifest.calls() > 0, "no flush was recorded, so none was held back");
    let cause = causes.recv();
    assert!(
        matches!(cause, Ok(PoisonCause::FlushStalled(500..) | PoisonCause::WriteStalled(500..))),
        "{cause:?}"
    );
    assert!(store.ledger.health().poisoned, "health answers while the database does not");
}
