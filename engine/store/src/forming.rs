//! A group while it forms: which batches share the next write, and how long it waits for more. Pure.

use std::time::Instant;

use crate::limits::{GROUP_BATCHES_MAX, GROUP_BYTES_MAX, SOON_LINGER};
use crate::queue::{Submission, Waiter};
use crate::{Batch, CommitClass};

#[derive(Default)]
pub(crate) struct Forming {
    batches: Vec<Batch>,
    waiters: Vec<Waiter>,
    bytes: usize,
    synced: bool,
    urgent: bool,
    /// When the first `Soon` batch has waited long enough.
    deadline: Option<Instant>,
}

/// Whether the group may still wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Write what is there.
    None,
    /// Nobody is in a hurry before this moment.
    Until(Instant),
}

impl Forming {
    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Whether no further batch may join. The last one may exceed the byte limit, since a batch that was taken from
    /// the queue and put aside could be answered by nobody if this thread came to hang.
    pub(crate) fn is_full(&self) -> bool {
        self.batches.len() >= GROUP_BATCHES_MAX || self.bytes >= GROUP_BYTES_MAX
    }

    pub(crate) fn push(&mut self, next: Submission) {
        self.bytes += next.batch.bytes();
        match next.waiter.class {
            CommitClass::First => (self.synced, self.urgent) = (true, true),
            CommitClass::Soon => {
                self.synced = true;
                self.deadline.get_or_insert(next.waiter.since + SOON_LINGER);
            }
            CommitClass::Local => {}
        }
        self.batches.push(next.batch);
        self.waiters.push(next.waiter);
    }

    /// A `Local` batch behind a `Soon` one waits with it: order comes before speed.
    pub(crate) fn patience(&self) -> Patience {
        match self.deadline {
            Some(deadline) if !self.urgent && !self.is_full() => Patience::Until(deadline),
            _ => Patience::None,
        }
    }

    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.waiters.first().map(|waiter| waiter.since)
    }

    /// The batches, who waits for them, and whether to sync.
    pub(crate) fn finish(self) -> (Vec<Batch>, Vec<Waiter>, bool) {
        (self.batches, self.waiters, self.synced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Queue;
    use crate::{Key, StoreOptions};
    use CommitClass::{First, Local, Soon};

    fn submission(class: CommitClass, bytes: usize) -> Submission {
        let (queue, receiver) = Queue::new(&StoreOptions::default());
        let mut batch = Batch::new();
        batch.put(Key::new(0, 0, 0, b""), vec![0; bytes]);
        queue.submit(batch, class).unwrap().detach();
        receiver.recv().unwrap()
    }

    #[test]
    fn only_soon_is_patient_and_only_local_is_unsynced() {
        let cases: [(&[CommitClass], bool, bool); 7] = [
            (&[First], false, true),
            (&[Soon], true, true),
            (&[Local], false, false),
            (&[Local, Local], false, false),
            (&[Soon, Local], true, true),
            (&[Local, Soon], true, true),
            (&[Soon, Local, First], false, true),
        ];
        for (classes, patient, synced) in cases {
            let mut forming = Forming::default();
            classes.iter().for_each(|class| forming.push(submission(*class, 1)));
            assert_eq!(forming.patience() != Patience::None, patient, "{classes:?}");
            assert_eq!(forming.finish().2, synced, "{classes:?}");
        }
    }

    #[test]
    fn soon_waits_for_its_own_linger_at_most() {
        let (first, second) = (submission(Soon, 1), submission(Soon, 1));
        let deadline = first.waiter.since + SOON_LINGER;
        let mut forming = Forming::default();
        forming.push(first);
        forming.push(second);
        assert_eq!(forming.patience(), Patience::Until(deadline));
    }

    #[test]
    fn a_group_is_bounded_by_batches_and_by_bytes() {
        for (bytes, batches) in [(1, GROUP_BATCHES_MAX), (GROUP_BYTES_MAX / 4, 4), (GROUP_BYTES_MAX + 1, 1)] {
            let mut forming = Forming::default();
            for number in 0..batches {
                assert!(!forming.is_full(), "{number} of {batches} batches of {bytes} bytes");
                forming.push(submission(Soon, bytes));
            }
            assert!(forming.is_full(), "{batches} batches of {bytes} bytes");
            assert_eq!(forming.patience(), Patience::None, "a full group does not wait");
        }
    }
}
