//! What is on disk of endpoints and lanes.

use trunkline_model::delivery::{
    DeadLetterRecord, DeliveryRecord, Endpoint, EndpointRecord, LaneRecord, Target,
};
use trunkline_model::record::{self, RecordError, table};
use trunkline_model::slot::{PARTITIONS_DEFAULT, SLOTS, Slot};
use trunkline_model::{EndpointId, InstanceId};
use trunkline_store::{Batch, Direction, Key, KeyRange, Ledger, Sealer, StoreError};

use super::key::LaneKey;
use crate::engine::EngineError;
use crate::limits::DELIVERIES_KEPT;
use crate::log;
use crate::place::{instance_key, slot_key};

/// Key of an endpoint.
pub(super) fn endpoint_key(id: EndpointId) -> Key {
    slot_key(id.slot(), table::ENDPOINT, &id.0.to_be_bytes())
}

/// Puts an endpoint into a batch, its target sealed and bound to its place.
pub(super) fn put_endpoint(
    batch: &mut Batch,
    endpoint: &Endpoint,
    sealer: &Sealer,
) -> Result<(), RecordError> {
    let key = endpoint_key(endpoint.id);
    let target_sealed = sealer.seal(key.as_bytes(), &record::encode(&endpoint.target)?);
    let Endpoint {
        id,
        account,
        name,
        filter,
        batching,
        concurrency,
        timeout_ms,
        schedule,
        pause,
        created_at_ms,
        changed_at_ms,
        ..
    } = endpoint.clone();
    let stored = EndpointRecord {
        id,
        account,
        name,
        target_sealed,
        filter,
        batching,
        concurrency,
        timeout_ms,
        schedule,
        pause,
        created_at_ms,
        changed_at_ms,
    };
    batch.put(key, record::encode(&stored)?);
    Ok(())
}

/// Reads what [`put_endpoint`] wrote.
///
/// # Errors
/// [`EngineError`] when the record cannot be read or its target not be opened.
pub(crate) fn read_endpoint(bytes: &[u8], sealer: &Sealer) -> Result<Endpoint, EngineError> {
    let stored: EndpointRecord = record::decode(bytes)?;
    let target = sealer.unseal(endpoint_key(stored.id).as_bytes(), &stored.target_sealed)?;
    let target: Target = record::decode(&target)?;
    let EndpointRecord { id, account, name, filter, batching, concurrency, timeout_ms, .. } = stored;
    Ok(Endpoint {
        id,
        account,
        name,
        target,
        filter,
        batching,
        concurrency,
        timeout_ms,
        schedule: stored.schedule,
        pause: stored.pause,
        created_at_ms: stored.created_at_ms,
        changed_at_ms: stored.changed_at_ms,
    })
}

fn pair(endpoint: EndpointId, number: u64) -> [u8; 16] {
    let mut suffix = [0; 16];
    suffix[..8].copy_from_slice(&endpoint.0.to_be_bytes());
    suffix[8..].copy_from_slice(&number.to_be_bytes());
    suffix
}

/// The number behind the endpoint in a key's suffix.
fn number_of(key: &Key) -> Option<u64> {
    key.suffix().get(8..)?.try_into().ok().map(u64::from_be_bytes)
}

/// Key of a lane's place.
pub(super) fn lane_key(endpoint: EndpointId, key: LaneKey) -> Key {
    instance_key(key.instance, table::LANE, &pair(endpoint, key.lane))
}

/// What an endpoint owns under an instance in one table.
pub(super) fn of_endpoint(instance: InstanceId, table: u8, endpoint: EndpointId) -> KeyRange {
    KeyRange::prefix(instance.slot().0, instance.0, table, &endpoint.0.to_be_bytes())
}

/// The place of a lane. A live one that never had any goes through the whole log: the instance is younger than the endpoint.
pub(super) fn lane(
    ledger: &dyn Ledger,
    endpoint: EndpointId,
    key: LaneKey,
) -> Result<Option<LaneRecord>, EngineError> {
    match ledger.get(&lane_key(endpoint, key))? {
        Some(bytes) => Ok(Some(record::decode(&bytes)?)),
        None => Ok(key.is_live().then(|| LaneRecord::live(0))),
    }
}

/// Puts the place of an endpoint's live lane into a batch, at the end of the log. What is between an earlier place and that was not
/// wanted.
pub(super) fn begin_lane(
    ledger: &dyn Ledger,
    endpoint: EndpointId,
    instance: InstanceId,
    batch: &mut Batch,
) -> Result<(), EngineError> {
    let key = lane_key(endpoint, LaneKey::live(instance));
    let newest = log::newest_on_disk(ledger, instance)?;
    let mut place = match ledger.get(&key)? {
        Some(bytes) => record::decode(&bytes)?,
        None => LaneRecord::live(newest),
    };
    while place.after < newest {
        place.pass_over();
    }
    batch.put(key, record::encode(&place)?);
    Ok(())
}

