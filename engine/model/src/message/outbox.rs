//! The outbox planner of one instance: which message goes next. Pure: the caller tells the time and does the sending.

use std::collections::{BTreeMap, HashMap};

use super::content::Lane;
use crate::id::MessageId;
use crate::retry::{Backoff, BackoffError};

/// A message waiting in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxItem {
    /// Which message.
    pub id: MessageId,
    /// Its lane.
    pub lane: Lane,
    /// Hash of its chat: messages of one chat are handed over one at a time, in order.
    pub chat: u64,
    /// How often it was handed over before.
    pub attempts: u32,
}

/// What the planner wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Hand this one over now; its chat is busy until [`Outbox::handed_over`], and it counts as under way until
    /// [`Outbox::settle`] or [`Outbox::retry`].
    Send(OutboxItem),
    /// Nothing may go before this time (milliseconds, the caller's clock).
    WaitUntil(u64),
    /// Nothing could go now; a settled message or a new one may change that.
    Nothing,
}

/// How much may be under way at once.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Messages being encrypted, uploaded or written, each of another chat.
    pub handing_max: usize,
    /// Messages that WhatsApp has not acknowledged, those being handed over included.
    pub unacknowledged_max: usize,
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub struct FailedAttempt {
    /// Now, in milliseconds of the caller's clock.
    pub now_ms: u64,
    /// How long the service asked to be left alone, in milliseconds.
    pub at_least_ms: u64,
    /// Any random number.
    pub jitter: u32,
}

/// How far down the queue [`Outbox::claim`] looks for a chat that is not busy.
const CLAIM_SCAN_MAX: usize = 64;

/// Messages waiting and under way, by lane, oldest first within a lane.
///
/// Invariant: a message is in exactly one of `waiting`, `delayed` and `under_way`; `busy_chats` holds the chats of those
/// under way that are still being handed over.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: BTreeMap<(Lane, MessageId), OutboxItem>,
    delayed: BTreeMap<(u64, MessageId), OutboxItem>,
    under_way: HashMap<MessageId, OutboxItem>,
    busy_chats: HashMap<u64, MessageId>,
}

impl Outbox {
    /// Adds an accepted message, or one found on disk after a restart. One that is under way stays so.
    pub fn push(&mut self, item: OutboxItem) {
        if !self.under_way.contains_key(&item.id) {
            self.waiting.insert((item.lane, item.id), item);
        }
    }

