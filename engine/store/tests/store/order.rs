//! The order of the calls is the order of the writes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use trunkline_store::CommitClass::{First, Local, Soon};
use trunkline_store::{Ledger, StoreOptions};

use crate::support::{Fixture, key, put};

const SUBMITTERS: u64 = 8;
const BATCHES: u64 = 200;
const CONTENDED: u64 = u64::MAX;

#[test]
fn positions_order_the_writes_of_many_threads() {
    let store = Fixture::new(StoreOptions::default());
    let by_position = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for submitter in 0..SUBMITTERS {
            let (ledger, by_position) = (&store.ledger, &by_position);
            scope.spawn(move || {
                let futures: Vec<_> = (0..BATCHES)
                    .map(|number| {
                        let written = submitter * BATCHES + number;
                        let mut batch = put(written, "");
                        batch.put(key(CONTENDED), written.to_be_bytes().to_vec());
                        (written, ledger.commit(batch, [First, Soon, Local][(written % 3) as usize]))
                    })
                    .collect();
                let positions: Vec<_> =
                    futures.into_iter().map(|(w, future)| (future.wait().unwrap(), w)).collect();
                assert!(positions.is_sorted(), "a thread's own calls were reordered");
                by_position.lock().unwrap().extend(positions);
            });
        }
    });
    let by_position = by_position.into_inner().unwrap();
    let positions: Vec<_> = by_position.keys().map(|position| position.get()).collect();
    assert_eq!(positions, (1..=SUBMITTERS * BATCHES).collect::<Vec<_>>(), "each position once, without gaps");
    let last = by_position.last_key_value().unwrap().1.to_be_bytes();
    assert_eq!(store.value(CONTENDED).unwrap(), &last[..], "the last position's write stays");

    let store = store.reopened();
    assert_eq!(store.value(CONTENDED).unwrap(), &last[..]);
    let next = store.commit(put(0, ""), First).unwrap();
    assert_eq!(next.get(), SUBMITTERS * BATCHES + 1, "positions go on after reopening");
}

#[test]
fn the_later_of_two_writes_in_one_group_stays() {
    let store = Fixture::new(StoreOptions::default());
    let futures: Vec<_> = (0..1000u64)
        .map(|number| {
            let mut batch = put(1, number.to_string());
            if number % 3 == 0 {
                batch.delete(key(2));
            } else {
                batch.put(key(2), number.to_string());
            }
            store.ledger.commit(batch, Soon)
        })
        .collect();
    for future in futures {
        future.wait().unwrap();
    }
    let expected = || (Some("999".into()), None);
    assert_eq!((store.value(1), store.value(2)), expected());
    let store = store.reopened();
    assert_eq!((store.value(1), store.value(2)), expected());
}
