//! Bringing the shards up.

use std::sync::Arc;

use trunkline_model::gate::Pace;
use trunkline_store::{DataDir, Ledger, LocalLedger, Sealer, StoreOptions};

use super::accounts::{self, Held};
use super::error::EngineError;
use super::handle::{Engine, Inner};
use crate::account::Accounts;
use crate::clock;
use crate::config::EngineConfig;
use crate::delivery::{self, Dispatcher, Registry, ShardSide};
use crate::directory::Directory;
use crate::fatal::Fatal;
use crate::limits::{
    LOGINS_PER_SHARD, RECONNECT_RATE_MAX, TURN_ADVANCE_MIN, TURN_ADVANCE_MS, TURN_BURST_MIN, TURN_BURST_MS,
};
use crate::media::{BlobStore, BlobSweeper, Bucket};
use crate::planner::Planner;
use crate::shard::{self, Found, ShardHandle, ShardParts, Turns};
use crate::watch::{self, Watched};

impl Engine {
    /// Opens the data directory and starts every shard. Blocks until all of them run; call it from a plain thread.
    ///
    /// # Errors
    /// [`EngineError`] with a sentence that names the remedy; nothing is left running.
    pub fn start(mut config: EngineConfig) -> Result<Engine, EngineError> {
        config.whatsapp.allow_private_proxies = config.allow_private_fetch;
        let (started_at_ms, started_steady_ms) = (clock::wall_ms(), clock::steady_ms());
        let data_dir = DataDir::open_or_create(&config.data_dir)?;
        data_dir.claim_shards(config.shards)?;
        let sealer = Arc::new(Sealer::open(&data_dir, &config.master_key_file)?);
        let blobs = Arc::new(open_blobs(&data_dir, &config)?);
        let directory = Arc::new(Directory::new(config.shards));
        let cores =
            if config.pin_threads { core_affinity::get_core_ids().unwrap_or_default() } else { Vec::new() };
        let all = (0..config.shards).collect();
        let stores = for_every_shard(all, |shard| read_shard(&data_dir, shard, &config))?;
        let found = stores.iter().map(|store| store.found.instances.len()).sum();
        if found > config.instances_max {
            return Err(EngineError::TooManyInstances { found, max: config.instances_max });
        }
        let turns = Turns::new(pace(&config));
        let registry = Registry::new(Arc::clone(&sealer), Arc::clone(&directory));
        let planner = planner(&stores, &sealer, &directory)?;
        let accounts =
            known_accounts(&stores, (&directory, &registry), (&sealer, config.allow_private_fetch))?;
        let dispatchers: Vec<Arc<Dispatcher>> =
            (0..config.shards).map(|shard| Dispatcher::new(shard, Arc::clone(&registry))).collect();
        let shards: Vec<ShardHandle> = for_every_shard(stores, |store| {
            shard::start(ShardParts {
                shard: store.shard,
                core: cores.get(usize::from(store.shard) % cores.len().max(1)).copied(),
                config: config.clone(),
                ledger: store.ledger,
                sealer: Arc::clone(&sealer),
                directory: Arc::clone(&directory),
                accounts: Arc::clone(&accounts),
                turns: turns.clone(),
                blobs: Arc::clone(&blobs),
                registry: Arc::clone(&registry),
                dispatcher: Arc::clone(&dispatchers[usize::from(store.shard)]),
                planner: Arc::clone(&planner),
                instances: store.found.instances,
                doomed: store.found.doomed,
            })
        })?;
        let watch = watch::start(watched(&shards), Arc::clone(&directory), config.on_fatal.clone())?;
        let ledgers = shards.iter().map(|shard| Arc::new(shard.ledger.clone()) as Arc<dyn Ledger>).collect();
        let sweeper = BlobSweeper::start(Arc::clone(&blobs), ledgers)?;
        // Last: every number has its place in the queue by now, whichever shard it lives on.
        let turns = turns.open(Arc::clone(&directory), config.on_fatal.clone())?;
        let sides = sides(&shards, dispatchers);
        accounts.begin(accounts::homes(&shards));
        let engine = Engine::from_inner(Inner {
            data_dir,
            sealer,
            directory,
            accounts,
            blobs,
            sweeper,
            allow_private_fetch: config.allow_private_fetch,
            whatsapp: config.whatsapp.clone(),
            instances_max: config.instances_max,
            started_at_ms,
            started_steady_ms,
            shards: shards.into(),
            watch,
            turns,
            registry: Arc::clone(&registry),
            planner,
        });
        engine.begin(&registry, sides);
        Ok(engine)
    }

    /// Lets happen from now on what begins by itself.
    fn begin(&self, registry: &Arc<Registry>, sides: Vec<ShardSide>) {
        registry.begin(sides.into(), self.teller_of_pauses());
        self.inner().accounts.begin_asking(self.asker_about_vouchers());
        self.begin_plans();
    }
}

