//! Removing what has expired: idempotency keys, marks of received messages, messages older than their chats keep them, events
//! older than their account keeps them.

use trunkline_model::InstanceId;
use trunkline_model::record::{EventRetention, table};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange, Ledger};

use super::state::Instance;
use crate::clock;
use crate::engine::EngineError;
use crate::limits::{SWEEP_AGAIN_MS, SWEEP_EVERY_MS, SWEEP_MAX};
use crate::log::{self, Boundary};
use crate::place::{deadline_key, instance_key};
use crate::shard::TimerTag;

impl Instance {
    /// Arms the next sweep, at a time of its own: instances that started together must not all sweep together.
    pub(super) fn arm_sweep(&mut self) {
        self.arm_sweep_in(SWEEP_EVERY_MS / 2 + clock::random_u64() % SWEEP_EVERY_MS);
    }

    fn arm_sweep_in(&mut self, after_ms: u64) {
        let due_ms = clock::steady_ms() + after_ms;
        self.sweep_timer = Some(self.context.timers.arm(due_ms, &self.myself, TimerTag::Sweep, 0));
    }

    /// Lets go of callers that went away.
    pub(super) fn forget_gone_waiters(&mut self) {
        self.waiters.retain(|_, waiting| {
            waiting.retain(|reply| !reply.is_closed());
            !waiting.is_empty()
        });
    }

    /// Removes a bounded number of expired entries.
    pub(super) fn sweep(&mut self) {
        self.forget_gone_waiters();
        let chats = self.sweep_chats();
        let retention = self.context.registry.retention(self.record.account);
        match remove_expired(&*self.context.ledger, self.id(), retention, &mut self.boundary) {
            // Received messages expire as fast as they once came in.
            Ok(swept) if swept == Swept::More || chats == Swept::More => self.arm_sweep_in(SWEEP_AGAIN_MS),
            Ok(_) => self.arm_sweep(),
            Err(error) => {
                tracing::error!(instance = %self.id(), %error, "what has expired cannot be read");
                self.arm_sweep();
            }
        }
    }
}

impl Instance {
    /// Takes old messages out of their chats, a bounded number at a time.
    fn sweep_chats(&mut self) -> Swept {
        let reader = self.chat_reader();
        match self.retention.step(&reader) {
            Ok((batch, over)) => {
                if !batch.is_empty() {
                    self.context.ledger.commit(batch, CommitClass::Soon).detach();
                }
                if over { Swept::All } else { Swept::More }
            }
            Err(error) => {
                tracing::error!(instance = %self.id(), %error, "old messages cannot be swept");
                Swept::All
            }
        }
    }
}

/// What a sweep leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swept {
    /// Nothing that has expired.
    All,
    /// There may be more.
    More,
}

/// Removes up to [`SWEEP_MAX`] expired entries of an instance, and old events, whether it has an actor or not.
///
/// # Errors
/// [`EngineError`] when something cannot be read.
pub(crate) fn remove_expired(
    ledger: &dyn Ledger,
    instance: InstanceId,
    retention: EventRetention,
    boundary: &mut Boundary,
) -> Result<Swept, EngineError> {
    let more_events = log::trim(ledger, instance, retention, boundary)?;
    let until = deadline_key(instance, clock::wall_ms(), 0, b"");
    let range = KeyRange::between(instance_key(instance, table::DEADLINE, b""), until);
    let expired = ledger.scan(range, Direction::Forward, SWEEP_MAX)?;
    let swept = if more_events || expired.len() == SWEEP_MAX { Swept::More } else { Swept::All };
    let mut batch = Batch::new();
    for (deadline, _) in expired {
        // A key that was renewed since has another deadline: the guard of this one is gone then.
        if let Some((_, rest)) = deadline.suffix().split_first_chunk::<8>()
            && let Some((&of_table, key)) = rest.split_first()
        {
            batch.delete_guarded(deadline.clone(), instance_key(instance, of_table, key));
        }
    }
    if !batch.is_empty() {
        ledger.commit(batch, CommitClass::Soon).detach();
    }
    Ok(swept)
}
