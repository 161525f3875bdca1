//! Removing what has expired: idempotency keys, and marks of received messages.

use trunkline_model::InstanceId;
use trunkline_model::record::table;
use trunkline_store::{Batch, CommitClass, Direction, Key, KeyRange};

use super::state::Instance;
use crate::clock;
use crate::limits::{SWEEP_EVERY_MS, SWEEP_MAX};
use crate::shard::TimerTag;

/// Key of a deadline: `time ‖ table ‖ key` under the instance, so that what expires first comes first.
pub(crate) fn deadline_key(instance: InstanceId, expires_at_ms: i64, of_table: u8, key: &[u8]) -> Key {
    let mut suffix = Vec::with_capacity(9 + key.len());
    suffix.extend_from_slice(&expires_at_ms.unsigned_abs().to_be_bytes());
    suffix.push(of_table);
    suffix.extend_from_slice(key);
    Key::new(instance.slot().0, instance.0, table::DEADLINE, &suffix)
}

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
