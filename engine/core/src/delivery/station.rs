//! An endpoint on one shard: what waits for it, and how it does. It outlives the runner, which is there only while something waits.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use trunkline_model::EndpointId;
use trunkline_model::delivery::{Breaker, BreakerState, Leave, Outcome};
use trunkline_store::Ledger;

use super::key::LaneKey;
use super::rows;
use crate::clock;
use crate::engine::EngineError;

/// See the module.
#[derive(Default)]
pub(super) struct Station {
    state: Mutex<State>,
    /// Something waits, or the endpoint changed.
    pub(super) woken: Notify,
    /// The runner ended.
    pub(super) ended: Notify,
}

#[derive(Default)]
struct State {
    /// Lanes that may have something to deliver, each once, in the order of their coming.
    waiting: VecDeque<LaneKey>,
    known: HashSet<LaneKey>,
    /// Lanes that are not at the end of their logs, whether they wait here or are with the runner.
    behind: HashSet<LaneKey>,
    running: bool,
    breaker: Breaker,
    last_outcome: Option<Outcome>,
    last_success_ms: Option<i64>,
    /// The next number of each ring of the delivery log that was written to.
    rings: HashMap<u16, u64>,
}

/// How an endpoint does on one shard.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) breaker: BreakerState,
    pub(super) last_outcome: Option<Outcome>,
    pub(super) last_success_ms: Option<i64>,
}

impl Station {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lane may have something to deliver.
    pub(super) fn wait(&self, key: LaneKey) {
        let mut state = self.lock();
        state.behind.insert(key);
        if state.known.insert(key) {
            state.waiting.push_back(key);
            drop(state);
            self.woken.notify_one();
        }
    }

    /// Takes the lane that has waited longest.
    pub(super) fn next(&self) -> Option<LaneKey> {
        let mut state = self.lock();
        let key = state.waiting.pop_front()?;
        state.known.remove(&key);
        Some(key)
    }

    /// A lane that was taken has reached the end of its log, unless it waits again.
    pub(super) fn caught_up(&self, key: LaneKey) {
        let mut state = self.lock();
        if !state.known.contains(&key) {
            state.behind.remove(&key);
        }
    }

    /// The lanes that are not at the end of their logs.
    pub(super) fn behind(&self) -> Vec<LaneKey> {
        self.lock().behind.iter().copied().collect()
    }

    /// A lane has nothing to deliver any more, unless it is told so again.
    pub(super) fn forget(&self, key: LaneKey) {
        let mut state = self.lock();
        state.behind.remove(&key);
        if state.known.remove(&key) {
            state.waiting.retain(|waiting| *waiting != key);
        }
    }

    /// A lane had its turn: the others first.
    pub(super) fn served(&self, key: LaneKey) {
        let mut state = self.lock();
        if let Some(place) = state.waiting.iter().position(|waiting| *waiting == key) {
            state.waiting.remove(place);
            state.waiting.push_back(key);
        }
    }

    /// The lanes that wait.
    pub(super) fn waiting(&self) -> Vec<LaneKey> {
        self.lock().waiting.iter().copied().collect()
    }

    /// Whether anything waits.
    pub(super) fn has_waiting(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// Takes the place of the runner, if it is free and something waits for one.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.lock();
        let begins = !state.running && !state.waiting.is_empty();
        state.running |= begins;
        begins
    }

    /// Gives the place of the runner back, unless something waits that it is to see to.
    pub(super) fn end(&self, may_leave_waiting: bool) -> bool {
        let mut state = self.lock();
        if !may_leave_waiting && !state.waiting.is_empty() {
            return false;
        }
        state.running = false;
        drop(state);
        self.ended.notify_waiters();
        true
    }

    pub(super) fn is_running(&self) -> bool {
        self.lock().running
    }

    /// Asks the breaker for leave to deliver.
    pub(super) fn leave(&self) -> Leave {
        self.lock().breaker.ask(clock::steady_ms())
    }

    /// A run that had leave ended without an attempt.
    pub(super) fn undecided(&self) {
        self.lock().breaker.undecided(clock::steady_ms());
    }

    pub(super) fn succeeded(&self, outcome: Outcome) {
        let mut state = self.lock();
        state.breaker.succeeded();
        state.last_success_ms = Some(clock::wall_ms());
        state.last_outcome = Some(outcome);
    }

    pub(super) fn failed(&self, outcome: Outcome) {
        let mut state = self.lock();
        state.breaker.failed(clock::steady_ms(), clock::random_u64() as u32);
        state.last_outcome = Some(outcome);
    }

    /// Whether the endpoint took anything since a time, in milliseconds since the Unix epoch.
    pub(super) fn took_since(&self, since_ms: i64) -> bool {
        self.lock().last_success_ms.is_some_and(|last_ms| last_ms >= since_ms)
    }

    /// Lets it begin anew: somebody says that it works again.
    pub(super) fn absolve(&self) {
        self.lock().breaker = Breaker::default();
    }

    pub(super) fn condition(&self) -> Condition {
        let state = self.lock();
        Condition {
            breaker: state.breaker.state(),
            last_outcome: state.last_outcome.clone(),
            last_success_ms: state.last_success_ms,
        }
    }

    /// The next number of a ring of the delivery log.
    pub(super) fn ring_number(
        &self,
        ledger: &dyn Ledger,
        endpoint: EndpointId,
        ring: u16,
    ) -> Result<u64, EngineError> {
        let mut state = self.lock();
        let next = match state.rings.get(&ring) {
            Some(next) => *next,
            None => {
                let kept = rows::deliveries(ledger, endpoint, ring)?;
                kept.iter().map(|delivery| delivery.number + 1).max().unwrap_or(0)
            }
        };
        state.rings.insert(ring, next + 1);
        Ok(next)
    }
}
