//! The disk thread: the only writer of its database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, select};

use crate::database::BufferSample;
use crate::forming::{Forming, Patience};
use crate::group::{Base, Overlay};
use crate::limits::{
    GROUP_WRITES_MAX, HOLD_POLL, QUIET_ROTATE_AFTER, QUIET_ROTATE_BYTES, RANGE_STEP_KEYS,
    WRITE_BUFFER_HOLD_FACTOR,
};
use crate::queue::{Submission, Waiter};
use crate::shared::Shared;
use crate::{Batch, FaultHook, KeyRange, PoisonCause, Position, StoreError, StoreOptions, WriteInfo};

pub(crate) struct Disk {
    shared: Arc<Shared>,
    submissions: Receiver<Submission>,
    stop: Receiver<()>,
    hook: Option<Arc<dyn FaultHook>>,
    rotate_bytes: u64,
    rotated: Instant,
    /// Of the last batch that was staged.
    position: Position,
    stopping: bool,
}

impl Disk {
    pub(crate) fn new(
        shared: Arc<Shared>,
        submissions: Receiver<Submission>,
        stop: Receiver<()>,
        options: &StoreOptions,
    ) -> Result<Disk, StoreError> {
        let position = shared.db.position()?;
        Ok(Disk {
            shared,
            submissions,
            stop,
            hook: options.fault_hook.clone(),
            rotate_bytes: options.write_buffer_bytes,
            rotated: Instant::now(),
            position,
            stopping: false,
        })
    }

    /// Writes until told to stop and nothing is left, then syncs.
    pub(crate) fn run(mut self) {
        let _watch = PanicWatch(self.shared.clone());
        while let Some(group) = self.collect() {
            self.commit(group);
            if let Err(cause) = self.make_room() {
                self.shared.poison(cause);
            }
            self.shared.queue.load().set_oldest(None);
        }
        if !self.shared.poison.is_set() {
            let _busy = self.shared.busy();
            if let Err(error) = self.shared.db.sync() {
                self.shared.poison(write_failed(&error));
            }
        }
        self.shared.queue.end();
    }

    /// The next group; waits for its first batch. `None` ends the thread.
    fn collect(&mut self) -> Option<Forming> {
        let mut group = Forming::default();
        while !group.is_full() {
            let next = match (self.submissions.try_recv().ok(), group.patience()) {
                (Some(next), _) => Some(next),
                (None, _) if self.stopping => return (!group.is_empty()).then_some(group),
                (None, _) if group.is_empty() => self.wait_for_first(),
                (None, Patience::None) => return Some(group),
                (None, Patience::Until(deadline)) => match self.wait_until(deadline) {
                    Some(next) => Some(next),
                    None => return Some(group),
                },
            };
            if let Some(next) = next {
                group.push(next);
                self.shared.queue.load().set_oldest(group.oldest());
            }
        }
        Some(group)
    }

    /// Nothing is queued: the thread sleeps, but for a look at memtables that nobody adds to any more.
    fn wait_for_first(&mut self) -> Option<Submission> {
        loop {
            select! {
                recv(self.submissions) -> next => return next.ok(),
                recv(self.stop) -> _ => {
                    self.stopping = true;
                    return None;
                }
                default(QUIET_ROTATE_AFTER) => {
                    if let Err(cause) = self.make_room() {
                        self.shared.poison(cause);
                    }
                }
            }
        }
    }

    fn wait_until(&mut self, deadline: Instant) -> Option<Submission> {
        select! {
            recv(self.submissions) -> next => next.ok(),
            recv(self.stop) -> _ => {
                self.stopping = true;
                None
            }
            default(deadline.saturating_duration_since(Instant::now())) => None,
        }
    }

    fn commit(&mut self, group: Forming) {
        let (batches, waiters, synced) = group.finish();
        self.shared.metrics.group_batches.record(batches.len() as f64);
        self.shared.set_in_flight(waiters);
        if self.shared.poison.is_set() {
            return self.shared.fail_in_flight();
        }
        let first = self.position.0 + 1;
        match self.write_group(batches, synced) {
            Ok(()) => {
                self.shared.note_commit();
                self.answer(first, self.shared.take_in_flight());
            }
            Err(cause) => self.shared.poison(cause),
        }
    }

    fn answer(&self, first: u64, waiters: Vec<Waiter>) {
        for (number, waiter) in (first..).zip(waiters) {
            self.shared.metrics.commit_seconds(waiter.class).record(waiter.since.elapsed());
            waiter.answer(Ok(Position(number)));
        }
    }

