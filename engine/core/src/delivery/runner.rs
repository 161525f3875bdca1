//! Delivers what waits for one endpoint on one shard, as many lanes at a time as the endpoint takes. It is there only while
//! something waits, and a little longer.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use trunkline_model::EndpointId;
use trunkline_model::delivery::{LaneRecord, Leave, PauseReason};
use trunkline_store::StoreError;

use super::courier::Courier;
use super::journal::Journal;
use super::key::LaneKey;
use super::lane::{End, Ended, Run};
use super::registry::{Entry, Registry};
use super::rows;
use super::station::Station;
use crate::clock;
use crate::limits::{LANE_RETRY_MS, RUNNER_LINGER, RUNNER_WAIT_MAX};
use crate::shard::ShardContext;

/// See the module.
pub(super) struct Runner {
    context: Arc<ShardContext>,
    registry: Arc<Registry>,
    id: EndpointId,
    station: Arc<Station>,
    /// Lanes that are under way, or whose place is on its way to the disk.
    lanes: HashMap<LaneKey, Known>,
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    saving: FuturesUnordered<BoxFuture<'static, Saved>>,
    /// Lanes that are to be tried later, by the steady clock.
    later: BTreeSet<(u64, LaneKey)>,
    /// By the steady clock: not before this time says the breaker.
    closed_until_ms: Option<u64>,
}

struct Known {
    /// `None` while it is under way.
    place: Option<LaneRecord>,
    /// It was woken while it was under way.
    again: bool,
    /// Writes of its place that are not on disk yet: until then only the memory knows it.
    unsaved: u32,
}

struct Saved {
    key: LaneKey,
    result: Result<(), StoreError>,
}

impl Runner {
    pub(super) fn new(
        context: Arc<ShardContext>,
        registry: Arc<Registry>,
        id: EndpointId,
        station: Arc<Station>,
    ) -> Runner {
        Runner {
            context,
            registry,
            id,
            station,
            lanes: HashMap::new(),
            running: FuturesUnordered::new(),
            saving: FuturesUnordered::new(),
            later: BTreeSet::new(),
            closed_until_ms: None,
        }
    }

