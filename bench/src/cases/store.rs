//! `store`: durable commits per second and their p99, with 1, 64 and 512 writers that wait, beside a loop of `fdatasync` on the same
//! disk; and the time to open a store of a million records after a crash.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use trunkline_store::{Batch, CommitClass, DataDir, Key, Ledger, LocalLedger, StoreOptions};

use super::Scale;
use super::support::directory;
use crate::error::{Bench, BenchError, During};
use crate::limits::{LATENCY_DIGITS, LATENCY_US_MAX};
use crate::report::Figure;
use crate::stage::ROLE;

/// What a received message leaves in the store, in bytes (measured: one ratchet step).
const VALUE_BYTES: usize = 362;
/// Writers that wait at once.
const WRITERS: [usize; 3] = [1, 64, 512];
/// Records of one batch while a store is filled.
const FILL_BATCH: usize = 1_000;
/// Rounds.
const ROUNDS: usize = 3;

/// Plays the case.
///
/// # Errors
/// When the store refuses.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let length = scale.of(Duration::from_secs(5), Duration::from_millis(500));
    let mut figures = Vec::new();
    for writers in WRITERS.into_iter().rev() {
        let (mut rates, mut p99, mut raw) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..scale.of(ROUNDS, 1) {
            let (rate, quantile) = commits(writers, length).await?;
            rates.push(rate);
            p99.push(quantile);
            raw.push(syncs(length)?);
        }
        let name = format!("durable commits per second, {writers} writers");
        figures.push(Figure::new(&name, "1/s", rates).beside("fdatasync loop, one writer", &raw));
        figures.push(Figure::new(&format!("p99 of a commit, {writers} writers"), "ms", p99));
    }
    let records = scale.of(1_000_000, 20_000);
    let mut seconds = Vec::new();
    for _ in 0..scale.of(ROUNDS, 1) {
        seconds.push(recovery(records)?);
    }
    figures.push(Figure::new(&format!("opening {records} records after a crash"), "s", seconds));
    Ok(figures)
}

fn open(path: &Path) -> Bench<LocalLedger> {
    let directory = DataDir::open_or_create(path).during("opening a data directory")?;
    directory.claim_shards(1).during("opening a data directory")?;
    LocalLedger::open(&directory, 0, StoreOptions::default()).during("opening a store")
}

fn key(writer: usize, number: u64) -> Key {
    Key::new((writer % 4_096) as u16, writer as u64, 1, &number.to_be_bytes())
}

/// Commits per second and the p99 of one, in milliseconds.
async fn commits(writers: usize, length: Duration) -> Bench<(f64, f64)> {
    let place = directory()?;
    let ledger = open(place.path())?;
    let began = Instant::now();
    let until = began + length;
    let work = (0..writers).map(|writer| {
        let ledger = &ledger;
        async move {
            let mut latencies = histogram()?;
            for number in 0.. {
                let since = Instant::now();
                if since >= until {
                    break;
                }
                let mut batch = Batch::new();
                batch.put(key(writer, number), vec![7; VALUE_BYTES]);
                ledger.commit(batch, CommitClass::First).await.during("committing")?;
                let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(LATENCY_US_MAX);
                latencies.saturating_record(micros.max(1));
            }
            Ok::<_, BenchError>(latencies)
        }
    });
    let mut all = histogram()?;
    for latencies in try_join_all(work).await? {
        all.add(latencies).during("adding up latencies")?;
    }
    let rate = all.len() as f64 / began.elapsed().as_secs_f64();
    ledger.close().during("closing a store")?;
    Ok((rate, all.value_at_quantile(0.99) as f64 / 1_000.0))
}

fn histogram() -> Bench<Histogram<u64>> {
    Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS).during("making a histogram")
}

/// Appends and syncs per second, the least that any store does for one durable commit.
fn syncs(length: Duration) -> Bench<f64> {
    let place = directory()?;
    let mut file = File::create(place.path().join("log")).during("making a file")?;
    let began = Instant::now();
    let mut count = 0_u64;
    while began.elapsed() < length {
        file.write_all(&[7; VALUE_BYTES]).during("appending")?;
        file.sync_data().during("syncing")?;
        count += 1;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

/// Seconds to open a store whose process was killed when it had written `records`.
fn recovery(records: u64) -> Bench<f64> {
    let place = directory()?;
    let mut filler = Command::new(std::env::current_exe().during("looking for this binary")?);
    filler.args([ROLE, "store-filler"]).arg(place.path()).arg(records.to_string());
    let status = filler.status().during("filling a store")?;
    if status.success() || status.code().is_some() {
        return Err(BenchError::new("the filler should have been killed by itself"));
    }
    let began = Instant::now();
    let ledger = open(place.path())?;
    let seconds = began.elapsed().as_secs_f64();
    let last = ledger.get(&key(0, records - 1)).during("reading")?;
    ledger.close().during("closing a store")?;
    if last.is_none() {
        return Err(BenchError::new("the recovered store lacks its last record"));
    }
    Ok(seconds)
}

/// The child that fills a store and dies without a word, as a machine does.
///
/// # Errors
/// When the store refuses; otherwise it does not return.
pub fn fill(arguments: &[OsString]) -> Bench<()> {
    let [path, records] = arguments else { return Err(BenchError::new("a path and a number are needed")) };
    let records: u64 = records.to_string_lossy().parse().during("reading the number of records")?;
    let ledger = open(Path::new(path))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().during("starting")?;
    runtime.block_on(async {
        let mut number = 0;
        while number < records {
            let mut batch = Batch::new();
            for _ in 0..FILL_BATCH.min((records - number) as usize) {
                batch.put(key(0, number), vec![7; VALUE_BYTES]);
                number += 1;
            }
            ledger.commit(batch, CommitClass::First).await.during("filling")?;
        }
        Ok::<_, BenchError>(())
    })?;
    std::process::abort()
}
