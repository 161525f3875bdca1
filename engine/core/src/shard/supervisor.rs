//! The supervisor of a shard: starts instance actors on the shard's thread and decides what becomes of one that failed, and of
//! one that fell asleep. An instance that needs no actor has none: neither after a start, nor later.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use futures_util::future::BoxFuture;
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;
use trunkline_model::delivery::{Endpoint, Outcome, Rehearsal};
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, InstanceRecord, table};
use trunkline_model::retry::{RESTART_WINDOW_MS, RESTARTS_MAX};
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::context::ShardContext;
use crate::clock;
use crate::delivery;
use crate::directory::Route;
use crate::instance::{
    Before, Birth, InstanceActor, InstanceArgs, InstanceMsg, Lanes, Wake, state_without_actor,
};
use crate::limits::BUSY_RETRY_AFTER_MS;
use crate::log::EventLog;
use crate::place::instance_key;
use crate::spawn::TaskKind;

pub(crate) enum SupervisorMsg {
    /// Start an instance that was just made; answers once it is on disk.
    Create { record: Box<InstanceRecord>, reply: oneshot::Sender<Result<(), Failure>> },
    /// Somebody asks an instance that has no actor.
    Awaken { instance: InstanceId, wake: Wake },
    /// Deliver something to an endpoint that no log has; answers how that went, and how many milliseconds it took.
    TestEndpoint {
        endpoint: Box<Endpoint>,
        rehearsal: Option<Box<Rehearsal>>,
        reply: oneshot::Sender<(Outcome, u32)>,
    },
    /// Do some work on the shard's thread that is nobody's actor.
    Run { name: &'static str, work: BoxFuture<'static, ()> },
    /// Stop every instance in good order.
    Shutdown { done: oneshot::Sender<()> },
}

pub(crate) struct ShardSupervisor;

pub(crate) struct SupervisorState {
    context: Arc<ShardContext>,
    running: HashMap<ActorId, Child>,
    failures: HashMap<InstanceId, VecDeque<u64>>,
    closing: Option<oneshot::Sender<()>>,
}

struct Child {
    instance: InstanceId,
    actor: ActorRef<InstanceMsg>,
    log: Arc<EventLog>,
    lanes: Arc<Lanes>,
}

impl Actor for ShardSupervisor {
    type Msg = SupervisorMsg;
    type State = SupervisorState;
    type Arguments = (Arc<ShardContext>, Vec<InstanceRecord>);

    async fn pre_start(
        &self,
        myself: ActorRef<SupervisorMsg>,
        (context, records): Self::Arguments,
    ) -> Result<SupervisorState, ActorProcessingErr> {
        let mut state =
            SupervisorState { context, running: HashMap::new(), failures: HashMap::new(), closing: None };
        for record in records {
            match state_without_actor(&state.context, &record) {
                Some(stands) => state.leave_asleep(record, stands),
                None => drop(state.start(&myself, record, Birth::Restart, Before::default()).await?),
            }
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<SupervisorMsg>,
        message: SupervisorMsg,
        state: &mut SupervisorState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SupervisorMsg::Create { reply, .. } if state.closing.is_some() => {
                let stopping = Failure::busy("The node is stopping.", BUSY_RETRY_AFTER_MS);
                drop(reply.send(Err(stopping)));
            }
            SupervisorMsg::Create { record, reply } => {
                let born = state.start(&myself, *record, Birth::New(reply), Before::default()).await;
                if let Err(error) = born {
                    tracing::error!(%error, "an instance actor could not be started");
                }
            }
            SupervisorMsg::Awaken { instance, wake } => state.awaken(&myself, instance, wake).await,
            SupervisorMsg::TestEndpoint { endpoint, rehearsal, reply } => {
                state.test_endpoint((*endpoint, rehearsal), reply)
            }
            SupervisorMsg::Run { name, work } => {
                state.context.spawner.spawn(TaskKind::Disposable, name, work);
            }
            SupervisorMsg::Shutdown { done } => {
                let directory = &state.context.directory;
                state.context.dormitory.all().into_iter().for_each(|dormant| directory.end_tails(dormant));
                for child in state.running.values() {
                    drop(child.actor.cast(InstanceMsg::Shutdown));
                }
                state.closing = Some(done);
                state.finish_if_empty(&myself);
            }
        }
        Ok(())
    }

