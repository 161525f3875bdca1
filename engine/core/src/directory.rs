//! The node's route table: instance → shard, lanes, credits. Front ends read it; the actors own the truth. Of an instance
//! without an actor the route is all that memory holds.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::watch;
use trunkline_model::command::InstanceFilter;
use trunkline_model::instance::InstanceState;
use trunkline_model::{AccountId, Failure, InstanceId, WorkspaceId};

use crate::credits::{CallLane, Place, Pool};
use crate::instance::{InstanceMsg, Lanes};
use crate::limits::{BUSY_RETRY_AFTER_MS, INSTANCE_CREDITS, MEMORY_RETRY_AFTER_MS, SHARD_CREDITS};

/// Leave to queue one message in front of an instance. It travels with the message and returns when that is done.
#[derive(Debug)]
pub(crate) struct Credit {
    _instance: Place,
    _shard: Place,
}

/// How to reach an instance.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) account: AccountId,
    pub(crate) workspace: WorkspaceId,
    pub(crate) shard: u16,
    pub(crate) name: Option<String>,
    /// Sequence number of the newest durable event. Of a dormant instance it is there only if somebody follows.
    pub(crate) newest: Option<Newest>,
    pub(crate) state: Arc<StateCell>,
    /// What waits in front of the actor, and who that is. They outlive an actor that falls asleep, and no other.
    pub(crate) lanes: Arc<Lanes>,
    credits: Arc<Pool>,
}

/// Where an instance's log announces its newest durable event. It outlives the log of an instance that falls asleep, so that
/// whoever follows it hears of what comes after the next awakening.
pub(crate) type Newest = Arc<watch::Sender<u64>>;

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
    /// Which instances an account has.
    owned: DashMap<AccountId, BTreeSet<InstanceId>>,
    shards: Vec<ShardGate>,
}

/// What bounds a shard as a whole.
struct ShardGate {
    credits: Arc<Pool>,
    /// The shard's clients hold more memory than they may.
    is_full: AtomicBool,
}

impl Directory {
    pub(crate) fn new(shards: u16) -> Directory {
        let gate = |_| ShardGate { credits: Pool::new(SHARD_CREDITS), is_full: AtomicBool::new(false) };
        Directory {
            routes: DashMap::new(),
            names: DashMap::new(),
            owned: DashMap::new(),
            shards: (0..shards).map(gate).collect(),
        }
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
        self.owned.entry(route.account).or_default().insert(instance);
        self.routes.insert(instance, route);
    }

    pub(crate) fn withdraw(&self, instance: InstanceId) {
        let Some((_, route)) = self.routes.remove(&instance) else { return };
        if let Entry::Occupied(mut owned) = self.owned.entry(route.account) {
            owned.get_mut().remove(&instance);
            if owned.get().is_empty() {
                owned.remove();
            }
        }
        if let Some(name) = route.name {
            self.release_name(route.account, &name, instance);
        }
    }

    pub(crate) fn route(&self, instance: InstanceId) -> Option<Route> {
        self.routes.get(&instance).map(|route| route.clone())
    }

    /// Where the log of an instance announces its newest event: where it did before, if anybody follows that.
    pub(crate) fn newest(&self, instance: InstanceId) -> Newest {
        match self.routes.get_mut(&instance) {
            Some(mut route) => Arc::clone(route.newest.get_or_insert_default()),
            None => Newest::default(),
        }
    }

    /// Follows an instance, awake or not.
    pub(crate) fn follow(&self, instance: InstanceId) -> Option<watch::Receiver<u64>> {
        let mut route = self.routes.get_mut(&instance)?;
        Some(route.newest.get_or_insert_default().subscribe())
    }

    /// Lets go of what a dormant instance keeps for followers, unless there are any.
    pub(crate) fn forget_unfollowed(&self, instance: InstanceId) {
        if let Some(mut route) = self.routes.get_mut(&instance) {
            // Whoever wants to follow needs this entry first, which is locked.
            route.newest.take_if(|newest| newest.receiver_count() == 0);
        }
    }

    /// Tells whoever follows an instance that nothing comes any more.
    pub(crate) fn end_tails(&self, instance: InstanceId) {
        if let Some(mut route) = self.routes.get_mut(&instance) {
            route.newest = None;
        }
    }

    /// Gives a dormant instance new lanes: those that it had are closed, because it could not be awakened.
    pub(crate) fn renew_lanes(&self, instance: InstanceId) {
        if let Some(mut route) = self.routes.get_mut(&instance) {
            route.lanes = Arc::default();
        }
    }

