//! What is known of chats, people and labels, and how it changes. Pure: a record and a change give the next record.
#![allow(
    missing_docs,
    reason = "rkyv derives twins of the enums whose fields carry no docs; each item below has its own"
)]

mod key;

pub use key::ChatKey;

use crate::inbound::{InboundContent, Party};

/// Milliseconds of an hour: chats are ordered by the hour on disk, and within it when they are read.
pub const ACTIVITY_PERIOD_MS: i64 = 3_600_000;

/// A chat at rest, under its [`ChatKey`].
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ChatRecord {
    /// The WhatsApp id that its newest message was addressed by: what WhatsApp is told about it names it so.
    pub addressed: String,
    /// Subject of a group, where it was heard. A person's names are in the contact.
    pub name: Option<String>,
    /// When its newest message was written, in milliseconds since the Unix epoch; 0 when there is none.
    pub last_message_ms: i64,
    /// Received messages that nobody has read.
    pub unread: u32,
    /// Whether a person marked it as unread.
    pub marked_unread: bool,
    /// Whether it is in the archive.
    pub archived: bool,
    /// Whether it is pinned to the top.
    pub pinned: bool,
    /// Whether it is silent.
    pub mute: Mute,
    /// Seconds after which its messages disappear; 0 for never, `None` when it was never told.
    pub disappearing_seconds: Option<u32>,
    /// Ids of its labels, in order.
    pub labels: Vec<String>,
    /// When its messages were deleted the last time, in milliseconds since the Unix epoch; 0 for never.
    pub cleared_at_ms: i64,
}

/// How long a chat is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Mute {
    /// It is not.
    #[default]
    Off,
    /// Until then, in milliseconds since the Unix epoch.
    Until(i64),
    /// Until somebody changes it.
    Always,
}

/// Somebody at rest, under a [`ChatKey`].
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ContactRecord {
    /// Phone number digits.
    pub phone: Option<String>,
    /// LID digits.
    pub lid: Option<String>,
    /// Name that the person gave itself.
    pub push_name: Option<String>,
    /// Name that this account saved it under.
    pub full_name: Option<String>,
    /// The first part of that name.
    pub first_name: Option<String>,
    /// Name of a business that WhatsApp verified.
    pub business_name: Option<String>,
    /// Whether this account blocks it, as far as it was heard.
    pub blocked: bool,
}

/// A label at rest, under its id.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LabelRecord {
    /// Its name.
    pub name: String,
    /// Number of its colour in WhatsApp's palette.
    pub color: i32,
}

/// Whether somebody is on WhatsApp, as it was when it was asked.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CheckRecord {
    /// The person, with every name that WhatsApp told.
    pub person: Party,
    /// Whether the number has an account.
    pub on_whatsapp: bool,
    /// Whether the account is a business.
    pub is_business: bool,
    /// When it was asked, in milliseconds since the Unix epoch.
    pub checked_at_ms: i64,
}

/// How long an instance keeps the messages of its chats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct RetentionRecord {
    /// Days; older messages leave their chats.
    pub days: u32,
}

/// A message as app state names it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MessageRef {
    /// WhatsApp's id of it.
    pub wa_id: String,
    /// Whether this account wrote it.
    pub from_me: bool,
    /// Its author, in a group, unless this account wrote it.
    pub participant: Option<Party>,
}

/// Something that changed about a chat, here or on another device of the account.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ChatChange {
    /// Put into the archive, or taken out.
    Archived(bool),
    /// Pinned to the top, or not.
    Pinned(bool),
    /// Made silent, or not.
    Muted(Mute),
    /// Marked as read, or as unread.
    Read(bool),
    /// Its messages disappear after so many seconds; 0 for never.
    Disappearing(u32),
    /// A label was put on it, or taken off.
    Labelled {
        /// The label's id.
        label: String,
        /// Whether it is on the chat now.
        on: bool,
    },
    /// A message of it was starred, or not.
    Starred {
        /// Which.
        message: MessageRef,
        /// Whether it is starred now.
        on: bool,
    },
    /// A message of it was deleted for this account.
    MessageDeleted(MessageRef),
    /// Its messages were deleted for this account.
    Cleared,
    /// It was deleted for this account, with its messages.
    Deleted,
}

/// An event about a chat.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ChatChanged {
    /// The chat.
    pub chat: Party,
    /// What changed.
    pub change: ChatChange,
}

