//! The memory governor of a shard. A client's caches grow with its contacts and give nothing back while it is connected, so
//! clients are asked round-robin what they hold, and a heavy one that is quiet is recycled: it disconnects in good order and
//! connects anew. What is decided, and when, is in `census.rs`; the actors do it (`instance/recycle.rs`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trunkline_model::InstanceId;

use super::census::{Census, MemoryLimits, Reading};
use crate::clock;
use crate::directory::Directory;
use crate::instance::InstanceMsg;
use crate::limits::{
    CLIENT_SOFT_BYTES, GOVERNOR_RECYCLES, GOVERNOR_SAMPLES, GOVERNOR_TICK, MEMORY_EASED_PERCENT,
    QUIET_PRESSED_MS, RECLAIM_MIN_BYTES, RECYCLE_AGAIN_MS,
};

/// What the operator decides about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryPolicy {
    /// What all clients of the shard may hold, in bytes.
    pub(crate) budget_bytes: u64,
    /// Silence after which a heavy client is recycled, in milliseconds.
    pub(crate) quiet_ms: u64,
}

/// Bounds the memory of a shard's clients.
pub(crate) struct Governor {
    shard: u16,
    policy: MemoryPolicy,
    census: Mutex<Census>,
    directory: Arc<Directory>,
    estimate: metrics::Gauge,
}

impl Governor {
    pub(crate) fn new(shard: u16, policy: MemoryPolicy, directory: Arc<Directory>) -> Arc<Governor> {
        let MemoryPolicy { budget_bytes, quiet_ms } = policy;
        let label = shard.to_string();
        metrics::gauge!(crate::metrics::CLIENT_MEMORY_BUDGET, "shard" => label.clone())
            .set(budget_bytes as f64);
        let client_base_bytes = trunkline_whatsapp::limits::CLIENT_BASE_BYTES;
        let census = Census::new(MemoryLimits {
            budget_bytes,
            client_soft_bytes: CLIENT_SOFT_BYTES,
            client_worth_bytes: client_base_bytes + RECLAIM_MIN_BYTES,
            client_base_bytes,
            quiet_ms,
            quiet_pressed_ms: QUIET_PRESSED_MS.min(quiet_ms),
            again_ms: RECYCLE_AGAIN_MS,
        });
        Arc::new(Governor {
            shard,
            policy,
            census: Mutex::new(census),
            directory,
            estimate: metrics::gauge!(crate::metrics::CLIENT_MEMORY, "shard" => label),
        })
    }

    fn census(&self) -> MutexGuard<'_, Census> {
        self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An instance is open.
    pub(crate) fn enter(&self, instance: InstanceId) {
        self.census().enter(instance, clock::steady_ms());
    }

    /// An instance is not open any more.
    pub(crate) fn leave(&self, instance: InstanceId) {
        self.census().leave(instance);
    }

    /// An instance's client answered.
    pub(crate) fn read(&self, instance: InstanceId, reading: Reading) {
        self.census().read(instance, reading, clock::steady_ms());
    }

    /// Governs for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut tick = tokio::time::interval(GOVERNOR_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut pressed = false;
        loop {
            tick.tick().await;
            let now_ms = clock::steady_ms();
            let (asked, chosen, held_bytes) = {
                let mut census = self.census();
                let chosen = census.choose(GOVERNOR_RECYCLES, now_ms);
                (census.next_to_ask(GOVERNOR_SAMPLES), chosen, census.total_bytes())
            };
            self.estimate.set(held_bytes as f64);
            self.press(&mut pressed, held_bytes);
            for choice in chosen {
                self.directory.cast(choice.instance, InstanceMsg::Recycle(choice));
            }
            for instance in asked {
                self.directory.cast(instance, InstanceMsg::Sample);
            }
        }
    }

    /// Turns bulk messages and media away over the budget, and takes them again some way under it.
    fn press(&self, pressed: &mut bool, held_bytes: u64) {
        let (shard, budget_bytes) = (self.shard, self.policy.budget_bytes);
        let eased_bytes = budget_bytes / 100 * MEMORY_EASED_PERCENT;
        let now = if *pressed { held_bytes > eased_bytes } else { held_bytes > budget_bytes };
        if now != *pressed {
            *pressed = now;
            self.directory.set_memory_full(shard, now);
            if now {
                tracing::warn!(shard, held_bytes, budget_bytes, "the clients hold more memory than they may");
            } else {
                tracing::info!(shard, held_bytes, budget_bytes, "the clients are within their memory again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_begins_over_the_budget_and_ends_some_way_under_it() {
        let directory = Arc::new(Directory::new(1));
        let governor =
            Governor::new(0, MemoryPolicy { budget_bytes: 1_000, quiet_ms: 1 }, Arc::clone(&directory));
        let mut pressed = false;
        let seen = [1_000, 1_001, 960, 950, 1_000].map(|held_bytes| {
            governor.press(&mut pressed, held_bytes);
            (pressed, directory.is_memory_full(0))
        });
        assert_eq!(seen, [false, true, true, false, false].map(|full| (full, full)));
    }
}