    /// Messages that are not settled.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.delayed.len() + self.under_way.len()
    }

    /// Whether every message is settled.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The message under way with this id, if it is.
    pub fn under_way(&self, id: MessageId) -> Option<OutboxItem> {
        self.under_way.get(&id).copied()
    }

    /// Takes the next message, if one may go now and the window has room.
    pub fn claim(&mut self, now_ms: u64, window: Window) -> Claim {
        self.ripen(now_ms);
        let full =
            self.busy_chats.len() >= window.handing_max || self.under_way.len() >= window.unacknowledged_max;
        if full {
            return Claim::Nothing;
        }
        let free =
            self.waiting.values().take(CLAIM_SCAN_MAX).find(|i| !self.busy_chats.contains_key(&i.chat));
        if let Some(&item) = free {
            self.waiting.remove(&(item.lane, item.id));
            self.under_way.insert(item.id, item);
            self.busy_chats.insert(item.chat, item.id);
            return Claim::Send(item);
        }
        match self.delayed.keys().next() {
            Some(&(due_ms, _)) if self.waiting.is_empty() => Claim::WaitUntil(due_ms),
            _ => Claim::Nothing,
        }
    }

    /// The message is in the socket: the next one of its chat may follow. It stays under way until it is acknowledged.
    pub fn handed_over(&mut self, id: MessageId) {
        let Some(item) = self.under_way.get(&id) else {
            return;
        };
        if self.busy_chats.get(&item.chat) == Some(&id) {
            self.busy_chats.remove(&item.chat);
        }
    }

    /// Forgets a message that reached its end: acknowledged, failed, or gone. Says whether it was under way.
    pub fn settle(&mut self, id: MessageId) -> bool {
        self.take_under_way(id).is_some()
    }

    /// Puts a message back after a failed attempt, later each time. Returns when it is due, in milliseconds.
    ///
    /// # Errors
    /// [`BackoffError::Exhausted`] when it had its last attempt: the caller fails it. The message is out of the outbox then.
    pub fn retry(
        &mut self,
        id: MessageId,
        failed: FailedAttempt,
        backoff: &Backoff,
    ) -> Result<u64, BackoffError> {
        let FailedAttempt { now_ms, at_least_ms, jitter } = failed;
        let Some(mut item) = self.take_under_way(id) else { return Ok(now_ms) };
        item.attempts += 1;
        let due_ms = now_ms + backoff.delay_ms(item.attempts, jitter)?.max(at_least_ms);
        self.delayed.insert((due_ms, id), item);
        Ok(due_ms)
    }

    /// Puts everything under way back to the front of its lane: the connection is gone, and whether the server has the
    /// messages is unknown. They go again under the same WhatsApp ids, and the attempt is not held against them.
    pub fn connection_lost(&mut self) {
        self.busy_chats.clear();
        for (id, item) in self.under_way.drain() {
            self.waiting.insert((item.lane, id), item);
        }
    }

    fn take_under_way(&mut self, id: MessageId) -> Option<OutboxItem> {
        self.handed_over(id);
        self.under_way.remove(&id)
    }

    fn ripen(&mut self, now_ms: u64) {
        while let Some(entry) = self.delayed.first_entry() {
            if entry.key().0 > now_ms {
                break;
            }
            let item = entry.remove();
            self.waiting.insert((item.lane, item.id), item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::SEND_BACKOFF;
    use proptest::prelude::*;

    const WIDE: Window = Window { handing_max: usize::MAX, unacknowledged_max: usize::MAX };

    /// Every message of a chat of its own.
    fn item(sequence: u64, lane: Lane) -> OutboxItem {
        OutboxItem { id: id(sequence), lane, chat: sequence, attempts: 0 }
    }

    fn id(sequence: u64) -> MessageId {
        MessageId::from_u64(sequence).expect("small")
    }

    fn drain(outbox: &mut Outbox, now_ms: u64) -> Vec<u64> {
        let mut out = Vec::new();
        while let Claim::Send(item) = outbox.claim(now_ms, WIDE) {
            out.push(item.id.get());
        }
        out
    }

    #[test]
    fn lanes_go_before_age_and_age_before_nothing() {
        let mut outbox = Outbox::default();
        for (sequence, lane) in
            [(1, Lane::Bulk), (2, Lane::Interactive), (3, Lane::Otp), (4, Lane::Interactive)]
        {
            outbox.push(item(sequence, lane));
        }
        assert_eq!(drain(&mut outbox, 0), [3, 2, 4, 1]);
    }

    #[test]
    fn the_window_bounds_what_is_under_way() {
        let mut outbox = Outbox::default();
        (1..=3).for_each(|n| outbox.push(item(n, Lane::Bulk)));
        let window = Window { handing_max: 1, unacknowledged_max: 2 };
        assert!(matches!(outbox.claim(0, window), Claim::Send(_)));
        assert_eq!(outbox.claim(0, window), Claim::Nothing, "one is being handed over");
        outbox.handed_over(id(1));
        assert!(matches!(outbox.claim(0, window), Claim::Send(_)));
        outbox.handed_over(id(2));
        assert_eq!(outbox.claim(0, window), Claim::Nothing, "two wait for their acks");
        assert!(outbox.settle(id(1)));
        assert!(matches!(outbox.claim(0, window), Claim::Send(_)));
    }

    #[test]
    fn messages_of_one_chat_go_one_after_another_and_do_not_hold_up_others() {
        let mut outbox = Outbox::default();
        outbox.push(OutboxItem { chat: 9, ..item(1, Lane::Bulk) });
        outbox.push(OutboxItem { chat: 9, ..item(2, Lane::Bulk) });
        outbox.push(OutboxItem { chat: 8, ..item(3, Lane::Bulk) });
        assert_eq!(drain(&mut outbox, 0), [1, 3]);
        outbox.handed_over(id(1));
        assert_eq!(drain(&mut outbox, 0), [2]);
    }

    #[test]
    fn a_failed_attempt_comes_back_later_and_at_last_is_exhausted() {
        let mut outbox = Outbox::default();
        outbox.push(item(1, Lane::Bulk));
        let mut now_ms = 0;
        let mut attempts = 0;
        loop {
            let Claim::Send(item) = outbox.claim(now_ms, WIDE) else { panic!("it is due") };
            attempts += 1;
            let failed = FailedAttempt { now_ms, at_least_ms: 700, jitter: 0 };
            match outbox.retry(item.id, failed, &SEND_BACKOFF) {
                Ok(due_ms) => {
                    assert!(due_ms >= now_ms + 700, "earlier than the service allows");
                    assert_eq!(outbox.claim(due_ms - 1, WIDE), Claim::WaitUntil(due_ms));
                    now_ms = due_ms;
                }
                Err(BackoffError::Exhausted) => break,
            }
        }
        assert_eq!(attempts, crate::limits::SEND_ATTEMPTS_MAX);
        assert!(outbox.is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_goes_twice_across_lost_connections(
            lanes in proptest::collection::vec(0u8..4, 1..60),
            losses in proptest::collection::vec(0usize..60, 0..5),
        ) {
            let mut outbox = Outbox::default();
            for (sequence, rank) in lanes.iter().enumerate() {
                outbox.push(item(sequence as u64, Lane::from_rank(*rank).expect("in range")));
            }
            for taken in losses {
                for _ in 0..taken.min(lanes.len()) {
                    let _ = outbox.claim(0, WIDE);
                }
                outbox.connection_lost();
            }
            let mut sent = drain(&mut outbox, 0);
            sent.sort_unstable();
            prop_assert_eq!(sent, (0..lanes.len() as u64).collect::<Vec<_>>());
        }
    }
}
