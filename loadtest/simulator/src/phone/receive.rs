//! What reaches the phone: messages are opened, filed and confirmed; receipts and notifications are acked.

use wacore_binary::{Jid, JidExt, Node};
use wacore_libsignal::protocol::{SenderKeyName, SignalProtocolError};
use waproto::whatsapp::Message;

use super::content::{Content, describe};
use super::directory::Directory;
use super::envelope::Envelope;
use super::inbox::InboxMessage;
use super::receipt::ack;
use super::sent::ReceivedMessage;
use super::signal::{EncType, address};
use super::{Phone, live};
use crate::stanza::{attr, attr_jid, bytes, child, children};

/// Why a ciphertext yielded nothing.
enum Failure {
    /// It, or its key, was used before: the message has been read.
    Repeated,
    /// It does not open.
    Unreadable,
}

impl Phone {
    /// A stanza delivered to device 0, with the attributes any device would get.
    ///
    /// Returns what the phone sends in answer, each as if it came over device 0's connection: receipts, retry
    /// receipts, acks of receipts and notifications, resends, peer messages to own companions (`to` their PN
    /// address, `category="peer"`).
    pub fn on_stanza(&mut self, now_s: u64, stanza: &Node, directory: &mut dyn Directory) -> Vec<Node> {
        match stanza.tag.as_ref() {
            "message" => self.on_message(now_s, stanza, directory),
            "receipt" => {
                let mut out: Vec<Node> = ack(stanza).into_iter().collect();
                if attr(stanza, "type").as_deref() == Some("retry") {
                    out.extend(self.on_retry_receipt(stanza, directory));
                }
                out
            }
            "notification" => {
                self.on_notification(stanza, directory);
                ack(stanza).into_iter().collect()
            }
            "call" => ack(stanza).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn on_message(&mut self, now_s: u64, stanza: &Node, directory: &mut dyn Directory) -> Vec<Node> {
        let Some(envelope) = Envelope::read(self, stanza, directory) else { return Vec::new() };
        let mut out = Vec::new();
        let (mut opened, mut unreadable) = (false, false);
        for enc in children(stanza).iter().filter(|child| child.tag == "enc") {
            match self.open(&envelope, enc) {
                Ok(plain) => {
                    opened = true;
                    self.stats.decrypted += 1;
                    out.extend(self.take_in(now_s, &envelope, &plain, directory));
                }
                Err(Failure::Repeated) => {}
                Err(Failure::Unreadable) => unreadable = true,
            }
        }
        if unreadable {
            self.stats.undecryptable += 1;
            out.extend(self.ask_again(now_s, &envelope));
            return out;
        }
        if !opened {
            self.inbox.count_again(&envelope.account, &envelope.id);
        }
        out.extend(self.confirm(now_s, &envelope));
        out
    }

    fn open(&mut self, envelope: &Envelope, enc: &Node) -> Result<Vec<u8>, Failure> {
        let kind = attr(enc, "type").and_then(|name| EncType::from_name(&name)).ok_or(Failure::Unreadable)?;
        let sealed = bytes(enc);
        let signal = live(&mut self.signal, &self.ring);
        let opened = match kind {
            EncType::SenderKey => signal.group_decrypt(&sender_key_name(envelope), &sealed),
            _ => {
                let from = address(&envelope.account, envelope.sender.device);
                signal.decrypt(&self.ring, &from, kind, &sealed)
            }
        };
        opened.map_err(|error| match error {
            SignalProtocolError::DuplicatedMessage(..) => Failure::Repeated,
            _ => Failure::Unreadable,
        })
    }

    /// Acts on a decrypted message: keys, requests of own companions, and content for the inbox.
    fn take_in(
        &mut self,
        now_s: u64,
        envelope: &Envelope,
        plain: &[u8],
        directory: &mut dyn Directory,
    ) -> Vec<Node> {
        let Ok(message) = waproto::codec::message_decode(plain) else { return Vec::new() };
        let mut envelope = envelope.clone();
        let message = self.unwrap_copy(&mut envelope, message);
        self.accept_sender_key(&envelope, &message);
        if envelope.peer {
            return self.on_peer_message(now_s, &envelope, &message, directory).into_iter().collect();
        }
        let Some(content) = describe(&message) else { return Vec::new() };
        let new = self.file(now_s, &envelope, content, directory);
        if new {
            let kept = ReceivedMessage {
                chat: envelope.chat.clone(),
                participant: envelope.participant.clone(),
                from_me: envelope.from_me,
                plain: waproto::codec::message_to_vec(&message),
                received_s: now_s,
            };
            self.received.insert(envelope.id, kept);
        }
        Vec::new()
    }

    /// Takes the wrapper off what an own companion sent to somebody else. Others' wrappers mean nothing.
    fn unwrap_copy(&self, envelope: &mut Envelope, mut message: Message) -> Message {
        if !envelope.from_me {
            return message;
        }
        let Some(mut copy) = message.device_sent_message.take() else { return message };
        let destination = copy.destination_jid.and_then(|jid| jid.parse::<Jid>().ok());
        if let (Some(destination), false) = (destination, envelope.is_group()) {
            envelope.chat = destination.to_non_ad();
        }
        copy.message.take().unwrap_or_default()
    }

    fn accept_sender_key(&mut self, envelope: &Envelope, message: &Message) {
        let Some(distribution) = message.sender_key_distribution_message.as_option() else { return };
        let key = distribution.axolotl_sender_key_distribution_message.as_deref().unwrap_or_default();
        let signal = live(&mut self.signal, &self.ring);
        if signal.accept_distribution(&sender_key_name(envelope), key).is_err() {
            self.stats.undecryptable += 1;
        }
    }

    /// Puts content into the inbox. `false` when it was there before.
    fn file(
        &mut self,
        now_s: u64,
        envelope: &Envelope,
        content: Content,
        directory: &mut dyn Directory,
    ) -> bool {
        if self.inbox.count_again(&envelope.account, &envelope.id) {
            return false;
        }
        let message = InboxMessage {
            id: envelope.id.clone(),
            chat: envelope.chat.clone(),
            from: envelope.sender.clone(),
            from_me: envelope.from_me,
            kind: content.kind,
            text: content.text,
            target: content.target,
            media: content.file.map(|file| file.open(directory)),
            received_s: now_s,
            deliveries: 1,
        };
        self.inbox.record(&envelope.account, message)
    }

    /// A contact's device has a new identity: what was agreed with the old one is void.
    fn on_notification(&mut self, stanza: &Node, directory: &mut dyn Directory) {
        let is_identity_change =
            attr(stanza, "type").as_deref() == Some("encrypt") && child(stanza, "identity").is_some();
        let Some(from) = attr_jid(stanza, "from").filter(|from| is_identity_change && !from.is_group())
        else {
            return;
        };
        let account = self.account_of(&from, directory);
        if let Some(signal) = &mut self.signal {
            signal.forget_session(&address(&account, from.device));
        }
    }
}

/// Sender keys are filed by conversation and sending device, whatever name the stanza gave it.
pub(super) fn sender_key_name(envelope: &Envelope) -> SenderKeyName {
    let device = address(&envelope.account, envelope.sender.device);
    SenderKeyName::from_parts(&envelope.from.to_non_ad_string(), device.as_str())
}
