//! What front ends ask of an instance, in two lanes. The actor's mailbox carries only a wake-up: what WhatsApp and the shard
//! itself say goes through the mailbox, so it never waits behind more than one turn of the lanes.
//!
//! The lanes also say who reads them, because a number at rest has no actor. Whoever puts a letter learns under the lanes' own
//! lock whom to wake, so that none is lost while an actor falls asleep:
//!
//! ```text
//! Nobody ──read_by (supervisor, actor started)──▶ Actor ──doze (the actor; only while nothing waits)──▶ Leaving
//!    ▲                                                                                                     │
//!    └──────────────────────── left (supervisor, the actor has ended; gives a wake if letters came) ───────┘
//! ```
//!
//! - *Actor*: the wake goes to the actor. It dozes in one of its own turns and only while no wake is on its way, so its mailbox
//!   holds none when it stops.
//! - *Leaving*: a letter waits, and nobody is woken: the supervisor hears of the actor's end in any case, and starts the next
//!   one if letters came. There is never a second actor, because nobody else is told to start one.
//! - *Nobody*: the first letter's wake goes to the supervisor, which starts an actor and hands it the wake. Further letters find
//!   the wake on its way, so an instance is awakened once however many ask.
//! - *Gone*: letters are refused. A wake that is dropped unread leads here, and so does the failure of an actor.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ractor::ActorRef;
use trunkline_model::InstanceId;

use super::message::{Ask, InstanceMsg, Replier};
use crate::credits::CallLane;
use crate::directory::Credit;
use crate::limits::IDLE_LANE_LETTERS;
use crate::shard::SupervisorMsg;

/// A question or order of a front end. Its credit bounds the lanes.
pub(crate) struct Letter {
    pub(crate) ask: Ask,
    pub(crate) reply: Replier,
    pub(crate) credit: Credit,
}

/// The lanes in front of one actor, or of the place where one would be.
///
/// Invariant: while anything waits there is exactly one [`Wake`], or the reader is leaving and its supervisor makes one; when a
/// wake is dropped unread the lanes close, so that nobody waits for an actor that is gone.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<Queues>);

#[derive(Default)]
struct Queues {
    front: VecDeque<Letter>,
    bulk: VecDeque<Letter>,
    awake: bool,
    reader: Reader,
}

/// Who reads the lanes.
#[derive(Default)]
enum Reader {
    /// The instance is dormant.
    #[default]
    Nobody,
    Actor(ActorRef<InstanceMsg>),
    /// An actor that has decided to stop and has not yet.
    Leaving,
    /// An actor that failed, or whose instance is gone.
    Gone,
}

/// Nobody will read these lanes any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// To be handed to the actor: something waits.
pub(crate) struct Wake(Option<Arc<Lanes>>);

/// A wake-up, and who is to have it.
pub(crate) enum Summons {
    /// The actor.
    Actor(ActorRef<InstanceMsg>, Wake),
    /// The supervisor, which starts an actor.
    Nobody(Wake),
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a letter. Gives the wake-up that is to be delivered, unless one is on its way.
    pub(crate) fn put(self: &Arc<Lanes>, lane: CallLane, letter: Letter) -> Result<Option<Summons>, Closed> {
        let mut queues = self.lock();
        if matches!(queues.reader, Reader::Gone) {
            return Err(Closed);
        }
        match lane {
            CallLane::Front => queues.front.push_back(letter),
            CallLane::Bulk => queues.bulk.push_back(letter),
        }
        if queues.awake || matches!(queues.reader, Reader::Leaving) {
            return Ok(None);
        }
        queues.awake = true;
        let wake = Wake(Some(Arc::clone(self)));
        Ok(Some(match &queues.reader {
            Reader::Actor(actor) => Summons::Actor(actor.clone(), wake),
            _ => Summons::Nobody(wake),
        }))
    }

    /// The actor that reads these lanes, if there is one.
    pub(crate) fn reader(&self) -> Option<ActorRef<InstanceMsg>> {
        match &self.lock().reader {
            Reader::Actor(actor) => Some(actor.clone()),
            _ => None,
        }
    }

    /// Whether the instance is dormant: no actor, and none is being started.
    pub(crate) fn is_dormant(&self) -> bool {
        let queues = self.lock();
        matches!(queues.reader, Reader::Nobody) && !queues.awake
    }

