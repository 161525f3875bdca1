//! The device: identity and keys, the account it belongs to, and what the protocol crate counts across restarts.

use async_trait::async_trait;
use trunkline_store::{Batch, CommitClass, StoreError};
use wacore::stats::StorageResourceReport;
use wacore::store::Device;
use wacore::store::error::{Result, StoreError as ProtocolStoreError};
use wacore::store::traits::DeviceStore;
use zeroize::Zeroizing;

use super::space::{Space, damaged};
use super::tables::{self, tag};
use super::{LedgerBackend, failed};

/// The stored device, opened. `None` before the first session of an instance.
pub(crate) fn load(space: &Space) -> std::result::Result<Option<Device>, StoreError> {
    let key = space.key(tables::DEVICE, &[]);
    let Some(json) = space.get_sealed(&key, tag::DEVICE)? else { return Ok(None) };
    let json = Zeroizing::new(json);
    serde_json::from_slice(&json).map(Some).map_err(|error| {
        // Category and place only: the text around it is key material.
        damaged(format!("the device is no device ({:?} at byte {})", error.classify(), error.column()))
    })
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
        let key = self.space.key(tables::DEVICE, &[]);
        let sealed = self.space.sealed(&key, tag::DEVICE, &json);
        let mut batch = Batch::new();
        batch.put(key, sealed);
        self.space.commit(batch, CommitClass::First).await.map_err(failed)
    }

    async fn load(&self) -> Result<Option<Device>> {
        load(&self.space).map_err(failed)
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
