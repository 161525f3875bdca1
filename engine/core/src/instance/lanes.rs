//! What front ends ask of an instance, in two lanes. The actor's mailbox carries only a wake-up: what WhatsApp and the shard
//! itself say goes through the mailbox, so it never waits behind more than one turn of the lanes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::message::{Ask, Replier};
use crate::credits::CallLane;
use crate::directory::Credit;
use crate::limits::IDLE_LANE_LETTERS;

/// A question or order of a front end. Its credit bounds the lanes.
pub(crate) struct Letter {
    pub(crate) ask: Ask,
    pub(crate) reply: Replier,
    pub(crate) credit: Credit,
}

/// The lanes in front of one actor.
///
/// Invariant: while anything waits in an open pair of lanes there is exactly one [`Wake`]; when that is dropped unread the
/// lanes close, so that nobody waits for an actor that is gone.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<Queues>);

#[derive(Default)]
struct Queues {
    front: VecDeque<Letter>,
    bulk: VecDeque<Letter>,
    awake: bool,
    closed: bool,
}

/// The actor that read these lanes is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// To be handed to the actor: something waits.
pub(crate) struct Wake(Option<Arc<Lanes>>);

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a letter. Gives the wake-up that is to be sent to the actor, unless one is on its way.
    pub(crate) fn put(self: &Arc<Lanes>, lane: CallLane, letter: Letter) -> Result<Option<Wake>, Closed> {
        let mut queues = self.lock();
        if queues.closed {
            return Err(Closed);
        }
        match lane {
            CallLane::Front => queues.front.push_back(letter),
            CallLane::Bulk => queues.bulk.push_back(letter),
        }
        let sleeps = !std::mem::replace(&mut queues.awake, true);
        Ok(sleeps.then(|| Wake(Some(Arc::clone(self)))))
    }

    fn close(&self) {
        let mut queues = self.lock();
        queues.closed = true;
        let left = (std::mem::take(&mut queues.front), std::mem::take(&mut queues.bulk));
        drop(queues);
        // Outside of the lock: whoever waits for an answer is woken by this.
        drop(left);
    }
}

impl Wake {
    /// The next letter: bulk only when nothing else waits.
    pub(crate) fn next(&self) -> Option<Letter> {
        let mut queues = self.0.as_ref()?.lock();
        let letter = queues.front.pop_front();
        letter.or_else(|| queues.bulk.pop_front())
    }

    /// Ends a turn: gives the wake-up back for the next one when something still waits.
    pub(crate) fn rest(mut self) -> Option<Wake> {
        let lanes = self.0.take()?;
        let mut queues = lanes.lock();
        if !queues.front.is_empty() || !queues.bulk.is_empty() {
            drop(queues);
            return Some(Wake(Some(lanes)));
        }
        queues.awake = false;
        // A burst must not leave its queue's memory with a number that is quiet again.
        queues.front.shrink_to(IDLE_LANE_LETTERS);
        queues.bulk.shrink_to(IDLE_LANE_LETTERS);
        None
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(lanes) = self.0.take() {
            lanes.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use trunkline_model::command::{Command, Reply};
    use trunkline_model::{Failure, MessageId};

    use super::*;

    type Answer = oneshot::Receiver<Result<Reply, Failure>>;

    fn letter(number: u64) -> (Letter, Answer) {
        let (reply, answer) = oneshot::channel();
        let id = MessageId::from_u64(number).expect("a small number");
        (Letter { ask: Ask::Command(Command::GetMessage { id }), reply, credit: Credit::for_test() }, answer)
    }

    fn number(letter: &Letter) -> u64 {
        match &letter.ask {
            Ask::Command(Command::GetMessage { id }) => id.get(),
            _ => panic!("another letter"),
        }
    }

    #[test]
    fn bulk_waits_for_the_others_and_one_wake_up_serves_all() {
        let lanes = Arc::new(Lanes::default());
        let (first, _a) = letter(1);
        let wake = lanes.put(CallLane::Bulk, first).expect("open").expect("the first wakes");
        let mut answers = Vec::new();
        for (lane, n) in [(CallLane::Bulk, 2), (CallLane::Front, 3), (CallLane::Front, 4)] {
            let (letter, answer) = letter(n);
            assert!(lanes.put(lane, letter).expect("open").is_none(), "it is awake");
            answers.push(answer);
        }
        let order: Vec<u64> = std::iter::from_fn(|| wake.next()).map(|letter| number(&letter)).collect();
        assert_eq!(order, [3, 4, 1, 2]);
        assert!(wake.rest().is_none());
        let (again, _b) = letter(5);
        let wake = lanes.put(CallLane::Front, again).expect("open").expect("it slept");
        assert!(wake.rest().is_some(), "a turn that left something is followed by another");
    }

    #[tokio::test]
    async fn a_wake_up_that_nobody_read_answers_everybody() {
        let lanes = Arc::new(Lanes::default());
        let (waiting, answer) = letter(1);
        drop(lanes.put(CallLane::Front, waiting).expect("open"));
        assert!(answer.await.is_err(), "the caller hears that the actor is gone");
        let (late, _answer) = letter(2);
        assert_eq!(lanes.put(CallLane::Front, late).err(), Some(Closed));
    }
}
