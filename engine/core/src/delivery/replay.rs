//! Telling events again: what a request asks for of one log is a lane of its own, with its place on disk, beside the live one.

use std::collections::BTreeMap;
use std::sync::Arc;

use trunkline_model::command::Replay;
use trunkline_model::delivery::{LaneRecord, Stretch};
use trunkline_model::{ErrorCode, Failure, FieldError, InstanceId, record};
use trunkline_store::{Batch, CommitClass};

use super::inbox::Order;
use super::key::LaneKey;
use super::registry::{Entry, Registry};
use super::rows;
use crate::clock;
use crate::engine::EngineError;
use crate::limits::{DEAD_LETTERS_PER_REPLAY, REPLAYS_PER_LOG_MAX};
use crate::log::{self, newest_on_disk};
use crate::patient;
use crate::shard::store_failure;

/// What is told again of each log, in order.
type Wanted = BTreeMap<InstanceId, Vec<Stretch>>;

/// Writes replays; they are on disk when this returns, and begin. Gives the number of events of the logs that they go through. Nothing
/// begins when one of them may not.
///
/// # Errors
/// [`ErrorCode::Validation`] for events that are not there, [`ErrorCode::TooManyRequests`] when too many replays of one log are
/// under way, or a failure of the store.
pub(crate) async fn replay(
    registry: &Arc<Registry>,
    entry: &Arc<Entry>,
    what: Replay,
) -> Result<u64, Failure> {
    let entry = Arc::clone(entry);
    registry
        .aside(move |registry| {
            let mut wanted = wanted(registry, &entry, what)?;
            wanted.values_mut().for_each(|stretches| stretches.retain(|stretch| stretch.events() > 0));
            wanted.retain(|_, stretches| !stretches.is_empty());
            for instance in wanted.keys() {
                check_room(registry, &entry, *instance)?;
            }
            let mut events = 0;
            for (instance, stretches) in wanted {
                events += write(registry, &entry, instance, stretches)?;
            }
            Ok(events)
        })
        .await
}

fn check_room(registry: &Registry, entry: &Entry, instance: InstanceId) -> Result<(), Failure> {
    let Some(shard) = registry.shard_of(instance.slot()) else { return Ok(()) };
    let under_way = rows::lanes(&*shard.ledger, entry.endpoint.id, instance, REPLAYS_PER_LOG_MAX + 1);
    if under_way.map_err(|error| unreadable(&error))?.len() <= REPLAYS_PER_LOG_MAX {
        return Ok(());
    }
    let detail =
        format!("{REPLAYS_PER_LOG_MAX} replays of {instance} are under way; wait until they are over.");
    Err(Failure { retry_after_ms: Some(5_000), ..Failure::new(ErrorCode::TooManyRequests, detail) })
}

fn write(
    registry: &Registry,
    entry: &Entry,
    instance: InstanceId,
    stretches: Vec<Stretch>,
) -> Result<u64, Failure> {
    let Some(shard) = registry.shard_of(instance.slot()) else { return Ok(0) };
    let Some(place) = LaneRecord::replay(stretches) else { return Ok(0) };
    // Never the number of the live lane.
    let key = LaneKey { instance, lane: clock::random_u64() | 1 };
    let mut batch = Batch::new();
    let bytes = record::encode(&place).map_err(|error| unreadable(&error.into()))?;
    batch.put(rows::lane_key(entry.endpoint.id, key), bytes);
    patient::commit_blocking(&*shard.ledger, &batch, CommitClass::First)
        .map_err(|error| store_failure(&error))?;
    shard.dispatcher.inbox.order(Order::Replay(entry.endpoint.id, key));
    Ok(place.pending(0))
}

fn wanted(registry: &Registry, entry: &Entry, what: Replay) -> Result<Wanted, Failure> {
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
                if !is_there(registry, instance, sequence)? {
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
            let between = |instance: InstanceId| {
                let Some(shard) = registry.shard_of(instance.slot()) else {
                    return Ok((instance, Vec::new()));
                };
                let after = rows::last_before(&*shard.ledger, instance, from_ms)?;
                let until = rows::last_before(&*shard.ledger, instance, to_ms)?;
                Ok((instance, vec![Stretch { after, until }]))
            };
            let found: Result<Wanted, EngineError> = instances.into_iter().map(between).collect();
            found.map_err(|error| unreadable(&error))
        }
        Replay::After(instance, after) => {
            let until = newest(registry, own(instance, "instance")?)?;
            Ok(BTreeMap::from([(instance, vec![Stretch { after, until }])]))
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

/// Neighbours go together. Takes the events of each instance in order.
fn joined(events: &[(InstanceId, u64)]) -> Wanted {
    let mut wanted = Wanted::new();
    for &(instance, sequence) in events {
        let stretches = wanted.entry(instance).or_default();
        match stretches.last_mut() {
            Some(last) if last.until + 1 == sequence => last.until = sequence,
            _ => stretches.push(Stretch { after: sequence.saturating_sub(1), until: sequence }),
        }
    }
    wanted
}

fn is_there(registry: &Registry, instance: InstanceId, sequence: u64) -> Result<bool, Failure> {
    let Some(shard) = registry.shard_of(instance.slot()) else { return Ok(false) };
    let event = log::event(&*shard.ledger, instance, sequence).map_err(|error| unreadable(&error))?;
    Ok(event.is_some())
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
        let stretch = |after, until| Stretch { after, until };
        let expected = [(a, vec![stretch(0, 2), stretch(3, 4)]), (b, vec![stretch(4, 6)])];
        assert_eq!(joined(&events), BTreeMap::from(expected));
    }
}
