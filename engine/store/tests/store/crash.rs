//! A killed process loses nothing it acknowledged, and tears no batch.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use trunkline_store::CommitClass::{First, Local, Soon};
use trunkline_store::{Batch, CommitFuture, Direction, Key, KeyRange, Ledger, LocalLedger, StoreOptions};

use crate::support::open;

const DIRECTORY: &str = "TRUNKLINE_STORE_CRASH_DIRECTORY";
const ROUNDS: u32 = 10;
const KEYS_PER_BATCH: u8 = 10;
const UNANSWERED_MAX: usize = 200;
/// Small enough that every round rotates, flushes and compacts a few times.
const WRITE_BUFFER_BYTES: u64 = 1024 * 1024;

fn options() -> StoreOptions {
    StoreOptions { write_buffer_bytes: WRITE_BUFFER_BYTES, ..StoreOptions::default() }
}

/// Batch `number` writes the same value under ten owners and advances a counter that it overwrites.
fn numbered(number: u64) -> Batch {
    let mut batch = Batch::new();
    for part in 0..KEYS_PER_BATCH {
        batch.put(Key::new(u16::from(part), 1, 0, &number.to_be_bytes()), vec![part; 200]);
    }
    batch.put(counter(), number.to_be_bytes().to_vec());
    batch
}

fn counter() -> Key {
    Key::new(9999, 0, 0, b"counter")
}

fn read_counter(ledger: &LocalLedger) -> u64 {
    ledger.get(&counter()).unwrap().map_or(0, |value| u64::from_be_bytes(value.as_ref().try_into().unwrap()))
}

/// The process that is killed: commits for ever, and prints each number once its commit resolved.
#[test]
#[ignore = "runs only as the child of the test below"]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let ledger = open(Path::new(&directory), options());
    let mut waiting = std::collections::VecDeque::<(u64, CommitFuture)>::new();
    let mut output = std::io::stdout();
    for number in read_counter(&ledger) + 1.. {
        let class = [First, Soon, Local][(number % 3) as usize];
        waiting.push_back((number, ledger.commit(numbered(number), class)));
        if waiting.len() > UNANSWERED_MAX {
            let (number, future) = waiting.pop_front().unwrap();
            future.wait().unwrap();
            writeln!(output, "acknowledged {number}").unwrap();
        }
    }
}

/// Runs the child, kills it after a while, and returns the last number it acknowledged.
fn killed_child(directory: &Path, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number =
        |line: std::io::Result<String>| line.ok()?.strip_prefix("acknowledged ")?.parse::<u64>().ok();
    // The clock runs from the first acknowledgement: opening takes its own time.
    let mut last = lines.by_ref().find_map(number).expect("the child ended by itself");
    let killer = std::thread::spawn(move || {
        std::thread::park_timeout(after);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    for acknowledged in lines.filter_map(number) {
        last = acknowledged;
    }
    killer.join().unwrap();
    last
}

#[test]
fn ten_kills_lose_no_acknowledged_batch_and_tear_none() {
    let directory = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 0..ROUNDS {
        // Spread over a range that includes the first rotation and moments right after the start.
        let acknowledged =
            killed_child(directory.path(), Duration::from_millis(u64::from(round * 137 % 500)));
        let ledger = open(directory.path(), options());
        let last = read_counter(&ledger);
        assert!(last >= acknowledged, "round {round}: {acknowledged} was acknowledged, {last} is there");
        assert!(acknowledged > before, "round {round} made no progress");
        for part in 0..KEYS_PER_BATCH {
            let rows =
                ledger.scan(KeyRange::owner(u16::from(part), 1), Direction::Forward, usize::MAX).unwrap();
            let whole = rows.iter().zip(1u64..).all(|((key, value), number)| {
                key.suffix() == number.to_be_bytes() && value.as_ref() == [part; 200]
            });
            assert!(
                whole && rows.len() as u64 == last,
                "round {round}: part {part} has {} of {last}",
                rows.len()
            );
        }
        ledger.close().unwrap();
        before = last;
    }
}
