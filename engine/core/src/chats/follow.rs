//! What an event, or something that makes no event, means for chats and people.

use trunkline_model::MessageId;
use trunkline_model::budget::CheckBudget;
use trunkline_model::chat::{
    ChatChange, ChatChanged, ChatKey, CheckRecord, ContactChange, ContactChanged, ContactRecord,
    LabelChanged, LabelRecord, MessageRef, is_own_message,
};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::inbound::{InboundMessage, Party};
use trunkline_model::limits::PEOPLE_CHECK_TTL_MS;
use trunkline_model::record::table;
use trunkline_store::StoreError;

use super::place::{MessagePlace, Source};
use super::sheet::Sheet;
use crate::place::deadline_suffix;

/// Something worth a note that is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// WhatsApp took a message: from now on it stands in its chat.
    Sent {
        /// The message.
        id: MessageId,
        /// WhatsApp id of the chat.
        to: String,
        /// When it was accepted, in milliseconds since the Unix epoch.
        time_ms: i64,
    },
    /// So many messages of a chat were read, here or on another device of the account.
    Read(Party, u32),
    /// A change that is older than this device: part of what a new device is told.
    Chat(ChatChanged),
    /// As [`Note::Chat`], about a person.
    Contact(ContactChanged),
    /// As [`Note::Chat`], about a label.
    Label(LabelChanged),
    /// WhatsApp said who somebody is, and whether it has an account.
    Checked(ChatKey, CheckRecord),
    /// Questions were asked.
    Asked(CheckBudget),
    /// A group has this subject.
    Subject(Party),
}

/// What somebody did to a message, as bits of one byte.
pub(super) const STARRED: u8 = 1;
/// See [`STARRED`].
pub(super) const DELETED: u8 = 2;

type Result = std::result::Result<(), StoreError>;