    /// Whether an instance is there and belongs to this account.
    pub(crate) fn belongs_to(&self, instance: InstanceId, account: AccountId) -> bool {
        self.routes.get(&instance).is_some_and(|route| route.account == account)
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

    /// Notes that an instance belongs to another workspace now.
    pub(crate) fn move_to(&self, instance: InstanceId, workspace: WorkspaceId) {
        if let Some(mut route) = self.routes.get_mut(&instance) {
            route.workspace = workspace;
        }
    }

    /// Number of an account's instances, of one workspace or of all.
    pub(crate) fn count_of(&self, account: AccountId, workspace: Option<WorkspaceId>) -> usize {
        let Some(workspace) = workspace else {
            return self.owned.get(&account).map_or(0, |owned| owned.len());
        };
        let wanted = InstanceFilter { workspace: Some(workspace), ..InstanceFilter::default() };
        self.page_of(account, (None, usize::MAX), wanted).len()
    }

    /// Ids of an account's instances after one of them that match, in order, at most so many.
    pub(crate) fn page_of(
        &self,
        account: AccountId,
        (after, limit): (Option<InstanceId>, usize),
        wanted: InstanceFilter<'_>,
    ) -> Vec<InstanceId> {
        let matches = |id: &InstanceId| {
            self.routes.get(id).is_some_and(|route| {
                route.account == account
                    && wanted.state.is_none_or(|state| route.state.get() == state)
                    && wanted.workspace.is_none_or(|workspace| route.workspace == workspace)
            })
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        match wanted.only {
            Some(only) => {
                let rest = only.iter().filter(|id| after.is_none_or(|after| **id > after));
                let mut found: Vec<InstanceId> = rest.filter(|id| matches(id)).copied().collect();
                found.sort_unstable();
                found.truncate(limit);
                found
            }
            // Nobody who holds a route asks for what an account owns, so the two tables may be locked in this order.
            None => self.owned.get(&account).map_or(Vec::new(), |owned| {
                let rest = owned.range((from, Bound::Unbounded)).filter(|id| matches(id));
                rest.take(limit).copied().collect()
            }),
        }
    }

    pub(crate) fn by_name(&self, account: AccountId, name: &str) -> Option<InstanceId> {
        self.names.get(&(account, name.to_owned())).map(|id| *id)
    }

    /// Whose an instance is.
    pub(crate) fn account_of(&self, instance: InstanceId) -> Option<AccountId> {
        self.routes.get(&instance).map(|route| route.account)
    }

    /// Where an instance lives.
    pub(crate) fn shard_of(&self, instance: InstanceId) -> Option<u16> {
        self.routes.get(&instance).map(|route| route.shard)
    }

    /// Ids of a shard's instances.
    pub(crate) fn on_shard(&self, shard: u16) -> Vec<InstanceId> {
        self.routes.iter().filter(|entry| entry.shard == shard).map(|entry| *entry.key()).collect()
    }

    /// Ids of an account's instances, in order.
    pub(crate) fn of_account(&self, account: AccountId) -> Vec<(InstanceId, InstanceState)> {
        let stands = |id| self.routes.get(&id).map(|route| (id, route.state.get()));
        let all = self.page_of(account, (None, usize::MAX), InstanceFilter::default());
        all.into_iter().filter_map(stands).collect()
    }

    /// Number of instances.
    pub(crate) fn count(&self) -> usize {
        self.routes.len()
    }

    /// Number of instances on each shard.
    pub(crate) fn count_shards(&self) -> Vec<usize> {
        let mut counts = vec![0; self.shards.len()];
        for entry in &self.routes {
            if let Some(count) = counts.get_mut(usize::from(entry.shard)) {
                *count += 1;
            }
        }
        counts
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
    pub(crate) fn credit(&self, route: &Route, lane: CallLane) -> Result<Credit, Failure> {
        let turned_away = |queue: &'static str| {
            turned_away(queue, format!("The queue of the {queue} is full."), BUSY_RETRY_AFTER_MS)
        };
        let shard = self.gate(route.shard).and_then(|gate| gate.credits.take(lane));
        let shard = shard.ok_or_else(|| turned_away("shard"))?;
        let instance = route.credits.take(lane).ok_or_else(|| turned_away("instance"))?;
        Ok(Credit { _instance: instance, _shard: shard })
    }

    fn gate(&self, shard: u16) -> Option<&ShardGate> {
        self.shards.get(usize::from(shard))
    }

    /// Told by the memory governor of a shard.
    pub(crate) fn set_memory_full(&self, shard: u16, is_full: bool) {
        if let Some(gate) = self.gate(shard) {
            gate.is_full.store(is_full, Ordering::Relaxed);
        }
    }

    /// Whether a shard's clients are over their memory budget.
    pub(crate) fn is_memory_full(&self, shard: u16) -> bool {
        self.gate(shard).is_some_and(|gate| gate.is_full.load(Ordering::Relaxed))
    }

    /// Refuses work that can wait and that makes clients grow, while the shard's clients are over their memory budget.
    ///
    /// # Errors
    /// A retryable [`Failure`].
    pub(crate) fn check_memory(&self, route: &Route) -> Result<(), Failure> {
        if self.is_memory_full(route.shard) {
            let detail = "The node is short of memory: bulk messages and media are not taken right now.";
            return Err(turned_away("memory", detail.to_owned(), MEMORY_RETRY_AFTER_MS));
        }
        Ok(())
    }

    /// Sends a message that needs no credit because its sender is bounded itself. A missing actor is no error: what the
    /// message tells is then void.
    pub(crate) fn cast(&self, instance: InstanceId, message: InstanceMsg) {
        if let Some(actor) = self.route(instance).and_then(|route| route.lanes.reader()) {
            drop(actor.cast(message));
        }
    }
}

fn turned_away(queue: &'static str, detail: String, retry_after_ms: u64) -> Failure {
    metrics::counter!(crate::metrics::TURNED_AWAY, "queue" => queue).increment(1);
    Failure::busy(detail, retry_after_ms)
}

#[cfg(test)]
impl Credit {
    /// A credit from pools of its own.
    pub(crate) fn for_test() -> Credit {
        let place = || {
            Pool::new(crate::credits::Places { all: 1, bulk: 1 }).take(CallLane::Front).expect("it is empty")
        };
        Credit { _instance: place(), _shard: place() }
    }
}

impl Route {
    /// The way to an instance that has no actor yet.
    pub(crate) fn new(account: AccountId, shard: u16, name: Option<String>, state: InstanceState) -> Route {
        Route {
            account,
            workspace: WorkspaceId::default_of(account),
            shard,
            name,
            newest: None,
            state: Arc::new(StateCell::new(state)),
            lanes: Arc::default(),
            credits: Pool::new(INSTANCE_CREDITS),
        }
    }

    /// The same, in another workspace.
    pub(crate) fn in_workspace(self, workspace: WorkspaceId) -> Route {
        Route { workspace, ..self }
    }
}
