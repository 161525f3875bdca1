//! Moving through the states, opening a session, staying connected. What follows the end of a connection is in `reconnect`.

use trunkline_model::event::{CloseReason, EventBody};
use trunkline_model::instance::{ExitTimer, InstanceState, Trigger, exit_timer};
use trunkline_model::record::{self, table};
use trunkline_model::retry::{RESTART_WINDOW_MS, RESTARTS_MAX};
use trunkline_store::{Batch, CommitClass};
use trunkline_whatsapp::{Session, SessionError, SessionEvents};

use super::birth::Birth;
use super::message::InstanceMsg;
use super::remove::Farewell;
use super::state::{Instance, no_pairing};
use crate::clock;
use crate::limits::{PROGRESS_CHECK_MS, SESSION_OPEN_TIMEOUT, SESSION_STOP_TIMEOUT, SILENCE_MAX_MS};
use crate::log::Entries;
use crate::shard::TimerTag;
use crate::spawn::TaskKind;

impl Instance {
    /// First steps of the actor; nothing here waits.
    pub(super) fn begin(&mut self, birth: Birth) {
        if self.stands() == InstanceState::Deleted {
            // The actor failed while its instance was being deleted.
            return self.remove(Farewell::default(), None);
        }
        self.arm_sweep();
        match birth {
            Birth::New(reply) => self.write_new(reply),
            Birth::Restart | Birth::Awakened => self.come_back(0),
            Birth::Failed { failures } => self.come_back(failures),
            // What waits for a time that WhatsApp set goes on waiting; an actor that cannot reach itself is stopping.
            Birth::Park => match self.stands().on(Trigger::Park) {
                Ok(_) => drop(self.myself.cast(InstanceMsg::Park)),
                Err(_) => self.come_back(0),
            },
        }
    }

    /// Takes a step of the transition table, records it, and arms the new state's exit timer. Says whether the table has it;
    /// if not, nothing changes.
    pub(super) async fn step(&mut self, trigger: Trigger, reason: Option<CloseReason>) -> bool {
        let from = self.stands();
        let to = match from.on(trigger) {
            Ok(to) => to,
            Err(error) => {
                tracing::warn!(instance = %self.id(), %error, "a step was refused");
                metrics::counter!(crate::metrics::ILLEGAL_TRANSITIONS, "state" => from.as_str()).increment(1);
                return false;
            }
        };
        self.record.state = to;
        self.record.reason = reason;
        if !matches!(to, InstanceState::BackingOff | InstanceState::Restricted | InstanceState::Conflict) {
            self.record.scheduled_at_ms = None;
        }
        self.enter(from, to);
        if from != to {
            let event = EventBody::StateChanged { from, to, reason };
            self.write_record(vec![(event, false)], CommitClass::Soon).await;
        }
        true
    }

    fn enter(&mut self, from: InstanceState, to: InstanceState) {
        self.cell.set(to);
        self.pairing.state = to;
        if !matches!(to, InstanceState::AwaitingScan | InstanceState::AwaitingPasskey) {
            self.pairing = no_pairing(to);
        }
        self.settle_turn(from, to);
        self.state_generation += 1;
        if from == InstanceState::Open && to != from {
            self.context.governor.leave(self.id());
        }
        if let ExitTimer::AfterMs(after_ms) = exit_timer(to) {
            self.arm_state_timer(after_ms);
        }
        if to == InstanceState::Open {
            self.context.governor.enter(self.id());
            self.open_since_ms = Some(clock::steady_ms());
            let due_ms = clock::steady_ms() + PROGRESS_CHECK_MS;
            self.context.timers.arm(due_ms, &self.myself, TimerTag::Progress, self.state_generation);
        }
        if from != to {
            metrics::counter!(crate::metrics::STATE_CHANGES, "state" => to.as_str()).increment(1);
            self.log_step(from, to);
        }
    }

    /// The steps on the way to `open` are told at `debug`: after a restart thousands of numbers take them at a time.
    fn log_step(&self, from: InstanceState, to: InstanceState) {
        let (instance, from, on_the_way) =
            (self.id(), from.as_str(), to.has_session() && to != InstanceState::Open);
        if on_the_way {
            tracing::debug!(%instance, from, to = to.as_str(), "state changed");
        } else {
            tracing::info!(%instance, from, to = to.as_str(), "state changed");
        }
    }

    pub(super) fn arm_state_timer(&mut self, after_ms: u64) {
        let due_ms = clock::steady_ms().saturating_add(after_ms);
        let timers = &self.context.timers;
        self.exit_timer.take().into_iter().for_each(|earlier| timers.disarm(earlier));
        let armed = timers.arm(due_ms, &self.myself, TimerTag::StateExit, self.state_generation);
        self.exit_timer = Some(armed);
    }

    /// Writes the record with these events. The caller does not wait for the disk: the order of commits is the order of calls.
    pub(super) async fn write_record(&mut self, events: Vec<(EventBody, bool)>, class: CommitClass) {
        let mut batch = Batch::new();
        match record::encode(&self.record) {
            Ok(bytes) => batch.put(self.key(table::INSTANCE, b""), bytes),
            Err(error) => tracing::error!(instance = %self.id(), %error, "a record cannot be written"),
        }
        self.append(batch, events, class).await;
    }

