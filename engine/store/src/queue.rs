//! The bounded queue between callers and the disk thread. A batch is refused, never waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::limits::{BUSY_RETRY_MS_MAX, BUSY_RETRY_MS_MIN, QUEUE_LOCAL_PART};
use crate::{
    Batch, CommitClass, CommitFuture, CommitPromise, Position, StoreError, StoreOptions, commit_channel,
};

/// A batch on its way to the disk.
pub(crate) struct Submission {
    pub(crate) batch: Batch,
    pub(crate) waiter: Waiter,
}

/// Whom to tell. Its credit returns when it is dropped, answered or not.
pub(crate) struct Waiter {
    pub(crate) class: CommitClass,
    pub(crate) since: Instant,
    promise: CommitPromise,
    credit: Credit,
}

impl Waiter {
    pub(crate) fn answer(self, answer: Result<Position, StoreError>) {
        // First the place, then the answer: whoever was answered finds room for the next batch.
        drop(self.credit);
        self.promise.resolve(answer);
    }
}

/// Load of the queue and of the group being written, readable from any thread.
pub(crate) struct Load {
    batches: AtomicUsize,
    bytes: AtomicUsize,
    opened: Instant,
    /// When the oldest unanswered batch was submitted, in milliseconds after `opened`, plus one; 0: none waits.
    oldest_ms: AtomicU64,
}

struct Credit {
    load: Arc<Load>,
    bytes: usize,
}

