//! The thread of a shard: pinned, with a current-thread runtime.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use ractor::{Actor, ActorRef};
use tokio::sync::oneshot;
use trunkline_model::InstanceId;
use trunkline_model::record::InstanceRecord;
use trunkline_store::{LocalLedger, Sealer, StoreError};
use trunkline_whatsapp::SessionKit;

use super::bulk::BulkTurns;
use super::context::ShardContext;
use super::dormitory::Dormitory;
use super::governor::{Governor, MemoryPolicy};
use super::polls::Polls;
use super::resume::Turns;
use super::sequences::Sequences;
use super::supervisor::{ShardSupervisor, SupervisorMsg};
use super::timers::Timers;
use crate::clock;
use crate::config::EngineConfig;
use crate::delivery::{Couriers, Dispatcher, Registry};
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::fatal::Fatal;
use crate::instance::{InstanceMsg, finish_all};
use crate::limits::{HEARTBEAT_EVERY, SHARD_JOIN_TIMEOUT};
use crate::media::{BlobStore, MediaFetcher, Transfers};
use crate::planner::Planner;
use crate::spawn::{SessionSpawner, Spawner, TaskKind};

/// What a shard is built from.
pub(crate) struct ShardParts {
    pub(crate) shard: u16,
    pub(crate) core: Option<core_affinity::CoreId>,
    pub(crate) config: EngineConfig,
    pub(crate) ledger: LocalLedger,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) turns: Turns,
    pub(crate) blobs: Arc<BlobStore>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) planner: Arc<Planner>,
    pub(crate) instances: Vec<InstanceRecord>,
    /// Instances whose deletion was cut short.
    pub(crate) doomed: Vec<InstanceId>,
}

/// A running shard.
pub(crate) struct ShardHandle {
    pub(crate) supervisor: ActorRef<SupervisorMsg>,
    pub(crate) ledger: LocalLedger,
    /// Steady time of the loop's last turn, in milliseconds.
    pub(crate) heartbeat_ms: Arc<AtomicU64>,
    pub(crate) polls: Arc<Polls>,
    thread: Mutex<Option<Running>>,
}

struct Running {
    thread: JoinHandle<()>,
    /// Disconnected when the thread ends.
    ended: Receiver<()>,
}

/// Starts the thread and waits until its supervisor runs.
pub(crate) fn start(parts: ShardParts) -> Result<ShardHandle, EngineError> {
    let ledger = parts.ledger.clone();
    let shard = parts.shard;
    let heartbeat_ms = Arc::new(AtomicU64::new(clock::steady_ms()));
    let polls = Arc::new(Polls::new(shard));
    let seen = Seen { heartbeat_ms: Arc::clone(&heartbeat_ms), polls: Arc::clone(&polls) };
    let (ready, started) = oneshot::channel();
    let (alive, ended) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new()
        .name(format!("shard-{shard}"))
        .spawn(move || {
            let _alive = alive;
            let on_fatal = parts.config.on_fatal.clone();
            if std::panic::catch_unwind(AssertUnwindSafe(|| run(parts, seen, ready))).is_err() {
                on_fatal(Fatal::ShardPanicked { shard });
            }
        })
        .map_err(|error| EngineError::Thread(error.to_string()))?;
    let supervisor = started
        .blocking_recv()
        .map_err(|_| EngineError::Thread(format!("shard {shard} ended at its start")))??;
    Ok(ShardHandle {
        supervisor,
        ledger,
        heartbeat_ms,
        polls,
        thread: Mutex::new(Some(Running { thread, ended })),
    })
}

impl ShardHandle {
    /// Waits until the thread is gone, [`SHARD_JOIN_TIMEOUT`] at the most, then closes the store. Blocks.
    pub(crate) fn join_and_close(&self) -> Result<(), StoreError> {
        let running = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { thread, ended }) = running {
            match ended.recv_timeout(SHARD_JOIN_TIMEOUT) {
                Err(RecvTimeoutError::Timeout) => {
                    tracing::error!("a shard's thread does not end; its store is closed without it");
                }
                _ if thread.join().is_err() => tracing::error!("a shard's thread panicked while stopping"),
                _ => {}
            }
        }
        self.ledger.clone().close()
    }
}

/// What the watch sees of the thread.
struct Seen {
    heartbeat_ms: Arc<AtomicU64>,
    polls: Arc<Polls>,
}

type Started = oneshot::Sender<Result<ActorRef<SupervisorMsg>, EngineError>>;

