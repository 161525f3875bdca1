//! The endpoints of this node. On disk first, then here, then the shards hear of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use tokio::sync::{Notify, watch};
use trunkline_model::delivery::{Endpoint, Pause, PauseReason, TargetKind};
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::ENDPOINTS_PER_ACCOUNT_MAX;
use trunkline_model::record::EventRetention;
use trunkline_model::slot::{PARTITIONS_DEFAULT, Slot};
use trunkline_model::{AccountId, EndpointId, ErrorCode, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Ledger, Sealer};

use super::dispatcher::Dispatcher;
use super::follow::Followers;
use super::hooks;
use super::inbox::Order;
use super::rows;
use crate::clock;
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::limits::LANES_PER_BATCH;
use crate::patient;
use crate::shard::store_failure;

/// An endpoint, and who waits for its events here.
pub(crate) struct Entry {
    pub(crate) endpoint: Endpoint,
    /// Rings when there is something for a consumer that pulls.
    pub(super) bell: Arc<Notify>,
    /// Held while a consumer acknowledges: one at a time.
    pub(super) acknowledging: Arc<tokio::sync::Mutex<()>>,
}

/// The parts of a shard that endpoints need.
pub(crate) struct ShardSide {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) dispatcher: Arc<Dispatcher>,
}

/// Every shard, in order.
pub(crate) type Shards = Box<[ShardSide]>;

/// Tells an instance that an endpoint was paused because of it.
pub(crate) type TellPaused = Box<dyn Fn(InstanceId, EndpointId, PauseReason) + Send + Sync>;

/// See the module.
pub(crate) struct Registry {
    known: RwLock<Known>,
    /// When this process began to deliver, in milliseconds since the Unix epoch.
    pub(super) started_at_ms: i64,
    /// One change at a time: what is written is what was read.
    changing: Mutex<()>,
    /// Whether anybody listens is found out and said by one at a time.
    listening: Mutex<()>,
    pub(super) sealer: Arc<Sealer>,
    pub(super) directory: Arc<Directory>,
    pub(super) followers: Followers,
    retention: RwLock<HashMap<AccountId, EventRetention>>,
    shards: OnceLock<Shards>,
    /// Turns true when every endpoint is known and every shard runs.
    begun: watch::Sender<bool>,
    tell_paused: OnceLock<TellPaused>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<EndpointId, Arc<Entry>>,
    /// Endpoints of all instances of an account.
    everywhere: HashMap<AccountId, Vec<EndpointId>>,
    /// Endpoints that name their instances.
    of_instance: HashMap<InstanceId, Vec<EndpointId>>,
}

impl Known {
    fn insert(&mut self, entry: Arc<Entry>) {
        self.remove(entry.endpoint.id);
        let id = entry.endpoint.id;
        match &entry.endpoint.filter.instances {
            None => self.everywhere.entry(entry.endpoint.account).or_default().push(id),
            Some(_) if entry.endpoint.is_silent() => {}
            Some(instances) => {
                instances.iter().for_each(|instance| self.of_instance.entry(*instance).or_default().push(id));
            }
        }
        self.by_id.insert(id, entry);
    }

    fn remove(&mut self, id: EndpointId) {
        let Some(entry) = self.by_id.remove(&id) else { return };
        let forget = |ids: &mut Vec<EndpointId>| ids.retain(|known| *known != id);
        match &entry.endpoint.filter.instances {
            None => self.everywhere.get_mut(&entry.endpoint.account).into_iter().for_each(forget),
            Some(instances) => {
                for instance in instances {
                    self.of_instance.get_mut(instance).into_iter().for_each(forget);
                    if self.of_instance.get(instance).is_some_and(Vec::is_empty) {
                        self.of_instance.remove(instance);
                    }
                }
            }
        }
    }
}

impl Registry {
    pub(crate) fn new(sealer: Arc<Sealer>, directory: Arc<Directory>) -> Arc<Registry> {
        Arc::new(Registry {
            known: RwLock::default(),
            started_at_ms: clock::wall_ms(),
            changing: Mutex::default(),
            listening: Mutex::default(),
            sealer,
            directory,
            followers: Followers::default(),
            retention: RwLock::default(),
            shards: OnceLock::new(),
            begun: watch::Sender::new(false),
            tell_paused: OnceLock::new(),
        })
    }

