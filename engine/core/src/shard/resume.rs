//! The node's gate: a thread that gives numbers their turn to connect, in the order and at the pace of
//! [`trunkline_model::gate`], and tells how far the numbers of a restarted process have come.
//!
//! A number that waits is an entry in the gate's queue and nothing else: no task, no timer, no message.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use trunkline_model::InstanceId;
use trunkline_model::gate::{Asker, Gate, Next, Outcome, Outgoing, Pace, Progress, Turn};

use crate::clock;
use crate::directory::Directory;
use crate::engine::EngineError;
use crate::fatal::{Fatal, OnFatal};
use crate::instance::InstanceMsg;
use crate::limits::{PROGRESS_EVERY_MS, PROGRESS_PERCENT};

/// A handle to the gate. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Rung when the thread has something new to look at.
    wake: Condvar,
}

struct State {
    gate: Gate,
    stopped: bool,
}

/// Leave to log in. It is given back when the login ended: by [`Permit::opened`], by [`Permit::failed`], or by dropping it.
pub(crate) struct Permit {
    turns: Turns,
    resumed: bool,
    outcome: Outcome,
}

/// What a permit that nobody used counts as.
const UNUSED: &str = "unused";

impl Permit {
    /// The number is open.
    pub(crate) fn opened(mut self) {
        self.outcome = Outcome::Open;
    }

    /// The login came to nothing.
    pub(crate) fn failed(mut self, reason: &'static str) {
        self.outcome = Outcome::Failed(reason);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.turns.lock().gate.finish(self.resumed, self.outcome);
        self.turns.0.wake.notify_one();
    }
}

impl Turns {
    /// A closed gate.
    pub(crate) fn new(pace: Pace) -> Turns {
        let state = State { gate: Gate::new(pace), stopped: false };
        Turns(Arc::new(Shared { state: Mutex::new(state), wake: Condvar::new() }))
    }

    /// Opens the gate and starts the thread that gives turns. Without it no number would ever connect again, so its end is the
    /// end of the process.
    pub(crate) fn open(
        &self,
        directory: Arc<Directory>,
        on_fatal: OnFatal,
    ) -> Result<TurnsThread, EngineError> {
        let turns = self.clone();
        turns.lock().gate.open();
        let thread = std::thread::Builder::new()
            .name("turns".to_owned())
            .spawn(move || {
                if std::panic::catch_unwind(AssertUnwindSafe(|| turns.run(&directory))).is_err() {
                    on_fatal(Fatal::CriticalTask { name: "turns" });
                }
            })
            .map_err(|error| EngineError::Thread(error.to_string()))?;
        Ok(TurnsThread { turns: self.clone(), thread: Mutex::new(Some(thread)) })
    }

    /// Queues a number up. Gives its permit when its turn is now; otherwise the permit comes as [`InstanceMsg::Turn`].
    pub(crate) fn ask(&self, asker: Asker) -> Option<Permit> {
        let now_ms = clock::steady_ms();
        let mut state = self.lock();
        state.gate.ask(asker, now_ms);
        // Alone in front of an open gate; in a queue the thread keeps the order.
        let next = if state.gate.waiting() == 1 { state.gate.next(now_ms) } else { Next::Nothing };
        drop(state);
        if let Next::Turn(turn) = next {
            return Some(self.permit(turn));
        }
        self.0.wake.notify_one();
        None
    }

    /// Leave to log in at once, because a person asked for it.
    ///
    /// # Errors
    /// When to ask again, in milliseconds: more than that must not connect at one moment.
    pub(crate) fn take_now(&self, outgoing: Outgoing) -> Result<Permit, u64> {
        self.lock().gate.take_now(outgoing, clock::steady_ms())?;
        count("asked", 0);
        Ok(Permit { turns: self.clone(), resumed: false, outcome: Outcome::Failed(UNUSED) })
    }

    /// Gives up a place in the queue, if there is one.
    pub(crate) fn leave(&self, instance: InstanceId) {
        self.lock().gate.leave(instance);
    }

    fn progress(&self) -> Progress {
        self.lock().gate.progress().clone()
    }

    fn permit(&self, turn: Turn) -> Permit {
        count(if turn.queued_work { "queued_work" } else { "idle" }, turn.waited_ms);
        Permit { turns: self.clone(), resumed: turn.resumed, outcome: Outcome::Failed(UNUSED) }
    }

    fn run(&self, directory: &Directory) {
        let mut report = Report::begin(&self.progress(), clock::steady_ms());
        let waiting = metrics::gauge!(crate::metrics::TURNS_WAITING);
        let under_way = metrics::gauge!(crate::metrics::LOGINS_UNDER_WAY);
        let mut state = self.lock();
        while !state.stopped {
            let now_ms = clock::steady_ms();
            let next = state.gate.next(now_ms);
            if let Next::Turn(turn) = next {
                drop(state);
                // The permit of an instance that is gone comes back by being dropped.
                directory.cast(turn.instance, InstanceMsg::Turn { permit: self.permit(turn) });
                state = self.lock();
                continue;
            }
            waiting.set(state.gate.waiting() as f64);
            under_way.set(state.gate.under_way() as f64);
            let line_due_ms = report.look(state.gate.progress(), now_ms);
            let turn_due_ms = match next {
                // Chance spreads the turns of nodes that restarted together; the buckets keep the pace meanwhile.
                Next::At(at_ms) => at_ms + clock::random_u64() % (at_ms.saturating_sub(now_ms) + 1),
                _ => u64::MAX,
            };
            state = self.sleep_until(state, turn_due_ms.min(line_due_ms));
        }
    }