    /// Runs until nothing waits, or the endpoint is paused or gone.
    pub(super) async fn run(mut self) {
        let mut courier: Option<(Arc<Entry>, Arc<Courier>)> = None;
        loop {
            let Some(entry) = self.entry_at_work() else {
                self.settle().await;
                // Somebody may have resumed it while the last deliveries ended, and found the place of the runner taken.
                if self.entry_at_work().is_some() && self.station.begin() {
                    continue;
                }
                return;
            };
            if courier.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, &entry)) {
                courier = Some((Arc::clone(&entry), Arc::new(Courier::new(&self.context, &entry.endpoint))));
            }
            let Some((_, courier)) = &courier else { return };
            self.start_what_may(&entry, courier);
            if !self.wait().await && self.station.end(false) {
                return;
            }
        }
    }

    /// The endpoint, unless it is paused or gone.
    fn entry_at_work(&self) -> Option<Arc<Entry>> {
        self.registry.get(self.id).filter(|entry| entry.endpoint.pause.is_none())
    }

    /// Paused or gone: what is under way ends and is written down, the rest waits for better times.
    async fn settle(&mut self) {
        while let Some(ended) = self.running.next().await {
            self.ended(ended);
        }
        while let Some(saved) = self.saving.next().await {
            self.saved(saved);
        }
        let later = std::mem::take(&mut self.later);
        later.into_iter().for_each(|(_, key)| self.station.wait(key));
        self.station.end(true);
    }

    /// Starts lanes as long as there is room and leave.
    fn start_what_may(&mut self, entry: &Arc<Entry>, courier: &Arc<Courier>) {
        self.closed_until_ms = None;
        let now_ms = clock::steady_ms();
        while let Some(&(due_ms, key)) = self.later.first() {
            if due_ms > now_ms {
                break;
            }
            self.later.pop_first();
            self.station.wait(key);
        }
        while self.running.len() < usize::from(entry.endpoint.concurrency) && self.station.has_waiting() {
            match self.station.leave() {
                Leave::Go => {}
                Leave::NotBefore { ms } => {
                    self.closed_until_ms = Some(ms);
                    break;
                }
                Leave::AfterProbe => break,
            }
            if !self.start_next(entry, courier) {
                self.station.undecided();
            }
        }
    }

    /// Starts the lane that has waited longest. Says whether one was started.
    fn start_next(&mut self, entry: &Arc<Entry>, courier: &Arc<Courier>) -> bool {
        let Some(key) = self.station.next() else { return false };
        self.later.retain(|(_, later)| *later != key);
        if !entry.endpoint.filter.covers(key.instance) {
            self.station.caught_up(key);
            return false;
        }
        let place = match self.lanes.get_mut(&key) {
            Some(known) => match known.place.take() {
                Some(place) => place,
                None => {
                    known.again = true;
                    return false;
                }
            },
            None => match rows::lane(&*self.context.ledger, self.id, key) {
                Ok(Some(place)) => {
                    self.lanes.insert(key, Known { place: None, again: false, unsaved: 0 });
                    place
                }
                // A replay that is over.
                Ok(None) => {
                    self.station.caught_up(key);
                    return false;
                }
                Err(error) => {
                    tracing::error!(endpoint = %self.id, instance = %key.instance, %error, "a place cannot be read");
                    self.put_off(key, LANE_RETRY_MS);
                    return false;
                }
            },
        };
        let run = Run {
            context: Arc::clone(&self.context),
            registry: Arc::clone(&self.registry),
            entry: Arc::clone(entry),
            station: Arc::clone(&self.station),
            courier: Arc::clone(courier),
            journal: Journal::new(self.id, key),
            key,
            counted: place.counts,
            place,
            taken: 0,
        };
        self.running.push(run.run().boxed());
        true
    }

    fn put_off(&mut self, key: LaneKey, after_ms: u64) {
        self.later.insert((clock::steady_ms() + after_ms, key));
    }

    /// Waits for something to happen and takes it in. Says whether there is anything left to wait for.
    async fn wait(&mut self) -> bool {
        let now_ms = clock::steady_ms();
        let due_ms =
            [self.later.first().map(|(due_ms, _)| *due_ms), self.closed_until_ms].into_iter().flatten().min();
        let idle = self.running.is_empty() && self.saving.is_empty() && due_ms.is_none();
        let wait = match due_ms {
            Some(due_ms) => Duration::from_millis(due_ms.saturating_sub(now_ms)).min(RUNNER_WAIT_MAX),
            None if idle => RUNNER_LINGER,
            None => RUNNER_WAIT_MAX,
        };
        tokio::select! {
            Some(ended) = self.running.next() => self.ended_with_consequences(ended).await,
            Some(saved) = self.saving.next() => self.saved(saved),
            () = self.station.woken.notified() => {}
            () = tokio::time::sleep(wait) => return !idle,
        }
        true
    }

    async fn ended_with_consequences(&mut self, ended: Ended) {
        let (instance, reason) = (ended.key.instance, ended.end.pauses());
        self.ended(ended);
        if let (Some(reason), Some(entry)) = (reason, self.registry.get(self.id)) {
            self.registry.give_up(&entry.endpoint, reason, instance).await;
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { key, place, end, save, attempted } = ended;
        if !attempted {
            self.station.undecided();
        }
        let Some(known) = self.lanes.get_mut(&key) else { return };
        let again = std::mem::take(&mut known.again);
        known.place = Some(place);
        known.unsaved += u32::from(save.is_some());
        match end {
            End::Idle if again => self.station.wait(key),
            End::Idle | End::Over => self.station.caught_up(key),
            End::More => self.station.wait(key),
            End::Later { at_ms } => {
                let after_ms = u64::try_from(at_ms.saturating_sub(clock::wall_ms())).unwrap_or(0);
                self.put_off(key, after_ms);
            }
            End::Unreadable => self.put_off(key, LANE_RETRY_MS),
            // Waits while the endpoint is paused.
            End::Paused(_) => self.station.wait(key),
        }
        match save {
            Some(save) => self.saving.push(save.map(move |result| Saved { key, result }).boxed()),
            None => self.forget_if_saved(key),
        }
    }

    fn saved(&mut self, saved: Saved) {
        let Saved { key, result } = saved;
        match result {
            Ok(()) => {
                if let Some(known) = self.lanes.get_mut(&key) {
                    known.unsaved = known.unsaved.saturating_sub(1);
                }
                self.forget_if_saved(key);
            }
            // The store has failed, and the process ends; the place in memory is the right one until then.
            Err(error) => {
                tracing::error!(endpoint = %self.id, %error, "the place of an endpoint was not written")
            }
        }
    }

    /// What is on disk need not be known here, if nothing is under way. A run that changed nothing has nothing to save, but the write of
    /// the run before may still be on its way.
    fn forget_if_saved(&mut self, key: LaneKey) {
        if self.lanes.get(&key).is_some_and(|known| known.unsaved == 0 && known.place.is_some()) {
            self.lanes.remove(&key);
        }
    }
}

impl End {
    /// Why the endpoint is paused after this, if it is.
    fn pauses(&self) -> Option<PauseReason> {
        match self {
            End::Paused(reason) => Some(*reason),
            _ => None,
        }
    }
}
