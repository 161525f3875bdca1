//! Of one shard: hears that instances have news, and sees that somebody tells those who want to know.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;
use trunkline_model::delivery::TargetKind;
use trunkline_model::record::table;
use trunkline_model::slot::PARTITIONS_DEFAULT;
use trunkline_model::{EndpointId, InstanceId};
use trunkline_store::{Batch, CommitClass};

use super::census::Census;
use super::inbox::{Inbox, Letters, Order};
use super::key::LaneKey;
use super::registry::{Entry, Registry};
use super::rows;
use super::runner::Runner;
use super::station::Station;
use crate::engine::EngineError;
use crate::limits::{PENDING_CENSUS_EVERY, REPLAYS_PER_LOG_MAX, WALK_PER_POLL};
use crate::log::newest_on_disk;
use crate::patient;
use crate::shard::{Breather, ShardContext};
use crate::spawn::TaskKind;

/// See the module.
pub(crate) struct Dispatcher {
    shard: u16,
    pub(crate) inbox: Arc<Inbox>,
    pub(super) registry: Arc<Registry>,
    stations: Mutex<HashMap<EndpointId, Arc<Station>>>,
    /// Endpoints whose instances are all to be looked at, each once.
    walks: Mutex<BTreeSet<EndpointId>>,
    walk: Notify,
}

impl Dispatcher {
    pub(crate) fn new(shard: u16, registry: Arc<Registry>) -> Arc<Dispatcher> {
        Arc::new(Dispatcher {
            shard,
            inbox: Arc::default(),
            registry,
            stations: Mutex::default(),
            walks: Mutex::default(),
            walk: Notify::new(),
        })
    }

    /// Where an endpoint's lanes of this shard wait.
    pub(super) fn station(&self, id: EndpointId) -> Arc<Station> {
        let mut stations = self.stations.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(stations.entry(id).or_default())
    }

    /// Reads the inbox for ever.
    pub(crate) async fn run(self: Arc<Self>, context: Weak<ShardContext>) {
        loop {
            let Letters { news, orders } = self.inbox.take().await;
            let Some(context) = context.upgrade() else { return };
            for order in orders {
                self.obey(&context, order);
            }
            let mut breather = Breather::every(WALK_PER_POLL);
            for instance in news {
                self.tell(&context, instance);
                breather.step().await;
            }
            // Others of the shard first: what comes meanwhile is told together.
            tokio::task::yield_now().await;
        }
    }

    fn tell(&self, context: &Arc<ShardContext>, instance: InstanceId) {
        let Some(account) = context.directory.account_of(instance) else { return };
        for entry in self.registry.told_of(account, instance) {
            self.wake(context, &entry, LaneKey::live(instance));
        }
        self.registry.followers.tell(account, instance);
    }

    /// A lane may have something to deliver.
    fn wake(&self, context: &Arc<ShardContext>, entry: &Arc<Entry>, key: LaneKey) {
        let station = self.station(entry.endpoint.id);
        station.wait(key);
        if entry.endpoint.target.kind() == TargetKind::Pull {
            entry.bell.notify_waiters();
        } else if entry.endpoint.is_at_work() && station.begin() {
            self.start_runner(context, entry.endpoint.id, station);
        }
    }

    fn start_runner(&self, context: &Arc<ShardContext>, id: EndpointId, station: Arc<Station>) {
        let (context, registry, inbox) =
            (Arc::clone(context), Arc::clone(&self.registry), Arc::clone(&self.inbox));
        let (spawner, panicked) = (context.spawner.clone(), AtomicBool::new(false));
        spawner.spawn_supervised("webhook", move || {
            if panicked.swap(true, Ordering::Relaxed) {
                // What was under way is not known any more: look at everything again.
                inbox.order(Order::Walk(id));
            }
            Runner::new(Arc::clone(&context), Arc::clone(&registry), id, Arc::clone(&station)).run()
        });
    }

    fn obey(&self, context: &Arc<ShardContext>, order: Order) {
        match order {
            Order::Walk(id) => {
                let station = self.station(id);
                station.absolve();
                station.woken.notify_one();
                self.walks.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
                self.walk.notify_one();
            }
            Order::Stop(id) => self.station(id).woken.notify_one(),
            Order::Replay(id, key) => {
                if let Some(entry) = self.registry.get(id) {
                    self.wake(context, &entry, key);
                }
            }
            Order::Erase(id) => {
                let station = self.stations.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                let (context, shard) = (Arc::clone(context), self.shard);
                let spawner = context.spawner.clone();
                spawner.spawn(TaskKind::Disposable, "webhook-erase", async move {
                    erase(&context, shard, id, station).await
                });
            }
        }
    }