fn run(parts: ShardParts, seen: Seen, ready: Started) {
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
    let (shard, on_fatal) = (parts.shard, parts.config.on_fatal.clone());
    runtime.block_on(async move {
        match assemble(parts, seen).await {
            Ok(Assembled { supervisor, ended, context }) => {
                drop(ready.send(Ok(supervisor)));
                drop(ended.await);
                // ractor catches the panic of an actor; a shard without its supervisor serves nobody all the same.
                if !context.ended_in_order.load(Ordering::Relaxed) {
                    on_fatal(Fatal::ShardPanicked { shard });
                }
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    });
}

struct Assembled {
    supervisor: ActorRef<SupervisorMsg>,
    ended: tokio::task::JoinHandle<()>,
    context: Arc<ShardContext>,
}

async fn assemble(parts: ShardParts, seen: Seen) -> Result<Assembled, EngineError> {
    let ShardParts { shard, config, ledger, sealer, directory, turns, blobs, registry, dispatcher, .. } =
        parts;
    let (instances, doomed, planner) = (parts.instances, parts.doomed, parts.planner);
    let spawner = Spawner::new(config.on_fatal.clone(), Arc::clone(&seen.polls));
    let session_spawner = Arc::new(SessionSpawner::new(spawner.clone(), Arc::clone(&directory)));
    let ledger: Arc<dyn trunkline_store::Ledger> = Arc::new(ledger);
    let kit =
        SessionKit::new(config.whatsapp.clone(), Arc::clone(&ledger), Arc::clone(&sealer), session_spawner)?;
    let timers = Timers::default();
    let bulk_turns = BulkTurns::new(shard);
    let dormitory = Dormitory::new(shard);
    let memory = MemoryPolicy { budget_bytes: config.memory_budget_bytes, quiet_ms: config.client_quiet_ms };
    let governor = Governor::new(shard, memory, Arc::clone(&directory));
    let context = Arc::new(ShardContext {
        shard,
        sequences: Sequences::new(Arc::clone(&ledger)),
        turns,
        ledger,
        sealer,
        kit,
        spawner: spawner.clone(),
        polls: seen.polls,
        timers: timers.clone(),
        bulk_turns: Arc::clone(&bulk_turns),
        dormitory: Arc::clone(&dormitory),
        governor: Arc::clone(&governor),
        directory,
        blobs,
        transfers: Transfers::default(),
        fetcher: MediaFetcher::new(config.allow_private_fetch)?,
        couriers: Couriers::new(config.allow_private_fetch)?,
        write_events: Arc::clone(&config.write_events),
        inbox: Arc::clone(&dispatcher.inbox),
        registry,
        planner: Arc::clone(&planner),
        ended_in_order: AtomicBool::new(false),
    });
    spawner.spawn(TaskKind::Critical, "timers", timers.run());
    spawner.spawn(TaskKind::Critical, "heartbeat", heartbeat(seen.heartbeat_ms));
    // A number that is gone needs no turn.
    let give = |actor: ActorRef<InstanceMsg>| drop(actor.cast(InstanceMsg::BulkTurn));
    spawner.spawn(TaskKind::Critical, "bulk-turns", bulk_turns.run(give));
    spawner.spawn(TaskKind::Critical, "governor", governor.run());
    let looked_after = dormitory.run(Arc::clone(&context.ledger), Arc::clone(&context.registry));
    spawner.spawn(TaskKind::Critical, "dormitory", looked_after);
    let weak = Arc::downgrade(&context);
    spawner.spawn(TaskKind::Critical, "webhook-walk", Arc::clone(&dispatcher).run_walks(weak.clone()));
    spawner.spawn(TaskKind::Critical, "webhook-census", Arc::clone(&dispatcher).run_census(weak.clone()));
    spawner.spawn(TaskKind::Critical, "dispatcher", dispatcher.run(weak));
    spawner.spawn(TaskKind::Critical, "plans", Arc::clone(&planner).run_desk(shard, spawner.clone()));
    spawner.spawn(TaskKind::Critical, "agenda", planner.run_agenda(shard, spawner.clone()));
    spawner.spawn(TaskKind::Disposable, "finish-removals", finish_all(Arc::clone(&context), doomed));
    let spawned = Actor::spawn(None, ShardSupervisor, (Arc::clone(&context), instances)).await;
    let (supervisor, ended) = spawned.map_err(|error| EngineError::Thread(error.to_string()))?;
    Ok(Assembled { supervisor, ended, context })
}

async fn heartbeat(beat: Arc<AtomicU64>) {
    let mut tick = tokio::time::interval(HEARTBEAT_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        beat.store(clock::steady_ms(), Ordering::Relaxed);
    }
}