    /// An actor was started.
    pub(crate) fn read_by(&self, actor: ActorRef<InstanceMsg>) {
        self.lock().reader = Reader::Actor(actor);
    }

    /// The actor wants to sleep. Says whether it may: nothing waits, and no wake is on its way. It must stop then.
    pub(crate) fn doze(&self) -> bool {
        let mut queues = self.lock();
        if queues.awake || !matches!(queues.reader, Reader::Actor(_)) {
            return false;
        }
        queues.reader = Reader::Leaving;
        queues.front.shrink_to_fit();
        queues.bulk.shrink_to_fit();
        true
    }

    /// Whether the actor ends because it sleeps.
    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.lock().reader, Reader::Leaving)
    }

    /// The actor that dozed has ended. Gives a wake when letters came meanwhile: the next actor is to be started.
    pub(crate) fn left(self: &Arc<Lanes>) -> Option<Wake> {
        let mut queues = self.lock();
        queues.reader = Reader::Nobody;
        queues.awake = !queues.front.is_empty() || !queues.bulk.is_empty();
        queues.awake.then(|| Wake(Some(Arc::clone(self))))
    }

    /// Refuses what comes, and lets whoever waits know.
    pub(crate) fn close(&self) {
        let mut queues = self.lock();
        let before = std::mem::replace(&mut queues.reader, Reader::Gone);
        let left = (std::mem::take(&mut queues.front), std::mem::take(&mut queues.bulk));
        drop(queues);
        // Outside of the lock: whoever waits for an answer is woken by this.
        drop((before, left));
    }
}

impl Summons {
    /// Sends the wake-up. When nobody takes it, whoever waits hears of that.
    pub(crate) fn deliver(
        self,
        instance: InstanceId,
        supervisor: &ActorRef<SupervisorMsg>,
    ) -> Result<(), Closed> {
        match self {
            Summons::Actor(actor, wake) => actor.cast(InstanceMsg::Calls(wake)).map_err(|_| Closed),
            Summons::Nobody(wake) => {
                supervisor.cast(SupervisorMsg::Awaken { instance, wake }).map_err(|_| Closed)
            }
        }
    }
}

impl Wake {
    /// The lanes in which something waits.
    pub(crate) fn lanes(&self) -> Option<&Arc<Lanes>> {
        self.0.as_ref()
    }

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

    fn wake(summons: Option<Summons>) -> Option<Wake> {
        summons.map(|(Summons::Actor(_, wake) | Summons::Nobody(wake))| wake)
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
        let first_wake = wake(lanes.put(CallLane::Bulk, first).expect("open")).expect("the first wakes");
        let mut answers = Vec::new();
        for (lane, n) in [(CallLane::Bulk, 2), (CallLane::Front, 3), (CallLane::Front, 4)] {
            let (letter, answer) = letter(n);
            assert!(lanes.put(lane, letter).expect("open").is_none(), "it is awake");
            answers.push(answer);
        }
        let order: Vec<u64> =
            std::iter::from_fn(|| first_wake.next()).map(|letter| number(&letter)).collect();
        assert_eq!(order, [3, 4, 1, 2]);
        assert!(first_wake.rest().is_none());
        let (again, _b) = letter(5);
        let wake = wake(lanes.put(CallLane::Front, again).expect("open")).expect("it slept");
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

    /// An actor that does nothing.
    struct Idle;

    impl ractor::Actor for Idle {
        type Msg = InstanceMsg;
        type State = ();
        type Arguments = ();

        async fn pre_start(
            &self,
            _: ActorRef<InstanceMsg>,
            (): (),
        ) -> Result<(), ractor::ActorProcessingErr> {
            Ok(())
        }
    }

    async fn idle() -> ActorRef<InstanceMsg> {
        ractor::Actor::spawn(None, Idle, ()).await.expect("it starts").0
    }

    /// At which point of falling asleep a letter comes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum When {
        BeforeItDozes,
        WhileItsWakeIsRead,
        WhileItEnds,
        OnceItHasEnded,
    }

