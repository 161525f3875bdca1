//! App state: sync keys, collection versions, and the MACs that the next patch is checked against.

use std::collections::HashMap;

use async_trait::async_trait;
use trunkline_model::record::{decode, encode};
use trunkline_store::{Batch, CommitClass};
use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::error::Result;
use wacore::store::traits::{AppStateSyncKey, AppSyncStore};

use super::records::{CollectionState, SyncKey};
use super::space::{Rows, tagged};
use super::suffix::{joined, prefix, single};
use super::tables::{self, tag};
use super::{LedgerBackend, failed, unreadable};

impl LedgerBackend {
    fn mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = self.space.key(tables::MUTATION_MAC, &joined(&[name.as_bytes()], index_mac));
        let mac = self.space.get_tagged(&key, tag::MUTATION_MAC).map_err(failed)?;
        Ok(mac.map(|mac| mac.to_vec()))
    }
}

#[async_trait]
impl AppSyncStore for LedgerBackend {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        let key = self.space.key(tables::SYNC_KEY, &single(key_id));
        let Some(plain) = self.space.get_sealed(&key, tag::SYNC_KEY).map_err(failed)? else {
            return Ok(None);
        };
        let record: SyncKey = decode(&plain).map_err(unreadable).map_err(failed)?;
        Ok(Some(AppStateSyncKey {
            key_data: record.key_data,
            fingerprint: record.fingerprint,
            timestamp: record.time,
        }))
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> Result<()> {
        let record = SyncKey { key_data: key.key_data, fingerprint: key.fingerprint, time: key.timestamp };
        let plain = encode(&record).map_err(unreadable).map_err(failed)?;
        let row = self.space.key(tables::SYNC_KEY, &single(key_id));
        let sealed = self.space.sealed(&row, tag::SYNC_KEY, &plain);
        let mut batch = Batch::new();
        batch.put(row, sealed);
        batch.put(self.space.key(tables::SYNC_KEY_LATEST, &[]), tagged(tag::SYNC_KEY_LATEST, key_id));
        self.space.commit(batch, CommitClass::First).await.map_err(failed)
    }

    async fn get_version(&self, name: &str) -> Result<HashState> {
        let key = self.space.key(tables::SYNC_VERSION, &single(name.as_bytes()));
        let Some(bytes) = self.space.get(&key).map_err(failed)? else { return Ok(HashState::default()) };
        let record: CollectionState = decode(&bytes).map_err(unreadable).map_err(failed)?;
        Ok(HashState {
            version: record.version,
            hash: record.hash,
            index_value_map: record.index_values.into_iter().collect(),
            mac_mismatch_fatal: record.mac_mismatch_fatal,
        })
    }

    async fn set_version(&self, name: &str, state: HashState) -> Result<()> {
        let record = CollectionState {
            version: state.version,
            hash: state.hash,
            index_values: state.index_value_map.into_iter().collect(),
            mac_mismatch_fatal: state.mac_mismatch_fatal,
        };
        let mut batch = Batch::new();
        let key = self.space.key(tables::SYNC_VERSION, &single(name.as_bytes()));
        batch.put(key, encode(&record).map_err(unreadable).map_err(failed)?);
        self.space.commit(batch, CommitClass::Soon).await.map_err(failed)
    }

    async fn put_mutation_macs(
        &self,
        name: &str,
        _version: u64,
        mutations: &[AppStateMutationMAC],
    ) -> Result<()> {
        let mut batches = Rows::default();
        for mutation in mutations {
            let suffix = joined(&[name.as_bytes()], &mutation.index_mac);
            let key = self.space.key(tables::MUTATION_MAC, &suffix);
            batches.next().put(key, tagged(tag::MUTATION_MAC, &mutation.value_mac));
        }
        batches.commit(&self.space, CommitClass::Soon).await.map_err(failed)
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        self.mutation_mac(name, index_mac)
    }

    async fn get_mutation_macs(
        &self,
        name: &str,
        index_macs: &[[u8; 32]],
    ) -> Result<HashMap<[u8; 32], Vec<u8>>> {
        let mut found = HashMap::with_capacity(index_macs.len());
        for index_mac in index_macs {
            if let Some(mac) = self.mutation_mac(name, index_mac)? {
                found.insert(*index_mac, mac);
            }
        }
        Ok(found)
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> Result<()> {
        let mut batches = Rows::default();
        for index_mac in index_macs {
            let suffix = joined(&[name.as_bytes()], index_mac);
            batches.next().delete(self.space.key(tables::MUTATION_MAC, &suffix));
        }
        batches.commit(&self.space, CommitClass::Soon).await.map_err(failed)
    }

    async fn clear_mutation_macs(&self, name: &str) -> Result<()> {
        let mut batch = Batch::new();
        batch.delete_range(self.space.prefix(tables::MUTATION_MAC, &prefix(&[name.as_bytes()])));
        self.space.commit(batch, CommitClass::Soon).await.map_err(failed)
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        let key = self.space.key(tables::SYNC_KEY_LATEST, &[]);
        let id = self.space.get_tagged(&key, tag::SYNC_KEY_LATEST).map_err(failed)?;
        Ok(id.map(|id| id.to_vec()))
    }
}
