//! Between a portable device and the rows of an instance.

use std::sync::Arc;

use trunkline_model::record::Record;
use wacore::store::Device;
use wacore::store::error::StoreError as ProtocolStoreError;
use wacore::store::traits::{
    AppStateSyncKey, AppSyncStore, DeviceStore, LidPnMappingEntry, ProtocolStore, SignalStore,
};

use super::PortableError;
use crate::backend::{LedgerBackend, Space};

/// A linked device with its keys. What the service or the phone can tell again is not in it: collections of app state, lists
/// of devices, who has which sender key.
#[derive(Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PortableDevice {
    /// Identity, account and counters, as the protocol crate writes them.
    pub(crate) device_json: Vec<u8>,
    /// Identity keys of others, by protocol address.
    pub(crate) identities: Vec<(String, [u8; 32])>,
    /// Signal sessions, by protocol address.
    pub(crate) sessions: Vec<(String, Vec<u8>)>,
    /// One-time pre-keys that the service has, by id.
    pub(crate) uploaded_pre_keys: Vec<(u32, Vec<u8>)>,
    /// Those that it does not have.
    pub(crate) other_pre_keys: Vec<(u32, Vec<u8>)>,
    /// Signed pre-keys of earlier times, by id.
    pub(crate) signed_pre_keys: Vec<(u32, Vec<u8>)>,
    /// Sender keys of groups, by group and protocol address.
    pub(crate) sender_keys: Vec<(String, Vec<u8>)>,
    /// Keys of app state; the newest is the last.
    pub(crate) sync_keys: Vec<SyncKey>,
    /// LIDs with their phone numbers.
    pub(crate) lids: Vec<(String, String)>,
    /// Tokens of trusted contacts.
    pub(crate) contact_tokens: Vec<ContactToken>,
}

/// What a contact gave this number, so that it may write to the contact.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub(crate) struct ContactToken {
    /// User of the contact's LID, or of its phone number where no LID is known.
    pub(crate) whose: String,
    pub(crate) token: Vec<u8>,
    /// In seconds since the Unix epoch.
    pub(crate) received_at_s: i64,
    /// When ours was last given to the contact, in seconds since the Unix epoch.
    pub(crate) issued_at_s: Option<i64>,
}

/// A key of app state.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub(crate) struct SyncKey {
    pub(crate) id: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) time: i64,
}

impl Record for PortableDevice {
    const TAG: u16 = 0x4040;
}

impl std::fmt::Debug for PortableDevice {
    /// Without the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PortableDevice").field("sessions", &self.sessions.len()).finish_non_exhaustive()
    }
}

impl PortableDevice {
    pub(crate) fn device(&self) -> Result<Device, PortableError> {
        serde_json::from_slice(&self.device_json).map_err(|error| {
            PortableError::unreadable("device", format!("is no device (byte {})", error.column()))
        })
    }
}

/// Everything of an instance's space.
pub(super) fn load(space: &Space) -> Result<PortableDevice, PortableError> {
    let portable = crate::backend::portable(space)?;
    let portable = portable.ok_or(PortableError::NotLinked)?;
    portable.account()?;
    Ok(portable)
}

/// Writes everything; the device last: an instance without it was not imported.
pub(super) async fn save(portable: PortableDevice, space: Space) -> Result<(), PortableError> {
    let device = portable.device()?;
    let backend = LedgerBackend::over(space);
    write(&backend, portable, &device).await.map_err(|error| match error {
        ProtocolStoreError::Database(source) => match source.downcast() {
            Ok(ours) => PortableError::Store(*ours),
            Err(other) => PortableError::unreadable("store", other.to_string()),
        },
        other => PortableError::unreadable("store", other.to_string()),
    })
}

async fn write(
    backend: &LedgerBackend,
    portable: PortableDevice,
    device: &Device,
) -> Result<(), ProtocolStoreError> {
    let shared = |rows: Vec<(String, Vec<u8>)>| -> Vec<(Arc<str>, bytes::Bytes)> {
        rows.into_iter().map(|(address, row)| (address.into(), row.into())).collect()
    };
    let numbered = |rows: Vec<(u32, Vec<u8>)>| -> Vec<(u32, bytes::Bytes)> {
        rows.into_iter().map(|(id, row)| (id, row.into())).collect()
    };
    let identities: Vec<(Arc<str>, [u8; 32])> =
        portable.identities.into_iter().map(|(address, key)| (address.into(), key)).collect();
    backend.put_identities_batch(&identities).await?;
    backend.put_sessions_batch(&shared(portable.sessions)).await?;
    backend.store_prekeys_batch(&numbered(portable.uploaded_pre_keys), true).await?;
    backend.store_prekeys_batch(&numbered(portable.other_pre_keys), false).await?;
    for (id, record) in portable.signed_pre_keys {
        backend.store_signed_prekey(id, &record).await?;
    }
    backend.put_sender_keys_batch(&shared(portable.sender_keys)).await?;
    for SyncKey { id, key, fingerprint, time } in portable.sync_keys {
        backend.set_sync_key(&id, AppStateSyncKey { key_data: key, fingerprint, timestamp: time }).await?;
    }
    let now_s = wacore::time::now_secs();
    let lids: Vec<LidPnMappingEntry> = portable
        .lids
        .into_iter()
        .map(|(lid, phone_number)| LidPnMappingEntry {
            lid,
            phone_number,
            created_at: now_s,
            updated_at: now_s,
            learning_source: "other".to_owned(),
        })
        .collect();
    backend.put_lid_mappings(&lids).await?;
    backend.add_contact_tokens(&portable.contact_tokens).await?;
    backend.save(device).await
}