/// The accounts of the shards' stores, with their endpoints.
fn known_accounts(
    stores: &[OpenStore],
    (directory, registry): (&Arc<Directory>, &Arc<Registry>),
    (sealer, allow_private): (&Arc<Sealer>, bool),
) -> Result<Arc<Accounts>, EngineError> {
    let held = Held { directory: Arc::clone(directory), registry: Arc::clone(registry), allow_private };
    let accounts = Accounts::new(Box::new(held));
    accounts.seal_with(Arc::clone(sealer));
    for found in stores.iter().map(|store| &store.found) {
        enter_endpoints(registry, found, sealer)?;
        accounts.found(&found.accounts);
    }
    Ok(accounts)
}

/// What accounts planned, as the shards' stores have it.
fn planner(
    stores: &[OpenStore],
    sealer: &Arc<Sealer>,
    directory: &Arc<Directory>,
) -> Result<Arc<Planner>, EngineError> {
    let ledgers = stores.iter().map(|store| Arc::new(store.ledger.clone()) as Arc<dyn Ledger>).collect();
    let planner = Planner::new(ledgers, Arc::clone(sealer), Arc::clone(directory));
    for account in stores.iter().flat_map(|store| &store.found.planners) {
        planner.found(*account)?;
    }
    Ok(planner)
}

/// Makes the endpoints known that a shard found on its disk, and how long events are kept.
fn enter_endpoints(registry: &Registry, found: &Found, sealer: &Sealer) -> Result<(), EngineError> {
    for endpoint in &found.endpoints {
        registry.found(delivery::read_endpoint(endpoint, sealer)?);
    }
    found.retentions.iter().for_each(|(account, kept)| registry.keep_retention(*account, *kept));
    Ok(())
}

/// What the delivery to endpoints uses of each shard.
fn sides(shards: &[ShardHandle], dispatchers: Vec<Arc<Dispatcher>>) -> Vec<ShardSide> {
    let sides = shards.iter().zip(dispatchers);
    sides
        .map(|(shard, dispatcher)| ShardSide { ledger: Arc::new(shard.ledger.clone()), dispatcher })
        .collect()
}

fn open_blobs(data_dir: &DataDir, config: &EngineConfig) -> Result<BlobStore, EngineError> {
    let dir = data_dir.path().join("blobs");
    match &config.bucket {
        None => Ok(BlobStore::open(dir, config.media_spool, config.media_quota_bytes)?),
        Some(bucket) => {
            let bucket = Bucket::open(bucket)?;
            Ok(BlobStore::open_over(bucket, dir, config.media_spool, config.media_quota_bytes)?)
        }
    }
}

/// A shard's store, and what was found in it.
struct OpenStore {
    shard: u16,
    ledger: LocalLedger,
    found: Found,
}

fn read_shard(data_dir: &DataDir, shard: u16, config: &EngineConfig) -> Result<OpenStore, EngineError> {
    let ledger = open_ledger(data_dir, shard, config)?;
    let found = shard::read(&ledger, shard, config.shards)?;
    Ok(OpenStore { shard, ledger, found })
}

/// Does the same for every shard, all of them at a time.
///
/// # Errors
/// The first one's, in the order of the shards.
fn for_every_shard<P: Send, R: Send>(
    parts: Vec<P>,
    work: impl Fn(P) -> Result<R, EngineError> + Sync,
) -> Result<Vec<R>, EngineError> {
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| work(part))).collect();
        let panicked = || EngineError::Thread("the start of a shard panicked".to_owned());
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(panicked()))).collect()
    })
}

/// How fast numbers may connect. Every local address may do what the node may: there is one today.
fn pace(config: &EngineConfig) -> Pace {
    let rate = config.reconnects_per_second.clamp(1, RECONNECT_RATE_MAX);
    // At most 100 000 a second times five seconds.
    let of_rate = |ms: u32| u32::try_from(u64::from(rate) * u64::from(ms) / 1_000).unwrap_or(u32::MAX);
    Pace {
        per_second: rate,
        per_second_of_address: rate,
        burst: of_rate(TURN_BURST_MS).max(TURN_BURST_MIN),
        under_way_max: usize::from(config.shards.max(1)) * LOGINS_PER_SHARD,
        in_advance_max: of_rate(TURN_ADVANCE_MS).max(TURN_ADVANCE_MIN),
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

/// What tells of each shard that it is at work.
fn watched(shards: &[ShardHandle]) -> Vec<Watched> {
    let of = |shard: &ShardHandle| Watched {
        heartbeat_ms: Arc::clone(&shard.heartbeat_ms),
        polls: Arc::clone(&shard.polls),
    };
    shards.iter().map(of).collect()
}
