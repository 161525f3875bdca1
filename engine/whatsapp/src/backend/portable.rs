//! The rows of a linked device, for its export.

use trunkline_model::record::decode;
use trunkline_store::{Key, StoreError};
use wacore::store::error::StoreError as ProtocolStoreError;

use super::records::{self, LidMapping, TcToken};
use super::space::{Space, damaged, untag};
use super::tables::{self, tag};
use super::{LedgerBackend, failed, unreadable};
use crate::portable::{ContactToken, PortableDevice, SyncKey};

fn text(key: &Key) -> Result<String, StoreError> {
    String::from_utf8(key.suffix().to_vec()).map_err(|_| damaged("an address is no text".to_owned()))
}

fn number(key: &Key) -> Result<u32, StoreError> {
    let bytes = key.suffix().try_into().map_err(|_| damaged("a key id has no four bytes".to_owned()))?;
    Ok(u32::from_be_bytes(bytes))
}

/// Every row of a table whose values are sealed.
fn sealed(space: &Space, table: u8, tag: u16) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
    let mut rows = Vec::new();
    space.for_each(space.table(table), |key, value| {
        rows.push((key.clone(), space.unseal(key, &untag(value, tag)?)?));
        Ok(())
    })?;
    Ok(rows)
}

fn by_address(space: &Space, table: u8, tag: u16) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    sealed(space, table, tag)?.into_iter().map(|(key, row)| Ok((text(&key)?, row))).collect()
}

/// What makes a device what it is. `None` for an instance without one.
pub(crate) fn portable(space: &Space) -> Result<Option<PortableDevice>, StoreError> {
    let Some((_, device_json)) = sealed(space, tables::DEVICE, tag::DEVICE)?.pop() else { return Ok(None) };
    let identities = by_address(space, tables::IDENTITY, tag::IDENTITY)?;
    let mut device = PortableDevice {
        device_json,
        identities: identities
            .into_iter()
            .filter_map(|(address, key)| Some((address, key.try_into().ok()?)))
            .collect(),
        sessions: by_address(space, tables::SESSION, tag::SESSION)?,
        sender_keys: by_address(space, tables::SENDER_KEY, tag::SENDER_KEY)?,
        ..PortableDevice::default()
    };
    space.for_each(space.table(tables::PRE_KEY), |key, value| {
        let row = untag(value, tag::PRE_KEY)?;
        let (uploaded, sealed) =
            row.split_first().ok_or_else(|| damaged("a pre-key is cut off".to_owned()))?;
        let record = (number(key)?, space.unseal(key, sealed)?);
        if *uploaded == 1 {
            device.uploaded_pre_keys.push(record)
        } else {
            device.other_pre_keys.push(record)
        }
        Ok(())
    })?;
    for (key, record) in sealed(space, tables::SIGNED_PRE_KEY, tag::SIGNED_PRE_KEY)? {
        device.signed_pre_keys.push((number(&key)?, record));
    }
    let newest = space.get_tagged(&space.key(tables::SYNC_KEY_LATEST, &[]), tag::SYNC_KEY_LATEST)?;
    for (key, plain) in sealed(space, tables::SYNC_KEY, tag::SYNC_KEY)? {
        let record: records::SyncKey = decode(&plain).map_err(unreadable)?;
        let id = key.suffix().to_vec();
        device.sync_keys.push(SyncKey {
            id,
            key: record.key_data,
            fingerprint: record.fingerprint,
            time: record.time,
        });
    }
    device.sync_keys.sort_by_key(|key| newest.as_deref() == Some(&key.id[..]));
    space.for_each(space.table(tables::LID_MAPPING), |key, value| {
        let record: LidMapping = decode(&value).map_err(unreadable)?;
        device.lids.push((text(key)?, record.phone));
        Ok(())
    })?;
    space.for_each(space.table(tables::TC_TOKEN), |key, value| {
        let TcToken { token, received_at_s, issued_at_s } = decode(&value).map_err(unreadable)?;
        device.contact_tokens.push(ContactToken { whose: text(key)?, token, received_at_s, issued_at_s });
        Ok(())
    })?;
    Ok(Some(device))
}

impl LedgerBackend {
    /// The tokens of an import.
    pub(crate) async fn add_contact_tokens(&self, tokens: &[ContactToken]) -> Result<(), ProtocolStoreError> {
        let row = |token: &ContactToken| TcToken {
            token: token.token.clone(),
            received_at_s: token.received_at_s,
            issued_at_s: token.issued_at_s,
        };
        let rows: Vec<_> = tokens.iter().map(|token| (token.whose.as_str(), row(token))).collect();
        self.add_tc_tokens(&rows).await.map_err(failed)
    }
}
