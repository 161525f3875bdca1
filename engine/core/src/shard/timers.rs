//! One wheel for all timers of a shard: no timer task per number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ractor::ActorRef;

use super::polls::Breather;
use crate::clock;
use crate::instance::InstanceMsg;
use crate::limits::{TIMER_TICK, TIMERS_PER_POLL};

/// What a timer is for. An instance ignores a timer whose generation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimerTag {
    /// The state's exit timer.
    StateExit,
    /// Look whether the connection is alive.
    Progress,
    /// A message of the outbox is due again, or an acknowledgement is overdue.
    Outbox,
    /// Remove what has expired.
    Sweep,
    /// Look whether the instance may sleep.
    Doze,
}

/// An armed timer: when it rings, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimerKey(u64, u64);

struct Entry {
    target: ActorRef<InstanceMsg>,
    tag: TimerTag,
    generation: u64,
}

#[derive(Default)]
struct Wheel {
    entries: BTreeMap<(u64, u64), Entry>,
    armed: u64,
}

/// Timers of one shard, with the granularity of [`TIMER_TICK`].
#[derive(Clone, Default)]
pub(crate) struct Timers(Arc<Mutex<Wheel>>);

impl Timers {
    /// Sends `tag` to `target` at `due_ms` of the steady clock, or up to a tick later.
    pub(crate) fn arm(
        &self,
        due_ms: u64,
        target: &ActorRef<InstanceMsg>,
        tag: TimerTag,
        generation: u64,
    ) -> TimerKey {
        let mut wheel = self.lock();
        wheel.armed += 1;
        let key = (due_ms, wheel.armed);
        wheel.entries.insert(key, Entry { target: target.clone(), tag, generation });
        TimerKey(key.0, key.1)
    }

    /// Takes a timer out, and lets go of its target. One that has rung is no error.
    pub(crate) fn disarm(&self, TimerKey(due_ms, number): TimerKey) {
        let disarmed = self.lock().entries.remove(&(due_ms, number));
        // Outside of the lock: it may have been the last to hold its actor.
        drop(disarmed);
    }

    fn lock(&self) -> MutexGuard<'_, Wheel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns for ever.
    pub(crate) async fn run(self) {
        let mut tick = tokio::time::interval(TIMER_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.ring().await;
        }
    }

    /// Rings what is due.
    pub(crate) async fn ring(&self) {
        let mut breather = Breather::every(TIMERS_PER_POLL);
        for entry in self.due(clock::steady_ms()) {
            // An actor that is gone needs no timer.
            drop(entry.target.cast(InstanceMsg::Timer { tag: entry.tag, generation: entry.generation }));
            breather.step().await;
        }
    }

    /// How many timers of a kind ring until then.
    #[cfg(test)]
    pub(crate) fn armed_within(&self, until_ms: u64, tag: TimerTag) -> usize {
        self.lock().entries.iter().filter(|(key, entry)| key.0 <= until_ms && entry.tag == tag).count()
    }

    fn due(&self, now_ms: u64) -> Vec<Entry> {
        let mut wheel = self.lock();
        let later = wheel.entries.split_off(&(now_ms + 1, 0));
        std::mem::replace(&mut wheel.entries, later).into_values().collect()
    }
}
