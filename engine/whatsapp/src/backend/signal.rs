//! Signal state: sessions, identities, pre-keys and sender keys. All of it is on disk when a call returns: a send goes out
//! only after the lease that covers it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use trunkline_store::{Batch, CommitClass, Key, KeyRange, StoreError};
use wacore::store::error::Result;
use wacore::store::traits::SignalStore;

use super::space::{Rows, damaged, tagged, untag};
use super::suffix::single;
use super::tables::{self, tag};
use super::{LedgerBackend, failed};
use crate::limits::PRE_KEYS_SKIPPED_PER_LOOK_UP;

/// A pre-key row: tag, whether the server has it, the sealed record.
const UPLOADED_AT: usize = 2;

impl LedgerBackend {
    async fn put_sealed(&self, table: u8, tag: u16, suffix: &[u8], plain: &[u8]) -> Result<()> {
        let key = self.space.key(table, suffix);
        let mut batch = Batch::new();
        let value = self.space.sealed(&key, tag, plain);
        batch.put(key, value);
        self.space.commit(batch, CommitClass::First).await.map_err(failed)
    }

    async fn put_all_sealed<V: AsRef<[u8]>>(
        &self,
        table: u8,
        tag: u16,
        rows: &[(Arc<str>, V)],
    ) -> Result<()> {
        let mut batches = Rows::default();
        for (address, plain) in rows {
            let key = self.space.key(table, &single(address.as_bytes()));
            let value = self.space.sealed(&key, tag, plain.as_ref());
            batches.next().put(key, value);
        }
        batches.commit(&self.space, CommitClass::First).await.map_err(failed)
    }

    fn get_sealed(&self, table: u8, tag: u16, suffix: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = self.space.key(table, suffix);
        self.space.get_sealed(&key, tag).map_err(failed)
    }

    async fn remove(&self, table: u8, suffix: &[u8]) -> Result<()> {
        let mut batch = Batch::new();
        batch.delete(self.space.key(table, suffix));
        self.space.commit(batch, CommitClass::First).await.map_err(failed)
    }

    fn pre_key_row(&self, key: &Key, record: &[u8], uploaded: bool) -> Vec<u8> {
        let mut value = tagged(tag::PRE_KEY, &[u8::from(uploaded)]);
        value.extend_from_slice(&self.space.seal_only(key, record));
        value
    }

    fn open_pre_key(&self, id: u32) -> std::result::Result<Option<Bytes>, StoreError> {
        let key = self.space.key(tables::PRE_KEY, &id.to_be_bytes());
        self.space.get(&key)?.map(|value| self.open_pre_key_row(&key, value)).transpose()
    }

    fn open_pre_key_row(&self, key: &Key, value: Bytes) -> std::result::Result<Bytes, StoreError> {
        let row = untag(value, tag::PRE_KEY)?;
        let sealed = row.get(1..).ok_or_else(|| damaged("a pre-key is cut off".to_owned()))?;
        Ok(self.space.unseal(key, sealed)?.into())
    }

