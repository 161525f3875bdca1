//! Telling events again: each stretch of a log is a lane of its own, with its place on disk, beside the live one.

use std::sync::Arc;

use trunkline_model::command::Replay;
use trunkline_model::delivery::LaneRecord;
use trunkline_model::{ErrorCode, Failure, FieldError, InstanceId, record};
use trunkline_store::{Batch, CommitClass, Ledger};

use super::inbox::Order;
use super::key::LaneKey;
use super::registry::{Entry, Registry};
use super::rows;
use crate::clock;
use crate::engine::EngineError;
use crate::limits::{DEAD_LETTERS_PER_REPLAY, REPLAYS_PER_LOG_MAX};
use crate::log::newest_on_disk;
use crate::patient;
use crate::shard::store_failure;

/// Events `after < sequence <= until` of an instance.
type Stretch = (InstanceId, u64, u64);

/// Writes replays; they are on disk when this returns, and begin. Gives the number of events of the logs that they go through.
///
/// # Errors
/// [`ErrorCode::Validation`] for events that are not there, [`ErrorCode::TooManyRequests`] when too many replays of one log are
/// under way, or a failure of the store.
pub(crate) async fn replay(registry: &Registry, entry: &Arc<Entry>, what: Replay) -> Result<u64, Failure> {
    let stretches = stretches(registry, entry, what)?;
    let mut events = 0;
    for (instance, after, until) in stretches {
        events += write(registry, entry, (instance, after, until)).await?;
    }
    Ok(events)
}

async fn write(
    registry: &Registry,
    entry: &Arc<Entry>,
    (instance, after, until): Stretch,
) -> Result<u64, Failure> {
    if after >= until {
        return Ok(0);
    }
    let Some(shard) = registry.shard_of(instance.slot()) else { return Ok(0) };
    let ledger: &dyn Ledger = &*shard.ledger;
    let id = entry.endpoint.id;
    let under_way =
        rows::lanes(ledger, id, instance, REPLAYS_PER_LOG_MAX + 1).map_err(|error| unreadable(&error))?;
    if under_way.len() > REPLAYS_PER_LOG_MAX {
        let mut failure = Failure::new(
            ErrorCode::TooManyRequests,
            format!("{REPLAYS_PER_LOG_MAX} replays of {instance} are under way; wait until they are over."),
        );
        failure.retry_after_ms = Some(5_000);
        return Err(failure);
    }
    // Never the number of the live lane.
    let key = LaneKey { instance, lane: clock::random_u64() | 1 };
    let mut batch = Batch::new();
    let place =
        record::encode(&LaneRecord::new(after, Some(until))).map_err(|error| unreadable(&error.into()))?;
    batch.put(rows::lane_key(id, key), place);
    patient::commit(ledger, batch, CommitClass::First).await.map_err(|error| store_failure(&error))?;
    shard.dispatcher.inbox.order(Order::Replay(id, key));
    Ok(until - after)
}

fn stretches(registry: &Registry, entry: &Entry, what: Replay) -> Result<Vec<Stretch>, Failure> {
    let own = |instance: InstanceId, field: &str| {
        let ours = entry.endpoint.filter.covers(instance)
            && registry.directory.belongs_to(instance, entry.endpoint.account);
        if ours { Ok(instance) } else { Err(wrong(field, "is not an instance that this webhook is told of")) }
    };
    match what {
        Replay::Events(mut events) => {
            events.sort_unstable();
            events.dedup();
            for &(instance, sequence) in &events {
                own(instance, "events")?;
                let newest = newest(registry, instance)?;
                if sequence == 0 || sequence > newest {
                    return Err(wrong("events", "names an event that is not in the log"));
                }
            }
            Ok(joined(&events))
        }
        Replay::Times { instance, from_ms, to_ms } => {
            let instances = match instance {
                Some(instance) => vec![own(instance, "instance")?],
                None => registry.instances_of(&entry.endpoint),
            };
            let stretch = |instance: InstanceId| {
                let Some(shard) = registry.shard_of(instance.slot()) else { return Ok((instance, 0, 0)) };
                let after = rows::last_before(&*shard.ledger, instance, from_ms)?;
                let until = rows::last_before(&*shard.ledger, instance, to_ms)?;
                Ok((instance, after, until))
            };
            let found: Result<Vec<Stretch>, EngineError> = instances.into_iter().map(stretch).collect();
            found.map_err(|error| unreadable(&error))
        }
        Replay::After(instance, after) => {
            let newest = newest(registry, own(instance, "instance")?)?;
            Ok(vec![(instance, after, newest)])
        }
        Replay::DeadLetters => {
            let mut letters = Vec::new();
            for instance in registry.instances_of(&entry.endpoint) {
                let Some(shard) = registry.shard_of(instance.slot()) else { continue };
                let room = DEAD_LETTERS_PER_REPLAY - letters.len();
                let found = rows::dead_letters(&*shard.ledger, entry.endpoint.id, instance, 0, room);
                let found = found.map_err(|error| unreadable(&error))?;
                letters.extend(found.into_iter().map(|(sequence, _)| (instance, sequence)));
                if letters.len() == DEAD_LETTERS_PER_REPLAY {
                    break;
                }
            }
            Ok(joined(&letters))
        }
    }
}

/// Neighbours go together. Takes events in order.
fn joined(events: &[(InstanceId, u64)]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for &(instance, sequence) in events {
        match stretches.last_mut() {
            Some((last, _, until)) if *last == instance && *until + 1 == sequence => *until = sequence,
            _ => stretches.push((instance, sequence - 1, sequence)),
        }
    }
    stretches
}

fn newest(registry: &Registry, instance: InstanceId) -> Result<u64, Failure> {
    let Some(shard) = registry.shard_of(instance.slot()) else { return Ok(0) };
    newest_on_disk(&*shard.ledger, instance).map_err(|error| store_failure(&error))
}

fn wrong(field: &str, message: &str) -> Failure {
    Failure::invalid(vec![FieldError::new(field, message)])
}

fn unreadable(error: &EngineError) -> Failure {
    tracing::error!(%error, "a replay cannot be prepared");
    Failure::new(ErrorCode::Internal, "The event log cannot be read.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_told_in_one_stretch() {
        let (a, b) = (InstanceId(1), InstanceId(2));
        let events = [(a, 1), (a, 2), (a, 4), (b, 5), (b, 6)];
        assert_eq!(joined(&events), [(a, 0, 2), (a, 3, 4), (b, 4, 6)]);
    }
}
