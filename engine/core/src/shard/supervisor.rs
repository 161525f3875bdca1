//! The supervisor of a shard: starts instance actors on the shard's thread and decides what becomes of one that failed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

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
use crate::limits::BUSY_RETRY_AFTER_MS;
use crate::log::EventLog;
use crate::place::instance_key;

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
    log: Arc<EventLog>,
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
            state.start(&myself, record, Birth::Restart, None).await?;
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
                let born = state.start(&myself, *record, Birth::New(reply), None).await;
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
        log: Option<Arc<EventLog>>,
    ) -> Result<(), ActorProcessingErr> {
        let (instance, account, name) = (record.id, record.account, record.name.clone());
        let args = InstanceArgs::new(Arc::clone(&self.context), record, birth, log)?;
        let (newest, cell, log) = (args.newest(), args.state_cell(), args.log());
        let (actor, _) = Actor::spawn_linked(None, InstanceActor, args, myself.get_cell()).await?;
        self.running.insert(actor.get_id(), Child { instance, actor: actor.clone(), log });
        let mut route = Route::new(account, self.context.shard, actor, newest);
        route.name = name;
        route.state = cell;
        self.context.directory.publish(instance, route);
        Ok(())
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
        let key = instance_key(instance, table::INSTANCE, b"");
        let stored = self.context.ledger.get(&key).ok().flatten();
        let Some(Ok(record)) = stored.map(|bytes| record::decode::<InstanceRecord>(&bytes)) else {
            tracing::error!(%instance, "the record of a failed instance cannot be read; it stays down");
            self.context.directory.withdraw(instance);
            return;
        };
        if let Err(error) = self.start(myself, record, birth, Some(log)).await {
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
            Birth::New(_) => InstanceState::New,
            Birth::Restart | Birth::Failed { .. } | Birth::Park => match stored {
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