impl Drop for Credit {
    fn drop(&mut self) {
        self.load.batches.fetch_sub(1, Ordering::Relaxed);
        self.load.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Load {
    pub(crate) fn batches(&self) -> usize {
        self.batches.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Told by the disk thread at the start and at the end of a group.
    pub(crate) fn set_oldest(&self, since: Option<Instant>) {
        let after = since.map(|since| since.saturating_duration_since(self.opened).as_millis() as u64 + 1);
        self.oldest_ms.store(after.unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn oldest_age_ms(&self) -> u64 {
        match self.oldest_ms.load(Ordering::Relaxed) {
            0 => 0,
            since => (self.opened.elapsed().as_millis() as u64 + 1).saturating_sub(since),
        }
    }
}

/// The sending side.
pub(crate) struct Queue {
    sender: Sender<Submission>,
    /// For [`Queue::end`]: a channel keeps what nobody receives any more.
    leftovers: Receiver<Submission>,
    ended: AtomicBool,
    load: Arc<Load>,
    batches_max: usize,
    bytes_max: usize,
}

impl Queue {
    pub(crate) fn new(options: &StoreOptions) -> (Queue, Receiver<Submission>) {
        let batches_max = options.queue_batches_max.max(1);
        let (sender, receiver) = bounded(batches_max);
        let load = Load {
            batches: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            opened: Instant::now(),
            oldest_ms: AtomicU64::new(0),
        };
        let queue = Queue {
            sender,
            leftovers: receiver.clone(),
            ended: AtomicBool::new(false),
            load: Arc::new(load),
            batches_max,
            bytes_max: options.queue_bytes_max,
        };
        (queue, receiver)
    }

    pub(crate) fn load(&self) -> &Load {
        &self.load
    }

    /// Queues the batch; its place in the order is fixed when this returns.
    pub(crate) fn submit(&self, batch: Batch, class: CommitClass) -> Result<CommitFuture, StoreError> {
        batch.check_limits()?;
        let credit = self.take_credit(batch.bytes(), class)?;
        let (promise, future) = commit_channel();
        let waiter = Waiter { class, since: Instant::now(), promise, credit };
        match self.sender.try_send(Submission { batch, waiter }) {
            Ok(()) => {
                // Orders the sending before the look at `ended`; the counterpart is in `end`.
                fence(Ordering::SeqCst);
                if self.ended.load(Ordering::Relaxed) {
                    self.refuse_leftovers();
                }
                Ok(future)
            }
            Err(TrySendError::Full(_)) => Err(self.busy()),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
        }
    }

    /// Called when nobody will receive any more: answers what is left, and what still comes, with `Closed`.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        // A sender that did not see `ended` has sent before this look.
        fence(Ordering::SeqCst);
        self.refuse_leftovers();
    }

    fn refuse_leftovers(&self) {
        // A dropped promise answers `Closed`.
        self.leftovers.try_iter().for_each(drop);
    }

    fn take_credit(&self, bytes: usize, class: CommitClass) -> Result<Credit, StoreError> {
        let part = if class == CommitClass::Local { QUEUE_LOCAL_PART } else { 1 };
        // Taken first and checked after, so that two callers cannot both take the last place.
        let batches = self.load.batches.fetch_add(1, Ordering::Relaxed) + 1;
        let queued = self.load.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let credit = Credit { load: self.load.clone(), bytes };
        // An otherwise empty queue takes any batch that is within the limits.
        let fits = batches <= self.batches_max.div_ceil(part) && queued <= self.bytes_max / part;
        if fits || batches == 1 { Ok(credit) } else { Err(self.busy()) }
    }

    fn busy(&self) -> StoreError {
        let retry_after_ms = self.load.oldest_age_ms().clamp(BUSY_RETRY_MS_MIN, BUSY_RETRY_MS_MAX);
        StoreError::Busy { retry_after_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    fn batch(bytes: usize) -> Batch {
        let mut batch = Batch::new();
        batch.put(Key::new(0, 0, 0, b""), vec![0; bytes]);
        batch
    }

    fn submitted(queue: &Queue, bytes: usize, class: CommitClass) -> Result<(), &'static str> {
        match queue.submit(batch(bytes), class) {
            Ok(future) => {
                future.detach();
                Ok(())
            }
            Err(StoreError::Busy { .. }) => Err("busy"),
            Err(StoreError::Closed) => Err("closed"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn local_batches_leave_room_for_those_somebody_waits_for() {
        let options = StoreOptions { queue_batches_max: 4, ..StoreOptions::default() };
        let (queue, receiver) = Queue::new(&options);
        let classes = [CommitClass::Local, CommitClass::Local, CommitClass::Local];
        let answers: Vec<_> = classes.iter().map(|class| submitted(&queue, 1, *class)).collect();
        assert_eq!(answers, [Ok(()), Ok(()), Err("busy")]);
        assert_eq!(submitted(&queue, 1, CommitClass::First), Ok(()));
        assert_eq!(submitted(&queue, 1, CommitClass::Soon), Ok(()));
        assert_eq!(submitted(&queue, 1, CommitClass::First), Err("busy"));
        drop(receiver.recv());
        assert_eq!(submitted(&queue, 1, CommitClass::First), Ok(()), "a place came free");
    }

    #[test]
    fn after_the_end_nothing_waits() {
        let (queue, _receiver) = Queue::new(&StoreOptions::default());
        let before = queue.submit(batch(1), CommitClass::Soon).unwrap();
        queue.end();
        let after = queue.submit(batch(1), CommitClass::Soon).unwrap();
        for future in [before, after] {
            assert!(matches!(future.wait(), Err(StoreError::Closed)));
        }
        assert_eq!((queue.load().batches(), queue.load().bytes()), (0, 0), "credits return unwritten too");
    }

    #[test]
    fn bytes_bound_the_queue_but_not_the_first_batch() {
        let options = StoreOptions { queue_bytes_max: 1000, ..StoreOptions::default() };
        let (queue, receiver) = Queue::new(&options);
        assert_eq!(submitted(&queue, 5000, CommitClass::Local), Ok(()));
        assert_eq!(submitted(&queue, 1, CommitClass::First), Err("busy"));
        drop(receiver.recv());
        assert_eq!(submitted(&queue, 900, CommitClass::First), Ok(()));
        assert_eq!(submitted(&queue, 200, CommitClass::First), Err("busy"));
    }
}
