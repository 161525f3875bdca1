//! Removing what has expired: idempotency keys, and marks of received messages.

use trunkline_model::record::table;
use trunkline_store::{Batch, CommitClass, Direction, KeyRange};

use super::state::Instance;
use crate::clock;
use crate::limits::{SWEEP_AGAIN_MS, SWEEP_EVERY_MS, SWEEP_MAX};
use crate::place::deadline_key;
use crate::shard::TimerTag;

impl Instance {
    /// Arms the next sweep, at a time of its own: instances that started together must not all sweep together.
    pub(super) fn arm_sweep(&self) {
        let after_ms = SWEEP_EVERY_MS / 2 + clock::random_u64() % SWEEP_EVERY_MS;
        self.context.timers.arm(clock::steady_ms() + after_ms, &self.myself, TimerTag::Sweep, 0);
    }

    /// Removes a bounded number of expired entries.
    pub(super) fn sweep(&mut self) {
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
                self.arm_sweep();
                return;
            }
        };
        if expired.len() == SWEEP_MAX {
            // There is more: received messages expire as fast as they once came in.
            let due_ms = clock::steady_ms() + SWEEP_AGAIN_MS;
            self.context.timers.arm(due_ms, &self.myself, TimerTag::Sweep, 0);
        } else {
            self.arm_sweep();
        }
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