impl Sheet<'_> {
    /// Takes in an event.
    pub(crate) fn follow(&mut self, event: &Event) -> Result {
        let Event { sequence, time_ms, backfilled, body } = event;
        match body {
            EventBody::MessageReceived(message) => {
                // What the phone tells of the past was read long ago, or not; the queue of a number that was away is news.
                let is_history = *backfilled && !message.from_offline_queue;
                self.received(*sequence, is_history, message)
            }
            EventBody::ChatChanged(changed) => self.chat_changed(changed, *time_ms),
            EventBody::ContactChanged(changed) => self.contact_changed(changed),
            EventBody::LabelChanged(changed) => self.label_changed(changed),
            _ => Ok(()),
        }
    }

    /// Takes in what nobody is told of, because the settings leave it out. A message has no place without its event.
    pub(crate) fn follow_untold(&mut self, body: &EventBody, time_ms: i64) -> Result {
        match body {
            EventBody::ChatChanged(changed) => self.chat_changed(changed, time_ms),
            EventBody::ContactChanged(changed) => self.contact_changed(changed),
            EventBody::LabelChanged(changed) => self.label_changed(changed),
            _ => Ok(()),
        }
    }

    /// Takes in something that is no event.
    pub(crate) fn note(&mut self, note: &Note, time_ms: i64) -> Result {
        match note {
            Note::Sent { id, to, time_ms: accepted_ms } => self.sent(*id, to, *accepted_ms),
            Note::Read(chat, messages) => match self.key_of(chat)? {
                Some(key) if self.chat(&key)?.is_some() => {
                    self.change_chat(&key, &chat.jid, |chat| chat.read(*messages))
                }
                _ => Ok(()),
            },
            Note::Chat(changed) => self.chat_changed(changed, time_ms),
            Note::Contact(changed) => self.contact_changed(changed),
            Note::Label(changed) => self.label_changed(changed),
            Note::Checked(key, record) => self.checked(key, record),
            Note::Asked(budget) => self.put_record(table::CHECK_BUDGET, b"", budget),
            Note::Subject(group) => self.subject(group),
        }
    }

    /// Whether an event tells something new. What this instance changes comes back to it as a change by a device of the account;
    /// whichever of the two is written first is the news. `since_ms` is when the change was made, or begun.
    pub(crate) fn is_news(&self, body: &EventBody, since_ms: i64) -> std::result::Result<bool, StoreError> {
        Ok(match body {
            EventBody::ChatChanged(changed) => self.changes_chat(changed, since_ms)?,
            EventBody::ContactChanged(changed) => {
                if matches!(changed.change, ContactChange::Picture(_) | ContactChange::About(_)) {
                    return Ok(true);
                }
                let Some(key) = self.key_of(&changed.person)? else { return Ok(false) };
                let before =
                    self.record::<ContactRecord>(table::CONTACT, key.as_bytes())?.unwrap_or_default();
                let mut after = before.clone();
                after.apply(&changed.change);
                after != before
            }
            EventBody::LabelChanged(changed) => {
                self.record::<LabelRecord>(table::LABEL, changed.id.as_bytes())? != changed.label
            }
            _ => true,
        })
    }

    fn changes_chat(&self, changed: &ChatChanged, since_ms: i64) -> std::result::Result<bool, StoreError> {
        let Some(key) = self.key_of(&changed.chat)? else { return Ok(false) };
        let record = self.chat(&key)?;
        Ok(match &changed.change {
            ChatChange::Deleted => record.is_some(),
            ChatChange::Cleared => record.is_some_and(|record| record.cleared_at_ms < since_ms),
            ChatChange::Starred { message, on } => (self.marks(&key, message)? & STARRED != 0) != *on,
            ChatChange::MessageDeleted(message) => self.marks(&key, message)? & DELETED == 0,
            change => {
                let before = record.unwrap_or_default();
                let mut after = before.clone();
                after.apply(change);
                after != before
            }
        })
    }

    fn received(&mut self, sequence: u64, is_history: bool, message: &InboundMessage) -> Result {
        let InboundMessage { chat, sender, from_me, is_group, .. } = message;
        if !from_me {
            self.meet(sender)?;
        } else if !is_group {
            self.meet(chat)?;
        }
        let Some(key) = self.key_of(chat)? else { return Ok(()) };
        if key.address() == Some(trunkline_model::Address::Status) {
            return Ok(());
        }
        let place = MessagePlace::new(message.time_ms, Source::Event(sequence));
        self.put(table::CHAT_MESSAGE, &place.suffix(&key), bytes::Bytes::new());
        let is_news = is_own_message(&message.content);
        self.change_chat(&key, &chat.jid, |record| {
            if is_news {
                record.wrote(message.time_ms);
            }
            match (is_history, from_me) {
                (true, _) => {}
                // Whoever answers on the phone has read what came before.
                (false, true) => record.read(u32::MAX),
                (false, false) if is_news => record.arrived(),
                (false, false) => {}
            }
            if !is_history && record.addressed != chat.jid {
                record.addressed.clone_from(&chat.jid);
            }
        })
    }

    fn sent(&mut self, id: MessageId, to: &str, time_ms: i64) -> Result {
        let party = Party::of_jid(to);
        let Some(key) = self.key_of(&party)? else { return Ok(()) };
        let place = MessagePlace::new(time_ms, Source::Outgoing(id));
        self.put(table::CHAT_MESSAGE, &place.suffix(&key), bytes::Bytes::new());
        self.change_chat(&key, to, |record| record.wrote(time_ms))
    }

    fn chat_changed(&mut self, changed: &ChatChanged, time_ms: i64) -> Result {
        let ChatChanged { chat, change } = changed;
        let Some(key) = self.key_of(chat)? else { return Ok(()) };
        match change {
            ChatChange::Starred { message, on } => self.mark(&key, message, STARRED, *on),
            ChatChange::MessageDeleted(message) => self.mark(&key, message, DELETED, true),
            ChatChange::Cleared => {
                self.forget_messages(&key)?;
                self.change_chat(&key, &chat.jid, |record| {
                    record.apply(change);
                    record.cleared_at_ms = time_ms;
                })
            }
            ChatChange::Deleted => {
                self.forget_messages(&key)?;
                if let Some(record) = self.chat(&key)? {
                    self.delete(table::CHAT, key.as_bytes());
                    let suffix = super::place::activity_suffix(record.activity(), &key);
                    self.delete(table::CHAT_ACTIVITY, &suffix);
                }
                Ok(())
            }
            _ => self.change_chat(&key, &chat.jid, |record| record.apply(change)),
        }
    }

    /// A chat's messages leave it, under both of its names. The event log keeps what it has.
    fn forget_messages(&mut self, key: &ChatKey) -> Result {
        let contact = self.record::<ContactRecord>(table::CONTACT, key.as_bytes())?;
        let lid = contact.and_then(|contact| contact.lid).map(trunkline_model::Address::Lid);
        for key in std::iter::once(key.clone()).chain(lid.as_ref().map(ChatKey::of)) {
            self.delete_all(table::CHAT_MESSAGE, key.as_bytes());
            self.delete_all(table::MESSAGE_MARK, key.as_bytes());
        }
        Ok(())
    }

    fn mark(&mut self, key: &ChatKey, message: &MessageRef, bit: u8, on: bool) -> Result {
        let suffix = mark_suffix(key, message);
        let bits = self.marks(key, message)?;
        match if on { bits | bit } else { bits & !bit } {
            0 => self.delete(table::MESSAGE_MARK, &suffix),
            bits => self.put(table::MESSAGE_MARK, &suffix, vec![bits]),
        }
        Ok(())
    }

    fn marks(&self, key: &ChatKey, message: &MessageRef) -> std::result::Result<u8, StoreError> {
        let marks = self.get(table::MESSAGE_MARK, &mark_suffix(key, message))?;
        Ok(marks.and_then(|bytes| bytes.first().copied()).unwrap_or(0))
    }

    fn contact_changed(&mut self, changed: &ContactChanged) -> Result {
        let Some((key, before)) = self.meet(&changed.person)? else { return Ok(()) };
        let mut contact = before.clone();
        contact.apply(&changed.change);
        if contact == before { Ok(()) } else { self.put_record(table::CONTACT, key.as_bytes(), &contact) }
    }

    fn label_changed(&mut self, changed: &LabelChanged) -> Result {
        match &changed.label {
            Some(label) => self.put_record(table::LABEL, changed.id.as_bytes(), label),
            None => {
                self.delete(table::LABEL, changed.id.as_bytes());
                Ok(())
            }
        }
    }

    fn checked(&mut self, key: &ChatKey, record: &CheckRecord) -> Result {
        if record.on_whatsapp {
            self.meet(&record.person)?;
        }
        let deadline = |record: &CheckRecord| {
            let until_ms = record.checked_at_ms.saturating_add_unsigned(PEOPLE_CHECK_TTL_MS);
            deadline_suffix(until_ms, table::PERSON_CHECK, key.as_bytes())
        };
        // An answer that is given anew gives up the deadline that it had, or the sweep would remove the new one with the old.
        if let Some(before) = self.record::<CheckRecord>(table::PERSON_CHECK, key.as_bytes())? {
            self.delete(table::DEADLINE, &deadline(&before));
        }
        self.put(table::DEADLINE, &deadline(record), bytes::Bytes::new());
        self.put_record(table::PERSON_CHECK, key.as_bytes(), record)
    }

    fn subject(&mut self, group: &Party) -> Result {
        match self.key_of(group)? {
            // A group that was only looked at is no chat.
            Some(key) if self.chat(&key)?.is_some() => {
                self.change_chat(&key, &group.jid, |record| record.name.clone_from(&group.name))
            }
            _ => Ok(()),
        }
    }
}

fn mark_suffix(chat: &ChatKey, message: &MessageRef) -> Vec<u8> {
    [chat.as_bytes(), message.wa_id.as_bytes()].concat()
}
