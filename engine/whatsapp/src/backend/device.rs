//! The device: identity and keys, the account it belongs to, and what the protocol crate counts across restarts.

use async_trait::async_trait;
use parking_lot::Mutex;
use ring::digest::{SHA256, digest};
use trunkline_store::{Batch, CommitClass, StoreError};
use wacore::stats::StorageResourceReport;
use wacore::store::Device;
use wacore::store::error::{Result, StoreError as ProtocolStoreError};
use wacore::store::traits::DeviceStore;
use zeroize::Zeroizing;

use super::space::{Space, damaged};
use super::tables::{self, tag};
use super::{LedgerBackend, failed};

/// Digest of the device that is on disk, as far as this backend knows. The protocol crate stores the device whenever it touched it,
/// also where it set what was set before: every login would write it once more for nothing.
#[derive(Default)]
pub(super) struct OnDisk(Mutex<Option<[u8; 32]>>);

impl OnDisk {
    fn is(&self, json: &[u8]) -> bool {
        *self.0.lock() == Some(sha256(json))
    }

    fn set(&self, json: &[u8]) {
        *self.0.lock() = Some(sha256(json));
    }
}

fn sha256(json: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, json).as_ref());
    out
}

fn read(space: &Space) -> std::result::Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    Ok(space.get_sealed(&space.key(tables::DEVICE, &[]), tag::DEVICE)?.map(Zeroizing::new))
}

fn parse(json: &[u8]) -> std::result::Result<Device, StoreError> {
    serde_json::from_slice(json).map_err(|error| {
        // Category and place only: the text around it is key material.
        damaged(format!("the device is no device ({:?} at byte {})", error.classify(), error.column()))
    })
}

/// The stored device, opened. `None` before the first session of an instance.
pub(super) fn load(space: &Space) -> std::result::Result<Option<Device>, StoreError> {
    read(space)?.map(|json| parse(&json)).transpose()
}

/// Whether the stored device belongs to an account.
pub(crate) fn is_linked(space: &Space) -> std::result::Result<bool, StoreError> {
    Ok(load(space)?.is_some_and(|device| device.account.is_some() && device.pn.is_some()))
}

#[async_trait]
impl DeviceStore for LedgerBackend {
    async fn save(&self, device: &Device) -> Result<()> {
        // The protocol crate's own serialisation: field names, with defaults for fields that came later.
        let json = serde_json::to_vec(device)
            .map(Zeroizing::new)
            .map_err(|error| ProtocolStoreError::Serialization(Box::new(error)))?;
        let _lock = self.locks.device.lock().await;
        if self.device_on_disk.is(&json) {
            return Ok(());
        }
        let key = self.space.key(tables::DEVICE, &[]);
        let sealed = self.space.sealed(&key, tag::DEVICE, &json);
        let mut batch = Batch::new();
        batch.put(key, sealed);
        self.space.commit(batch, CommitClass::First).await.map_err(failed)?;
        self.device_on_disk.set(&json);
        Ok(())
    }

    async fn load(&self) -> Result<Option<Device>> {
        let Some(json) = read(&self.space).map_err(failed)? else { return Ok(None) };
        self.device_on_disk.set(&json);
        parse(&json).map(Some).map_err(failed)
    }

    async fn exists(&self) -> Result<bool> {
        let key = self.space.key(tables::DEVICE, &[]);
        Ok(self.space.get(&key).map_err(failed)?.is_some())
    }

    async fn create(&self) -> Result<i32> {
        if !self.exists().await? {
            self.save(&Device::new()).await?;
        }
        // One device for each instance: the number means nothing here.
        Ok(1)
    }

    async fn resource_report(&self) -> StorageResourceReport {
        StorageResourceReport { memory_bytes: Some(0), ..StorageResourceReport::default() }
    }
}
