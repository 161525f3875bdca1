//! LID ↔ phone number, and device lists.

use std::collections::HashMap;

use trunkline_model::record::{decode, encode};
use trunkline_store::{CommitClass, StoreError};
use wacore::store::traits::{DeviceInfo, DeviceListRecord, LidPnMappingEntry};

use super::records::{DeviceList, LidMapping, ListedDevice};
use super::space::{Rows, damaged, tagged};
use super::suffix::single;
use super::tables::{self, tag};
use super::{LedgerBackend, unreadable};

fn mapping_entry(lid: &str, bytes: &[u8]) -> Result<LidPnMappingEntry, StoreError> {
    let record: LidMapping = decode(bytes).map_err(unreadable)?;
    Ok(LidPnMappingEntry {
        lid: lid.to_owned(),
        phone_number: record.phone,
        created_at: record.created_at_s,
        updated_at: record.updated_at_s,
        learning_source: record.source,
    })
}

impl LedgerBackend {
    pub(super) fn lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>, StoreError> {
        let key = self.space.key(tables::LID_MAPPING, &single(lid.as_bytes()));
        self.space.get(&key)?.map(|bytes| mapping_entry(lid, &bytes)).transpose()
    }

    pub(super) fn phone_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>, StoreError> {
        let key = self.space.key(tables::PHONE_MAPPING, &single(phone.as_bytes()));
        let Some(lid) = self.space.get_tagged(&key, tag::PHONE_MAPPING)? else { return Ok(None) };
        let lid = std::str::from_utf8(&lid).map_err(|error| damaged(error.to_string()))?;
        self.lid_mapping(lid)
    }

    pub(super) fn all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>, StoreError> {
        let mut found = Vec::new();
        self.space.for_each(self.space.table(tables::LID_MAPPING), |key, value| {
            // A LID is digits, so it is never long enough to be hashed.
            let lid = std::str::from_utf8(key.suffix()).map_err(|error| damaged(error.to_string()))?;
            found.push(mapping_entry(lid, &value)?);
            Ok(())
        })?;
        Ok(found)
    }

    pub(super) async fn store_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<(), StoreError> {
        let _lock = self.locks.mappings.lock().await;
        // What earlier entries of this very call changed, since reads do not see it yet.
        let mut phones: HashMap<&str, &str> = HashMap::with_capacity(entries.len());
        let mut batches = Rows::default();
        for entry in entries {
            let old_phone = match phones.get(entry.lid.as_str()) {
                Some(phone) => Some((*phone).to_owned()),
                None => self.lid_mapping(&entry.lid)?.map(|old| old.phone_number),
            };
            let record = LidMapping {
                phone: entry.phone_number.clone(),
                created_at_s: entry.created_at,
                updated_at_s: entry.updated_at,
                source: entry.learning_source.clone(),
            };
            let batch = batches.next();
            // The number that this LID had before leads nowhere any more.
            if let Some(old) = old_phone.filter(|old| *old != entry.phone_number) {
                batch.delete(self.space.key(tables::PHONE_MAPPING, &single(old.as_bytes())));
            }
            let by_phone = self.space.key(tables::PHONE_MAPPING, &single(entry.phone_number.as_bytes()));
            batch.put(by_phone, tagged(tag::PHONE_MAPPING, entry.lid.as_bytes()));
            let by_lid = self.space.key(tables::LID_MAPPING, &single(entry.lid.as_bytes()));
            batch.put(by_lid, encode(&record).map_err(unreadable)?);
            phones.insert(&entry.lid, &entry.phone_number);
        }
        // Waited for on the way of a first message, so not worth 25 ms of patience.
        batches.commit(&self.space, CommitClass::First).await
    }

    pub(super) fn device_list(&self, user: &str) -> Result<Option<DeviceListRecord>, StoreError> {
        let key = self.space.key(tables::DEVICE_LIST, &single(user.as_bytes()));
        let Some(bytes) = self.space.get(&key)? else { return Ok(None) };
        let record: DeviceList = decode(&bytes).map_err(unreadable)?;
        let info = |device: ListedDevice| {
            DeviceInfo::new(device.device_id, device.key_index).with_hosting(device.is_hosted)
        };
        Ok(Some(DeviceListRecord {
            user: user.to_owned(),
            devices: record.devices.into_iter().map(info).collect(),
            timestamp: record.time_s,
            phash: record.participant_hash,
            raw_id: record.raw_id,
        }))
    }

    pub(super) async fn store_device_lists(&self, lists: Vec<DeviceListRecord>) -> Result<(), StoreError> {
        let mut batches = Rows::default();
        for list in lists {
            let listed = |device: &DeviceInfo| ListedDevice {
                device_id: device.device_id,
                key_index: device.key_index,
                is_hosted: device.is_hosted,
            };
            let record = DeviceList {
                devices: list.devices.iter().map(listed).collect(),
                time_s: list.timestamp,
                participant_hash: list.phash,
                raw_id: list.raw_id,
            };
            let key = self.space.key(tables::DEVICE_LIST, &single(list.user.as_bytes()));
            batches.next().put(key, encode(&record).map_err(unreadable)?);
        }
        batches.commit(&self.space, CommitClass::First).await
    }
}