    /// Looks at all instances of the endpoints that are to be walked, one endpoint after the other, for ever.
    pub(crate) async fn run_walks(self: Arc<Self>, context: Weak<ShardContext>) {
        loop {
            let next = self.walks.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            let Some(id) = next else {
                self.walk.notified().await;
                continue;
            };
            let Some(context) = context.upgrade() else { return };
            if let Some(entry) = self.registry.get(id) {
                self.walk(&context, entry).await;
            }
        }
    }

    /// Looks at all instances of an endpoint and wakes the lanes that have something to deliver.
    async fn walk(&self, context: &Arc<ShardContext>, entry: Arc<Entry>) {
        let mut breather = Breather::every(WALK_PER_POLL);
        for instance in self.registry.instances_of(&entry.endpoint) {
            if context.directory.shard_of(instance) != Some(self.shard) {
                continue;
            }
            match lagging(context, &entry, instance) {
                Ok(lanes) => lanes.into_iter().for_each(|key| self.wake(context, &entry, key)),
                Err(error) => tracing::error!(%instance, %error, "the places of an endpoint cannot be read"),
            }
            breather.step().await;
        }
    }

    /// Counts what waits, for ever.
    pub(crate) async fn run_census(self: Arc<Self>, context: Weak<ShardContext>) {
        let mut tick = tokio::time::interval(PENDING_CENSUS_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let Some(context) = context.upgrade() else { return };
            let stations: Vec<(EndpointId, Arc<Station>)> = {
                let stations = self.stations.lock().unwrap_or_else(PoisonError::into_inner);
                stations.iter().map(|(id, station)| (*id, Arc::clone(station))).collect()
            };
            let mut census = Census::default();
            let mut breather = Breather::every(WALK_PER_POLL);
            for (id, station) in stations {
                let Some(entry) = self.registry.get(id) else { continue };
                for key in station.behind() {
                    if let Err(error) = census.add(&*context.ledger, &entry.endpoint, key) {
                        tracing::error!(endpoint = %id, %error, "the place of an endpoint cannot be read");
                    }
                    breather.step().await;
                }
            }
            census.show(self.shard);
        }
    }
}

/// The lanes of an instance that are not at the end of its log.
fn lagging(context: &ShardContext, entry: &Entry, instance: InstanceId) -> Result<Vec<LaneKey>, EngineError> {
    let ledger = &*context.ledger;
    let newest = newest_on_disk(ledger, instance)?;
    let stored = rows::lanes(ledger, entry.endpoint.id, instance, REPLAYS_PER_LOG_MAX + 1)?;
    let live = LaneKey::live(instance);
    let mut keys: Vec<LaneKey> =
        stored.iter().filter(|(_, lane)| lane.pending(newest) > 0).map(|(key, _)| *key).collect();
    let is_new = !stored.iter().any(|(key, _)| *key == live);
    if is_new && newest > 0 {
        keys.push(live);
    }
    Ok(keys)
}

/// Erases what an endpoint left on a shard, once nobody writes there any more.
async fn erase(context: &ShardContext, shard: u16, id: EndpointId, station: Option<Arc<Station>>) {
    if let Some(station) = station {
        loop {
            let ended = station.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            station.woken.notify_one();
            if !station.is_running() {
                break;
            }
            ended.await;
        }
    }
    for ring in 0..PARTITIONS_DEFAULT {
        let mut batch = Batch::new();
        batch.delete_range(rows::ring_range(id, ring));
        erased(context, id, batch).await;
    }
    let mut breather = Breather::every(WALK_PER_POLL);
    for instance in context.directory.on_shard(shard) {
        let mut batch = Batch::new();
        batch.delete_range(rows::of_endpoint(instance, table::LANE, id));
        batch.delete_range(rows::of_endpoint(instance, table::DEAD_LETTER, id));
        erased(context, id, batch).await;
        breather.step().await;
    }
}

async fn erased(context: &ShardContext, id: EndpointId, batch: Batch) {
    if let Err(error) = patient::commit(&*context.ledger, batch, CommitClass::Soon).await {
        tracing::error!(endpoint = %id, %error, "what an endpoint left could not be erased");
    }
}