    /// Takes in an endpoint that is on disk.
    pub(crate) fn found(&self, endpoint: Endpoint) {
        self.publish(endpoint);
    }

    /// Starts the deliveries: from now on every shard runs, and every instance can be reached.
    pub(crate) fn begin(&self, shards: Shards, tell_paused: TellPaused) {
        drop(self.tell_paused.set(tell_paused));
        drop(self.shards.set(shards));
        self.mind_listening();
        let ids: Vec<EndpointId> = self.read().by_id.keys().copied().collect();
        ids.into_iter().for_each(|id| self.order(Order::Walk(id)));
        self.begun.send_replace(true);
    }

    /// Waits until deliveries have begun: before, not every endpoint is known.
    pub(crate) async fn ready(&self) {
        // It can only end by being true: the sender is here.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shards(&self) -> &[ShardSide] {
        self.shards.get().map_or(&[], |shards| shards)
    }

    /// The shard of a slot.
    pub(super) fn shard_of(&self, slot: Slot) -> Option<&ShardSide> {
        let shards = self.shards();
        let count = u16::try_from(shards.len()).unwrap_or(u16::MAX).max(1);
        shards.get(usize::from(slot.shard(PARTITIONS_DEFAULT, count)))
    }

    fn order(&self, order: Order) {
        self.shards().iter().for_each(|shard| shard.dispatcher.inbox.order(order));
    }

    /// Logs need not say that they have news while nobody wants to know.
    pub(super) fn mind_listening(&self) {
        let _one_at_a_time = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        let listening = !self.read().by_id.is_empty() || self.followers.are_there();
        self.shards().iter().for_each(|shard| shard.dispatcher.inbox.listen(listening));
    }

    /// An endpoint.
    pub(super) fn get(&self, id: EndpointId) -> Option<Arc<Entry>> {
        self.read().by_id.get(&id).cloned()
    }

    /// An account's endpoint. A hook without an address is none yet.
    ///
    /// # Errors
    /// [`ErrorCode::WebhookNotFound`].
    pub(crate) fn of_account(&self, account: AccountId, id: EndpointId) -> Result<Arc<Entry>, Failure> {
        let ours = |entry: &Arc<Entry>| entry.endpoint.account == account && !entry.endpoint.is_silent();
        self.get(id).filter(ours).ok_or_else(|| no_endpoint(id))
    }

    /// An account's endpoints of one side in the order of their ids.
    pub(crate) fn list(&self, account: AccountId, pulling: bool) -> Vec<Arc<Entry>> {
        let mut all: Vec<Arc<Entry>> = self
            .read()
            .by_id
            .values()
            .filter(|entry| entry.endpoint.account == account)
            .filter(|entry| (entry.endpoint.target.kind() == TargetKind::Pull) == pulling)
            .filter(|entry| !entry.endpoint.is_silent())
            .cloned()
            .collect();
        all.sort_unstable_by_key(|entry| entry.endpoint.id);
        all
    }

    /// How long an account's events are kept.
    pub(crate) fn retention(&self, account: AccountId) -> EventRetention {
        let kept = self.retention.read().unwrap_or_else(PoisonError::into_inner);
        // Nothing is forgotten that nobody wants forgotten: received messages are events.
        kept.get(&account).copied().unwrap_or(EventRetention { days: None, bytes: None })
    }

    /// How long an instance's events are kept.
    pub(crate) fn retention_of(&self, instance: InstanceId) -> EventRetention {
        // One that is gone keeps nothing anyway.
        self.retention(self.directory.account_of(instance).unwrap_or(ROOT_ACCOUNT))
    }

    /// Who knows where instances are.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Notes what is on disk about that.
    pub(crate) fn keep_retention(&self, account: AccountId, retention: EventRetention) {
        self.retention.write().unwrap_or_else(PoisonError::into_inner).insert(account, retention);
    }

