//! The handle that front ends hold.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use tokio::sync::{oneshot, watch};
use trunkline_model::account::FileRecord;
use trunkline_model::command::{Command, InstanceView, MessageView, Reply, SendRequest};
use trunkline_model::message::BlobRef;
use trunkline_model::record::{self, InstancePointer, table};
use trunkline_model::slot::{PARTITIONS_DEFAULT, Slot};
use trunkline_model::{AccountId, ErrorCode, Failure, FieldError, InstanceId, MessageId};
use trunkline_store::{DataDir, Ledger, Sealer};
use trunkline_whatsapp::SessionKitConfig;

use crate::account::{Accounts, Price};
use crate::clock;
use crate::delivery::{Registry, TellPaused};
use crate::directory::{Directory, Route};
use crate::instance::{self, Ask, Letter};
use crate::limits::{BUSY_RETRY_AFTER_MS, CALL_TIMEOUT, SHUTDOWN_TIMEOUT, STALL_REPORT_MS};
use crate::media::{BlobStore, BlobSweeper};
use crate::place::slot_key;
use crate::planner::Planner;
use crate::shard::{ShardHandle, SupervisorMsg, TurnsThread, store_failure};
use crate::watch::Watch;

/// A running engine. Cheap to clone; every clone is the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub(super) struct Inner {
    pub(super) data_dir: DataDir,
    pub(super) sealer: Arc<Sealer>,
    pub(super) directory: Arc<Directory>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) blobs: Arc<BlobStore>,
    pub(super) sweeper: BlobSweeper,
    pub(super) allow_private_fetch: bool,
    pub(super) whatsapp: SessionKitConfig,
    pub(super) instances_max: usize,
    /// By the wall clock.
    pub(super) started_at_ms: i64,
    pub(super) started_steady_ms: u64,
    pub(super) shards: Box<[ShardHandle]>,
    pub(super) watch: Watch,
    pub(super) turns: TurnsThread,
    pub(super) registry: Arc<Registry>,
    pub(super) planner: Arc<Planner>,
}

/// Follows an instance's event log.
#[derive(Debug)]
pub struct EventTail(watch::Receiver<u64>);

impl EventTail {
    /// Waits for news and gives the sequence number of the newest durable event; `None` when the instance is gone.
    pub async fn next(&mut self) -> Option<u64> {
        self.0.changed().await.ok()?;
        Some(*self.0.borrow_and_update())
    }
}

/// Whether the node can serve.
#[derive(Debug, Clone)]
pub struct Health {
    /// Whether it is ready.
    pub ready: bool,
    /// Why it is not.
    pub reasons: Vec<String>,
    /// Each shard.
    pub shards: Vec<ShardHealth>,
}

/// How a shard is doing.
#[derive(Debug, Clone, Copy)]
pub struct ShardHealth {
    /// Number of the shard.
    pub shard: u16,
    /// Milliseconds since its loop last turned.
    pub loop_age_ms: u64,
    /// Batches that wait for the disk.
    pub store_queue: usize,
    /// Milliseconds that the oldest of them has waited.
    pub store_oldest_ms: u64,
    /// Whether the store refuses writes.
    pub poisoned: bool,
}

impl Engine {
    pub(super) fn from_inner(inner: Inner) -> Engine {
        Engine(Arc::new(inner))
    }