    /// Overridden because the default stops the supervisor, and with it every other number, when one child ends.
    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<SupervisorMsg>,
        event: SupervisionEvent,
        state: &mut SupervisorState,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(cell, _, _) => {
                if let Some(child) = state.running.remove(&cell.get_id()) {
                    state.ended(&myself, child).await;
                }
            }
            SupervisionEvent::ActorFailed(cell, error) => {
                if let Some(child) = state.running.remove(&cell.get_id()) {
                    child.lanes.close();
                    tracing::error!(instance = %child.instance, %error, "an instance actor failed");
                    state.restart(&myself, child).await;
                }
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        state.finish_if_empty(&myself);
        Ok(())
    }
}

impl SupervisorState {
    async fn start(
        &mut self,
        myself: &ActorRef<SupervisorMsg>,
        record: InstanceRecord,
        birth: Birth,
        before: Before,
    ) -> Result<ActorRef<InstanceMsg>, ActorProcessingErr> {
        let instance = record.id;
        let args = InstanceArgs::new(Arc::clone(&self.context), record, birth, before)?;
        let (log, lanes, route) = (args.log(), args.lanes(), args.route());
        let (actor, _) = Actor::spawn_linked(None, InstanceActor, args, myself.get_cell()).await?;
        lanes.read_by(actor.clone());
        self.running.insert(actor.get_id(), Child { instance, actor: actor.clone(), log, lanes });
        self.context.directory.publish(instance, route);
        Ok(actor)
    }

    fn test_endpoint(
        &self,
        (endpoint, rehearsal): (Endpoint, Option<Box<Rehearsal>>),
        reply: oneshot::Sender<(Outcome, u32)>,
    ) {
        let context = Arc::clone(&self.context);
        self.context.spawner.spawn(TaskKind::Disposable, "webhook", async move {
            let begun = Instant::now();
            let outcome = match rehearsal {
                Some(rehearsal) => delivery::rehearse(&context, &endpoint, &rehearsal).await,
                None => {
                    let body = context.write_events.test(endpoint.account, endpoint.id, clock::wall_ms());
                    delivery::test(&context, &endpoint, body).await
                }
            };
            let latency_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
            drop(reply.send((outcome, latency_ms)));
        });
    }

    /// Makes an instance reachable without an actor.
    fn leave_asleep(&self, record: InstanceRecord, stands: InstanceState) {
        let InstanceRecord { id, account, workspace, name, .. } = record;
        self.context.dormitory.enter(id);
        let route = Route::new(account, self.context.shard, name, stands);
        self.context.directory.publish(id, route.in_workspace(workspace));
    }

    /// An actor stopped in good order: for ever, or because its instance sleeps.
    async fn ended(&mut self, myself: &ActorRef<SupervisorMsg>, child: Child) {
        let Child { instance, actor, log, lanes } = child;
        drop((actor, log));
        if self.closing.is_some() {
            self.context.directory.end_tails(instance);
        }
        if !lanes.is_leaving() {
            return lanes.close();
        }
        let now_ms = clock::steady_ms();
        let is_over =
            |failed: &VecDeque<u64>| failed.back().is_none_or(|&at_ms| at_ms + RESTART_WINDOW_MS < now_ms);
        if self.failures.get(&instance).is_some_and(is_over) {
            self.failures.remove(&instance);
        }
        self.context.dormitory.enter(instance);
        self.context.directory.forget_unfollowed(instance);
        if let Some(wake) = lanes.left() {
            self.awaken(myself, instance, wake).await;
        }
    }

