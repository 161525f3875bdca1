//! Notices that the disk or the flush workers stopped making progress.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use crate::database::BufferSample;
use crate::limits::WRITE_BUFFER_POISON_FACTOR;
use crate::queue::Submission;
use crate::shared::Shared;
use crate::{PoisonCause, StoreError, StoreOptions};

/// Judges samples of the store. Pure.
pub(crate) struct ProgressWatch {
    stall_ms: u64,
    buffer_bytes_max: u64,
    /// Flushes completed when one was last seen to complete, and when that was.
    waiting: Option<(u64, u64)>,
    last_sample_ms: u64,
    last_look_ms: u64,
    /// When the process ran again after it had been stopped: nobody could make progress before.
    resumed_ms: u64,
}

impl ProgressWatch {
    pub(crate) fn new(options: &StoreOptions) -> ProgressWatch {
        ProgressWatch {
            stall_ms: options.stall_max.as_millis() as u64,
            buffer_bytes_max: options.write_buffer_bytes * WRITE_BUFFER_POISON_FACTOR,
            waiting: None,
            last_sample_ms: 0,
            last_look_ms: 0,
            resumed_ms: 0,
        }
    }

    /// The reason to stop, if there is one. No sample: the last request for one is still unanswered. `busy_ms`: age
    /// of the database call now running.
    pub(crate) fn observe(
        &mut self,
        now_ms: u64,
        sample: Option<&BufferSample>,
        busy_ms: u64,
    ) -> Option<PoisonCause> {
        if now_ms - self.last_look_ms.min(now_ms) > self.stall_ms / 2 {
            self.resumed_ms = now_ms;
        }
        self.last_look_ms = now_ms;
        if let Some(stalled_ms) = self.stalled(busy_ms.min(now_ms - self.resumed_ms)) {
            return Some(PoisonCause::WriteStalled(stalled_ms));
        }
        let Some(sample) = sample else {
            let unanswered_ms = now_ms - self.last_sample_ms.max(self.resumed_ms);
            return self.stalled(unanswered_ms).map(PoisonCause::FlushStalled);
        };
        self.last_sample_ms = now_ms;
        if sample.total_bytes > self.buffer_bytes_max {
            return Some(PoisonCause::WriteBufferOverflow(sample.total_bytes));
        }
        self.flush_stalled_ms(now_ms, sample).map(PoisonCause::FlushStalled)
    }

    /// For how long flushes have been due without one completing, once that is too long.
    pub(crate) fn flush_stalled_ms(&mut self, now_ms: u64, sample: &BufferSample) -> Option<u64> {
        if sample.sealed == 0 {
            self.waiting = None;
            return None;
        }
        match self.waiting {
            Some((flushed, since_ms)) if sample.flushed <= flushed => {
                self.stalled(now_ms - since_ms.max(self.resumed_ms))
            }
            _ => {
                self.waiting = Some((sample.flushed, now_ms));
                None
            }
        }
    }

    fn stalled(&self, waited_ms: u64) -> Option<u64> {
        (waited_ms >= self.stall_ms).then_some(waited_ms)
    }
}

/// The thread around [`ProgressWatch`]. It outlives a hanging disk thread and then answers in its place.
///
/// Looking at the memtables takes locks that fjall holds while it syncs a table's entry in its manifest. So a
/// helper looks, and a helper that does not come back is a reason to stop like any other.
pub(crate) struct Watchdog {
    pub(crate) shared: Arc<Shared>,
    pub(crate) submissions: Receiver<Submission>,
    pub(crate) stop: Receiver<()>,
    pub(crate) tick: Duration,
    pub(crate) watch: ProgressWatch,
}

impl Watchdog {
    /// Looks once per tick until told to stop.
    pub(crate) fn run(mut self) {
        let shared = self.shared.clone();
        std::thread::scope(|scope| {
            // Without room for a sample nobody asked for: it is at most one tick old when it is taken.
            let (sender, samples) = bounded(0);
            scope.spawn(move || {
                while sender.send(shared.db.sample()).is_ok() {
                    shared.db.bury();
                }
            });
            while let Err(RecvTimeoutError::Timeout) = self.stop.recv_timeout(self.tick) {
                self.look(samples.try_recv().ok());
            }
        });
    }