    /// Queues a batch with events, waiting while the store is busy, and announces them once they are durable.
    pub(super) async fn append(&mut self, batch: Batch, entries: impl Into<Entries>, class: CommitClass) {
        match self.log.append_patiently(batch, entries, class).await {
            Ok(appended) => {
                self.context.spawner.spawn(TaskKind::Disposable, "announce", async move {
                    // A failed commit has poisoned the store, which ends the process; there is nobody to tell here.
                    drop(appended.durable().await);
                });
            }
            Err(error) => tracing::error!(instance = %self.id(), %error, "events could not be written"),
        }
    }

    /// Takes a step into `connecting` and opens the session.
    pub(super) async fn step_and_connect(&mut self, trigger: Trigger) {
        if self.step(trigger, None).await {
            self.open_session();
        }
    }

    /// Loads the stored session, in a task of its own.
    pub(super) fn open_session(&mut self) {
        self.drop_session();
        let generation = self.generation;
        let (kit, id, myself) = (self.context.kit.clone(), self.id(), self.myself.clone());
        let sink = crate::log::CommitInbound::new(self.context.ledger.clone(), self.log.clone(), id);
        let sink = sink.read_by(self.reader()).heard_by(std::sync::Arc::clone(&self.context.planner));
        let options = self.session_options();
        let opening = self.context.spawner.spawn(TaskKind::Disposable, "open-session", async move {
            let opening = Session::open(&kit, id, std::sync::Arc::new(sink), options);
            let result = match tokio::time::timeout(SESSION_OPEN_TIMEOUT, opening).await {
                Ok(result) => result,
                Err(_) => Err(SessionError::Timeout),
            };
            drop(myself.cast(InstanceMsg::SessionOpened { generation, result: Box::new(result) }));
        });
        self.opening = Some(opening);
    }

    pub(super) async fn session_opened(
        &mut self,
        generation: u64,
        result: Result<(Session, SessionEvents), SessionError>,
    ) {
        match result {
            Ok((session, _)) if generation != self.generation => self.stop_session(session),
            Err(_) if generation != self.generation => {}
            Ok((session, events)) => {
                self.follow(events);
                session.start();
                self.session = Some(session);
            }
            Err(error) => {
                tracing::warn!(instance = %self.id(), %error, "the session could not be opened");
                self.connection_ended(CloseReason::ConnectFailed, None).await;
            }
        }
    }

    /// Passes the session's events into the mailbox, a bounded number at a time.
    fn follow(&self, mut events: SessionEvents) {
        let (generation, myself) = (self.generation, self.myself.clone());
        let credits = std::sync::Arc::clone(&self.session_credits);
        self.context.spawner.spawn(TaskKind::Disposable, "session-events", async move {
            while let Some(event) = events.recv().await {
                let Ok(credit) = std::sync::Arc::clone(&credits).acquire_owned().await else { return };
                let message = InstanceMsg::Session { generation, event: Box::new(event), credit };
                if myself.cast(message).is_err() {
                    return;
                }
            }
        });
    }

    /// Forgets the session: what it still says is void. It is stopped in the background.
    pub(super) fn drop_session(&mut self) {
        self.generation += 1;
        // A session that opened after this would bring back rows of an instance that is being wiped.
        if let Some(opening) = self.opening.take() {
            opening.abort();
        }
        self.open_since_ms = None;
        self.outbox.connection_lost();
        self.statuses.ack_due.clear();
        if let Some(session) = self.session.take() {
            self.stop_session(session);
        }
    }

    pub(super) fn stop_session(&self, session: Session) {
        let myself = self.myself.clone();
        self.context.spawner.spawn(TaskKind::Disposable, "stop-session", async move {
            if tokio::time::timeout(SESSION_STOP_TIMEOUT, session.stop()).await.is_err() {
                tracing::warn!("a session did not stop in time; it is cut");
                session.abort();
            }
            drop(myself.cast(InstanceMsg::SessionStopped));
        });
    }

    /// Supervision by progress: an open connection on which nothing arrives is dead, whatever the socket says.
    pub(super) async fn check_progress(&mut self, generation: u64) {
        if generation != self.state_generation || self.stands() != InstanceState::Open {
            return;
        }
        let silent_ms = self.session.as_ref().and_then(Session::last_frame_age_ms).unwrap_or(0);
        if silent_ms > SILENCE_MAX_MS {
            self.connection_ended(CloseReason::Silent, None).await;
            return;
        }
        let due_ms = clock::steady_ms() + PROGRESS_CHECK_MS;
        self.context.timers.arm(due_ms, &self.myself, TimerTag::Progress, generation);
    }

    /// A task of the session panicked: the session is not to be trusted. Too many of those park the instance.
    pub(super) async fn session_panicked(&mut self, at_ms: u64) {
        self.panicked_at_ms.retain(|earlier_ms| earlier_ms + RESTART_WINDOW_MS >= at_ms);
        self.panicked_at_ms.push(at_ms);
        if self.session.is_none() {
            return;
        }
        if self.panicked_at_ms.len() > RESTARTS_MAX {
            self.connection_ended(CloseReason::RestartLimit, None).await;
        } else {
            self.connection_ended(CloseReason::ConnectionLost, None).await;
        }
    }

    /// The actor failed too often, unless something else happened since.
    pub(super) async fn park(&mut self) {
        if self.stands() == InstanceState::BackingOff {
            self.step(Trigger::Park, Some(CloseReason::RestartLimit)).await;
        }
    }

    /// The process is stopping: the session says goodbye, the state on disk stays, so that the next start resumes it.
    pub(super) fn shut_down(&mut self) {
        self.shutting_down = true;
        self.generation += 1;
        match self.session.take() {
            Some(session) => self.stop_session(session),
            None => self.myself.stop(None),
        }
    }
}