    /// Several pre-keys. Every login asks for all that the server holds, some eight hundred in a row: one pass over their range
    /// costs a small part of as many look-ups.
    fn open_pre_keys(&self, ids: &[u32]) -> std::result::Result<Vec<(u32, Bytes)>, StoreError> {
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else { return Ok(Vec::new()) };
        let wanted: BTreeSet<u32> = ids.iter().copied().collect();
        let at = |id: u32| self.space.key(tables::PRE_KEY, &id.to_be_bytes());
        let is_sparse = (last - first) as usize / wanted.len() >= PRE_KEYS_SKIPPED_PER_LOOK_UP;
        let mut found = Vec::with_capacity(wanted.len());
        if is_sparse || *last == u32::MAX {
            for id in wanted {
                found.extend(self.open_pre_key(id)?.map(|record| (id, record)));
            }
            return Ok(found);
        }
        self.space.for_each(KeyRange::between(at(*first), at(last + 1)), |key, value| {
            let id = key.suffix().try_into().map(u32::from_be_bytes);
            if let Some(id) = id.ok().filter(|id| wanted.contains(id)) {
                found.push((id, self.open_pre_key_row(key, value)?));
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn any_row(&self, table: u8, prefix: &[u8]) -> std::result::Result<bool, StoreError> {
        Ok(!self.space.page(self.space.prefix(table, prefix), 1)?.is_empty())
    }
}

/// The id at the end of a pre-key's key.
fn id_of(key: &Key) -> std::result::Result<u32, StoreError> {
    let bytes = key.suffix().try_into().map_err(|_| damaged("a pre-key id has no four bytes".to_owned()))?;
    Ok(u32::from_be_bytes(bytes))
}

#[async_trait]
impl SignalStore for LedgerBackend {
    async fn put_identity(&self, address: &str, key: [u8; 32]) -> Result<()> {
        self.put_sealed(tables::IDENTITY, tag::IDENTITY, &single(address.as_bytes()), &key).await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        self.put_all_sealed(tables::IDENTITY, tag::IDENTITY, identities).await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        let stored = self.get_sealed(tables::IDENTITY, tag::IDENTITY, &single(address.as_bytes()))?;
        let checked = stored.map(<[u8; 32]>::try_from).transpose();
        checked.map_err(|_| failed(damaged("an identity key has no 32 bytes".to_owned())))
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.remove(tables::IDENTITY, &single(address.as_bytes())).await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        let stored = self.get_sealed(tables::SESSION, tag::SESSION, &single(address.as_bytes()))?;
        Ok(stored.map(Bytes::from))
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        self.put_sealed(tables::SESSION, tag::SESSION, &single(address.as_bytes()), session).await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_all_sealed(tables::SESSION, tag::SESSION, sessions).await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.remove(tables::SESSION, &single(address.as_bytes())).await
    }

    async fn has_session(&self, address: &str) -> Result<bool> {
        let key = self.space.key(tables::SESSION, &single(address.as_bytes()));
        Ok(self.space.get(&key).map_err(failed)?.is_some())
    }

    async fn has_signal_state_for_user(&self, user: &str) -> Result<bool> {
        // Device 0 is `user@server`, the others are `user:device@server`.
        for end in ["@", ":"] {
            let prefix = format!("{user}{end}");
            for table in [tables::SESSION, tables::IDENTITY] {
                if self.any_row(table, prefix.as_bytes()).map_err(failed)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn store_prekey(&self, id: u32, record: &[u8], uploaded: bool) -> Result<()> {
        self.store_prekeys_batch(&[(id, Bytes::copy_from_slice(record))], uploaded).await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], uploaded: bool) -> Result<()> {
        let _lock = self.locks.pre_keys.lock().await;
        let mut batches = Rows::default();
        for (id, record) in keys {
            let key = self.space.key(tables::PRE_KEY, &id.to_be_bytes());
            let value = self.pre_key_row(&key, record, uploaded);
            batches.next().put(key, value);
        }
        batches.commit(&self.space, CommitClass::First).await.map_err(failed)
    }

    async fn load_prekey(&self, id: u32) -> Result<Option<Bytes>> {
        self.open_pre_key(id).map_err(failed)
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> Result<Vec<(u32, Bytes)>> {
        self.open_pre_keys(ids).map_err(failed)
    }

    async fn mark_prekeys_uploaded(&self, ids: &[u32]) -> Result<()> {
        // Under the lock that removal takes too: a key that was consumed meanwhile must stay gone.
        let _lock = self.locks.pre_keys.lock().await;
        let mut batches = Rows::default();
        for id in ids {
            let key = self.space.key(tables::PRE_KEY, &id.to_be_bytes());
            let Some(row) = self.space.get(&key).map_err(failed)? else { continue };
            let mut row = row.to_vec();
            if let Some(uploaded) = row.get_mut(UPLOADED_AT) {
                *uploaded = 1;
            }
            batches.next().put(key, row);
        }
        batches.commit(&self.space, CommitClass::First).await.map_err(failed)
    }

    async fn remove_prekey(&self, id: u32) -> Result<()> {
        let _lock = self.locks.pre_keys.lock().await;
        self.remove(tables::PRE_KEY, &id.to_be_bytes()).await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        match self.space.last(self.space.table(tables::PRE_KEY)).map_err(failed)? {
            Some((key, _)) => id_of(&key).map_err(failed),
            None => Ok(0),
        }
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> Result<()> {
        self.put_sealed(tables::SIGNED_PRE_KEY, tag::SIGNED_PRE_KEY, &id.to_be_bytes(), record).await
    }

    async fn load_signed_prekey(&self, id: u32) -> Result<Option<Vec<u8>>> {
        self.get_sealed(tables::SIGNED_PRE_KEY, tag::SIGNED_PRE_KEY, &id.to_be_bytes())
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let mut found = Vec::new();
        let range = self.space.table(tables::SIGNED_PRE_KEY);
        self.space
            .for_each(range, |key, value| {
                let sealed = super::space::untag(value, tag::SIGNED_PRE_KEY)?;
                found.push((id_of(key)?, self.space.unseal(key, &sealed)?));
                Ok(())
            })
            .map_err(failed)?;
        Ok(found)
    }

    async fn remove_signed_prekey(&self, id: u32) -> Result<()> {
        self.remove(tables::SIGNED_PRE_KEY, &id.to_be_bytes()).await
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
        self.put_sealed(tables::SENDER_KEY, tag::SENDER_KEY, &single(address.as_bytes()), record).await
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_all_sealed(tables::SENDER_KEY, tag::SENDER_KEY, sender_keys).await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        self.get_sealed(tables::SENDER_KEY, tag::SENDER_KEY, &single(address.as_bytes()))
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.remove(tables::SENDER_KEY, &single(address.as_bytes())).await
    }
}