    fn write_group(&mut self, batches: Vec<Batch>, synced: bool) -> Result<(), PoisonCause> {
        let mut overlay = Overlay::default();
        for batch in batches {
            if batch.has_ranges() {
                for range in batch.ranges() {
                    self.shrink_range(&mut overlay, range)?;
                }
            }
            for op in batch.into_ops() {
                overlay.apply(op, &self.shared.db).map_err(read_failed)?;
            }
            self.position.0 += 1;
            if overlay.len() > GROUP_WRITES_MAX {
                self.write_step(std::mem::take(&mut overlay))?;
            }
        }
        self.write(&overlay, synced)
    }

    /// Brings a range down to what one write may delete. Earlier batches of the group are written first, since
    /// nothing of a later batch may reach the disk before them.
    fn shrink_range(&mut self, overlay: &mut Overlay, range: &KeyRange) -> Result<(), PoisonCause> {
        let mut rest = range.clone();
        loop {
            let keys = self.shared.db.keys_in(&rest, RANGE_STEP_KEYS + 1).map_err(read_failed)?;
            let Some(last) = keys.get(RANGE_STEP_KEYS - 1).filter(|_| keys.len() > RANGE_STEP_KEYS) else {
                return Ok(());
            };
            if !overlay.is_empty() {
                self.write_step(std::mem::take(overlay))?;
            }
            self.write_step(Overlay::delete_all(&keys[..RANGE_STEP_KEYS]))?;
            rest = rest.after(last);
        }
    }

    /// A write that is not the group's last: the sync of the last covers it, the journal being one file in order.
    fn write_step(&mut self, overlay: Overlay) -> Result<(), PoisonCause> {
        self.write(&overlay, false)?;
        self.make_room()
    }

    fn write(&self, overlay: &Overlay, synced: bool) -> Result<(), PoisonCause> {
        let info = WriteInfo { last: self.position, keys: overlay.len(), synced };
        let started = Instant::now();
        let _busy = self.shared.busy();
        if let Some(hook) = &self.hook {
            hook.before_write(&info).map_err(|error| PoisonCause::WriteFailed(error.to_string()))?;
        }
        self.shared.db.write(overlay, info.last, synced).map_err(|error| write_failed(&error))?;
        if let Some(hook) = &self.hook {
            hook.after_write(&info);
        }
        self.shared.metrics.write_seconds.record(started.elapsed());
        self.shared.metrics.written_bytes.increment(overlay.bytes());
        Ok(())
    }

    /// Rotates full memtables, and holds the thread while flushes lag: then the queue fills and callers hear
    /// `Busy`, where fjall would take the writes and grow.
    fn make_room(&mut self) -> Result<(), PoisonCause> {
        let mut held = false;
        loop {
            let sample = self.sample();
            if is_rotation_due(&sample, self.rotate_bytes, self.rotated.elapsed()) {
                let _busy = self.shared.busy();
                if self.shared.db.rotate().map_err(|error| write_failed(&error))? {
                    self.shared.metrics.rotations.increment(1);
                    self.rotated = Instant::now();
                }
            }
            let lagging =
                sample.sealed > 0 && sample.total_bytes > self.rotate_bytes * WRITE_BUFFER_HOLD_FACTOR;
            if !lagging || self.shared.poison.is_set() {
                return Ok(());
            }
            if !held {
                held = true;
                self.shared.metrics.holds.increment(1);
            }
            std::thread::sleep(HOLD_POLL);
        }
    }

    fn sample(&self) -> BufferSample {
        let _busy = self.shared.busy();
        self.shared.db.sample()
    }
}

/// Whether the active memtables are full, or of some size and old.
fn is_rotation_due(sample: &BufferSample, rotate_bytes: u64, age: Duration) -> bool {
    let limit = if age >= QUIET_ROTATE_AFTER { rotate_bytes.min(QUIET_ROTATE_BYTES) } else { rotate_bytes };
    sample.active_bytes > limit
}

fn write_failed(error: &fjall::Error) -> PoisonCause {
    PoisonCause::WriteFailed(error.to_string())
}

fn read_failed(error: StoreError) -> PoisonCause {
    PoisonCause::ReadFailed(error.to_string())
}

/// Poisons the store when the thread unwinds.
struct PanicWatch(Arc<Shared>);

impl Drop for PanicWatch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison(PoisonCause::Panicked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memtables_are_rotated_when_full_or_old() {
        const FULL: u64 = 32 << 20;
        let due = |active_bytes, age| {
            let sample = BufferSample { active_bytes, ..BufferSample::default() };
            is_rotation_due(&sample, FULL, age)
        };
        assert!(due(FULL + 1, Duration::ZERO));
        assert!(!due(FULL, Duration::ZERO));
        assert!(due(QUIET_ROTATE_BYTES + 1, QUIET_ROTATE_AFTER));
        assert!(!due(QUIET_ROTATE_BYTES, QUIET_ROTATE_AFTER));
    }
}
