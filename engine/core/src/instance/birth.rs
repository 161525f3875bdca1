//! From a record on disk to an actor's state.

use std::sync::Arc;

use tokio::sync::oneshot;
use trunkline_model::Failure;
use trunkline_model::instance::{InstanceState, may_sleep};
use trunkline_model::record::InstanceRecord;
use trunkline_model::settings::InstanceSettings;
use trunkline_whatsapp::Session;

use crate::directory::{Route, StateCell};
use crate::engine::EngineError;
use crate::log::EventLog;
use crate::shard::ShardContext;

use super::lanes::Lanes;
use super::obey;

/// Why an actor starts.
pub(crate) enum Birth {
    /// The instance is new: write it, then answer.
    New(oneshot::Sender<Result<(), Failure>>),
    /// The process started and found it on disk.
    Restart,
    /// Its actor failed, so many times of late.
    Failed { failures: u32 },
    /// Its actor failed too often.
    Park,
    /// It slept, and somebody asks for something.
    Awakened,
}

/// What the actor before left, if there was one.
#[derive(Default)]
pub(crate) struct Before {
    /// The log of one that failed.
    pub(crate) log: Option<Arc<EventLog>>,
    /// The lanes of one that fell asleep, in which somebody waits.
    pub(crate) lanes: Arc<Lanes>,
}

/// What an instance actor starts from.
pub(crate) struct InstanceArgs {
    pub(super) context: Arc<ShardContext>,
    pub(super) record: InstanceRecord,
    pub(super) settings: Arc<InstanceSettings>,
    pub(super) log: Arc<EventLog>,
    pub(super) lanes: Arc<Lanes>,
    pub(super) cell: Arc<StateCell>,
    pub(super) birth: Birth,
}

impl InstanceArgs {
    /// Prepares an actor. A successor takes over the `log` of the one before: numbers that are under way stay given.
    ///
    /// # Errors
    /// [`EngineError`] when the log cannot be read or the record not be opened; whoever waits for a new instance hears of it.
    pub(crate) fn new(
        context: Arc<ShardContext>,
        mut record: InstanceRecord,
        birth: Birth,
        before: Before,
    ) -> Result<InstanceArgs, EngineError> {
        let Before { log, lanes } = before;
        let opened = match log {
            Some(log) => Ok(log),
            None => {
                let newest = context.directory.newest(record.id);
                let inbox = Arc::clone(&context.inbox);
                EventLog::open(Arc::clone(&context.ledger), record.id, newest, inbox).map(Arc::new)
            }
        };
        let log = match opened {
            Ok(log) => log,
            Err(error) => {
                birth.refuse(Failure::new(
                    trunkline_model::ErrorCode::Internal,
                    "The event log cannot be read.",
                ));
                return Err(error);
            }
        };
        let settings = Arc::new(obey::load(&*context.ledger, &context.sealer, record.id)?);
        log.obey(Arc::clone(&settings));
        let linked = record.linked.is_some() || was_linked_unseen(&context, &record);
        record.state = birth.initial_state(record.state, linked);
        let cell = Arc::new(StateCell::new(record.state));
        Ok(InstanceArgs { context, record, settings, log, lanes, cell, birth })
    }

    /// To be kept by whoever may have to start the instance again.
    pub(crate) fn log(&self) -> Arc<EventLog> {
        Arc::clone(&self.log)
    }

    /// The lanes that the actor will read.
    pub(crate) fn lanes(&self) -> Arc<Lanes> {
        Arc::clone(&self.lanes)
    }

    /// How to reach the instance.
    pub(crate) fn route(&self) -> Route {
        let InstanceRecord { account, workspace, name, state, .. } = &self.record;
        let route = Route::new(*account, self.context.shard, name.clone(), *state);
        let mut route = route.in_workspace(*workspace);
        route.newest = Some(self.log.shared_newest());
        route.state = Arc::clone(&self.cell);
        route.lanes = Arc::clone(&self.lanes);
        route
    }
}

/// The state of an instance that is found on disk and needs no actor: nothing is to be done for it until somebody asks.
pub(crate) fn state_without_actor(context: &ShardContext, record: &InstanceRecord) -> Option<InstanceState> {
    let linked = record.linked.is_some() || was_linked_unseen(context, record);
    let state = Birth::Restart.initial_state(record.state, linked);
    may_sleep(state).then_some(state)
}

/// Whether a phone accepted this device, which is on disk, and the process ended before the record said so: the login tells the
/// rest.
fn was_linked_unseen(context: &ShardContext, record: &InstanceRecord) -> bool {
    if record.linked.is_some() || !record.state.has_session() {
        return false;
    }
    Session::is_linked(&context.kit, record.id).unwrap_or_else(|error| {
        tracing::error!(instance = %record.id, %error, "the stored device cannot be read");
        false
    })
}
