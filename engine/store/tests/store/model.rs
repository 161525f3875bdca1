//! The store behaves like an ordered map, through reopening and in both directions.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use trunkline_store::{Batch, CommitClass, Direction, Key, KeyRange, Ledger, StoreOptions};

use crate::support::Fixture;

type Map = BTreeMap<Key, Bytes>;

#[derive(Clone, Debug)]
enum Op {
    Put(Key, Bytes),
    Delete(Key),
    DeleteRange(KeyRange),
    DeleteGuarded(Key, Key),
}

#[derive(Clone, Debug)]
enum Step {
    /// Batches committed one after the other without waiting in between.
    Commit(Vec<(CommitClass, Vec<Op>)>),
    Scan(KeyRange, Direction, usize),
    Get(Key),
    Reopen,
}

fn any_key() -> impl Strategy<Value = Key> {
    let long = prop::collection::vec(any::<u8>(), 60..70);
    let suffix = prop_oneof![9 => "[abc]{0,2}".prop_map(String::into_bytes), 1 => long];
    (0..3u16, 0..2u64, 0..2u8, suffix)
        .prop_map(|(slot, owner, table, suffix)| Key::new(slot, owner, table, &suffix))
}

fn start_of(slot: u16) -> Key {
    Key::new(slot, 0, 0, b"")
}

fn any_range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        any_key().prop_map(|key| KeyRange::table(key.slot(), key.owner(), key.table())),
        any_key().prop_map(|key| KeyRange::prefix(key.slot(), key.owner(), key.table(), key.suffix())),
        any_key().prop_map(|key| KeyRange::owner(key.slot(), key.owner())),
        (any_key(), any_key()).prop_map(|(from, to)| KeyRange::between(from, to)),
        (0..3u16, 0..3u16).prop_map(|(from, to)| KeyRange::between(start_of(from), start_of(to))),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    let value = prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    prop_oneof![
        6 => (any_key(), value).prop_map(|(key, value)| Op::Put(key, value)),
        2 => any_key().prop_map(Op::Delete),
        1 => any_range().prop_map(Op::DeleteRange),
        1 => (any_key(), any_key()).prop_map(|(guard, key)| Op::DeleteGuarded(guard, key)),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let class = prop::sample::select(vec![CommitClass::First, CommitClass::Soon, CommitClass::Local]);
    let batch = (class, prop::collection::vec(any_op(), 0..8));
    let direction = prop::sample::select(vec![Direction::Forward, Direction::Backward]);
    prop_oneof![
        5 => prop::collection::vec(batch, 1..5).prop_map(Step::Commit),
        4 => (any_range(), direction, 0..12usize).prop_map(|(range, to, limit)| Step::Scan(range, to, limit)),
        2 => any_key().prop_map(Step::Get),
        1 => Just(Step::Reopen),
    ]
}

fn to_batch(ops: &[Op]) -> Batch {
    let mut batch = Batch::new();
    for op in ops.iter().cloned() {
        match op {
            Op::Put(key, value) => batch.put(key, value),
            Op::Delete(key) => batch.delete(key),
            Op::DeleteRange(range) => batch.delete_range(range),
            Op::DeleteGuarded(guard, key) => batch.delete_guarded(guard, key),
        }
    }
    batch
}

fn apply(map: &mut Map, op: Op) {
    match op {
        Op::Put(key, value) => drop(map.insert(key, value)),
        Op::Delete(key) => drop(map.remove(&key)),
        Op::DeleteRange(range) => map.retain(|key, _| !range.contains(key)),
        Op::DeleteGuarded(guard, key) => {
            if map.remove(&guard).is_some() {
                map.remove(&key);
            }
        }
    }
}

fn scan(map: &Map, range: &KeyRange, direction: Direction, limit: usize) -> Vec<(Key, Bytes)> {
    let rows =
        map.iter().filter(|(key, _)| range.contains(key)).map(|(key, value)| (key.clone(), value.clone()));
    match direction {
        Direction::Forward => rows.take(limit).collect(),
        Direction::Backward => rows.rev().take(limit).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..Default::default() })]
    #[test]
    fn behaves_like_an_ordered_map(steps in prop::collection::vec(any_step(), 1..40)) {
        let mut store = Fixture::new(StoreOptions::default());
        let mut map = Map::new();
        for step in steps {
            match step {
                Step::Commit(batches) => {
                    let futures: Vec<_> =
                        batches.iter().map(|(class, ops)| store.ledger.commit(to_batch(ops), *class)).collect();
                    for future in futures {
                        future.wait().unwrap();
                    }
                    batches.into_iter().flat_map(|(_, ops)| ops).for_each(|op| apply(&mut map, op));
                }
                Step::Scan(range, direction, limit) => {
                    let rows = store.ledger.scan(range.clone(), direction, limit).unwrap();
                    prop_assert_eq!(rows, scan(&map, &range, direction, limit));
                }
                Step::Get(key) => prop_assert_eq!(store.ledger.get(&key).unwrap(), map.get(&key).cloned()),
                Step::Reopen => store = store.reopened(),
            }
        }
        let everything = KeyRange::between(start_of(0), start_of(u16::MAX));
        let all = store.ledger.scan(everything, Direction::Forward, usize::MAX).unwrap();
        prop_assert_eq!(all, map.into_iter().collect::<Vec<_>>());
    }
}