    /// The letter that comes is read by the actor there is, or by the next one, and exactly one wake leads to it.
    #[tokio::test]
    async fn a_letter_is_read_whenever_it_comes() {
        for when in [When::BeforeItDozes, When::WhileItsWakeIsRead, When::WhileItEnds, When::OnceItHasEnded] {
            let lanes = Arc::new(Lanes::default());
            lanes.read_by(idle().await);
            let mut wakes = Vec::new();
            let mut answers = Vec::new();
            let mut put = |wakes: &mut Vec<Wake>| {
                let (letter, answer) = letter(answers.len() as u64 + 1);
                answers.push(answer);
                let summons = lanes.put(CallLane::Front, letter).expect("open");
                let to_the_actor = matches!(summons, Some(Summons::Actor(..)));
                wakes.extend(wake(summons));
                to_the_actor
            };
            let (mut dozes, mut next) = (true, None);
            match when {
                When::BeforeItDozes => {
                    assert!(put(&mut wakes), "its actor is awake");
                    dozes = lanes.doze();
                }
                When::WhileItsWakeIsRead => {
                    assert!(put(&mut wakes));
                    assert!(wakes[0].next().is_some());
                    dozes = lanes.doze();
                    assert!(!put(&mut wakes), "the wake is not over");
                }
                When::WhileItEnds => {
                    assert!(lanes.doze() && !put(&mut wakes) && !put(&mut wakes));
                    assert!(wakes.is_empty(), "nobody starts an actor beside the one that ends");
                    next = lanes.left();
                }
                When::OnceItHasEnded => {
                    assert!(lanes.doze() && lanes.left().is_none() && lanes.is_dormant());
                    assert!(!put(&mut wakes) && !put(&mut wakes), "there is no actor");
                }
            }
            wakes.extend(next);
            let asleep = matches!(when, When::WhileItEnds | When::OnceItHasEnded);
            assert_eq!((dozes, wakes.len(), lanes.is_leaving()), (asleep, 1, false), "{when:?}");
            assert!(!lanes.is_dormant(), "{when:?}: somebody waits");
            let left = std::iter::from_fn(|| wakes[0].next()).count();
            assert_eq!(left, if asleep { 2 } else { 1 }, "{when:?}");
            assert!(wakes.remove(0).rest().is_none());
        }
    }

    #[tokio::test]
    async fn an_actor_that_fails_while_it_leaves_answers_everybody() {
        let lanes = Arc::new(Lanes::default());
        lanes.read_by(idle().await);
        assert!(lanes.doze() && !lanes.doze(), "once");
        let (waiting, answer) = letter(1);
        assert!(wake(lanes.put(CallLane::Front, waiting).expect("open")).is_none());
        lanes.close();
        assert!(answer.await.is_err(), "the caller hears that the actor is gone");
        assert!(lanes.reader().is_none() && !lanes.doze());
    }

    /// A front end's thread puts, and this one is actor and supervisor in turn, in whatever order they happen to run.
    #[tokio::test]
    async fn no_order_of_events_loses_a_letter_or_makes_two_wakes() {
        const LETTERS: u64 = 20_000;
        let (lanes, actor) = (Arc::new(Lanes::default()), idle().await);
        // Room for one: a second wake would not fit.
        let (summon, summoned) = std::sync::mpsc::sync_channel::<Wake>(1);
        let putting = Arc::clone(&lanes);
        let front = std::thread::spawn(move || {
            for n in 1..=LETTERS {
                let put = putting.put(CallLane::Front, letter(n).0);
                if let Some(wake) = wake(put.expect("open")) {
                    assert!(summon.try_send(wake).is_ok(), "a second wake is on its way");
                }
            }
        });
        let (mut read, mut slept, mut next) = (0, 0, None);
        while read < LETTERS {
            let mut wake = next.take().unwrap_or_else(|| summoned.recv().expect("letters are left"));
            lanes.read_by(actor.clone());
            loop {
                read += std::iter::from_fn(|| wake.next()).count() as u64;
                match wake.rest() {
                    Some(again) => wake = again,
                    None => break,
                }
            }
            if lanes.doze() {
                slept += 1;
                next = lanes.left();
            }
        }
        front.join().expect("no panic");
        assert!(read == LETTERS && slept > 0, "{read} read, {slept} times asleep");
    }
}
