//! The thread of a shard: pinned, with a current-thread runtime.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use ractor::{Actor, ActorRef};
use tokio::sync::oneshot;
use trunkline_model::record::InstanceRecord;
use trunkline_store::{LocalLedger, Sealer, StoreError};
use trunkline_whatsapp::SessionKit;

use super::context::ShardContext;
use super::sequences::Sequences;
use super::supervisor::{ShardSupervisor, SupervisorMsg};
use super::timers::Timers;
use crate::clock;
use crate::config::EngineConfig;
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::fatal::Fatal;
use crate::limits::HEARTBEAT_EVERY;
use crate::media::{BlobStore, GuardedClient, MediaFetcher};
use crate::spawn::{SessionSpawner, Spawner, TaskKind};

/// What a shard is built from.
pub(crate) struct ShardParts {
    pub(crate) shard: u16,
    pub(crate) core: Option<core_affinity::CoreId>,
    pub(crate) config: EngineConfig,
    pub(crate) ledger: LocalLedger,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) blobs: Arc<BlobStore>,
    pub(crate) instances: Vec<InstanceRecord>,
}

/// A running shard.
pub(crate) struct ShardHandle {
    pub(crate) supervisor: ActorRef<SupervisorMsg>,
    pub(crate) ledger: LocalLedger,
    /// Steady time of the loop's last turn, in milliseconds.
    pub(crate) heartbeat_ms: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Starts the thread and waits until its supervisor runs.
pub(crate) fn start(parts: ShardParts) -> Result<ShardHandle, EngineError> {
    let ledger = parts.ledger.clone();
    let shard = parts.shard;
    let heartbeat_ms = Arc::new(AtomicU64::new(clock::steady_ms()));
    let beat = Arc::clone(&heartbeat_ms);
    let (ready, started) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name(format!("shard-{shard}"))
        .spawn(move || {
            let on_fatal = parts.config.on_fatal.clone();
            if std::panic::catch_unwind(AssertUnwindSafe(|| run(parts, beat, ready))).is_err() {
                on_fatal(Fatal::ShardPanicked { shard });
            }
        })
        .map_err(|error| EngineError::Thread(error.to_string()))?;
    let supervisor = started
        .blocking_recv()
        .map_err(|_| EngineError::Thread(format!("shard {shard} ended at its start")))??;
    Ok(ShardHandle { supervisor, ledger, heartbeat_ms, thread: Mutex::new(Some(thread)) })
}

impl ShardHandle {
    /// Waits until the thread is gone, then closes the store. Blocks.
    pub(crate) fn join_and_close(&self) -> Result<(), StoreError> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a shard's thread panicked while stopping");
        }
        self.ledger.clone().close()
    }
}

type Started = oneshot::Sender<Result<ActorRef<SupervisorMsg>, EngineError>>;

fn run(parts: ShardParts, beat: Arc<AtomicU64>, ready: Started) {
    if let Some(core) = parts.core
        && !core_affinity::set_for_current(core)
    {
        tracing::warn!(shard = parts.shard, core = core.id, "the shard's thread could not be pinned");
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(ready.send(Err(EngineError::Thread(error.to_string()))));
            return;
        }
    };
    runtime.block_on(async move {
        match assemble(parts, beat).await {
            Ok((supervisor, ended)) => {
                drop(ready.send(Ok(supervisor)));
                drop(ended.await);
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    });
}

type Assembled = (ActorRef<SupervisorMsg>, tokio::task::JoinHandle<()>);

async fn assemble(parts: ShardParts, beat: Arc<AtomicU64>) -> Result<Assembled, EngineError> {
    let ShardParts { shard, config, ledger, sealer, directory, blobs, instances, .. } = parts;
    let spawner = Spawner::new(config.on_fatal.clone());
    let session_spawner = Arc::new(SessionSpawner::new(spawner.clone(), Arc::clone(&directory)));
    let ledger: Arc<dyn trunkline_store::Ledger> = Arc::new(ledger);
    let kit =
        SessionKit::new(config.whatsapp.clone(), Arc::clone(&ledger), Arc::clone(&sealer), session_spawner)?;
    let timers = Timers::default();
    let context = Arc::new(ShardContext {
        shard,
        sequences: Sequences::new(Arc::clone(&ledger)),
        ledger,
        sealer,
        kit,
        spawner: spawner.clone(),
        timers: timers.clone(),
        directory,
        blobs,
        fetcher: MediaFetcher::new(config.allow_private_fetch)?,
        webhooks: GuardedClient::new(config.allow_private_fetch, 0)?,
        encode_event: config.encode_event.clone(),
    });
    spawner.spawn(TaskKind::Critical, "timers", timers.run());
    spawner.spawn(TaskKind::Critical, "heartbeat", heartbeat(beat));
    Actor::spawn(None, ShardSupervisor, (context, instances))
        .await
        .map_err(|error| EngineError::Thread(error.to_string()))
}

async fn heartbeat(beat: Arc<AtomicU64>) {
    let mut tick = tokio::time::interval(HEARTBEAT_EVERY);
    loop {
        tick.tick().await;
        beat.store(clock::steady_ms(), Ordering::Relaxed);
    }
}
