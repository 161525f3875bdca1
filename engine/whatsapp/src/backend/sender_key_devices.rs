//! Which devices of a group have our sender key. Kept twice, by group and by device, so that either can be forgotten
//! without reading the other's rows.

use trunkline_store::{Batch, CommitClass, StoreError};

use super::LedgerBackend;
use super::space::{Rows, damaged, tagged, untag};
use super::suffix::{joined, prefix};
use super::tables::{self, tag};

impl LedgerBackend {
    pub(super) fn sender_key_devices(&self, group: &str) -> Result<Vec<(String, bool)>, StoreError> {
        let head = prefix(&[group.as_bytes()]);
        let mut found = Vec::new();
        self.space.for_each(self.space.prefix(tables::SENDER_KEY_DEVICE, &head), |_, value| {
            // The device is in the value as well: a key may hold its hash only.
            let row = untag(value, tag::SENDER_KEY_DEVICE)?;
            let (has_key, device) = row.split_first().ok_or_else(|| damaged("an empty row".to_owned()))?;
            let device = String::from_utf8(device.to_vec()).map_err(|error| damaged(error.to_string()))?;
            found.push((device, *has_key == 1));
            Ok(())
        })?;
        Ok(found)
    }

    pub(super) async fn mark_sender_key_devices(
        &self,
        group: &str,
        entries: &[(&str, bool)],
    ) -> Result<(), StoreError> {
        let _lock = self.locks.sender_key_devices.lock().await;
        let mut batches = Rows::default();
        for (device, has_key) in entries {
            let mut row = tagged(tag::SENDER_KEY_DEVICE, &[u8::from(*has_key)]);
            row.extend_from_slice(device.as_bytes());
            let by_group = joined(&[group.as_bytes()], device.as_bytes());
            let by_device = joined(&[device.as_bytes()], group.as_bytes());
            let batch = batches.next();
            batch.put(self.space.key(tables::SENDER_KEY_DEVICE, &by_group), row);
            let index = self.space.key(tables::SENDER_KEY_BY_DEVICE, &by_device);
            batch.put(index, tagged(tag::INDEX, group.as_bytes()));
        }
        batches.commit(&self.space, CommitClass::Soon).await
    }

    pub(super) async fn forget_sender_key_group(&self, group: &str) -> Result<(), StoreError> {
        let _lock = self.locks.sender_key_devices.lock().await;
        let mut batches = Rows::default();
        for (device, _) in self.sender_key_devices(group)? {
            let by_group = joined(&[group.as_bytes()], device.as_bytes());
            let by_device = joined(&[device.as_bytes()], group.as_bytes());
            let batch = batches.next();
            batch.delete(self.space.key(tables::SENDER_KEY_DEVICE, &by_group));
            batch.delete(self.space.key(tables::SENDER_KEY_BY_DEVICE, &by_device));
        }
        batches.commit(&self.space, CommitClass::Soon).await
    }

    pub(super) async fn forget_sender_key_devices(&self, devices: &[&str]) -> Result<(), StoreError> {
        let _lock = self.locks.sender_key_devices.lock().await;
        let mut batches = Rows::default();
        for device in devices {
            let head = prefix(&[device.as_bytes()]);
            self.space.for_each(self.space.prefix(tables::SENDER_KEY_BY_DEVICE, &head), |key, value| {
                let group = untag(value, tag::INDEX)?;
                let by_group = joined(&[&group], device.as_bytes());
                let batch = batches.next();
                batch.delete(self.space.key(tables::SENDER_KEY_DEVICE, &by_group));
                batch.delete(key.clone());
                Ok(())
            })?;
        }
        batches.commit(&self.space, CommitClass::Soon).await
    }

    pub(super) async fn forget_all_sender_key_devices(&self) -> Result<(), StoreError> {
        let _lock = self.locks.sender_key_devices.lock().await;
        let mut batch = Batch::new();
        batch.delete_range(self.space.table(tables::SENDER_KEY_DEVICE));
        batch.delete_range(self.space.table(tables::SENDER_KEY_BY_DEVICE));
        self.space.commit(batch, CommitClass::Soon).await
    }
}
