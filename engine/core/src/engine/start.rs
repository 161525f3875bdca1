//! Bringing the shards up.

use std::sync::Arc;

use trunkline_model::record::ApiKeyRecord;
use trunkline_store::{DataDir, LocalLedger, Sealer, StoreOptions};

use super::error::EngineError;
use super::handle::{Engine, Inner};
use crate::config::EngineConfig;
use crate::directory::Directory;
use crate::fatal::Fatal;
use crate::keys::KeyRing;
use crate::media::BlobStore;
use crate::shard::{self, Found, ShardHandle, ShardParts};
use crate::watch;

impl Engine {
    /// Opens the data directory and starts every shard. Blocks until all of them run; call it from a plain thread.
    ///
    /// # Errors
    /// [`EngineError`] with a sentence that names the remedy; nothing is left running.
    pub fn start(config: EngineConfig) -> Result<Engine, EngineError> {
        let data_dir = DataDir::open_or_create(&config.data_dir)?;
        data_dir.claim_shards(config.shards)?;
        let sealer = Arc::new(Sealer::open(&data_dir, &config.master_key_file)?);
        let blobs = Arc::new(BlobStore::open(data_dir.path().join("blobs"))?);
        let directory = Arc::new(Directory::new(config.shards));
        let keys = KeyRing::default();
        let cores =
            if config.pin_threads { core_affinity::get_core_ids().unwrap_or_default() } else { Vec::new() };
        let mut shards: Vec<ShardHandle> = Vec::with_capacity(usize::from(config.shards));
        for shard in 0..config.shards {
            let ledger = open_ledger(&data_dir, shard, &config)?;
            let Found { instances, keys: found } = shard::read(&ledger, shard, config.shards)?;
            found.into_iter().for_each(|record: ApiKeyRecord| keys.insert(record));
            shards.push(shard::start(ShardParts {
                shard,
                core: cores.get(usize::from(shard) % cores.len().max(1)).copied(),
                config: config.clone(),
                ledger,
                sealer: Arc::clone(&sealer),
                directory: Arc::clone(&directory),
                blobs: Arc::clone(&blobs),
                instances,
            })?);
        }
        let beats = shards.iter().map(|shard| Arc::clone(&shard.heartbeat_ms)).collect();
        let watch = watch::start(beats, Arc::clone(&directory), config.on_fatal.clone())?;
        let allow_private_fetch = config.allow_private_fetch;
        let shards = shards.into();
        Ok(Engine::from_inner(Inner { data_dir, directory, keys, blobs, allow_private_fetch, shards, watch }))
    }
}

fn open_ledger(data_dir: &DataDir, shard: u16, config: &EngineConfig) -> Result<LocalLedger, EngineError> {
    let on_fatal = config.on_fatal.clone();
    let options = StoreOptions {
        on_poison: Some(Arc::new(move |_| on_fatal(Fatal::StorePoisoned { shard }))),
        ..StoreOptions::default()
    };
    Ok(LocalLedger::open(data_dir, shard, options)?)
}
