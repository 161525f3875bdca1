//! The dormant instances of a shard: numbers at rest without an actor. What is kept of each is its id here and its route in the
//! directory; the rest is on disk. One task removes what expires of all of them, so that a number that sleeps for months keeps
//! no longer than the others what it once received.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trunkline_model::InstanceId;
use trunkline_store::Ledger;

use super::polls::Breather;
use crate::clock;
use crate::delivery::Registry;
use crate::instance::{Swept, remove_expired};
use crate::limits::{DORMANT_SWEEPS, DORMANT_TICK, SWEEP_EVERY_MS};
use crate::log::Boundary;

/// Who sleeps.
pub(crate) struct Dormitory {
    sleeping: Mutex<BTreeSet<InstanceId>>,
    gauge: metrics::Gauge,
}

impl Dormitory {
    pub(crate) fn new(shard: u16) -> Arc<Dormitory> {
        let gauge = metrics::gauge!(crate::metrics::DORMANT, "shard" => shard.to_string());
        gauge.set(0.0);
        Arc::new(Dormitory { sleeping: Mutex::default(), gauge })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<InstanceId>> {
        self.sleeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An instance has no actor any more.
    pub(crate) fn enter(&self, instance: InstanceId) {
        let mut sleeping = self.lock();
        sleeping.insert(instance);
        self.gauge.set(sleeping.len() as f64);
    }

    /// An instance has an actor again, or is gone.
    pub(crate) fn leave(&self, instance: InstanceId) {
        let mut sleeping = self.lock();
        sleeping.remove(&instance);
        self.gauge.set(sleeping.len() as f64);
    }

    /// Everybody who sleeps now.
    pub(crate) fn all(&self) -> Vec<InstanceId> {
        self.lock().iter().copied().collect()
    }

    /// The next after `last`, in the order of ids.
    fn next_after(&self, last: Option<InstanceId>, most: usize) -> Vec<InstanceId> {
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.lock().range((after, Bound::Unbounded)).take(most).copied().collect()
    }

    /// Looks after the sleeping for ever.
    pub(crate) async fn run(self: Arc<Self>, ledger: Arc<dyn Ledger>, registry: Arc<Registry>) {
        let mut tick = tokio::time::interval(DORMANT_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut rounds = Rounds::new(clock::steady_ms());
        loop {
            tick.tick().await;
            self.look_after(&mut rounds, &*ledger, &registry).await;
        }
    }

    async fn look_after(&self, rounds: &mut Rounds, ledger: &dyn Ledger, registry: &Registry) {
        let now_ms = clock::steady_ms();
        if !rounds.is_due(now_ms) {
            return;
        }
        let some = self.next_after(rounds.last, DORMANT_SWEEPS);
        let mut breather = Breather::every(1);
        for &instance in &some {
            registry.directory().forget_unfollowed(instance);
            let retention = registry.retention_of(instance);
            match remove_expired(ledger, instance, retention, rounds.boundary_of(instance)) {
                Ok(Swept::All) => rounds.last = Some(instance),
                // Goes on with the same one: it has more.
                Ok(Swept::More) => return,
                Err(error) => {
                    tracing::error!(%instance, %error, "what has expired cannot be read");
                    rounds.last = Some(instance);
                }
            }
            breather.step().await;
        }
        if some.len() < DORMANT_SWEEPS {
            rounds.end();
        }
    }
}

/// Goes round the dormant instances, not more often than an actor sweeps. Pure: the time comes in.
#[derive(Debug)]
struct Rounds {
    /// A round is under way.
    running: bool,
    /// Whom it reached last.
    last: Option<InstanceId>,
    /// When the next round may begin.
    begins_at_ms: u64,
    /// What is known of the log of whom it is at.
    boundary: Option<(InstanceId, Boundary)>,
}

impl Rounds {
    fn new(now_ms: u64) -> Rounds {
        Rounds { running: false, last: None, begins_at_ms: now_ms + SWEEP_EVERY_MS, boundary: None }
    }

    fn boundary_of(&mut self, instance: InstanceId) -> &mut Boundary {
        let known = self.boundary.take().filter(|(of, _)| *of == instance);
        &mut self.boundary.insert(known.unwrap_or_else(|| (instance, Boundary::default()))).1
    }

    /// Whether there is something to do now: a round that is under way, or the next one.
    fn is_due(&mut self, now_ms: u64) -> bool {
        if !self.running && now_ms >= self.begins_at_ms {
            self.running = true;
            self.begins_at_ms = now_ms + SWEEP_EVERY_MS;
        }
        self.running
    }

    fn end(&mut self) {
        (self.running, self.last, self.boundary) = (false, None, None);
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use trunkline_model::record::table;
    use trunkline_store::{Batch, CommitClass};

    use super::*;
    use crate::directory::Directory;
    use crate::limits::SWEEP_MAX;
    use crate::place::{deadline_key, instance_key};
    use crate::testing;

    /// Something that has expired, and its deadline.
    fn expired(instance: u64, number: u64, batch: &mut Batch) {
        let (instance, mark) = (InstanceId(instance), number.to_be_bytes());
        batch.put(instance_key(instance, table::INBOUND_SEEN, &mark), &b"x"[..]);
        let then_ms = clock::wall_ms() - 1_000;
        batch.put(deadline_key(instance, then_ms, table::INBOUND_SEEN, &mark), &b""[..]);
    }

    #[tokio::test]
    async fn a_round_sweeps_everybody_and_the_next_one_takes_its_time() {
        let dir = TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let registry = Registry::new(ledger.sealer(), Arc::new(Directory::new(1)));
        let dormitory = Dormitory::new(0);
        let many = DORMANT_SWEEPS as u64 * 2;
        let mut batch = Batch::new();
        (1..=many).for_each(|id| expired(id, 0, &mut batch));
        (1..=SWEEP_MAX as u64).for_each(|number| expired(1, number, &mut batch));
        ledger.commit(batch, CommitClass::First).await.expect("durable");
        (1..=many).for_each(|id| dormitory.enter(InstanceId(id)));
        // Awake: its actor sweeps.
        dormitory.leave(InstanceId(2));

        let mut rounds = Rounds::new(clock::steady_ms());
        dormitory.look_after(&mut rounds, &*ledger, &registry).await;
        assert!(!rounds.running, "the first round has not begun");
        clock::advance(SWEEP_EVERY_MS);
        dormitory.look_after(&mut rounds, &*ledger, &registry).await;
        assert!(rounds.running && rounds.last.is_none(), "the first one has more");
        while rounds.running {
            // What a sweep removes is there until it is durable.
            crate::patient::barrier(&*ledger).await.expect("durable");
            dormitory.look_after(&mut rounds, &*ledger, &registry).await;
        }
        crate::patient::barrier(&*ledger).await.expect("durable");
        let left = |id: u64| {
            let key = instance_key(InstanceId(id), table::INBOUND_SEEN, &0u64.to_be_bytes());
            ledger.get(&key).expect("it reads").is_some()
        };
        let kept: Vec<u64> = (1..=many).filter(|id| left(*id)).collect();
        assert_eq!(kept, [2]);
        assert!(!rounds.is_due(clock::steady_ms()), "one round in {SWEEP_EVERY_MS} ms");
        clock::advance(SWEEP_EVERY_MS);
        assert!(rounds.is_due(clock::steady_ms()));
    }
}
