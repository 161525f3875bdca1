//! How an endpoint does: sums over its instances, read from the disk, and what its stations know. Blocks.

use trunkline_model::command::{DeadLetter, EndpointHealth};
use trunkline_model::delivery::{BreakerState, DeliveryRecord, LaneCounts, LaneRecord, TargetKind};
use trunkline_model::slot::PARTITIONS_DEFAULT;
use trunkline_model::{EndpointId, InstanceId};

use super::key::LaneKey;
use super::registry::{Entry, Registry, ShardSide};
use super::rows;
use crate::engine::EngineError;
use crate::log::{self, newest_on_disk};

/// The health of an endpoint.
///
/// # Errors
/// [`EngineError`] when something cannot be read.
pub(crate) fn health(registry: &Registry, entry: &Entry) -> Result<EndpointHealth, EngineError> {
    let mut health = EndpointHealth::default();
    for instance in registry.instances_of(&entry.endpoint) {
        if let Some(shard) = registry.shard_of(instance.slot()) {
            add_lane(&mut health, shard, entry, instance)?;
        }
    }
    if entry.endpoint.target.kind() != TargetKind::Pull {
        for shard in registry.shards() {
            let condition = shard.dispatcher.station(entry.endpoint.id).condition();
            health.breaker = Some(match health.breaker {
                Some(worse) if rank(worse) >= rank(condition.breaker) => worse,
                _ => condition.breaker,
            });
            health.last_success_ms = health.last_success_ms.max(condition.last_success_ms);
            health.last_outcome = condition.last_outcome.or(health.last_outcome);
        }
    }
    Ok(health)
}

fn rank(state: BreakerState) -> u8 {
    match state {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen => 1,
        BreakerState::Open => 2,
    }
}

fn add_lane(
    health: &mut EndpointHealth,
    shard: &ShardSide,
    entry: &Entry,
    instance: InstanceId,
) -> Result<(), EngineError> {
    let Some(LaneRecord { counts, after, .. }) =
        rows::lane(&*shard.ledger, entry.endpoint.id, LaneKey::live(instance))?
    else {
        return Ok(());
    };
    let LaneCounts { delivered, passed_over, dead, expired } = counts;
    health.counts.delivered += delivered;
    health.counts.passed_over += passed_over;
    health.counts.dead += dead;
    health.counts.expired += expired;
    let newest = newest_on_disk(&*shard.ledger, instance)?;
    if newest > after {
        health.pending += newest - after;
        let oldest = log::read(&*shard.ledger, instance, after, 1)?.first().map(|event| event.time_ms);
        health.oldest_pending_ms = match (health.oldest_pending_ms, oldest) {
            (Some(known), Some(other)) => Some(known.min(other)),
            (known, other) => known.or(other),
        };
    }
    Ok(())
}

/// The newest attempts of an endpoint, newest first.
///
/// # Errors
/// [`EngineError`] when something cannot be read.
pub(crate) fn deliveries(
    registry: &Registry,
    endpoint: EndpointId,
    wanted: impl Fn(&DeliveryRecord) -> bool,
    limit: usize,
) -> Result<Vec<DeliveryRecord>, EngineError> {
    let mut found = Vec::new();
    let count = u16::try_from(registry.shards().len()).unwrap_or(u16::MAX).max(1);
    for ring in 0..PARTITIONS_DEFAULT {
        if let Some(shard) = registry.shards().get(usize::from(ring % count)) {
            found.extend(rows::deliveries(&*shard.ledger, endpoint, ring)?.into_iter().filter(&wanted));
        }
    }
    found.sort_unstable_by_key(|delivery| std::cmp::Reverse((delivery.time_ms, delivery.number)));
    found.truncate(limit);
    Ok(found)
}

/// A page of the events that an endpoint was not told, and whether more follow.
///
/// # Errors
/// [`EngineError`] when something cannot be read.
pub(crate) fn dead_letters(
    registry: &Registry,
    entry: &Entry,
    after: Option<(InstanceId, u64)>,
    limit: usize,
) -> Result<(Vec<DeadLetter>, bool), EngineError> {
    let mut instances = registry.instances_of(&entry.endpoint);
    instances.sort_unstable();
    let mut found = Vec::new();
    for instance in instances {
        let from = match after {
            Some((reached, _)) if instance < reached => continue,
            Some((reached, sequence)) if instance == reached => sequence,
            _ => 0,
        };
        let Some(shard) = registry.shard_of(instance.slot()) else { continue };
        let room = limit + 1 - found.len();
        for (sequence, record) in rows::dead_letters(&*shard.ledger, entry.endpoint.id, instance, from, room)?
        {
            let event = log::event(&*shard.ledger, instance, sequence)?;
            found.push(DeadLetter { instance, event, sequence, record });
        }
        if found.len() > limit {
            break;
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}
