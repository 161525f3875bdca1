//! What a node tells its operator about itself.

use trunkline_model::gate::Progress;
use trunkline_model::instance::InstanceState;

use super::handle::Engine;
use crate::clock;

/// The node as a whole. Counts only: nothing of any tenant.
#[derive(Debug, Clone)]
pub struct NodeStatus {
    /// When the engine started, in milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// Milliseconds since then.
    pub uptime_ms: u64,
    /// Each shard.
    pub shards: Vec<ShardStatus>,
    /// Number of instances in each state that any is in.
    pub instances: Vec<(InstanceState, usize)>,
    /// What became of the numbers that were to come back online when the engine started.
    pub resume: Progress,
}

/// A shard at this moment.
#[derive(Debug, Clone, Copy)]
pub struct ShardStatus {
    /// Number of the shard.
    pub shard: u16,
    /// Instances that live on it.
    pub instances: usize,
    /// Milliseconds since its loop last turned.
    pub lag_ms: u64,
}

impl Engine {
    /// Looks at the node. Goes over all instances; meant for people, not for the hot path.
    pub fn status(&self) -> NodeStatus {
        let inner = self.inner();
        let shards = self.health().shards.into_iter().zip(inner.directory.count_shards());
        let instances = InstanceState::ALL.into_iter().zip(inner.directory.count_states());
        NodeStatus {
            started_at_ms: inner.started_at_ms,
            uptime_ms: clock::steady_ms().saturating_sub(inner.started_steady_ms),
            shards: shards
                .map(|(health, instances)| ShardStatus {
                    shard: health.shard,
                    instances,
                    lag_ms: health.loop_age_ms,
                })
                .collect(),
            instances: instances.filter(|(_, count)| *count > 0).collect(),
            resume: inner.turns.progress(),
        }
    }
}