    fn look(&mut self, sample: Option<BufferSample>) {
        let shared = &self.shared;
        let now_ms = shared.now_ms();
        if let Some(sample) = &sample {
            shared.note_sample(sample);
        }
        let verdict = self.watch.observe(now_ms, sample.as_ref(), shared.busy_for_ms());
        if let Some(cause) = verdict.filter(|_| !shared.poison.is_set()) {
            shared.poison(cause);
        }
        shared.metrics.queue_batches.set(shared.queue.load().batches() as f64);
        shared.metrics.queue_bytes.set(shared.queue.load().bytes() as f64);
        if shared.poison.is_set() {
            shared.fail_in_flight();
            for submission in self.submissions.try_iter() {
                submission.waiter.answer(Err(StoreError::Poisoned));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 1000;
    const TICK_MS: usize = 5;

    fn watch() -> ProgressWatch {
        ProgressWatch::new(&StoreOptions {
            write_buffer_bytes: LIMIT,
            stall_max: Duration::from_millis(30),
            ..StoreOptions::default()
        })
    }

    /// Each state lasts from its time to that of the next; the verdict is expected at the last one.
    fn check(states: &[(u64, u64, usize, u64, u64)], expected: Option<PoisonCause>) {
        let mut watch = watch();
        let mut verdict = None;
        for (at, (now_ms, total_bytes, sealed, flushed, busy_ms)) in states.iter().copied().enumerate() {
            let sample = BufferSample { total_bytes, sealed, flushed, ..Default::default() };
            let end_ms = states.get(at + 1).map_or(now_ms + 1, |next| next.0);
            for look_ms in (now_ms..end_ms).step_by(TICK_MS) {
                assert_eq!(verdict, None, "{states:?}: too early");
                verdict = watch.observe(look_ms, Some(&sample), busy_ms);
            }
        }
        assert_eq!(verdict, expected, "{states:?}");
    }

    #[test]
    fn stops_on_stalls_and_only_on_stalls() {
        // (now_ms, total_bytes, sealed, flushed, busy_ms)
        check(&[(0, 0, 0, 0, 0), (100, 0, 0, 0, 0)], None);
        check(&[(0, 0, 0, 0, 0), (40, 0, 0, 0, 29)], None);
        check(&[(0, 0, 0, 0, 0), (40, 0, 0, 0, 30)], Some(PoisonCause::WriteStalled(30)));
        check(&[(0, 4 * LIMIT, 0, 0, 0)], None);
        check(&[(0, 4 * LIMIT + 1, 0, 0, 0)], Some(PoisonCause::WriteBufferOverflow(4 * LIMIT + 1)));
        check(&[(5, 0, 1, 7, 0), (34, 0, 1, 7, 0)], None);
        check(&[(5, 0, 1, 7, 0), (35, 0, 1, 7, 0)], Some(PoisonCause::FlushStalled(30)));
        // More rotations are no progress; a flush is, even when another memtable took its place.
        check(&[(5, 0, 1, 7, 0), (20, 0, 2, 7, 0), (35, 0, 3, 7, 0)], Some(PoisonCause::FlushStalled(30)));
        check(&[(5, 0, 1, 7, 0), (34, 0, 1, 8, 0), (60, 0, 1, 8, 0)], None);
        check(&[(5, 0, 1, 7, 0), (20, 0, 0, 8, 0), (50, 0, 1, 8, 0), (79, 0, 1, 8, 0)], None);
        // After a moment in which the count read too high, an idle moment clears the books.
        check(&[(5, 0, 1, 9, 0), (20, 0, 0, 8, 0), (30, 0, 1, 8, 0), (59, 0, 1, 8, 0)], None);
    }

    #[test]
    fn stops_when_the_database_does_not_answer() {
        let mut watch = watch();
        let sample = BufferSample::default();
        let stalled = Some(PoisonCause::FlushStalled(30));
        for (now_ms, sample, expected) in [
            (14, None, None),
            (29, Some(&sample), None),
            (44, None, None),
            (58, None, None),
            (59, None, stalled),
        ] {
            assert_eq!(watch.observe(now_ms, sample, 0), expected, "{now_ms}");
        }
    }

    #[test]
    fn a_process_that_was_stopped_gets_its_time_again() {
        let waiting = BufferSample { sealed: 1, ..Default::default() };
        for (sample, busy_since_ms, stalled) in [
            (Some(&waiting), None, PoisonCause::FlushStalled(30)),
            (Some(&waiting), Some(5), PoisonCause::WriteStalled(30)),
            (None, None, PoisonCause::FlushStalled(30)),
        ] {
            let mut watch = watch();
            for (now_ms, expected) in
                [(10, None), (10_000, None), (10_015, None), (10_029, None), (10_030, Some(stalled))]
            {
                let busy_ms = busy_since_ms.map_or(0, |since_ms| now_ms - since_ms);
                assert_eq!(watch.observe(now_ms, sample, busy_ms), expected, "{now_ms}");
            }
        }
    }
}
