//! The outbox planner of one instance: which message goes next. Pure: the caller tells the time and does the sending.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Lane;
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
    /// Only a bulk message could go, and it has to wait for its turn ([`BulkTurn`]).
    AwaitTurn,
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
    /// What of both is kept from bulk messages, so that another lane's message finds a place at once.
    pub kept: Kept,
}

/// Places of a [`Window`] that bulk messages leave free.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Of those being handed over.
    pub handing: usize,
    /// Of those that are unacknowledged.
    pub unacknowledged: usize,
}

/// Whether a bulk message may go: many instances share one thread and take turns with their bulk messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkTurn {
    /// One may go now.
    Granted,
    /// Not before the turn is granted.
    Awaited,
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

/// A place in the queue, first things first: the lane's rank, then age, which the id tells.
type Place = (u8, u64);

/// Messages waiting, delayed and under way.
///
/// Invariants:
/// - a message is in exactly one of `waiting`, `delayed` and `under_way`;
/// - `handing` holds the chats whose message is being handed over;
/// - `ready` holds the first waiting message of every chat that is free: nothing of it is being handed over, and nothing of it
///   that stands further ahead is delayed. So a message that has to be tried again is not overtaken within its chat, and its
///   chat holds up no other.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: BTreeMap<(u64, Place), OutboxItem>,
    ready: BTreeMap<Place, u64>,
    delayed: BTreeMap<(u64, MessageId), OutboxItem>,
    due_ms: HashMap<MessageId, u64>,
    delayed_places: BTreeSet<(u64, Place)>,
    under_way: HashMap<MessageId, OutboxItem>,
    handing: HashMap<u64, MessageId>,
}

impl Outbox {
    /// Adds an accepted message, or one found on disk after a restart. One that is under way or delayed stays so.
    pub fn push(&mut self, item: OutboxItem) {
        if !self.under_way.contains_key(&item.id) && !self.due_ms.contains_key(&item.id) {
            self.wait(item);
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
    pub fn claim(&mut self, now_ms: u64, window: Window, turn: BulkTurn) -> Claim {
        self.ripen(now_ms);
        let full =
            self.handing.len() >= window.handing_max || self.under_way.len() >= window.unacknowledged_max;
        if full {
            return Claim::Nothing;
        }
        let first = self.ready.iter().next().map(|(&place, &chat)| (chat, place));
        match first.and_then(|at| self.waiting.get(&at).copied()) {
            // Bulk comes last in `ready`: when it is first, nothing of another lane could go.
            Some(item) if item.lane == Lane::Bulk && !self.has_room_for_bulk(window) => Claim::Nothing,
            Some(item) if item.lane == Lane::Bulk && turn == BulkTurn::Awaited => Claim::AwaitTurn,
            Some(item) => {
                self.change(item.chat, |outbox| {
                    outbox.waiting.remove(&(item.chat, place(&item)));
                    outbox.under_way.insert(item.id, item);
                    outbox.handing.insert(item.chat, item.id);
                });
                Claim::Send(item)
            }
            None => {
                self.delayed.keys().next().map_or(Claim::Nothing, |&(due_ms, _)| Claim::WaitUntil(due_ms))
            }
        }
    }

    /// The message is in the socket: the next one of its chat may follow. It stays under way until it is acknowledged.
    pub fn handed_over(&mut self, id: MessageId) {
        let Some(&item) = self.under_way.get(&id) else { return };
        if self.handing.get(&item.chat) == Some(&id) {
            self.change(item.chat, |outbox| {
                outbox.handing.remove(&item.chat);
            });
        }
    }

    /// Forgets a message that reached its end: acknowledged, failed, or gone. Says whether it was under way or delayed. One that
    /// waits again, after a lost connection, stays until it is claimed: whoever hands over looks at its status first.
    pub fn settle(&mut self, id: MessageId) -> bool {
        match self.due_ms.remove(&id) {
            Some(due_ms) => {
                self.take_delayed(due_ms, id);
                true
            }
            None => self.take_under_way(id).is_some(),
        }
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
        self.change(item.chat, |outbox| {
            outbox.delayed.insert((due_ms, id), item);
            outbox.due_ms.insert(id, due_ms);
            outbox.delayed_places.insert((item.chat, place(&item)));
        });
        Ok(due_ms)
    }

    /// Puts everything under way back to the front of its lane: the connection is gone, and whether the server has the
    /// messages is unknown. They go again under the same WhatsApp ids, and the attempt is not held against them.
    pub fn connection_lost(&mut self) {
        let lost: Vec<OutboxItem> = self.under_way.drain().map(|(_, item)| item).collect();
        for item in lost {
            self.handing.remove(&item.chat);
            self.wait(item);
        }
    }

    fn has_room_for_bulk(&self, window: Window) -> bool {
        let (mut handing, mut unacknowledged) = (0, 0);
        for item in self.under_way.values().filter(|item| item.lane == Lane::Bulk) {
            unacknowledged += 1;
            handing += usize::from(self.handing.get(&item.chat) == Some(&item.id));
        }
        let Kept { handing: kept_handing, unacknowledged: kept_unacknowledged } = window.kept;
        let room = |taken: usize, kept: usize, all: usize| taken < all.saturating_sub(kept);
        room(handing, kept_handing, window.handing_max)
            && room(unacknowledged, kept_unacknowledged, window.unacknowledged_max)
    }

    fn wait(&mut self, item: OutboxItem) {
        self.change(item.chat, |outbox| {
            outbox.waiting.insert((item.chat, place(&item)), item);
        });
    }

    fn take_under_way(&mut self, id: MessageId) -> Option<OutboxItem> {
        self.handed_over(id);
        self.under_way.remove(&id)
    }

    fn take_delayed(&mut self, due_ms: u64, id: MessageId) -> Option<OutboxItem> {
        let item = self.delayed.remove(&(due_ms, id))?;
        self.due_ms.remove(&id);
        self.change(item.chat, |outbox| {
            outbox.delayed_places.remove(&(item.chat, place(&item)));
        });
        Some(item)
    }

    fn ripen(&mut self, now_ms: u64) {
        while let Some(&(due_ms, id)) = self.delayed.keys().next()
            && due_ms <= now_ms
            && let Some(item) = self.take_delayed(due_ms, id)
        {
            self.wait(item);
        }
    }

    /// Changes something about a chat and keeps `ready` true to it.
    fn change(&mut self, chat: u64, change: impl FnOnce(&mut Outbox)) {
        if let Some(place) = self.claimable(chat) {
            self.ready.remove(&place);
        }
        change(self);
        if let Some(place) = self.claimable(chat) {
            self.ready.insert(place, chat);
        }
    }

    /// The message of a chat that may go next.
    fn claimable(&self, chat: u64) -> Option<Place> {
        let whole = (chat, (u8::MIN, u64::MIN))..=(chat, (u8::MAX, u64::MAX));
        let (_, first) = *self.waiting.range(whole.clone()).next()?.0;
        let held = self.delayed_places.range(whole).next().is_some_and(|&(_, delayed)| delayed < first);
        (!held && !self.handing.contains_key(&chat)).then_some(first)
    }
}

fn place(item: &OutboxItem) -> Place {
    (item.lane.rank(), item.id.get())
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
