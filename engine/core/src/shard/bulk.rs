//! Turns for bulk messages. However many numbers of a shard send in bulk, one hand-over begins in a turn of the shard's loop,
//! and the numbers take turns. An idle loop turns quickly, so bulk is fast then; a busy one serves everybody else in between.
//! While people wait for their messages, bulk rests after its turns as [`BulkShare`] says: a loop that it keeps busy, and the cores
//! that it shares with others, would make them wait too.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ractor::ActorRef;
use tokio::sync::Notify;
use tokio::time::Instant;
use trunkline_model::message::BulkShare;

use crate::clock;
use crate::instance::InstanceMsg;
use crate::limits::BULK_YIELDS_MS;

/// Who waits for a turn. An instance asks once and is in the queue once, so there are at most as many as instances.
pub(crate) struct BulkTurns<T = ActorRef<InstanceMsg>> {
    waiting: Mutex<VecDeque<T>>,
    asked: Notify,
    /// When a message that somebody waits for was last seen, by the steady clock.
    people_at_ms: AtomicU64,
    gauge: metrics::Gauge,
}

impl<T> BulkTurns<T> {
    pub(crate) fn new(shard: u16) -> Arc<BulkTurns<T>> {
        Arc::new(BulkTurns {
            waiting: Mutex::default(),
            asked: Notify::new(),
            people_at_ms: AtomicU64::new(0),
            gauge: metrics::gauge!(crate::metrics::BULK_WAITING, "shard" => shard.to_string()),
        })
    }

    /// Asks for one turn.
    pub(crate) fn ask(&self, who: T) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(who);
        self.gauge.set(waiting.len() as f64);
        drop(waiting);
        self.asked.notify_one();
    }

    /// Notes that somebody waits for a message of this shard.
    pub(crate) fn yield_to_people(&self) {
        self.people_at_ms.store(clock::steady_ms(), Ordering::Relaxed);
    }

    fn somebody_waits(&self) -> bool {
        let seen_ms = self.people_at_ms.load(Ordering::Relaxed);
        seen_ms > 0 && clock::steady_ms().saturating_sub(seen_ms) < BULK_YIELDS_MS
    }

    fn next(&self) -> Option<T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let next = waiting.pop_front();
        self.gauge.set(waiting.len() as f64);
        next
    }

    /// Gives turns for ever.
    pub(crate) async fn run(self: Arc<Self>, give: impl Fn(T)) {
        let mut share = BulkShare::default();
        loop {
            match self.next() {
                Some(who) => {
                    let began = Instant::now();
                    give(who);
                    // Everything that is ready now is polled before this goes on.
                    tokio::task::yield_now().await;
                    if let Some(rest) = share.turn(began.elapsed(), self.somebody_waits()) {
                        let began = Instant::now();
                        tokio::time::sleep(rest).await;
                        share.rested(began.elapsed());
                    }
                }
                None => self.asked.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// Two busy instances that ask again after each turn, beside a task that is always ready.
    #[tokio::test]
    async fn instances_alternate_and_the_rest_of_the_loop_runs_between_two_turns() {
        let turns = BulkTurns::<u8>::new(0);
        let given = Arc::new(Mutex::new(Vec::new()));
        let others = Arc::new(AtomicU32::new(0));
        (1..=2).for_each(|who| turns.ask(who));
        let (log, again, seen) = (Arc::clone(&given), Arc::clone(&turns), Arc::clone(&others));
        let give = move |who: u8| {
            log.lock().expect("no panic").push((who, seen.load(Ordering::Relaxed)));
            again.ask(who);
        };
        let ready = async {
            while others.fetch_add(1, Ordering::Relaxed) < 10 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { biased; () = Arc::clone(&turns).run(give) => {}, () = ready => {} }
        let given = given.lock().expect("no panic");
        assert!(given.len() >= 6);
        for (turn, pair) in given.windows(2).enumerate() {
            assert_ne!(pair[0].0, pair[1].0, "they alternate");
            assert!(pair[0].1 < pair[1].1, "nobody else ran after turn {turn}");
        }
    }

    #[tokio::test]
    async fn a_turn_asked_for_while_nobody_waits_is_given() {
        let turns = BulkTurns::<u8>::new(0);
        let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
        let giving = Arc::clone(&turns).run(move |who| sender.try_send(who).expect("there is room"));
        let asking = async {
            for who in 1..=3 {
                turns.ask(who);
                assert_eq!(receiver.recv().await, Some(who));
            }
        };
        tokio::select! { () = giving => {}, () = asking => {} }
    }
}
