//! What follows the end of a connection, and how an instance comes back: by the table of endings
//! ([`trunkline_model::instance::ending`]), and when its turn comes at the node's gate.

use trunkline_model::Failure;
use trunkline_model::event::CloseReason;
use trunkline_model::gate::{Asker, Outgoing};
use trunkline_model::instance::{ExitTimer, Failing, InstanceState, Trigger, ending, exit_timer};
use trunkline_model::record::table;
use trunkline_store::{Direction, KeyRange};
use trunkline_whatsapp::Session;

use super::message::InstanceMsg;
use super::state::Instance;
use crate::clock;
use crate::limits::STABLE_AFTER_MS;
use crate::shard::Permit;

impl Instance {
    /// First step after a restart of the process, or of this actor, which failed so many times of late. What was scheduled
    /// stays scheduled; everything else that wants a connection waits for its turn.
    pub(super) fn come_back(&mut self, failures: u32) {
        if !waits_for_turn(self.stands()) {
            return;
        }
        let now_ms = clock::wall_ms();
        let rest_ms = self.record.scheduled_at_ms.map(|at_ms| (at_ms - now_ms).max(0).unsigned_abs());
        let known_ms = rest_ms.or_else(|| self.wait_of_unscheduled()).unwrap_or(0);
        let backoff_ms =
            if failures > 0 { self.wait_of(CloseReason::ConnectionLost, failures, None) } else { None };
        self.attempts = failures;
        let wait_ms = known_ms.max(backoff_ms.unwrap_or(0));
        if wait_ms == 0 && self.stands() == InstanceState::BackingOff {
            self.record.reason = Some(CloseReason::WaitingForTurn);
        }
        self.record.scheduled_at_ms = scheduled(wait_ms);
        self.wait(wait_ms);
    }

    /// The wait of a state that must not be left early, where the record does not say when it ends.
    fn wait_of_unscheduled(&self) -> Option<u64> {
        match self.stands() {
            InstanceState::Restricted => self.wait_of(CloseReason::TemporaryBan, 0, None),
            InstanceState::Conflict => self.wait_of(CloseReason::Replaced, 0, None),
            _ => None,
        }
    }

    fn wait_of(&self, reason: CloseReason, attempts: u32, told_ms: Option<u64>) -> Option<u64> {
        let jitter = clock::random_u64() as u32;
        ending(reason).retry.wait_ms(Failing { attempts, told_ms, jitter })
    }

    /// The connection is gone, or never came to be: the step and the wait are those of the reason's row.
    pub(super) async fn connection_ended(&mut self, reason: CloseReason, told_ms: Option<u64>) {
        self.end_connection(ending(reason).trigger, reason, told_ms).await;
    }

    async fn end_connection(&mut self, trigger: Trigger, reason: CloseReason, told_ms: Option<u64>) {
        metrics::counter!(crate::metrics::CONNECTIONS_CLOSED, "reason" => reason.as_str()).increment(1);
        let now_ms = clock::steady_ms();
        if self.open_since_ms.is_some_and(|since_ms| now_ms - since_ms >= STABLE_AFTER_MS) {
            self.attempts = 0;
        }
        self.drop_session();
        let wait_ms = self.wait_of(reason, self.attempts, told_ms);
        // Before the step, which writes it: a restart of the process must find it.
        let before = std::mem::replace(&mut self.record.scheduled_at_ms, wait_ms.and_then(scheduled));
        if !self.step(trigger, Some(reason)).await {
            self.record.scheduled_at_ms = before;
            return;
        }
        if let Some(wait_ms) = wait_ms {
            self.attempts = self.attempts.saturating_add(1);
            self.wait(wait_ms);
        }
    }

    /// What the session says of its end.
    pub(super) async fn closed(&mut self, reason: CloseReason, told_ms: Option<u64>) {
        // An instance that was deleted or logged out meanwhile has nothing to lose any more.
        if !self.stands().has_session() {
            return;
        }
        // After pairing the service asks for a new stream: the same session logs in on it, at once.
        if reason == CloseReason::StreamRestart
            && self.stands() == InstanceState::Pairing
            && let Some(session) = &self.session
        {
            metrics::counter!(crate::metrics::CONNECTIONS_CLOSED, "reason" => reason.as_str()).increment(1);
            session.start();
            return;
        }
        if reason == CloseReason::DeviceRemoved && self.logouts > 0 {
            // The service may end the stream before its answer to our own wish is here: it was a wish all the same.
            self.end_connection(ending(reason).trigger, CloseReason::Requested, told_ms).await;
        } else {
            self.connection_ended(reason, told_ms).await;
        }
        if self.stands() == InstanceState::LoggedOut {
            self.bury_credentials().await;
        }
    }

