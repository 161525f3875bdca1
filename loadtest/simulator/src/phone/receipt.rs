//! Receipts, retry receipts and acks.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::Phone;
use super::directory::Directory;
use super::envelope::Envelope;
use super::keys::SIGNED_PRE_KEY_ID;
use super::limits::RETRY_RECEIPTS_MAX;
use crate::crypto::derive::raw;
use crate::crypto::prekeys::KEY_TYPE;
use crate::stanza::{id24, leaf, wrap};

impl Phone {
    /// What follows a message that was opened: delivered (or `sender`, `peer_msg`), and read when the person is quick.
    pub(super) fn confirm(&self, now_s: u64, envelope: &Envelope) -> Vec<Node> {
        if envelope.peer {
            return vec![receipt(envelope, Some("peer_msg")).build()];
        }
        if envelope.from_me {
            return vec![receipt(envelope, Some("sender")).build()];
        }
        let mut out = Vec::new();
        if self.behaviour.auto_deliver {
            out.push(receipt(envelope, None).build());
        }
        if self.behaviour.auto_read {
            let author = envelope.participant.as_ref();
            out.push(read_receipt(now_s, &envelope.chat, author, std::slice::from_ref(&envelope.id)));
        }
        out
    }

    /// Asks the sender for a message that did not open, with keys for a new session. `None` after too many times.
    pub(super) fn ask_again(&mut self, now_s: u64, envelope: &Envelope) -> Option<Node> {
        let count = self.retries.entry_or(&envelope.id, || 0);
        *count += 1;
        let count = *count;
        if count > RETRY_RECEIPTS_MAX {
            return None;
        }
        self.stats.retries_sent += 1;
        let retry = NodeBuilder::new("retry")
            .attr("count", count)
            .attr("id", envelope.id.as_str())
            .attr("t", now_s)
            .attr("v", "1")
            .attr("error", "0")
            .build();
        let registration = leaf("registration", self.ring.registration_id().to_be_bytes());
        Some(receipt(envelope, Some("retry")).children([retry, registration, self.fresh_keys()]).build())
    }

    /// A bundle of its own keys, with a one-time key the service never hands out.
    fn fresh_keys(&mut self) -> Node {
        let id = self.next_own_one_time_id;
        self.next_own_one_time_id = (id + 1).min(0xff_ffff);
        let material = self.ring.material();
        let signed = &material.signed_pre_key;
        let one_time = raw(&self.ring.one_time_key(id).public_key);
        wrap(
            "keys",
            [
                leaf("type", [KEY_TYPE]),
                leaf("identity", material.identity),
                wrap("key", [leaf("id", id24(id)), leaf("value", one_time)]),
                wrap(
                    "skey",
                    [
                        leaf("id", id24(SIGNED_PRE_KEY_ID)),
                        leaf("value", signed.public),
                        leaf("signature", signed.signature),
                    ],
                ),
            ],
        )
    }

    /// Read receipts for messages of a chat, one stanza per sender. Ids the inbox does not know, or that the account
    /// sent itself, are left out.
    pub fn read(
        &mut self,
        now_s: u64,
        chat: &Jid,
        ids: &[String],
        directory: &mut dyn Directory,
    ) -> Vec<Node> {
        let wanted = self.account_of(chat, directory);
        let mut by_author: Vec<(Option<Jid>, Vec<String>)> = Vec::new();
        for message in ids.iter().filter_map(|id| self.inbox.find(id)) {
            if message.from_me || self.account_of(&message.chat, directory) != wanted {
                continue;
            }
            let author = (message.chat != message.from.to_non_ad()).then(|| message.from.clone());
            match by_author.iter_mut().find(|(known, _)| *known == author) {
                Some((_, ids)) => ids.push(message.id.clone()),
                None => by_author.push((author, vec![message.id.clone()])),
            }
        }
        by_author.iter().map(|(author, ids)| read_receipt(now_s, chat, author.as_ref(), ids)).collect()
    }
}

/// `<ack>` of a receipt, notification or call.
pub(super) fn ack(stanza: &Node) -> Option<Node> {
    let mut ack = NodeBuilder::new("ack")
        .attr("class", stanza.tag.as_ref())
        .attr("id", stanza.attrs.get("id")?.clone())
        .attr("to", stanza.attrs.get("from")?.clone());
    for key in ["type", "participant"] {
        if let Some(value) = stanza.attrs.get(key) {
            ack = ack.attr(key, value.clone());
        }
    }
    Some(ack.build())
}

fn receipt(envelope: &Envelope, kind: Option<&str>) -> NodeBuilder {
    let mut receipt = NodeBuilder::new("receipt").attr("id", envelope.id.as_str()).attr("to", &envelope.from);
    if let Some(participant) = &envelope.participant {
        receipt = receipt.attr("participant", participant);
    }
    if let Some(recipient) = &envelope.recipient {
        receipt = receipt.attr("recipient", recipient);
    }
    if let Some(kind) = kind {
        receipt = receipt.attr("type", kind);
    }
    receipt
}

fn read_receipt(now_s: u64, chat: &Jid, author: Option<&Jid>, ids: &[String]) -> Node {
    let (first, others) = ids.split_first().map_or(("", &[][..]), |(first, others)| (first, others));
    let mut receipt =
        NodeBuilder::new("receipt").attr("id", first).attr("to", chat).attr("type", "read").attr("t", now_s);
    if let Some(author) = author {
        receipt = receipt.attr("participant", author);
    }
    if !others.is_empty() {
        let items = others.iter().map(|id| NodeBuilder::new("item").attr("id", id.as_str()).build());
        receipt = receipt.children([wrap("list", items)]);
    }
    receipt.build()
}
