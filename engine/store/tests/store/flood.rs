//! Unsynced floods, the load under which fjall's own rotation was seen to hang, stay within the write buffer.

use std::collections::VecDeque;

use trunkline_store::CommitClass::{First, Local};
use trunkline_store::{CommitFuture, Ledger, StoreOptions};

use crate::support::{Fixture, put};

const WRITE_BUFFER_BYTES: u64 = 4 * 1024 * 1024;
const VALUE_BYTES: usize = 4 * 1024;
const FLOOD_BYTES: usize = 200 * 1024 * 1024;
const WINDOW: usize = 256;

#[test]
fn two_hundred_megabytes_without_sync_stay_within_the_buffer() {
    let store =
        Fixture::new(StoreOptions { write_buffer_bytes: WRITE_BUFFER_BYTES, ..StoreOptions::default() });
    let batches = (FLOOD_BYTES / VALUE_BYTES) as u64;
    let mut waiting = VecDeque::<CommitFuture>::with_capacity(WINDOW);
    let mut buffer_bytes_max = 0;
    for number in 0..batches {
        if waiting.len() == WINDOW {
            waiting.pop_front().unwrap().wait().unwrap();
            buffer_bytes_max = buffer_bytes_max.max(store.ledger.health().write_buffer_bytes);
        }
        // Not compressible, and different everywhere.
        let value: Vec<u8> = (0..VALUE_BYTES as u64 / 8)
            .flat_map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number).to_le_bytes())
            .collect();
        waiting.push_back(store.ledger.commit(put(number, value), Local));
    }
    for future in waiting {
        future.wait().unwrap();
    }
    assert!(buffer_bytes_max > WRITE_BUFFER_BYTES, "nothing was ever rotated");
    assert!(buffer_bytes_max <= 4 * WRITE_BUFFER_BYTES, "{buffer_bytes_max}");
    store.commit(put(batches, "last"), First).unwrap();
    let store = store.reopened();
    for number in (0..batches).step_by(997) {
        assert_eq!(store.value(number).map(|value| value.len()), Some(VALUE_BYTES), "{number}");
    }
    assert_eq!(store.value(batches).unwrap(), "last");
}