/// Something that changed about a person.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ContactChange {
    /// This account saved it under a name.
    Saved {
        /// The whole name.
        full_name: Option<String>,
        /// The first part of it.
        first_name: Option<String>,
    },
    /// It gave itself a name.
    Named(String),
    /// Its picture changed: the new one's id, or none.
    Picture(Option<String>),
    /// Its "about" text changed.
    About(String),
    /// This account blocked it, or no longer does.
    Blocked(bool),
}

/// An event about a person.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ContactChanged {
    /// Who.
    pub person: Party,
    /// What changed.
    pub change: ContactChange,
}

/// An event about a label.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LabelChanged {
    /// Its id.
    pub id: String,
    /// What it is now; `None` when it was deleted.
    pub label: Option<LabelRecord>,
}

impl ChatRecord {
    /// A chat nobody has written in.
    pub fn new(addressed: impl Into<String>) -> ChatRecord {
        ChatRecord { addressed: addressed.into(), ..ChatRecord::default() }
    }

    /// The hour of its newest message, in hours since the Unix epoch.
    pub fn activity(&self) -> u32 {
        activity(self.last_message_ms)
    }

    /// A message was written in it, at this time.
    pub fn wrote(&mut self, time_ms: i64) {
        self.last_message_ms = self.last_message_ms.max(time_ms);
    }

    /// A message arrived that nobody has read.
    pub fn arrived(&mut self) {
        self.unread = self.unread.saturating_add(1);
    }

    /// So many of its messages were read; all of them for [`u32::MAX`].
    pub fn read(&mut self, messages: u32) {
        self.unread = self.unread.saturating_sub(messages);
        self.marked_unread = false;
    }

    /// Takes a change in. What concerns single messages changes nothing here.
    pub fn apply(&mut self, change: &ChatChange) {
        match change {
            ChatChange::Archived(archived) => self.archived = *archived,
            ChatChange::Pinned(pinned) => self.pinned = *pinned,
            ChatChange::Muted(mute) => self.mute = *mute,
            ChatChange::Read(true) => self.read(u32::MAX),
            ChatChange::Read(false) => self.marked_unread = true,
            ChatChange::Disappearing(seconds) => self.disappearing_seconds = Some(*seconds),
            ChatChange::Labelled { label, on } => self.set_label(label, *on),
            ChatChange::Cleared | ChatChange::Deleted => self.read(u32::MAX),
            ChatChange::Starred { .. } | ChatChange::MessageDeleted(_) => {}
        }
    }

    fn set_label(&mut self, label: &str, on: bool) {
        match (self.labels.binary_search_by(|known| known.as_str().cmp(label)), on) {
            (Err(place), true) => self.labels.insert(place, label.to_owned()),
            (Ok(place), false) => drop(self.labels.remove(place)),
            (Ok(_), true) | (Err(_), false) => {}
        }
    }

    /// Joins what was kept of the same chat under another name.
    pub fn join(&mut self, other: ChatRecord) {
        if other.last_message_ms > self.last_message_ms || self.addressed.is_empty() {
            self.addressed = other.addressed;
        }
        self.last_message_ms = self.last_message_ms.max(other.last_message_ms);
        self.unread = self.unread.saturating_add(other.unread);
        self.marked_unread |= other.marked_unread;
        self.archived |= other.archived;
        self.pinned |= other.pinned;
        if self.mute == Mute::Off {
            self.mute = other.mute;
        }
        self.disappearing_seconds = self.disappearing_seconds.or(other.disappearing_seconds);
        self.name = self.name.take().or(other.name);
        self.cleared_at_ms = self.cleared_at_ms.max(other.cleared_at_ms);
        other.labels.iter().for_each(|label| self.set_label(label, true));
    }
}

/// The hour of a time, in hours since the Unix epoch.
pub fn activity(time_ms: i64) -> u32 {
    u32::try_from(time_ms.max(0) / ACTIVITY_PERIOD_MS).unwrap_or(u32::MAX)
}

impl ContactRecord {
    /// Learns the names that a stanza told.
    pub fn meet(&mut self, person: &Party) {
        let learn = |known: &mut Option<String>, told: &Option<String>| {
            if told.is_some() && known != told {
                known.clone_from(told);
            }
        };
        learn(&mut self.phone, &person.phone);
        learn(&mut self.lid, &person.lid);
        learn(&mut self.push_name, &person.name);
    }

    /// Takes a change in. Pictures and "about" texts are WhatsApp's to keep.
    pub fn apply(&mut self, change: &ContactChange) {
        match change {
            ContactChange::Saved { full_name, first_name } => {
                self.full_name.clone_from(full_name);
                self.first_name.clone_from(first_name);
            }
            ContactChange::Named(name) => self.push_name = Some(name.clone()),
            ContactChange::Blocked(blocked) => self.blocked = *blocked,
            ContactChange::Picture(_) | ContactChange::About(_) => {}
        }
    }

