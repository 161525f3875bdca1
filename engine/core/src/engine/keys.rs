//! API keys: making them, and recognising them.

use std::path::Path;

use trunkline_model::record::{self, ApiKeyRecord, table};
use trunkline_model::slot::{PARTITIONS_DEFAULT, Slot};
use trunkline_model::{AccountId, ErrorCode, Failure, KeyId, Scope};
use trunkline_store::{Batch, CommitClass, DataDir, Ledger, LocalLedger, StoreOptions};

use super::error::EngineError;
use super::handle::Engine;
use crate::clock;
use crate::keys::{self, Principal};
use crate::place::slot_key;
use crate::shard::store_failure;

/// A key that was just made. The secret is shown once and kept nowhere.
#[derive(Clone)]
pub struct NewKey {
    /// Its public id.
    pub id: KeyId,
    /// What its holder presents.
    pub secret: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Engine {
    /// Whether no key exists yet: a first start.
    pub fn has_no_keys(&self) -> bool {
        self.inner().keys.ids().is_empty()
    }

    /// Makes a key; its hash is on disk when this returns.
    ///
    /// # Errors
    /// A failure of the store, or of the random number generator.
    pub async fn create_key(
        &self,
        account: AccountId,
        label: &str,
        scopes: &[Scope],
    ) -> Result<NewKey, Failure> {
        let made = make(account, label, scopes).map_err(|error| {
            tracing::error!(%error, "a key could not be made");
            Failure::new(ErrorCode::Internal, "The key could not be made.")
        })?;
        let shard = usize::from(made.slot.shard(PARTITIONS_DEFAULT, self.shard_count()));
        let commit = self.inner().shards[shard].ledger.commit(made.batch, CommitClass::First).await;
        commit.map_err(|error| store_failure(&error))?;
        self.inner().keys.insert(&made.record);
        Ok(made.shown)
    }

    /// Who presents this key.
    pub fn authenticate(&self, presented: &str) -> Option<Principal> {
        self.inner().keys.find(presented)
    }
}

/// Makes a key in a data directory that no server uses. Blocks.
///
/// # Errors
/// [`EngineError::Store`]: the directory is in use, is not Trunkline's, or fails.
pub fn create_key_offline(
    data_dir: &Path,
    account: AccountId,
    label: &str,
    scopes: &[Scope],
) -> Result<NewKey, EngineError> {
    let data_dir = DataDir::open_or_create(data_dir)?;
    let shards = data_dir.shards().ok_or(EngineError::NeverStarted)?;
    let made = make(account, label, scopes)?;
    let shard = made.slot.shard(PARTITIONS_DEFAULT, shards);
    let ledger = LocalLedger::open(&data_dir, shard, StoreOptions::default())?;
    ledger.commit(made.batch, CommitClass::First).wait()?;
    ledger.close()?;
    Ok(made.shown)
}

/// A key that is not on disk yet.
struct Made {
    slot: Slot,
    batch: Batch,
    record: ApiKeyRecord,
    shown: NewKey,
}

fn make(account: AccountId, label: &str, scopes: &[Scope]) -> Result<Made, EngineError> {
    let secret = keys::make_secret().map_err(|_| EngineError::Random)?;
    let sha256 = keys::hash(&secret);
    let record = ApiKeyRecord {
        id: KeyId(clock::random_u64()),
        account,
        label: label.to_owned(),
        sha256,
        scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        created_at_ms: clock::wall_ms(),
    };
    let slot = Slot::of(keys::placement(&sha256));
    let mut batch = Batch::new();
    batch.put(slot_key(slot, table::API_KEY, &sha256), record::encode(&record)?);
    let shown = NewKey { id: record.id, secret };
    Ok(Made { slot, batch, record, shown })
}
