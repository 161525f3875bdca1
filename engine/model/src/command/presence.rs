//! Who is there, and who is typing.

use crate::address::Address;

/// A command about presence: told to WhatsApp, which does not confirm it. All are answered by [`super::Reply::Done`].
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum PresenceCommand {
    /// Shows the account as online, or not.
    Set {
        /// Whether online.
        online: bool,
    },
    /// Asks to be told when these people come and go.
    Subscribe(Vec<Address>),
    /// Does not want to be told of somebody any more.
    Unsubscribe(Address),
    /// Shows in a chat that something is being written or recorded, or no longer.
    Show {
        /// The chat.
        chat: Address,
        /// What is shown.
        activity: ChatActivity,
    },
}

/// What can be shown in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ChatActivity {
    /// Typing.
    Composing,
    /// Recording a voice note.
    Recording,
    /// Neither any more.
    Paused,
}

impl ChatActivity {
    /// Every activity.
    pub const ALL: [ChatActivity; 3] =
        [ChatActivity::Composing, ChatActivity::Recording, ChatActivity::Paused];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            ChatActivity::Composing => "composing",
            ChatActivity::Recording => "recording",
            ChatActivity::Paused => "paused",
        }
    }
}