    /// Starts the actor of a dormant instance and hands it what waits. When that fails, whoever waits hears of it, and the next
    /// who asks tries again.
    async fn awaken(&mut self, myself: &ActorRef<SupervisorMsg>, instance: InstanceId, wake: Wake) {
        let Some(lanes) = wake.lanes().cloned() else { return };
        // Whoever asks an instance that is gone, or while the shard closes, is answered by the end of the wake.
        let is_current = |route: Route| Arc::ptr_eq(&route.lanes, &lanes);
        if self.closing.is_some() || !self.context.directory.route(instance).is_some_and(is_current) {
            return;
        }
        let before = Before { log: None, lanes };
        let started = match self.stored(instance) {
            Ok(Some(record)) => self.start(myself, record, Birth::Awakened, before).await,
            Ok(None) => Err("its record is gone".into()),
            Err(error) => Err(error),
        };
        match started {
            Ok(actor) => {
                self.context.dormitory.leave(instance);
                // Refused only by an actor that is stopping; the end of the wake then answers whoever waits.
                drop(actor.cast(InstanceMsg::Calls(wake)));
            }
            Err(error) => {
                tracing::error!(%instance, %error, "a dormant instance could not be awakened");
                drop(wake);
                self.context.directory.renew_lanes(instance);
            }
        }
    }

    fn stored(&self, instance: InstanceId) -> Result<Option<InstanceRecord>, ActorProcessingErr> {
        let stored = self.context.ledger.get(&instance_key(instance, table::INSTANCE, b""))?;
        Ok(stored.map(|bytes| record::decode(&bytes)).transpose()?)
    }

    /// Restarts a failed instance, or parks it when it failed more often than the restart intensity allows.
    async fn restart(&mut self, myself: &ActorRef<SupervisorMsg>, failed: Child) {
        let Child { instance, log, .. } = failed;
        if self.closing.is_some() {
            // The order to stop has gone out already; a successor would never hear it.
            return self.context.directory.withdraw(instance);
        }
        metrics::counter!(crate::metrics::ACTOR_RESTARTS).increment(1);
        let now_ms = clock::steady_ms();
        let recent = self.failures.entry(instance).or_default();
        recent.push_back(now_ms);
        while recent.front().is_some_and(|&at_ms| at_ms + RESTART_WINDOW_MS < now_ms) {
            recent.pop_front();
        }
        let failures = u32::try_from(recent.len()).unwrap_or(u32::MAX);
        let birth = if recent.len() > RESTARTS_MAX { Birth::Park } else { Birth::Failed { failures } };
        // What the failed actor had queued comes first: its successor starts from a record that has it.
        if let Err(error) = log.barrier().await {
            tracing::error!(%instance, %error, "the store does not answer; the failed instance stays down");
            return self.context.directory.withdraw(instance);
        }
        let Ok(Some(record)) = self.stored(instance) else {
            tracing::error!(%instance, "the record of a failed instance cannot be read; it stays down");
            return self.context.directory.withdraw(instance);
        };
        if let Err(error) =
            self.start(myself, record, birth, Before { log: Some(log), ..Before::default() }).await
        {
            tracing::error!(%instance, %error, "a failed instance could not be started again");
        }
    }

    fn finish_if_empty(&mut self, myself: &ActorRef<SupervisorMsg>) {
        if self.running.is_empty()
            && let Some(done) = self.closing.take()
        {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
            self.context.ended_in_order.store(true, Ordering::Relaxed);
            myself.stop(None);
        }
    }
}

impl Birth {
    /// The state that an instance starts in: nothing that had a session has one now.
    pub(crate) fn initial_state(&self, stored: InstanceState, linked: bool) -> InstanceState {
        match self {
            // One that was imported has its account already.
            Birth::New(_) if linked => stored,
            Birth::New(_) => InstanceState::New,
            Birth::Restart | Birth::Failed { .. } | Birth::Park | Birth::Awakened => match stored {
                state if state.has_session() && !linked => InstanceState::New,
                state if state.has_session() => InstanceState::BackingOff,
                state => state,
            },
        }
    }

    pub(crate) fn refuse(self, failure: Failure) {
        if let Birth::New(reply) = self {
            drop(reply.send(Err(failure)));
        }
    }
}

/// The failure that a caller sees when the store refuses.
pub(crate) fn store_failure(error: &trunkline_store::StoreError) -> Failure {
    match error {
        trunkline_store::StoreError::Busy { retry_after_ms } => {
            Failure::busy("The disk cannot keep up.", *retry_after_ms)
        }
        _ => Failure::new(ErrorCode::Internal, "The store refused; the node's log says why."),
    }
}
