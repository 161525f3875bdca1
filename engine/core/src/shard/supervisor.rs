//! The supervisor of a shard: starts instance actors on the shard's thread and decides what becomes of one that failed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;
use trunkline_model::instance::InstanceState;
use trunkline_model::record::{self, InstanceRecord, table};
use trunkline_model::retry::{RESTART_WINDOW_MS, RESTARTS_MAX};
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::context::ShardContext;
use crate::clock;
use crate::directory::Route;
use crate::instance::{Birth, InstanceActor, InstanceArgs, InstanceMsg};
use crate::limits::{RESUME_TICK, RESUMES_PER_TICK};
use crate::place::instance_key;
use crate::spawn::TaskKind;

pub(crate) enum SupervisorMsg {
    /// Start an instance that was just made; answers once it is on disk.
    Create { record: Box<InstanceRecord>, reply: oneshot::Sender<Result<(), Failure>> },
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
        let mut to_resume = VecDeque::new();
        for record in records {
            if record.state.resumes_after_restart() {
                to_resume.push_back(record.id);
            }
            state.start(&myself, record, Birth::Restart).await?;
        }
        let context = Arc::clone(&state.context);
        let resume = resume_paced(Arc::clone(&context), to_resume);
        context.spawner.spawn(TaskKind::Disposable, "resume", resume);
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<SupervisorMsg>,
        message: SupervisorMsg,
        state: &mut SupervisorState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SupervisorMsg::Create { record, reply } => {
                let born = state.start(&myself, *record, Birth::New(reply)).await;
                if let Err(error) = born {
                    tracing::error!(%error, "an instance actor could not be started");
                }
            }
            SupervisorMsg::Shutdown { done } => {
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
                state.running.remove(&cell.get_id());
            }
            SupervisionEvent::ActorFailed(cell, error) => {
                if let Some(child) = state.running.remove(&cell.get_id()) {
                    tracing::error!(instance = %child.instance, %error, "an instance actor failed");
                    state.restart(&myself, child.instance).await;
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
    ) -> Result<(), ActorProcessingErr> {
        let (instance, account, name) = (record.id, record.account, record.name.clone());
        let args = InstanceArgs::new(Arc::clone(&self.context), record, birth)?;
        let (newest, cell) = (args.newest(), args.state_cell());
        let (actor, _) = Actor::spawn_linked(None, InstanceActor, args, myself.get_cell()).await?;
        self.running.insert(actor.get_id(), Child { instance, actor: actor.clone() });
        let mut route = Route::new(account, self.context.shard, actor, newest);
        route.name = name;
        route.state = cell;
        self.context.directory.publish(instance, route);
        Ok(())
    }

    /// Restarts a failed instance, or parks it when it failed more often than the restart intensity allows.
    async fn restart(&mut self, myself: &ActorRef<SupervisorMsg>, instance: InstanceId) {
        metrics::counter!(crate::metrics::ACTOR_RESTARTS).increment(1);
        let now_ms = clock::steady_ms();
        let recent = self.failures.entry(instance).or_default();
        recent.push_back(now_ms);
        while recent.front().is_some_and(|&at_ms| at_ms + RESTART_WINDOW_MS < now_ms) {
            recent.pop_front();
        }
        let birth = if recent.len() > RESTARTS_MAX { Birth::Park } else { Birth::Failed };
        let key = instance_key(instance, table::INSTANCE, b"");
        let stored = self.context.ledger.get(&key).ok().flatten();
        let Some(Ok(record)) = stored.map(|bytes| record::decode::<InstanceRecord>(&bytes)) else {
            tracing::error!(%instance, "the record of a failed instance cannot be read; it stays down");
            self.context.directory.withdraw(instance);
            return;
        };
        if let Err(error) = self.start(myself, record, birth).await {
            tracing::error!(%instance, %error, "a failed instance could not be started again");
        }
    }

    fn finish_if_empty(&mut self, myself: &ActorRef<SupervisorMsg>) {
        if self.running.is_empty()
            && let Some(done) = self.closing.take()
        {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
            myself.stop(None);
        }
    }
}

/// Brings the numbers online again after a restart of the process, a bounded number at a time.
async fn resume_paced(context: Arc<ShardContext>, mut queue: VecDeque<InstanceId>) {
    let mut tick = tokio::time::interval(RESUME_TICK);
    while !queue.is_empty() {
        tick.tick().await;
        for instance in queue.drain(..queue.len().min(RESUMES_PER_TICK)) {
            context.directory.cast(instance, InstanceMsg::Resume);
        }
    }
}

impl Birth {
    /// The state that an instance starts in: nothing that had a session has one now.
    pub(crate) fn initial_state(&self, stored: InstanceState, linked: bool) -> InstanceState {
        match self {
            Birth::New(_) => InstanceState::New,
            Birth::Park => InstanceState::Parked,
            Birth::Restart | Birth::Failed => match stored {
                InstanceState::AwaitingScan | InstanceState::AwaitingPasskey => InstanceState::New,
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