    /// Leaves the engine to its owners.
    pub(super) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.0)
    }

    /// The engine again, while anybody has it.
    pub(super) fn upgrade(inner: &Weak<Inner>) -> Option<Engine> {
        inner.upgrade().map(Engine)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Asks an instance.
    ///
    /// # Errors
    /// The instance's own [`Failure`]; [`ErrorCode::InstanceNotFound`]; a retryable one when a queue is full or no answer came
    /// in time.
    pub async fn call(&self, instance: InstanceId, command: Command) -> Result<Reply, Failure> {
        if matches!(command, Command::GetInstance)
            && let Some(view) = self.view_asleep(instance)?
        {
            return Ok(Reply::Instance(Box::new(view)));
        }
        if let Command::UpdateSettings(update) = &command
            && let Some(Some(proxy)) = &update.proxy
        {
            // Here, because it takes time, and nobody else has to wait for it.
            let checked = trunkline_whatsapp::check_proxy(&self.0.whatsapp, proxy).await;
            checked
                .map_err(|error| Failure::invalid(vec![FieldError::new("proxy.url", error.to_string())]))?;
        }
        let _staying = match &command {
            Command::UpdateInstance(update) => self.mind_workspace(instance, update.workspace).await?,
            _ => None,
        };
        let ask = match command {
            Command::Send(request) => Ask::Accept(Box::new(self.archive(instance, *request)?)),
            Command::SendMany(requests) => {
                Ask::AcceptMany(requests.into_iter().map(|request| self.archive(instance, request)).collect())
            }
            Command::ResendMessage { id } => Ask::Resend(id, Price::Free),
            command => Ask::Command(command),
        };
        let ask = self.priced(instance, ask).await?;
        self.ask(instance, ask, CALL_TIMEOUT).await
    }

    /// A message as its bytes. That its recipient is not to be written to in its lane is said once it is known that the message was
    /// not accepted before: a repeated request has its answer.
    fn archive(
        &self,
        instance: InstanceId,
        request: SendRequest,
    ) -> Result<instance::AcceptedArchive, Failure> {
        let wanted = self.0.planner.check_recipient(instance, &request.message.to, request.message.lane);
        Ok(instance::archive(request)?.unwanted(wanted.err()))
    }

    /// A dormant instance as it is on disk: to be looked at, and listed, is no reason to wake it.
    fn view_asleep(&self, instance: InstanceId) -> Result<Option<InstanceView>, Failure> {
        let route = self.route(instance)?;
        if !route.lanes.is_dormant() {
            return Ok(None);
        }
        let ledger = &self.0.shards[usize::from(route.shard)].ledger;
        instance::dormant_view(ledger, (instance, route.state.get()))
    }

    pub(super) async fn ask(&self, instance: InstanceId, ask: Ask, wait: Duration) -> Result<Reply, Failure> {
        let answered = self.post(instance, ask)?;
        match tokio::time::timeout(wait, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(restarting()),
            Err(_) => Err(Failure::new(ErrorCode::Timeout, "The instance did not answer in time.")),
        }
    }

    /// Puts a question in front of an instance.
    fn post(
        &self,
        instance: InstanceId,
        ask: Ask,
    ) -> Result<oneshot::Receiver<Result<Reply, Failure>>, Failure> {
        let route = self.route(instance)?;
        if ask.yields_to_memory() {
            self.0.directory.check_memory(&route)?;
        }
        let lane = ask.lane();
        let credit = self.0.directory.credit(&route, lane)?;
        let (reply, answered) = oneshot::channel();
        let put = route.lanes.put(lane, Letter { ask, reply, credit });
        if let Some(summons) = put.map_err(|_| restarting())? {
            let supervisor = &self.0.shards[usize::from(route.shard)].supervisor;
            summons.deliver(instance, supervisor).map_err(|_| restarting())?;
        }
        Ok(answered)
    }

    /// Tells instances that an endpoint was paused because of one of their events. The pause itself is on disk; this is its event.
    pub(super) fn teller_of_pauses(&self) -> TellPaused {
        let engine = Arc::downgrade(&self.0);
        Box::new(move |instance, endpoint, reason| {
            let Some(inner) = engine.upgrade() else { return };
            let told = Engine(inner).post(instance, Ask::Command(Command::NotePaused { endpoint, reason }));
            if let Err(failure) = told {
                tracing::warn!(%instance, %endpoint, %failure, "the pause of an endpoint is no event");
            }
        })
    }

    pub(super) fn route(&self, instance: InstanceId) -> Result<Route, Failure> {
        self.0.directory.route(instance).ok_or_else(|| no_instance(instance))
    }

    /// Waits until a message is settled (sent or failed), at most `timeout_ms`; then gives it as it stands.
    ///
    /// # Errors
    /// As [`Engine::call`].
    pub async fn wait_settled(
        &self,
        instance: InstanceId,
        message: MessageId,
        timeout_ms: u64,
    ) -> Result<MessageView, Failure> {
        let wait = Duration::from_millis(timeout_ms).min(CALL_TIMEOUT);
        let reply = match self.ask(instance, Ask::Settled(message), wait).await {
            Err(failure) if failure.code == ErrorCode::Timeout => {
                self.call(instance, Command::GetMessage { id: message }).await?
            }
            other => other?,
        };
        match reply {
            Reply::Message(view) => Ok(*view),
            _ => Err(Failure::new(ErrorCode::Internal, "The instance answered something else.")),
        }
    }

    /// The instance of an account that accepted a message.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`].
    pub fn owner_of_message(&self, account: AccountId, message: MessageId) -> Result<InstanceId, Failure> {
        let unknown = || Failure::new(ErrorCode::MessageNotFound, format!("There is no message {message}."));
        let slot = message.bucket().first_slot();
        let shard = self.shard_of(slot);
        let key = slot_key(slot, table::MESSAGE_DIRECTORY, &message.get().to_be_bytes());
        let stored = shard.ledger.get(&key).map_err(|error| store_failure(&error))?.ok_or_else(unknown)?;
        let pointer: InstancePointer = record::decode(&stored).map_err(|_| unknown())?;
        let route = self.0.directory.route(pointer.instance).ok_or_else(unknown)?;
        if route.account == account { Ok(pointer.instance) } else { Err(unknown()) }
    }

    /// Follows an instance's event log from now on.
    ///
    /// # Errors
    /// [`ErrorCode::InstanceNotFound`].
    pub fn tail(&self, instance: InstanceId) -> Result<EventTail, Failure> {
        self.0.directory.follow(instance).map(EventTail).ok_or_else(|| no_instance(instance))
    }

    /// Streams a file to this node's disk. It stays for as long as a message that names it waits to be sent, and an hour at
    /// least.
    ///
    /// # Errors
    /// [`ErrorCode::BodyTooLarge`], the stream's own failure, or a disk failure; nothing is kept then.
    pub async fn store_blob(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure> {
        self.0.blobs.store(body).await
    }

    /// A part of a file on this node's disk, piece by piece. A file that [`Reply::Media`] names stays long enough for that.
    ///
    /// # Errors
    /// [`ErrorCode::Unavailable`] when too many files are being read, [`ErrorCode::Internal`] when it is gone or the disk fails.
    pub async fn read_blob(
        &self,
        blob: &BlobRef,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, Failure> {
        self.0.blobs.stream(blob, range).await
    }

    /// The file at a public address, by the word in that; on this node's disk by now.
    ///
    /// # Errors
    /// [`ErrorCode::FileNotFound`], [`ErrorCode::Unavailable`] when its bucket does not give it, or a failure of the store.
    pub async fn public_file(&self, word: &str) -> Result<FileRecord, Failure> {
        let file = self.0.accounts.public_file(word)?;
        self.0.blobs.bring(&file.blob).await?;
        Ok(file)
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.0.registry
    }

    /// The shard of a slot.
    pub(super) fn shard_of(&self, slot: Slot) -> &ShardHandle {
        &self.0.shards[usize::from(slot.shard(PARTITIONS_DEFAULT, self.shard_count()))]
    }

    pub(super) fn shard_count(&self) -> u16 {
        u16::try_from(self.0.shards.len()).unwrap_or(u16::MAX)
    }

    /// Id of this node, from its data directory.
    pub fn node_id(&self) -> &str {
        self.0.data_dir.node_id()
    }

    /// How the node is doing, measured now.
    pub fn health(&self) -> Health {
        let now_ms = clock::steady_ms();
        let mut reasons = Vec::new();
        let shards: Vec<ShardHealth> = (0u16..)
            .zip(self.0.shards.iter())
            .map(|(shard, handle)| {
                let store = handle.ledger.health();
                let beat_ms = handle.heartbeat_ms.load(std::sync::atomic::Ordering::Relaxed);
                ShardHealth {
                    shard,
                    loop_age_ms: now_ms.saturating_sub(beat_ms),
                    store_queue: store.queue_depth,
                    store_oldest_ms: store.oldest_waiting_ms,
                    poisoned: store.poisoned,
                }
            })
            .collect();
        for shard in &shards {
            if shard.poisoned {
                reasons.push(format!("the store of shard {} refuses writes", shard.shard));
            }
            if shard.loop_age_ms > STALL_REPORT_MS {
                reasons.push(format!("shard {} has not moved for {} ms", shard.shard, shard.loop_age_ms));
            }
        }
        Health { ready: reasons.is_empty(), reasons, shards }
    }

    /// Stops in good order: sessions say goodbye, the stores are flushed. Bounded; what does not stop in time is cut.
    pub async fn shutdown(&self) {
        self.0.turns.stop();
        let stopping = self.0.shards.iter().filter_map(|shard| {
            let (done, stopped) = oneshot::channel();
            shard.supervisor.cast(SupervisorMsg::Shutdown { done }).ok().map(|()| stopped)
        });
        let all = futures_util::future::join_all(stopping);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, all).await.is_err() {
            tracing::warn!("some sessions did not stop in time; they are cut");
        }
        self.0.watch.stop();
        let inner = Arc::clone(&self.0);
        let closing = tokio::task::spawn_blocking(move || {
            inner.sweeper.stop();
            inner.shards.iter().map(ShardHandle::join_and_close).collect::<Result<Vec<()>, _>>()
        });
        match closing.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "a store did not close in good order"),
            Err(_) => tracing::error!("closing the stores panicked"),
        }
    }
}

fn restarting() -> Failure {
    Failure::busy("The instance is being restarted.", BUSY_RETRY_AFTER_MS)
}

fn no_instance(instance: InstanceId) -> Failure {
    let detail = format!("There is no instance {instance} in this account.");
    Failure::new(ErrorCode::InstanceNotFound, detail)
}
