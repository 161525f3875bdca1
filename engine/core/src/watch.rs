//! The watch: a plain thread that sees when a shard's loop stands still, and whose poll it stands in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use trunkline_model::instance::InstanceState;

use crate::clock;
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::fatal::{Fatal, OnFatal};
use crate::limits::{STALL_FATAL_MS, STALL_MIN_MS, STALL_REPORT_MS, WATCH_TICK};
use crate::shard::{PollKind, Polls};

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

/// What is watched of a shard.
pub(crate) struct Watched {
    /// Steady time of the loop's last turn, in milliseconds.
    pub(crate) heartbeat_ms: Arc<AtomicU64>,
    pub(crate) polls: Arc<Polls>,
}

/// Starts the watch over the shards, in their order.
pub(crate) fn start(
    shards: Vec<Watched>,
    directory: Arc<Directory>,
    on_fatal: OnFatal,
) -> Result<Watch, EngineError> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let mut reporters: Vec<Reporter> = (0u16..).zip(shards).map(Reporter::new).collect();
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            let mut ticks = 0u32;
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(WATCH_TICK);
                ticks = ticks.wrapping_add(1);
                for reporter in &mut reporters {
                    reporter.look(&on_fatal);
                }
                if ticks.is_multiple_of(GAUGE_TICKS) {
                    update_gauges(&directory);
                }
            }
        })
        .map_err(|error| EngineError::Thread(error.to_string()))?;
    Ok(Watch(stop))
}

/// What is to be said about a shard's loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// It has stood still for long enough to be counted.
    Stalled,
    /// It has stood still for so long that somebody should look.
    Report,
    /// It turns again, after so many milliseconds.
    Over { stood_ms: u64 },
    /// The node is of no use like this.
    Fatal,
}

/// One shard's stall, from its first sight to its end. Pure: the ages come in.
#[derive(Debug, Default)]
struct Stall {
    stood_ms: u64,
    reported: bool,
    longest_ms: u64,
}

impl Stall {
    fn on(&mut self, age_ms: u64) -> Option<Finding> {
        if age_ms < STALL_MIN_MS {
            let stood_ms = std::mem::take(&mut self.stood_ms);
            self.reported = false;
            return (stood_ms > 0).then_some(Finding::Over { stood_ms });
        }
        let first = self.stood_ms == 0;
        self.stood_ms = age_ms;
        self.longest_ms = self.longest_ms.max(age_ms);
        if age_ms > STALL_FATAL_MS {
            Some(Finding::Fatal)
        } else if age_ms > STALL_REPORT_MS && !self.reported {
            self.reported = true;
            Some(Finding::Report)
        } else {
            first.then_some(Finding::Stalled)
        }
    }
}

/// Looks at one shard and tells.
struct Reporter {
    shard: u16,
    watched: Watched,
    stall: Stall,
    lag: metrics::Gauge,
    longest: metrics::Gauge,
}

impl Reporter {
    fn new((shard, watched): (u16, Watched)) -> Reporter {
        let label = shard.to_string();
        Reporter {
            shard,
            watched,
            stall: Stall::default(),
            lag: metrics::gauge!(crate::metrics::SHARD_LAG, "shard" => label.clone()),
            longest: metrics::gauge!(crate::metrics::SHARD_LONGEST_STALL, "shard" => label),
        }
    }

    fn look(&mut self, on_fatal: &OnFatal) {
        let shard = self.shard;
        let age_ms = clock::steady_ms().saturating_sub(self.watched.heartbeat_ms.load(Ordering::Relaxed));
        let task = self.watched.polls.polling().map_or("none", PollKind::as_str);
        self.lag.set(age_ms as f64 / 1_000.0);
        let finding = self.stall.on(age_ms);
        self.longest.set(self.stall.longest_ms as f64 / 1_000.0);
        match finding {
            Some(Finding::Stalled) => {
                tracing::warn!(shard, age_ms, task, "a shard's loop is late");
                metrics::counter!(
                    crate::metrics::SHARD_STALLS, "shard" => shard.to_string(), "task" => task
                )
                .increment(1);
            }
            Some(Finding::Report) => tracing::error!(shard, age_ms, task, "a shard's loop stands still"),
            Some(Finding::Over { stood_ms }) => tracing::info!(shard, stood_ms, "a shard's loop turns again"),
            Some(Finding::Fatal) => on_fatal(Fatal::ShardStalled { shard }),
            None => {}
        }
    }
}

fn update_gauges(directory: &Directory) {
    for (state, count) in InstanceState::ALL.into_iter().zip(directory.count_states()) {
        metrics::gauge!(crate::metrics::INSTANCES, "state" => state.as_str()).set(count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_counted_once_reported_once_and_its_end_is_told() {
        let mut stall = Stall::default();
        let told: Vec<_> = [
            STALL_MIN_MS - 1,
            STALL_MIN_MS,
            STALL_MIN_MS + 50,
            STALL_REPORT_MS + 1,
            STALL_REPORT_MS + 51,
            10,
            20,
            STALL_MIN_MS,
            5,
        ]
        .into_iter()
        .map(|age_ms| stall.on(age_ms))
        .collect();
        assert_eq!(
            told,
            [
                None,
                Some(Finding::Stalled),
                None,
                Some(Finding::Report),
                None,
                Some(Finding::Over { stood_ms: STALL_REPORT_MS + 51 }),
                None,
                Some(Finding::Stalled),
                Some(Finding::Over { stood_ms: STALL_MIN_MS }),
            ]
        );
        assert_eq!(stall.longest_ms, STALL_REPORT_MS + 51, "it outlives the stall");
        assert_eq!(stall.on(STALL_FATAL_MS + 1), Some(Finding::Fatal));
    }
}
