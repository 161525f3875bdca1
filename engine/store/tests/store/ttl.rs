//! Deadlines: due records are found, buried once, and spared when they were renewed in time.

use trunkline_store::CommitClass::First;
use trunkline_store::ttl::{Deadlines, Sweep};
use trunkline_store::{Batch, Key, Ledger, StoreOptions};

use crate::support::Fixture;

const DEADLINES: Deadlines = Deadlines::new(200);

fn record(slot: u16, name: &str) -> Key {
    Key::new(slot, 7, 1, name.as_bytes())
}

fn put(store: &Fixture, key: &Key, deadline_ms: u64) {
    let mut batch = Batch::new();
    batch.put(key.clone(), "x");
    DEADLINES.arm(&mut batch, key, deadline_ms);
    store.commit(batch, First).unwrap();
}

fn expired(store: &Fixture, slot: u16, now_ms: u64) -> Vec<(u64, Key)> {
    let expired = DEADLINES.expired(&store.ledger, slot, now_ms, 100).unwrap();
    expired.into_iter().map(|expired| (expired.deadline_ms, expired.subject)).collect()
}

#[test]
fn due_records_come_earliest_first() {
    let store = Fixture::new(StoreOptions::default());
    for (name, deadline_ms) in [("late", 300), ("early", 100), ("middle", 200), ("never", u64::MAX)] {
        put(&store, &record(1, name), deadline_ms);
    }
    put(&store, &record(2, "elsewhere"), 50);
    assert_eq!(expired(&store, 1, 99), []);
    assert_eq!(expired(&store, 1, 200), [(100, record(1, "early")), (200, record(1, "middle"))]);
    assert_eq!(expired(&store, 1, u64::MAX).len(), 4);
    assert_eq!(expired(&store, 2, 50), [(50, record(2, "elsewhere"))]);
    assert_eq!(DEADLINES.expired(&store.ledger, 1, 300, 2).unwrap().len(), 2);
}

#[test]
fn a_renewal_overtakes_a_burial_decided_before_it() {
    let store = Fixture::new(StoreOptions::default());
    put(&store, &record(1, "a"), 100);
    put(&store, &record(1, "b"), 100);
    let due = DEADLINES.expired(&store.ledger, 1, 100, 10).unwrap();
    let mut renewal = Batch::new();
    DEADLINES.renew(&mut renewal, &record(1, "a"), 100, 500);
    let renewed = store.ledger.commit(renewal, First);
    let mut burial = Batch::new();
    due.iter().for_each(|due| due.bury(&mut burial));
    store.commit(burial, First).unwrap();
    renewed.wait().unwrap();
    let there = |name| store.ledger.get(&record(1, name)).unwrap().is_some();
    assert_eq!((there("a"), there("b")), (true, false));
    assert_eq!(expired(&store, 1, 1000), [(500, record(1, "a"))]);
    let mut deletion = Batch::new();
    deletion.delete(record(1, "a"));
    DEADLINES.disarm(&mut deletion, &record(1, "a"), 500);
    store.commit(deletion, First).unwrap();
    assert_eq!(expired(&store, 1, u64::MAX), []);
}

#[test]
fn a_sweep_visits_every_slot_in_bounded_steps() {
    let store = Fixture::new(StoreOptions::default());
    let slots = (0..300).chain(1000..1100);
    for slot in slots.clone() {
        put(&store, &record(slot, "dead"), 10);
        put(&store, &record(slot, "alive"), 1000);
    }
    put(&store, &record(0, "also dead"), 11);
    let mut sweep = Sweep::new(DEADLINES, [0..=299, 1000..=1099]);
    let mut steps = Vec::new();
    for _ in 0..400_usize.div_ceil(30) + 1 {
        let batch = sweep.step(&store.ledger, 500, 30).unwrap();
        steps.push(batch.len());
        store.commit(batch, First).unwrap();
    }
    assert_eq!(steps.iter().sum::<usize>(), 401);
    assert!(steps.iter().all(|step| *step <= 30), "{steps:?}");
    for slot in slots {
        assert_eq!(expired(&store, slot, u64::MAX), [(1000, record(slot, "alive"))]);
    }
    let mut nothing = Sweep::new(DEADLINES, []);
    assert!(nothing.step(&store.ledger, u64::MAX, 10).unwrap().is_empty());
}