    /// Who is told of an instance's events.
    pub(crate) fn told_of(&self, account: AccountId, instance: InstanceId) -> Vec<Arc<Entry>> {
        let known = self.read();
        let everywhere = known.everywhere.get(&account).into_iter().flatten();
        let named = known.of_instance.get(&instance).into_iter().flatten();
        everywhere
            .chain(named)
            .filter_map(|id| known.by_id.get(id))
            .filter(|entry| entry.endpoint.account == account)
            .cloned()
            .collect()
    }

    /// Does something that blocks on a thread of its own, to its end: whoever asked may go away in the middle.
    pub(crate) async fn aside<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Registry) -> Result<R, Failure> + Send + 'static,
    ) -> Result<R, Failure> {
        let registry = Arc::clone(self);
        let working = tokio::task::spawn_blocking(move || work(&registry));
        working
            .await
            .unwrap_or_else(|_| Err(Failure::new(ErrorCode::Internal, "The webhooks cannot be read.")))
    }

    /// Makes an endpoint; it is on disk when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::WebhooksFull`], or a failure of the store.
    pub(crate) async fn create(self: &Arc<Self>, endpoint: Endpoint) -> Result<Arc<Entry>, Failure> {
        self.aside(move |registry| {
            let _changing = registry.changing();
            if registry.count_of(endpoint.account) >= ENDPOINTS_PER_ACCOUNT_MAX {
                return Err(hooks::full());
            }
            registry.write(endpoint, None)
        })
        .await
    }

    /// Changes an endpoint; the change is on disk when this returns.
    ///
    /// # Errors
    /// [`ErrorCode::WebhookNotFound`], what `change` refuses, or a failure of the store; nothing is changed then.
    pub(crate) async fn change(
        self: &Arc<Self>,
        (account, id): (AccountId, EndpointId),
        change: impl FnOnce(&mut Endpoint) -> Result<(), Failure> + Send + 'static,
    ) -> Result<Arc<Entry>, Failure> {
        self.aside(move |registry| {
            let _changing = registry.changing();
            let before = registry.of_account(account, id)?;
            let mut endpoint = before.endpoint.clone();
            change(&mut endpoint)?;
            registry.write(endpoint, Some(&before.endpoint))
        })
        .await
    }

    /// Number of an account's endpoints.
    pub(super) fn count_of(&self, account: AccountId) -> usize {
        self.read().by_id.values().filter(|entry| entry.endpoint.account == account).count()
    }

    pub(super) fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pauses an endpoint that does not work, and tells the instance whose event showed it.
    pub(super) async fn give_up(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        reason: PauseReason,
        because: InstanceId,
    ) {
        let paused = self
            .change((endpoint.account, endpoint.id), move |endpoint| {
                endpoint.pause.get_or_insert(Pause { reason, since_ms: clock::wall_ms() });
                Ok(())
            })
            .await;
        match paused {
            Ok(_) => {
                tracing::warn!(endpoint = %endpoint.id, reason = reason.as_str(), "an endpoint was paused");
                if let Some(tell) = self.tell_paused.get() {
                    tell(because, endpoint.id, reason);
                }
            }
            Err(failure) if failure.code == ErrorCode::WebhookNotFound => {}
            Err(failure) => {
                tracing::error!(endpoint = %endpoint.id, %failure, "an endpoint could not be paused")
            }
        }
    }

    /// Removes an endpoint; what it leaves is erased afterwards.
    ///
    /// # Errors
    /// [`ErrorCode::WebhookNotFound`], or a failure of the store.
    pub(crate) async fn delete(
        self: &Arc<Self>,
        account: AccountId,
        id: EndpointId,
        pulling: bool,
    ) -> Result<(), Failure> {
        self.aside(move |registry| {
            let _changing = registry.changing();
            let ours = |entry: &Arc<Entry>| {
                let pulls = entry.endpoint.target.kind() == TargetKind::Pull;
                entry.endpoint.account == account && pulls == pulling
            };
            registry.get(id).filter(ours).ok_or_else(|| no_endpoint(id))?;
            let mut batch = Batch::new();
            batch.delete(rows::endpoint_key(id));
            registry.commit(id, batch)?;
            registry.known.write().unwrap_or_else(PoisonError::into_inner).remove(id);
            registry.mind_listening();
            registry.order(Order::Erase(id));
            Ok(())
        })
        .await
    }

    /// Writes an endpoint, and where its lanes through the logs begin that it did not cover before. Blocks.
    pub(super) fn write(&self, endpoint: Endpoint, before: Option<&Endpoint>) -> Result<Arc<Entry>, Failure> {
        if !endpoint.is_silent() {
            self.begin_lanes(&endpoint, before)?;
        }
        let mut batch = Batch::new();
        rows::put_endpoint(&mut batch, &endpoint, &self.sealer).map_err(|error| unwritten(&error.into()))?;
        self.commit(endpoint.id, batch)?;
        let (id, at_work) = (endpoint.id, endpoint.is_at_work());
        let entry = self.publish(endpoint);
        self.mind_listening();
        self.order(if at_work { Order::Walk(id) } else { Order::Stop(id) });
        Ok(entry)
    }

    /// Writes the places of an endpoint in logs that are new to it, at their ends: it hears of what happens from now on. Logs that begin later
    /// it hears whole. A crash before the endpoint itself is written leaves rows that nobody reads.
    fn begin_lanes(&self, endpoint: &Endpoint, before: Option<&Endpoint>) -> Result<(), Failure> {
        let mut instances = self.instances_of(endpoint);
        instances.retain(|instance| !before.is_some_and(|before| before.filter.covers(*instance)));
        for shard in self.shards() {
            let ours = |instance: &&InstanceId| {
                self.shard_of(instance.slot()).is_some_and(|home| std::ptr::eq(home, shard))
            };
            let ours: Vec<InstanceId> = instances.iter().filter(ours).copied().collect();
            for some in ours.chunks(LANES_PER_BATCH) {
                let mut batch = Batch::new();
                for instance in some {
                    rows::begin_lane(&*shard.ledger, endpoint.id, *instance, &mut batch)
                        .map_err(|error| unwritten(&error))?;
                }
                if !batch.is_empty() {
                    patient::commit_blocking(&*shard.ledger, &batch, CommitClass::First)
                        .map_err(|error| store_failure(&error))?;
                }
            }
        }
        Ok(())
    }

    fn publish(&self, endpoint: Endpoint) -> Arc<Entry> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.by_id.get(&endpoint.id);
        let entry = Arc::new(Entry {
            bell: before.map(|before| Arc::clone(&before.bell)).unwrap_or_default(),
            acknowledging: before.map(|before| Arc::clone(&before.acknowledging)).unwrap_or_default(),
            endpoint,
        });
        known.insert(Arc::clone(&entry));
        entry
    }

    fn commit(&self, id: EndpointId, batch: Batch) -> Result<(), Failure> {
        let home = self.shard_of(id.slot()).ok_or_else(|| Failure::busy("The node is starting.", 1_000))?;
        let committed = patient::commit_blocking(&*home.ledger, &batch, CommitClass::First);
        committed.map(drop).map_err(|error| store_failure(&error))
    }

    /// The instances that an endpoint covers, each with its shard.
    pub(super) fn instances_of(&self, endpoint: &Endpoint) -> Vec<InstanceId> {
        match &endpoint.filter.instances {
            Some(instances) => {
                let ours = |instance: &&InstanceId| self.directory.belongs_to(**instance, endpoint.account);
                instances.iter().filter(ours).copied().collect()
            }
            None => self.directory.of_account(endpoint.account).into_iter().map(|(id, _)| id).collect(),
        }
    }
}

fn no_endpoint(id: EndpointId) -> Failure {
    let detail = format!("There is no webhook or consumer {id} in this account.");
    Failure::new(ErrorCode::WebhookNotFound, detail)
}

fn unwritten(error: &EngineError) -> Failure {
    tracing::error!(%error, "an endpoint cannot be written");
    Failure::new(ErrorCode::Internal, "The webhook could not be stored.")
}