    /// Joins what was kept of the same person under another name.
    pub fn join(&mut self, other: ContactRecord) {
        let ContactRecord { phone, lid, push_name, full_name, first_name, business_name, blocked } = other;
        self.phone = self.phone.take().or(phone);
        self.lid = self.lid.take().or(lid);
        self.push_name = self.push_name.take().or(push_name);
        self.full_name = self.full_name.take().or(full_name);
        self.first_name = self.first_name.take().or(first_name);
        self.business_name = self.business_name.take().or(business_name);
        self.blocked |= blocked;
    }

    /// The name to show: the saved one before the one that the person gave itself.
    pub fn display_name(&self) -> Option<&str> {
        [&self.full_name, &self.business_name, &self.push_name].into_iter().find_map(Option::as_deref)
    }

    /// Whether this account saved it.
    pub fn is_saved(&self) -> bool {
        self.full_name.is_some() || self.first_name.is_some()
    }
}

/// Whether a person would see it as a message of its own: what is about another message, or about the chat, adds nothing unread.
pub fn is_own_message(content: &InboundContent) -> bool {
    match content {
        InboundContent::Reaction { .. } | InboundContent::Revoke { .. } | InboundContent::Edit { .. } => {
            false
        }
        InboundContent::Other { kind } => kind != "ephemeralSetting",
        _ => true,
    }
}

/// The text that a search looks through.
pub fn text_of(content: &InboundContent) -> Option<&str> {
    match content {
        InboundContent::Text { body } | InboundContent::Edit { body, .. } => Some(body),
        InboundContent::Media(media) => media.caption.as_deref().or(media.file_name.as_deref()),
        InboundContent::Location { name, .. } => name.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_idempotent_and_undone_by_their_opposite() {
        let label = |on| ChatChange::Labelled { label: "2".into(), on };
        let pairs = [
            (ChatChange::Archived(true), ChatChange::Archived(false)),
            (ChatChange::Pinned(true), ChatChange::Pinned(false)),
            (ChatChange::Muted(Mute::Always), ChatChange::Muted(Mute::Off)),
            (ChatChange::Read(false), ChatChange::Read(true)),
            (label(true), label(false)),
        ];
        for (change, opposite) in pairs {
            let fresh = ChatRecord::new("1@lid");
            let mut changed = fresh.clone();
            changed.apply(&change);
            assert_ne!(changed, fresh, "{change:?}");
            let once = changed.clone();
            changed.apply(&change);
            assert_eq!(changed, once, "{change:?}");
            changed.apply(&opposite);
            assert_eq!(changed, fresh, "{opposite:?}");
        }
    }

    #[test]
    fn reading_takes_back_what_arrived() {
        let mut chat = ChatRecord::new("1@lid");
        (0..3).for_each(|_| chat.arrived());
        chat.read(2);
        assert_eq!(chat.unread, 1);
        chat.apply(&ChatChange::Read(true));
        chat.read(7);
        assert_eq!(chat.unread, 0);
    }

    #[test]
    fn two_records_of_one_chat_become_one() {
        let mut by_phone = ChatRecord::new("966501234567@s.whatsapp.net");
        by_phone.wrote(5);
        by_phone.set_label("3", true);
        let mut by_lid = ChatRecord { unread: 2, archived: true, ..ChatRecord::new("1@lid") };
        by_lid.wrote(9);
        by_lid.set_label("1", true);
        by_phone.join(by_lid);
        assert_eq!((by_phone.addressed.as_str(), by_phone.last_message_ms), ("1@lid", 9));
        assert_eq!((by_phone.unread, by_phone.archived), (2, true));
        assert_eq!(by_phone.labels, ["1", "3"]);
    }

    #[test]
    fn a_saved_name_is_shown_before_ones_own() {
        let mut contact = ContactRecord { push_name: Some("nora".into()), ..ContactRecord::default() };
        assert_eq!((contact.display_name(), contact.is_saved()), (Some("nora"), false));
        contact.apply(&ContactChange::Saved { full_name: Some("Nora A".into()), first_name: None });
        assert_eq!((contact.display_name(), contact.is_saved()), (Some("Nora A"), true));
        contact.meet(&Party { name: Some("Nora!".into()), lid: Some("1".into()), ..Party::default() });
        assert_eq!((contact.push_name.as_deref(), contact.lid.as_deref()), (Some("Nora!"), Some("1")));
        assert_eq!(contact.display_name(), Some("Nora A"));
    }
}
