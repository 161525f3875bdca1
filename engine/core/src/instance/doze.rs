//! Falling asleep: an instance that needs no actor loses it, and what is left of it in memory is its route.
//!
//! The actor decides, in a turn of its own, and only where stopping loses nothing:
//!
//! - its state is one of [`may_sleep`], and nothing but looks has happened to it for [`DORMANT_AFTER_MS`];
//! - nobody waits for a reply, no acceptance, write, logout, opening or deletion is under way, and no session, however old, can
//!   still tell it anything: whoever could holds the log or a credit;
//! - every event is durable and announced, so that the next actor may open the log from the disk; whoever is told of them reads
//!   them there;
//! - its lanes are empty, which [`Lanes::doze`](super::Lanes::doze) makes sure of under their lock while it closes them to this
//!   actor. What happens to a letter that comes now is told there.
//!
//! Everything else that may still be in its mailbox is void without a session: timers, turns, samples. What is not on disk is
//! forgotten, as by a restart of the process: the back-off, the count of panics.

use std::sync::Arc;

use trunkline_model::instance::may_sleep;

use super::state::Instance;
use crate::clock;
use crate::limits::DORMANT_AFTER_MS;
use crate::shard::{TimerKey, TimerTag};
use crate::spawn::TaskKind;

/// Whoever holds the log of an actor that nothing else can write for: the actor and its supervisor.
const LOG_HOLDERS: usize = 2;

/// How long an instance has been at rest.
#[derive(Default)]
pub(super) struct Drowse {
    stirred_at_ms: u64,
    timer: Option<TimerKey>,
}

impl Instance {
    /// Something happened. At rest, a timer will tell when it is long ago.
    pub(super) fn stir(&mut self) {
        if !may_sleep(self.stands()) {
            return;
        }
        let now_ms = clock::steady_ms();
        self.drowse.stirred_at_ms = now_ms;
        if self.drowse.timer.is_none() {
            self.arm_doze(now_ms + DORMANT_AFTER_MS);
        }
    }

    fn arm_doze(&mut self, due_ms: u64) {
        self.drowse.timer = Some(self.context.timers.arm(due_ms, &self.myself, TimerTag::Doze, 0));
    }

    /// The timer rang: sleep, or look again.
    pub(super) fn doze(&mut self) {
        self.drowse.timer = None;
        if !may_sleep(self.stands()) || self.shutting_down {
            return;
        }
        let now_ms = clock::steady_ms();
        let due_ms = self.drowse.stirred_at_ms + DORMANT_AFTER_MS;
        if due_ms > now_ms {
            return self.arm_doze(due_ms);
        }
        self.forget_gone_waiters();
        if !self.is_done() || !self.lanes.doze() {
            return self.arm_doze(now_ms + DORMANT_AFTER_MS);
        }
        // A timer in the wheel holds the actor's memory until it rings.
        let armed = [self.sweep_timer.take(), self.exit_timer.take()];
        armed.into_iter().flatten().for_each(|timer| self.context.timers.disarm(timer));
        self.myself.stop(None);
    }

    /// Whether stopping now loses nothing.
    fn is_done(&self) -> bool {
        let idle = self.being_accepted.is_empty()
            && self.waiters.is_empty()
            && self.statuses.writes.is_empty()
            && self.logouts == 0
            && !self.removing
            && self.session.is_none()
            // Held by whoever passes on what a session says, and by every such message in the mailbox.
            && Arc::strong_count(&self.session_credits) == 1;
        if !idle || !self.log.is_settled() {
            // A write whose waiter was cut off is announced by whoever waits for it next.
            self.settle_log();
            return false;
        }
        Arc::strong_count(&self.log) == LOG_HOLDERS
    }

    fn settle_log(&self) {
        if self.log.is_settled() {
            return;
        }
        let log = Arc::clone(&self.log);
        self.context.spawner.spawn(TaskKind::Disposable, "settle", async move {
            // A store that fails ends the process; there is nobody to tell here.
            drop(log.barrier().await);
        });
    }
}
