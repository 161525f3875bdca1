//! Giving a client's memory back: it disconnects in good order, which writes what it holds, and a fresh one connects.
//!
//! To users this is a short connection break, shown as what it is: `backing_off` with the reason `recycled` and the time of the
//! next attempt, then `connecting`, `syncing`, `open`. Messages accepted meanwhile go out afterwards; WhatsApp keeps what
//! comes in for the next login.

use trunkline_model::event::CloseReason;
use trunkline_model::instance::InstanceState;

use super::state::Instance;
use crate::limits::{GOVERNOR_SAMPLE_TIMEOUT, RECYCLE_PAUSE_MS};
use crate::shard::{Choice, Reading};
use crate::spawn::TaskKind;

impl Instance {
    /// Something is under way that a break of the connection would delay.
    fn is_busy(&self) -> bool {
        !self.outbox.is_empty() || !self.being_accepted.is_empty() || !self.waiters.is_empty()
    }

    /// Tells the governor what the client holds. In a task of its own: the client may have to wait for a lock of its own.
    pub(super) fn sample(&self) {
        let Some(session) = self.session.clone().filter(|_| self.stands() == InstanceState::Open) else {
            // An entry that an earlier life of this actor left behind.
            self.context.governor.leave(self.id());
            return;
        };
        let (governor, id) = (self.context.governor.clone(), self.id());
        let (position, is_busy) = (self.log.newest(), self.is_busy());
        self.context.spawner.spawn(TaskKind::Disposable, "sample", async move {
            if let Ok(bytes) = tokio::time::timeout(GOVERNOR_SAMPLE_TIMEOUT, session.memory_bytes()).await {
                governor.read(id, Reading { bytes, position, is_busy });
            }
        });
    }

    /// Recycles the client, unless something happened since the governor looked.
    pub(super) async fn recycle(&mut self, choice: Choice) {
        let quiet = !self.is_busy() && self.log.newest() == choice.position;
        if !quiet || self.stands() != InstanceState::Open {
            return;
        }
        metrics::counter!(crate::metrics::RECYCLED, "reason" => choice.reason.as_str()).increment(1);
        // The pause lets the old client write what it holds before its successor takes over.
        self.connection_ended(CloseReason::Recycled, Some(RECYCLE_PAUSE_MS)).await;
    }
}
