//! The watch: a plain thread that sees when a shard's loop stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use trunkline_model::instance::InstanceState;

use crate::clock;
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::fatal::{Fatal, OnFatal};
use crate::limits::{STALL_FATAL_MS, STALL_REPORT_MS, WATCH_TICK};

/// Ticks between two updates of the gauges.
const GAUGE_TICKS: u32 = 20;

/// The running watch.
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts the watch over the shards' heartbeats.
pub(crate) fn start(
    beats: Vec<Arc<AtomicU64>>,
    directory: Arc<Directory>,
    on_fatal: OnFatal,
) -> Result<Watch, EngineError> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            let mut reported = vec![false; beats.len()];
            let mut ticks = 0u32;
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(WATCH_TICK);
                ticks = ticks.wrapping_add(1);
                for (shard, (beat, reported)) in (0u16..).zip(beats.iter().zip(&mut reported)) {
                    look_at(shard, beat, reported, &on_fatal);
                }
                if ticks.is_multiple_of(GAUGE_TICKS) {
                    update_gauges(&directory);
                }
            }
        })
        .map_err(|error| EngineError::Thread(error.to_string()))?;
    Ok(Watch(stop))
}

fn look_at(shard: u16, beat: &AtomicU64, reported: &mut bool, on_fatal: &OnFatal) {
    let age_ms = clock::steady_ms().saturating_sub(beat.load(Ordering::Relaxed));
    metrics::gauge!(crate::metrics::SHARD_LAG, "shard" => shard.to_string()).set(age_ms as f64 / 1_000.0);
    let stalled = age_ms > STALL_REPORT_MS;
    if stalled && !*reported {
        tracing::error!(shard, age_ms, "a shard's loop stands still");
    }
    *reported = stalled;
    if age_ms > STALL_FATAL_MS {
        on_fatal(Fatal::ShardStalled { shard });
    }
}

fn update_gauges(directory: &Directory) {
    for (state, count) in InstanceState::ALL.into_iter().zip(directory.count_states()) {
        metrics::gauge!(crate::metrics::INSTANCES, "state" => state.as_str()).set(count as f64);
    }
}
