//! Chats, their messages and labels: what can be asked, and what they look like.

use super::MessageView;
use crate::address::Address;
use crate::chat::{ChatChange, LabelRecord, Mute};
use crate::inbound::{InboundMessage, Party};

/// A command about chats. What changes one asks WhatsApp, and needs an open connection; the rest is answered from what this
/// instance has seen.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ChatCommand {
    /// Chats, the one with the newest message first. Answered by [`super::Reply::Chats`].
    List {
        /// Only those after this place.
        after: Option<Place>,
        /// Which of them.
        filter: ChatFilter,
        /// At most so many.
        limit: usize,
    },
    /// One chat. Answered by [`super::Reply::Chat`].
    Get(Address),
    /// Changes it, one thing after the other. Answered by [`super::Reply::Chat`].
    Change(Address, Vec<ChatChange>),
    /// Deletes its messages, or it with them, for this account; or changes one of its messages. Answered by
    /// [`super::Reply::Done`].
    Act(Address, ChatChange),
    /// Its messages, newest first. Answered by [`super::Reply::StoredMessages`].
    ListMessages(Address, MessageQuery),
    /// Messages of every chat, or those that hold a text, newest first. Answered by [`super::Reply::StoredMessages`].
    Search(MessageSearch),
    /// Asks the phone for older messages. Answered by [`super::Reply::HistoryRequested`]; they arrive as events.
    RequestHistory {
        /// The chat.
        chat: Address,
        /// How many.
        messages: u32,
    },
    /// Every label. Answered by [`super::Reply::Labels`].
    ListLabels,
    /// Makes a label. Answered by [`super::Reply::Label`].
    CreateLabel(LabelRecord),
    /// Changes a label. Answered by [`super::Reply::Label`].
    UpdateLabel(String, LabelChanges),
    /// Deletes a label. Answered by [`super::Reply::Done`].
    DeleteLabel(String),
    /// How long messages stay in their chats. Answered by [`super::Reply::Retention`].
    GetRetention,
    /// Changes it; `None` for ever. Answered by [`super::Reply::Retention`].
    SetRetention(Option<u32>),
}

/// Where a page of a list goes on: opaque to whoever carries it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Place(pub Vec<u8>);

/// Which chats a list shows: `None` does not ask.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ChatFilter {
    /// Whether it is in the archive.
    pub archived: Option<bool>,
    /// Whether something in it is unread.
    pub unread: Option<bool>,
    /// A label that is on it: its id.
    pub label: Option<String>,
}

/// Which messages of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MessageQuery {
    /// Only those after this place.
    pub after: Option<Place>,
    /// When they were written.
    pub span: Span,
    /// At most so many.
    pub limit: usize,
}

/// A span of time; an open end is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Span {
    /// From then on, in milliseconds since the Unix epoch.
    pub since_ms: Option<i64>,
    /// Before then, in milliseconds since the Unix epoch.
    pub until_ms: Option<i64>,
}

impl Span {
    /// Whether a time lies in it.
    pub fn holds(&self, time_ms: i64) -> bool {
        self.since_ms.is_none_or(|since_ms| time_ms >= since_ms)
            && self.until_ms.is_none_or(|until_ms| time_ms < until_ms)
    }
}

/// What to look for in the stored messages.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct MessageSearch {
    /// What their text holds, where that matters; upper and lower case are the same.
    pub text: Option<String>,
    /// Only in this chat.
    pub chat: Option<Address>,
    /// Which messages.
    pub query: MessageQuery,
}

/// Changes to a label: `None` leaves a thing as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LabelChanges {
    /// New name.
    pub name: Option<String>,
    /// New colour.
    pub color: Option<i32>,
}

/// A chat as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ChatView {
    /// The chat under its canonical id.
    pub chat: Party,
    /// Whether it is a group.
    pub is_group: bool,
    /// When its newest message was written, in milliseconds since the Unix epoch; `None` without one.
    pub last_message_ms: Option<i64>,
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
    /// Ids of its labels.
    pub labels: Vec<String>,
}

/// A message in a chat.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct StoredMessage {
    /// When it was written, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Whether it is starred.
    pub starred: bool,
    /// Its text: of a text message, or under a file.
    pub text: Option<String>,
    /// The message itself.
    pub message: StoredBody,
}

/// Which way a message went.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum StoredBody {
    /// It arrived, from somebody else or from another device of the account.
    Received {
        /// Sequence number of its event.
        sequence: u64,
        /// The message.
        message: Box<InboundMessage>,
    },
    /// This instance sent it.
    Sent(Box<MessageView>),
}

/// A label as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LabelView {
    /// Its id.
    pub id: String,
    /// What it is.
    pub label: LabelRecord,
}
