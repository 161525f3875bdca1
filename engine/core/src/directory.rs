//! The node's route table: instance → shard, actor, credits. Front ends read it; the actors own the truth.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use ractor::ActorRef;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use trunkline_model::instance::InstanceState;
use trunkline_model::{AccountId, Failure, InstanceId};

use crate::instance::InstanceMsg;
use crate::limits::{BUSY_RETRY_AFTER_MS, INSTANCE_CREDITS, SHARD_CREDITS};

/// Leave to queue one message in front of an instance. It travels with the message and returns when that is done.
#[derive(Debug)]
pub(crate) struct Credit {
    _instance: OwnedSemaphorePermit,
    _shard: OwnedSemaphorePermit,
}

/// How to reach an instance.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) account: AccountId,
    pub(crate) shard: u16,
    pub(crate) actor: ActorRef<InstanceMsg>,
    pub(crate) name: Option<String>,
    /// Sequence number of the newest durable event.
    pub(crate) newest: watch::Receiver<u64>,
    pub(crate) state: Arc<StateCell>,
    credits: Arc<Semaphore>,
}

/// The last state that an actor entered, for lists and gauges.
#[derive(Debug)]
pub(crate) struct StateCell(AtomicU8);

impl StateCell {
    pub(crate) fn new(state: InstanceState) -> StateCell {
        StateCell(AtomicU8::new(state as u8))
    }

    pub(crate) fn set(&self, state: InstanceState) {
        self.0.store(state as u8, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> InstanceState {
        InstanceState::ALL
            .get(usize::from(self.0.load(Ordering::Relaxed)))
            .copied()
            .unwrap_or(InstanceState::New)
    }
}

/// The table, with the names that accounts gave their instances.
pub(crate) struct Directory {
    routes: DashMap<InstanceId, Route>,
    names: DashMap<(AccountId, String), InstanceId>,
    shard_credits: Vec<Arc<Semaphore>>,
}

impl Directory {
    pub(crate) fn new(shards: u16) -> Directory {
        let shard_credits = (0..shards).map(|_| Arc::new(Semaphore::new(SHARD_CREDITS))).collect();
        Directory { routes: DashMap::new(), names: DashMap::new(), shard_credits }
    }

    /// Makes an instance reachable, or replaces its actor after a restart. Credits outlive the actor: what waited in front of
    /// the old one was dropped with it, and gave its credits back.
    pub(crate) fn publish(&self, instance: InstanceId, mut route: Route) {
        if let Some(name) = &route.name {
            self.names.insert((route.account, name.clone()), instance);
        }
        if let Some(old) = self.routes.get(&instance) {
            route.credits = Arc::clone(&old.credits);
        }
        self.routes.insert(instance, route);
    }

    pub(crate) fn withdraw(&self, instance: InstanceId) {
        if let Some((_, route)) = self.routes.remove(&instance)
            && let Some(name) = route.name
        {
            self.release_name(route.account, &name, instance);
        }
    }

    pub(crate) fn route(&self, instance: InstanceId) -> Option<Route> {
        self.routes.get(&instance).map(|route| route.clone())
    }

    /// Reserves a name. Says whether it was free or already this instance's.
    pub(crate) fn claim_name(&self, account: AccountId, name: &str, instance: InstanceId) -> bool {
        match self.names.entry((account, name.to_owned())) {
            Entry::Occupied(taken) => *taken.get() == instance,
            Entry::Vacant(free) => {
                free.insert(instance);
                true
            }
        }
    }

    pub(crate) fn release_name(&self, account: AccountId, name: &str, instance: InstanceId) {
        self.names.remove_if(&(account, name.to_owned()), |_, owner| *owner == instance);
    }

    pub(crate) fn rename(&self, instance: InstanceId, name: Option<String>) {
        if let Some(mut route) = self.routes.get_mut(&instance) {
            route.name = name;
        }
    }

    pub(crate) fn by_name(&self, account: AccountId, name: &str) -> Option<InstanceId> {
        self.names.get(&(account, name.to_owned())).map(|id| *id)
    }

    /// Ids of an account's instances, in order.
    pub(crate) fn of_account(&self, account: AccountId) -> Vec<(InstanceId, InstanceState)> {
        let mut ids: Vec<_> = self
            .routes
            .iter()
            .filter(|entry| entry.account == account)
            .map(|entry| (*entry.key(), entry.state.get()))
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Number of instances in each state, in the order of [`InstanceState::ALL`].
    pub(crate) fn count_states(&self) -> [usize; InstanceState::ALL.len()] {
        let mut counts = [0; InstanceState::ALL.len()];
        for entry in &self.routes {
            counts[entry.state.get() as usize] += 1;
        }
        counts
    }

    /// Leave to queue one more message in front of an instance.
    ///
    /// # Errors
    /// A retryable [`Failure`] when the instance or its shard has as many waiting as it may.
    pub(crate) fn credit(&self, route: &Route) -> Result<Credit, Failure> {
        let turned_away = |queue: &'static str| {
            metrics::counter!(crate::metrics::TURNED_AWAY, "queue" => queue).increment(1);
            Failure::busy(format!("The queue of the {queue} is full."), BUSY_RETRY_AFTER_MS)
        };
        let shard = &self.shard_credits[usize::from(route.shard)];
        let shard = Arc::clone(shard).try_acquire_owned().map_err(|_| turned_away("shard"))?;
        let instance = Arc::clone(&route.credits).try_acquire_owned().map_err(|_| turned_away("instance"))?;
        Ok(Credit { _instance: instance, _shard: shard })
    }

    /// Sends a message that needs no credit because its sender is bounded itself. A missing actor is no error: what the
    /// message tells is then void.
    pub(crate) fn cast(&self, instance: InstanceId, message: InstanceMsg) {
        if let Some(route) = self.route(instance) {
            drop(route.actor.cast(message));
        }
    }
}

/// The pool that bounds what waits in front of one instance.
pub(crate) fn instance_credits() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(INSTANCE_CREDITS))
}

impl Route {
    pub(crate) fn new(
        account: AccountId,
        shard: u16,
        actor: ActorRef<InstanceMsg>,
        newest: watch::Receiver<u64>,
    ) -> Route {
        let state = Arc::new(StateCell::new(InstanceState::New));
        Route { account, shard, actor, name: None, newest, state, credits: instance_credits() }
    }
}
