//! What a shard finds on its disk when it starts.

use bytes::Bytes;
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, EventRetention, InstanceRecord, table};
use trunkline_model::slot::{PARTITIONS_DEFAULT, SLOTS, Slot};
use trunkline_model::{AccountId, InstanceId};
use trunkline_store::{Direction, Key, KeyRange, Ledger};

use crate::account::{FoundAccounts, read_accounts};
use crate::engine::EngineError;
use crate::place::instance_key;

/// The slots of one shard.
pub(crate) fn slots_of(shard: u16, shards: u16) -> impl Iterator<Item = Slot> {
    (0..SLOTS).map(Slot).filter(move |slot| slot.shard(PARTITIONS_DEFAULT, shards) == shard)
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) instances: Vec<InstanceRecord>,
    /// Instances whose deletion was cut short.
    pub(crate) doomed: Vec<InstanceId>,
    pub(crate) accounts: FoundAccounts,
    /// Endpoints, still sealed.
    pub(crate) endpoints: Vec<Bytes>,
    /// How long accounts keep their events, where they said so.
    pub(crate) retentions: Vec<(AccountId, EventRetention)>,
    /// Accounts that planned something.
    pub(crate) planners: Vec<AccountId>,
}

const PAGE: usize = 256;

/// Reads the records of every instance, account and key in a shard's slots.
pub(crate) fn read(ledger: &dyn Ledger, shard: u16, shards: u16) -> Result<Found, EngineError> {
    let mut found = Found::default();
    for slot in slots_of(shard, shards) {
        for (key, _) in scan_all(ledger, KeyRange::table(slot.0, 0, table::INSTANCE_DIRECTORY))? {
            let Some(id) = id_of(key.suffix()) else { continue };
            match read_instance(ledger, id)? {
                Some(record) if record.state != InstanceState::Deleted => found.instances.push(record),
                _ => found.doomed.push(id),
            }
        }
        read_accounts(ledger, slot, &mut found.accounts)?;
        let endpoints = scan_all(ledger, KeyRange::table(slot.0, 0, table::ENDPOINT))?;
        found.endpoints.extend(endpoints.into_iter().map(|(_, value)| value));
        for (key, value) in scan_all(ledger, KeyRange::table(slot.0, 0, table::EVENT_RETENTION))? {
            if let Ok(account) = key.suffix().try_into().map(u64::from_be_bytes) {
                found.retentions.push((AccountId(account), record::decode(&value)?));
            }
        }
        let planners = scan_all(ledger, KeyRange::table(slot.0, 0, table::PLANNER))?;
        let planners = planners.iter().filter_map(|(key, _)| key.suffix().try_into().ok());
        found.planners.extend(planners.map(u64::from_be_bytes).map(AccountId));
    }
    Ok(found)
}

fn id_of(suffix: &[u8]) -> Option<InstanceId> {
    suffix.try_into().map(u64::from_be_bytes).ok().map(InstanceId)
}

fn read_instance(ledger: &dyn Ledger, id: InstanceId) -> Result<Option<InstanceRecord>, EngineError> {
    ledger.get(&instance_key(id, table::INSTANCE, b""))?.map(|bytes| Ok(record::decode(&bytes)?)).transpose()
}

fn scan_all(ledger: &dyn Ledger, range: KeyRange) -> Result<Vec<(Key, Bytes)>, EngineError> {
    let mut all = Vec::new();
    let mut rest = range;
    loop {
        let page = ledger.scan(rest.clone(), Direction::Forward, PAGE)?;
        let full = page.len() == PAGE;
        let last = page.last().map(|(key, _)| key.clone());
        all.extend(page);
        match last {
            Some(last) if full => rest = rest.after(&last),
            _ => return Ok(all),
        }
    }
}