    fn sleep_until<'a>(&'a self, state: MutexGuard<'a, State>, due_ms: u64) -> MutexGuard<'a, State> {
        if due_ms == u64::MAX {
            return self.0.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let wait = Duration::from_millis(due_ms.saturating_sub(clock::steady_ms()).max(1));
        self.0.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(kind: &'static str, waited_ms: u64) {
    metrics::counter!(crate::metrics::TURNS, "kind" => kind).increment(1);
    metrics::histogram!(crate::metrics::TURN_WAIT).record(waited_ms as f64 / 1_000.0);
}

/// The running thread.
pub(crate) struct TurnsThread {
    turns: Turns,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl TurnsThread {
    /// How far the numbers of a restarted process have come.
    pub(crate) fn progress(&self) -> Progress {
        self.turns.progress()
    }

    /// No further turn is given. Waits until the thread is gone, which takes no longer than one message.
    pub(crate) fn stop(&self) {
        self.turns.lock().stopped = true;
        self.turns.0.wake.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that gives turns panicked");
        }
    }
}

impl Drop for TurnsThread {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the log hears of a restart.
struct Report {
    began_ms: u64,
    line_due_ms: u64,
    /// Settled numbers at which the next line is due.
    line_due_settled: usize,
}

/// When there is nothing more to tell.
const OVER: u64 = u64::MAX;

impl Report {
    fn begin(progress: &Progress, now_ms: u64) -> Report {
        let total = progress.total;
        if total == 0 {
            return Report { began_ms: now_ms, line_due_ms: OVER, line_due_settled: usize::MAX };
        }
        tracing::info!(total, "the numbers come back online");
        let (line_due_ms, line_due_settled) = (now_ms + PROGRESS_EVERY_MS, step_of(total));
        Report { began_ms: now_ms, line_due_ms, line_due_settled }
    }

    /// Writes the line that is due, and says when to look again even if nothing happens.
    fn look(&mut self, progress: &Progress, now_ms: u64) -> u64 {
        if self.line_due_ms == OVER {
            return OVER;
        }
        let seconds = now_ms.saturating_sub(self.began_ms) as f64 / 1_000.0;
        let Progress { total, waiting, connecting, open, failed } = progress;
        if progress.done() {
            tracing::info!(total, open, seconds, ?failed, "the numbers are back online");
            self.line_due_ms = OVER;
        } else if now_ms >= self.line_due_ms || progress.settled() >= self.line_due_settled {
            let failed = progress.failures();
            tracing::info!(total, open, connecting, waiting, failed, seconds, "numbers come back online");
            self.line_due_ms = now_ms + PROGRESS_EVERY_MS;
            self.line_due_settled = progress.settled() + step_of(*total);
        }
        self.line_due_ms
    }
}

fn step_of(total: usize) -> usize {
    (total * PROGRESS_PERCENT).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        per_second: 1_000,
        per_second_of_address: 1_000,
        burst: 1,
        under_way_max: 2,
        in_advance_max: 1,
    };

    fn asker(id: u64) -> Asker {
        Asker { instance: InstanceId(id), outgoing: Outgoing::default(), queued_work: false, active_at_ms: 0 }
    }

    #[test]
    fn a_permit_comes_back_however_it_ends() {
        let turns = Turns::new(Pace { burst: 100, ..PACE });
        (1..=2).for_each(|id| assert!(turns.ask(asker(id)).is_none(), "the gate is closed"));
        turns.lock().gate.open();
        let mut permits = Vec::new();
        while let Next::Turn(turn) = { turns.lock().gate.next(0) } {
            permits.push(turns.permit(turn));
        }
        assert_eq!(turns.lock().gate.under_way(), 2);
        permits.pop().expect("two").opened();
        permits.pop().expect("one").failed("silent");
        let progress = turns.progress();
        assert!(progress.done());
        assert_eq!((progress.open, progress.failed.get("silent")), (1, Some(&1)));

        let alone = turns.ask(asker(3)).expect("nobody else wants to connect");
        assert_eq!(turns.lock().gate.under_way(), 1);
        drop(alone);
        drop(turns.take_now(Outgoing::default()).expect("a person may"));
        assert_eq!(turns.lock().gate.under_way(), 0);
        assert_eq!(turns.progress().total, 2, "only the resume is counted");
    }

    #[test]
    fn the_log_hears_of_every_tenth_and_of_the_end() {
        let mut progress = Progress { total: 20, waiting: 20, ..Progress::default() };
        let mut report = Report::begin(&progress, 1_000);
        assert_eq!(report.look(&progress, 1_001), 1_000 + PROGRESS_EVERY_MS, "nothing new");
        (progress.waiting, progress.open) = (18, 2);
        assert_eq!(report.look(&progress, 1_500), 1_500 + PROGRESS_EVERY_MS, "a tenth");
        let due_ms = 1_500 + PROGRESS_EVERY_MS;
        assert_eq!(report.look(&progress, due_ms), due_ms + PROGRESS_EVERY_MS, "it takes its time");
        (progress.waiting, progress.open) = (0, 20);
        assert_eq!(report.look(&progress, due_ms + 1), OVER);
        assert_eq!(Report::begin(&Progress::default(), 0).line_due_ms, OVER);
    }
}