/// Sequence number of an instance's last event from before a time; of the one before the first that is there, when all are later. The times
/// of a log never go back, so it is found by halving.
pub(super) fn last_before(
    ledger: &dyn Ledger,
    instance: InstanceId,
    time_ms: i64,
) -> Result<u64, EngineError> {
    let Some(oldest) = oldest(ledger, instance)? else { return Ok(0) };
    // Everything up to `before` is earlier, everything behind `later` is not.
    let (mut before, mut later) = (oldest - 1, log::newest_on_disk(ledger, instance)?);
    while before < later {
        let middle = later - (later - before) / 2;
        match log::event(ledger, instance, middle)? {
            Some(event) if event.time_ms >= time_ms => later = middle - 1,
            // One that retention took meanwhile was earlier than those that are left.
            _ => before = middle,
        }
    }
    Ok(before)
}

/// Sequence number of the first event that is still there.
pub(super) fn oldest(ledger: &dyn Ledger, instance: InstanceId) -> Result<Option<u64>, EngineError> {
    let events = KeyRange::table(instance.slot().0, instance.0, table::EVENT);
    let first = ledger.scan(events, Direction::Forward, 1)?;
    Ok(first.first().map(|(key, _)| log::sequence_of(key).max(1)))
}

/// The lanes of an endpoint through an instance's log that have a place on disk.
pub(super) fn lanes(
    ledger: &dyn Ledger,
    endpoint: EndpointId,
    instance: InstanceId,
    most: usize,
) -> Result<Vec<(LaneKey, LaneRecord)>, EngineError> {
    let rows = ledger.scan(of_endpoint(instance, table::LANE, endpoint), Direction::Forward, most)?;
    rows.iter()
        .map(|(key, bytes)| {
            let lane = number_of(key).unwrap_or(LaneKey::LIVE);
            Ok((LaneKey { instance, lane }, record::decode(bytes)?))
        })
        .collect()
}

/// Key of an event that was given up.
pub(super) fn dead_letter_key(endpoint: EndpointId, instance: InstanceId, sequence: u64) -> Key {
    instance_key(instance, table::DEAD_LETTER, &pair(endpoint, sequence))
}

/// Events of an instance that an endpoint was not told, after a sequence number.
pub(super) fn dead_letters(
    ledger: &dyn Ledger,
    endpoint: EndpointId,
    instance: InstanceId,
    after: u64,
    most: usize,
) -> Result<Vec<(u64, DeadLetterRecord)>, EngineError> {
    let range = of_endpoint(instance, table::DEAD_LETTER, endpoint);
    let rows =
        ledger.scan(range.after(&dead_letter_key(endpoint, instance, after)), Direction::Forward, most)?;
    rows.iter().map(|(key, bytes)| Ok((number_of(key).unwrap_or(0), record::decode(bytes)?))).collect()
}

/// The part of an endpoint's delivery log that an instance's deliveries go to.
pub(super) fn ring_of(instance: InstanceId) -> u16 {
    instance.slot().partition(PARTITIONS_DEFAULT)
}

/// Owner of the rows of one ring.
fn ring_slot(ring: u16) -> Slot {
    Slot(ring * (SLOTS / PARTITIONS_DEFAULT))
}

/// Key of a delivery's row: later ones take the places of earlier ones.
pub(super) fn delivery_key(endpoint: EndpointId, ring: u16, number: u64) -> Key {
    let place = (number % DELIVERIES_KEPT as u64) as u16;
    Key::new(ring_slot(ring).0, endpoint.0, table::DELIVERY, &place.to_be_bytes())
}

/// The deliveries in one ring, in no order.
pub(super) fn deliveries(
    ledger: &dyn Ledger,
    endpoint: EndpointId,
    ring: u16,
) -> Result<Vec<DeliveryRecord>, EngineError> {
    let rows = ledger.scan(ring_range(endpoint, ring), Direction::Forward, DELIVERIES_KEPT)?;
    rows.iter().map(|(_, bytes)| Ok(record::decode(bytes)?)).collect()
}

/// All rows of one ring.
pub(super) fn ring_range(endpoint: EndpointId, ring: u16) -> KeyRange {
    KeyRange::table(ring_slot(ring).0, endpoint.0, table::DELIVERY)
}

/// Puts the removal of what tells of events before `first_kept` into a batch, as far as there is room for it.
///
/// # Errors
/// Those of [`Ledger::scan`].
pub(crate) fn forget_letters(
    ledger: &dyn Ledger,
    instance: InstanceId,
    first_kept: u64,
    (batch, most): (&mut Batch, usize),
) -> Result<(), StoreError> {
    let letters = KeyRange::table(instance.slot().0, instance.0, table::DEAD_LETTER);
    let (mut rest, mut room) = (letters.clone(), most);
    while room > 0 {
        let page = ledger.scan(rest.clone(), Direction::Forward, room)?;
        let Some((last, _)) = page.last() else { break };
        let old = |key: &Key| number_of(key).is_some_and(|sequence| sequence < first_kept);
        let kept = page.iter().find(|(key, _)| !old(key)).map(|(key, _)| key.clone());
        for (key, _) in page.iter().take_while(|(key, _)| old(key)) {
            batch.delete(key.clone());
            room -= 1;
        }
        rest = match kept.as_ref().and_then(endpoint_of) {
            // The later letters of an endpoint are younger: on with the next endpoint.
            Some(endpoint) => letters.after(&dead_letter_key(endpoint, instance, u64::MAX)),
            None => letters.after(last),
        };
    }
    Ok(())
}

fn endpoint_of(key: &Key) -> Option<EndpointId> {
    key.suffix().get(..8)?.try_into().ok().map(u64::from_be_bytes).map(EndpointId)
}
