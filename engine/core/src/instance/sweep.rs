//! Removing what has expired: idempotency keys, and marks of received messages.

use trunkline_model::record::table;
use trunkline_store::{Batch, CommitClass, Direction, KeyRange};

use super::state::Instance;
use crate::clock;
use crate::limits::{SWEEP_EVERY_MS, SWEEP_MAX};
use crate::place::deadline_key;
use crate::shard::TimerTag;

impl Instance {
    /// Removes a bounded number of expired entries.
    pub(super) fn sweep(&mut self) {
        self.context.timers.arm(clock::steady_ms() + SWEEP_EVERY_MS, &self.myself, TimerTag::Sweep, 0);
        self.waiters.retain(|_, waiting| {
            waiting.retain(|reply| !reply.is_closed());
            !waiting.is_empty()
        });
        let until = deadline_key(self.id(), clock::wall_ms(), 0, b"");
        let range = KeyRange::between(self.key(table::DEADLINE, b""), until);
        let expired = match self.context.ledger.scan(range, Direction::Forward, SWEEP_MAX) {
            Ok(expired) => expired,
            Err(error) => {
                tracing::error!(instance = %self.id(), %error, "deadlines cannot be read");
                return;
            }
        };
        let mut batch = Batch::new();
        for (deadline, _) in expired {
            // A key that was renewed since has another deadline: the guard of this one is gone then.
            if let Some((_, rest)) = deadline.suffix().split_first_chunk::<8>()
                && let Some((&of_table, key)) = rest.split_first()
            {
                let target = self.key(of_table, key);
                batch.delete_guarded(deadline, target);
            }
        }
        if !batch.is_empty() {
            self.context.ledger.commit(batch, CommitClass::Soon).detach();
        }
    }
}