    /// WhatsApp said that this device is unlinked: the credentials are dead, which is the only reason to delete them.
    async fn bury_credentials(&mut self) {
        self.forget_link().await;
        // Waited for here, so that a new pairing never meets half of the old credentials.
        if let Err(error) = Session::wipe(&self.context.kit, self.id()).await {
            tracing::error!(instance = %self.id(), %error, "dead credentials could not be deleted");
        }
    }

    /// Waits: for the clock first, for its turn then.
    fn wait(&mut self, wait_ms: u64) {
        if wait_ms == 0 {
            self.queue_up();
        } else {
            self.arm_state_timer(wait_ms);
        }
    }

    /// Takes a place at the gate. It costs nothing until the turn comes.
    fn queue_up(&mut self) {
        self.record.scheduled_at_ms = None;
        let asker = Asker {
            instance: self.id(),
            outgoing: Outgoing::default(),
            queued_work: self.has_queued_work(),
            active_at_ms: self.last_event_at_ms(),
        };
        if let Some(permit) = self.context.turns.ask(asker) {
            // An actor that cannot reach itself is stopping.
            drop(self.myself.cast(InstanceMsg::Turn { permit }));
        }
    }

    fn has_queued_work(&self) -> bool {
        if self.outbox_loaded {
            return !self.outbox.is_empty();
        }
        let rows = KeyRange::table(self.id().slot().0, self.id().0, table::OUTBOX);
        // What cannot be read is reported when the outbox is loaded; the order of turns is no reason to fail.
        self.context.ledger.scan(rows, Direction::Forward, 1).is_ok_and(|found| !found.is_empty())
    }

    fn last_event_at_ms(&self) -> i64 {
        let newest = self.log.get(self.log.newest()).ok().flatten();
        newest.map_or(self.record.created_at_ms, |event| event.time_ms)
    }

    /// Its turn came. One that no longer waits for it gives the permit back.
    pub(super) async fn turn(&mut self, permit: Permit) {
        let is_due = self.record.scheduled_at_ms.is_none_or(|at_ms| at_ms <= clock::wall_ms());
        if !is_due || !waits_for_turn(self.stands()) || self.shutting_down {
            return;
        }
        self.permit = Some(permit);
        self.step_and_connect(Trigger::TimerFired).await;
    }

    /// Leave to connect because a person asked for it.
    ///
    /// # Errors
    /// A retryable [`Failure`] when too many connect at this moment.
    pub(super) fn permit_for_person(&self) -> Result<Permit, Failure> {
        self.context.turns.take_now(Outgoing::default()).map_err(|wait_ms| {
            metrics::counter!(crate::metrics::TURNED_AWAY, "queue" => "connect").increment(1);
            Failure::busy("Too many numbers are being connected at this moment.", wait_ms)
        })
    }

    /// Gives back what a state change makes superfluous: a place in the queue, or the permit of a login that ended.
    pub(super) fn settle_turn(&mut self, from: InstanceState, to: InstanceState) {
        if from != to && waits_for_turn(from) {
            self.context.turns.leave(self.id());
        }
        match to {
            InstanceState::Pairing | InstanceState::Connecting | InstanceState::Syncing => {}
            InstanceState::Open => {
                if let Some(permit) = self.permit.take() {
                    permit.opened();
                }
            }
            _ => {
                if let Some(permit) = self.permit.take() {
                    permit.failed(self.record.reason.map_or(to.as_str(), CloseReason::as_str));
                }
            }
        }
    }

    /// A state's exit timer rang.
    pub(super) async fn state_timer(&mut self, generation: u64) {
        if generation != self.state_generation {
            return;
        }
        match self.stands() {
            InstanceState::AwaitingScan | InstanceState::AwaitingPasskey => {
                self.end_connection(Trigger::TimerFired, CloseReason::CodesExpired, None).await;
            }
            InstanceState::Pairing | InstanceState::Connecting | InstanceState::Syncing => {
                self.end_connection(Trigger::TimerFired, CloseReason::TimedOut, None).await;
            }
            state if waits_for_turn(state) => self.queue_up(),
            _ => {}
        }
    }
}

/// Whether an instance in this state waits for a time, then for its turn.
fn waits_for_turn(state: InstanceState) -> bool {
    exit_timer(state) == ExitTimer::Scheduled
}

fn scheduled(wait_ms: u64) -> Option<i64> {
    (wait_ms > 0).then(|| clock::wall_ms().saturating_add_unsigned(wait_ms))
}
