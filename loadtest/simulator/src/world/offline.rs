//! Stanzas a device has not confirmed yet, in order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use wacore_binary::{Jid, Node};

use crate::limits::OFFLINE_STANZAS_MAX;
use crate::stanza::{attr, attr_jid};

/// FIFO of unconfirmed stanzas. An entry leaves when the device receipts or acks it, not when it is sent.
#[derive(Default)]
pub struct OfflineQueue {
    entries: VecDeque<Entry>,
    /// How many entries have an id: most confirmations are for stanzas long gone, and end here.
    ids: HashMap<Box<str>, u32>,
    next_number: u64,
}

struct Entry {
    number: u64,
    stanza: Arc<Node>,
}

/// How many stanzas of each sort wait, as `<offline_preview>` announces them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    /// All of them.
    pub count: usize,
    /// Messages.
    pub message: usize,
    /// Notifications other than app state.
    pub notification: usize,
    /// Receipts.
    pub receipt: usize,
    /// `server_sync` notifications.
    pub appdata: usize,
}

/// What a device's receipt or ack confirms.
#[derive(Debug)]
pub struct Confirmation<'a> {
    /// Tag of the stanza confirmed.
    pub tag: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Whom it came from, as the device saw it.
    pub from: Option<&'a Jid>,
    /// Its type, where several stanzas share an id (receipts do).
    pub kind: Option<&'a str>,
}

impl OfflineQueue {
    /// Appends a stanza. `false`, and nothing appended, if the queue is full.
    pub fn push(&mut self, stanza: Arc<Node>) -> bool {
        if self.entries.len() >= OFFLINE_STANZAS_MAX {
            return false;
        }
        if let Some(id) = attr(&stanza, "id") {
            *self.ids.entry((&*id).into()).or_default() += 1;
        }
        self.entries.push_back(Entry { number: self.next_number, stanza });
        self.next_number += 1;
        true
    }

    /// Removes the first stanza that `confirmation` is about. `false` if there is none.
    pub fn confirm(&mut self, confirmation: &Confirmation<'_>) -> bool {
        if !self.ids.contains_key(confirmation.id) {
            return false;
        }
        let exact = self.entries.iter().position(|entry| confirmation.matches(&entry.stanza, true));
        let at = exact
            .or_else(|| self.entries.iter().position(|entry| confirmation.matches(&entry.stanza, false)));
        let found = at.and_then(|at| self.entries.remove(at)).is_some();
        if found && let Some(count) = self.ids.get_mut(confirmation.id) {
            *count -= 1;
            if *count == 0 {
                self.ids.remove(confirmation.id);
            }
        }
        found
    }

    /// Up to `limit` stanzas numbered `from` or higher, with their numbers.
    pub fn batch(&self, from: u64, limit: usize) -> Vec<(u64, Arc<Node>)> {
        let start = self.entries.partition_point(|entry| entry.number < from);
        let rest = self.entries.range(start..);
        rest.take(limit).map(|entry| (entry.number, Arc::clone(&entry.stanza))).collect()
    }

    /// Number the next stanza will get: everything waiting has a lower one.
    pub fn end(&self) -> u64 {
        self.next_number
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many of each sort wait.
    pub fn preview(&self) -> Preview {
        let mut preview = Preview { count: self.entries.len(), ..Preview::default() };
        for Entry { stanza, .. } in &self.entries {
            let sort = match &*stanza.tag {
                "message" => &mut preview.message,
                "receipt" => &mut preview.receipt,
                _ if attr(stanza, "type").as_deref() == Some("server_sync") => &mut preview.appdata,
                _ => &mut preview.notification,
            };
            *sort += 1;
        }
        preview
    }

    /// Estimated bytes, counting a kilobyte for a stanza and 64 bytes for its id.
    pub fn owned_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.entries.len() * (1_024 + 64)
    }
}

impl Confirmation<'_> {
    fn matches(&self, stanza: &Node, exactly: bool) -> bool {
        if stanza.tag != self.tag || attr(stanza, "id").as_deref() != Some(self.id) {
            return false;
        }
        let same_kind = self.tag != "receipt" || attr(stanza, "type").as_deref() == self.kind;
        let same_sender = attr_jid(stanza, "from").as_ref() == self.from;
        same_kind && (same_sender || !exactly)
    }
}

#[cfg(test)]
mod tests {
    use wacore_binary::builder::NodeBuilder;

    use super::*;

    fn stanza(tag: &'static str, id: &str, from: &Jid) -> Arc<Node> {
        Arc::new(NodeBuilder::new(tag).attr("id", id).attr("from", from).build())
    }

    #[test]
    fn entries_leave_when_confirmed_and_keep_their_order() {
        let (one, two) = (Jid::pn_device("1", 1), Jid::pn_device("2", 1));
        let mut queue = OfflineQueue::default();
        for (tag, id, from) in
            [("message", "A", &one), ("message", "B", &two), ("receipt", "A", &two), ("message", "C", &one)]
        {
            assert!(queue.push(stanza(tag, id, from)));
        }
        assert_eq!(queue.preview(), Preview { count: 4, message: 3, receipt: 1, ..Preview::default() });
        let confirm = |queue: &mut OfflineQueue, tag, id, from| {
            queue.confirm(&Confirmation { tag, id, from: Some(from), kind: None })
        };
        assert!(confirm(&mut queue, "message", "B", &two));
        assert!(!confirm(&mut queue, "message", "B", &two), "only once");
        assert!(confirm(&mut queue, "message", "A", &one));
        assert_eq!(queue.ids.len(), 2, "the receipt A and the message C");
        let ids: Vec<_> =
            queue.batch(0, 9).iter().map(|(n, s)| (*n, attr(s, "id").expect("id").into_owned())).collect();
        assert_eq!(ids, [(2, "A".to_owned()), (3, "C".to_owned())]);
        assert_eq!(queue.batch(3, 9).len(), 1);
        assert_eq!(queue.batch(queue.end(), 9).len(), 0);
    }

    #[test]
    fn a_full_queue_refuses() {
        let mut queue = OfflineQueue::default();
        let node = stanza("message", "A", &Jid::pn("1"));
        assert!((0..OFFLINE_STANZAS_MAX).all(|_| queue.push(Arc::clone(&node))));
        assert!(!queue.push(node));
    }
}
