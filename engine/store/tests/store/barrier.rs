//! An answer never comes before the sync it promises, and a failed sync is the end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use trunkline_store::CommitClass::{First, Local, Soon};
use trunkline_store::{
    Batch, CommitFuture, FaultHook, Ledger, PoisonCause, StoreError, StoreOptions, WriteInfo,
};

use crate::disk::{JOURNAL, SyncRule};
use crate::support::{Fixture, noting, open, put};

fn is_answered(future: &mut CommitFuture) -> bool {
    let poll: Poll<_> = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    poll.is_ready()
}

#[test]
fn answers_and_reads_wait_for_the_sync() {
    for class in [First, Soon] {
        let store = Fixture::new(StoreOptions::default());
        let syncs = SyncRule::new(&store.path(), JOURNAL);
        syncs.hold();
        let mut future = store.ledger.commit(put(1, "a"), class);
        syncs.await_calls(1);
        assert!(!is_answered(&mut future), "{class:?}");
        assert_eq!(store.value(1), None, "{class:?}: a reader saw what a crash could take back");
        syncs.release();
        future.wait().unwrap();
        assert_eq!(store.value(1).unwrap(), "a");
    }
}

#[test]
fn local_is_written_without_sync() {
    let store = Fixture::new(StoreOptions::default());
    let syncs = SyncRule::new(&store.path(), JOURNAL);
    store.commit(put(1, "a"), Local).unwrap();
    assert_eq!((syncs.calls(), store.value(1).unwrap().as_ref()), (0, &b"a"[..]));
}

#[test]
fn what_arrives_during_a_sync_shares_the_next_one() {
    let store = Fixture::new(StoreOptions::default());
    let syncs = SyncRule::new(&store.path(), JOURNAL);
    syncs.hold();
    let first = store.ledger.commit(put(0, "a"), First);
    syncs.await_calls(1);
    let classes = [Soon, Local, First, Soon, First];
    let rest: Vec<_> =
        (1..).zip(classes).map(|(number, class)| store.ledger.commit(put(number, "b"), class)).collect();
    syncs.release();
    let first = first.wait().unwrap();
    for (after, future) in (1..).zip(rest) {
        assert_eq!(future.wait().unwrap().get(), first.get() + after);
    }
    assert_eq!(syncs.calls(), 2);
}

#[test]
fn a_dropped_future_cancels_nothing() {
    let store = Fixture::new(StoreOptions::default());
    store.ledger.commit(put(1, "a"), First).detach();
    store.commit(Batch::new(), First).unwrap();
    assert_eq!(store.value(1).unwrap(), "a");
}

#[test]
fn a_failed_sync_stops_the_store_for_good() {
    let (options, causes) = noting(StoreOptions::default());
    let store = Fixture::new(options);
    store.commit(put(1, "kept"), First).unwrap();
    let syncs = SyncRule::new(&store.path(), JOURNAL);
    syncs.fail();
    for _ in 0..3 {
        assert!(matches!(store.commit(put(2, "lost?"), First), Err(StoreError::Poisoned)));
    }
    assert_eq!(syncs.calls(), 1, "a failed sync was retried");
    assert!(store.ledger.health().poisoned);
    assert_eq!(store.value(1).unwrap(), "kept", "reads go on");
    assert!(matches!(causes.recv(), Ok(PoisonCause::WriteFailed(_))));
    assert!(causes.try_recv().is_err(), "told twice");
    let path = store.path();
    assert!(matches!(store.ledger.clone().close(), Err(StoreError::Poisoned)));
    drop(syncs);
    let (_directory, _) = store.dismantled();
    let ledger = open(&path, StoreOptions::default());
    assert_eq!(ledger.get(&crate::support::key(1)).unwrap().unwrap(), "kept");
    ledger.commit(put(2, "again"), First).wait().unwrap();
}

struct FailingHook;

impl FaultHook for FailingHook {
    fn before_write(&self, _: &WriteInfo) -> io::Result<()> {
        Err(io::Error::other("no space left"))
    }
}

#[test]
fn a_failing_hook_counts_as_a_failed_write() {
    let (options, causes) = noting(StoreOptions::default());
    let store = Fixture::new(StoreOptions { fault_hook: Some(Arc::new(FailingHook)), ..options });
    assert!(matches!(store.commit(put(1, "a"), Local), Err(StoreError::Poisoned)));
    assert_eq!(causes.recv(), Ok(PoisonCause::WriteFailed("no space left".into())));
}

#[test]
fn a_closed_store_says_so() {
    let store = Fixture::new(StoreOptions::default());
    let other = store.ledger.clone();
    let future = other.commit(put(1, "a"), Soon);
    store.ledger.close().unwrap();
    future.wait().unwrap();
    assert!(matches!(other.commit(put(2, "b"), First).wait(), Err(StoreError::Closed)));
}
