//! From a record on disk to an actor's state.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use trunkline_model::Failure;
use trunkline_model::record::InstanceRecord;

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
    /// Its actor failed.
    Failed,
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
    pub(crate) fn new(
        context: Arc<ShardContext>,
        mut record: InstanceRecord,
        birth: Birth,
    ) -> Result<InstanceArgs, EngineError> {
        let log = match EventLog::open(Arc::clone(&context.ledger), record.id) {
            Ok(log) => Arc::new(log),
            Err(error) => {
                birth.refuse(Failure::new(
                    trunkline_model::ErrorCode::Internal,
                    "The event log cannot be read.",
                ));
                return Err(error);
            }
        };
        sealed::unseal(&mut record, &context.sealer)?;
        record.state = birth.initial_state(record.state, record.linked.is_some());
        let cell = Arc::new(StateCell::new(record.state));
        Ok(InstanceArgs { context, record, log, cell, birth })
    }

    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.log.watch()
    }

    pub(crate) fn state_cell(&self) -> Arc<StateCell> {
        Arc::clone(&self.cell)
    }
}
