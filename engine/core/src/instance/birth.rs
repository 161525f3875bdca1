//! From a record on disk to an actor's state.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use trunkline_model::Failure;
use trunkline_model::record::InstanceRecord;
use trunkline_whatsapp::Session;

use crate::directory::StateCell;
use crate::engine::EngineError;
use crate::log::EventLog;
use crate::shard::ShardContext;

use super::sealed;

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
}

/// What an instance actor starts from.
pub(crate) struct InstanceArgs {
    pub(super) context: Arc<ShardContext>,
    pub(super) record: InstanceRecord,
    pub(super) log: Arc<EventLog>,
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
        log: Option<Arc<EventLog>>,
    ) -> Result<InstanceArgs, EngineError> {
        let opened = match log {
            Some(log) => Ok(log),
            None => EventLog::open(Arc::clone(&context.ledger), record.id).map(Arc::new),
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
        sealed::unseal(&mut record, &context.sealer)?;
        let linked = record.linked.is_some() || was_linked_unseen(&context, &record);
        record.state = birth.initial_state(record.state, linked);
        let cell = Arc::new(StateCell::new(record.state));
        Ok(InstanceArgs { context, record, log, cell, birth })
    }

    /// To be kept by whoever may have to start the instance again.
    pub(crate) fn log(&self) -> Arc<EventLog> {
        Arc::clone(&self.log)
    }

    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.log.watch()
    }

    pub(crate) fn state_cell(&self) -> Arc<StateCell> {
        Arc::clone(&self.cell)
    }
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
