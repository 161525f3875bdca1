//! Consumers that come for their events: what is not acknowledged is given again.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::delivery::LaneRecord;
use trunkline_model::event::Event;
use trunkline_model::{ErrorCode, Failure, InstanceId, record};
use trunkline_store::{Batch, CommitClass, Ledger};

use super::key::LaneKey;
use super::meters;
use super::registry::{Entry, Registry, ShardSide};
use super::rows;
use crate::engine::EngineError;
use crate::limits::{PULL_PAGES_PER_INSTANCE, WEBHOOK_PAGE};
use crate::log::{self, newest_on_disk};
use crate::patient;
use crate::shard::store_failure;

/// The next events for a consumer: each instance's in order, at most `limit`, waiting at most `wait_ms` for the first.
///
/// # Errors
/// A failure of the store.
pub(crate) async fn pull(
    registry: &Registry,
    entry: &Arc<Entry>,
    limit: usize,
    wait_ms: u64,
) -> Result<Vec<(InstanceId, Event)>, Failure> {
    let until = tokio::time::Instant::now() + Duration::from_millis(wait_ms);
    loop {
        // Before the look: what comes between the look and the wait rings.
        let rung = entry.bell.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        let looked = collect(registry, entry, limit).await?;
        if !looked.found.is_empty() {
            return Ok(looked.found);
        }
        // Only events that nobody wants were passed so far.
        if looked.is_unfinished {
            tokio::task::yield_now().await;
            continue;
        }
        if tokio::time::timeout_at(until, rung).await.is_err() {
            return Ok(Vec::new());
        }
    }
}

/// What one look at the logs brought.
#[derive(Default)]
struct Looked {
    found: Vec<(InstanceId, Event)>,
    /// There is more to look at.
    is_unfinished: bool,
}

async fn collect(registry: &Registry, entry: &Arc<Entry>, limit: usize) -> Result<Looked, Failure> {
    let mut looked = Looked::default();
    for shard in registry.shards() {
        let station = shard.dispatcher.station(entry.endpoint.id);
        for key in station.waiting() {
            let room = limit.saturating_sub(looked.found.len());
            if room == 0 {
                return Ok(looked);
            }
            let read = read(shard, entry, key, room).map_err(|error| unreadable(&error))?;
            if read.events.is_empty() {
                // Out first, then a look whether something came meanwhile.
                station.forget(key);
                let passed = skip(shard, entry, key, read.reached).await?;
                let newest =
                    newest_on_disk(&*shard.ledger, key.instance).map_err(|error| store_failure(&error))?;
                if newest > passed {
                    station.wait(key);
                    looked.is_unfinished = true;
                }
            } else {
                station.served(key);
            }
            looked.found.extend(read.events.into_iter().map(|event| (key.instance, event)));
        }
    }
    Ok(looked)
}

/// What waits in a log for a consumer.
struct Read {
    events: Vec<Event>,
    /// Sequence number of the last event that was looked at.
    reached: u64,
}

fn read(shard: &ShardSide, entry: &Entry, key: LaneKey, most: usize) -> Result<Read, EngineError> {
    let Some(place) = rows::lane(&*shard.ledger, entry.endpoint.id, key)? else {
        return Ok(Read { events: Vec::new(), reached: 0 });
    };
    let mut read = Read { events: Vec::new(), reached: place.after };
    for _ in 0..PULL_PAGES_PER_INSTANCE {
        let page = log::read(&*shard.ledger, key.instance, read.reached, WEBHOOK_PAGE)?;
        let is_last = page.len() < WEBHOOK_PAGE;
        for event in page {
            if read.events.len() == most {
                return Ok(read);
            }
            read.reached = event.sequence;
            if entry.endpoint.filter.wants(&event) {
                read.events.push(event);
            }
        }
        if is_last {
            break;
        }
    }
    Ok(read)
}

/// Goes on over events that a consumer does not want. Gives the place that is on disk then.
async fn skip(shard: &ShardSide, entry: &Entry, key: LaneKey, reached: u64) -> Result<u64, Failure> {
    let _one_at_a_time = entry.acknowledging.lock().await;
    advance(shard, entry, key, reached).await
}

/// A consumer has these events and everything before them; that is on disk when this returns.
///
/// # Errors
/// [`ErrorCode::InstanceNotFound`], or a failure of the store. Some of them may be acknowledged then.
pub(crate) async fn acknowledge(
    registry: &Registry,
    entry: &Arc<Entry>,
    places: Vec<(InstanceId, u64)>,
) -> Result<(), Failure> {
    let _one_at_a_time = entry.acknowledging.lock().await;
    for (instance, sequence) in places {
        let ours = entry.endpoint.filter.covers(instance)
            && registry.directory.belongs_to(instance, entry.endpoint.account);
        let shard = registry.shard_of(instance.slot()).filter(|_| ours).ok_or_else(|| {
            Failure::new(ErrorCode::InstanceNotFound, format!("The consumer has no instance {instance}."))
        })?;
        let key = LaneKey::live(instance);
        let newest = newest_on_disk(&*shard.ledger, instance).map_err(|error| store_failure(&error))?;
        advance(shard, entry, key, sequence.min(newest)).await?;
        // In again, and the next pull finds out whether there is more.
        shard.dispatcher.station(entry.endpoint.id).wait(key);
    }
    Ok(())
}

async fn advance(shard: &ShardSide, entry: &Entry, key: LaneKey, to: u64) -> Result<u64, Failure> {
    let place = rows::lane(&*shard.ledger, entry.endpoint.id, key).map_err(|error| unreadable(&error))?;
    let Some(mut place) = place.filter(|place| place.after < to) else {
        return Ok(to);
    };
    let before = place.counts;
    pass(shard, entry, key, &mut place, to).map_err(|error| unreadable(&error))?;
    let mut batch = Batch::new();
    let bytes = record::encode(&place).map_err(|error| unreadable(&error.into()))?;
    batch.put(rows::lane_key(entry.endpoint.id, key), bytes);
    let ledger: &dyn Ledger = &*shard.ledger;
    patient::commit(ledger, batch, CommitClass::First).await.map_err(|error| store_failure(&error))?;
    meters::count(entry.endpoint.target.kind(), key, before, place.counts);
    Ok(place.after)
}

fn pass(
    shard: &ShardSide,
    entry: &Entry,
    key: LaneKey,
    place: &mut LaneRecord,
    to: u64,
) -> Result<(), EngineError> {
    while place.after < to {
        let page = log::read(&*shard.ledger, key.instance, place.after, WEBHOOK_PAGE)?;
        let Some(first) = page.first() else { break };
        place.skip_to(first.sequence);
        for event in page.iter().take_while(|event| event.sequence <= to) {
            if entry.endpoint.filter.wants(event) { place.deliver() } else { place.pass_over() }
        }
        if page.first().is_some_and(|first| first.sequence > to) {
            break;
        }
    }
    Ok(())
}

fn unreadable(error: &EngineError) -> Failure {
    tracing::error!(%error, "the place of a consumer cannot be read or written");
    Failure::new(ErrorCode::Internal, "The place of the consumer cannot be read.")
}
