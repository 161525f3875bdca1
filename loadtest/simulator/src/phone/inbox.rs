//! What a phone has received, bounded, with duplicates counted instead of repeated.

use std::collections::{HashMap, VecDeque};

use wacore_binary::Jid;

/// What sort of message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// Text, plain or extended.
    Text,
    /// Picture.
    Image,
    /// Video.
    Video,
    /// Audio or voice note.
    Audio,
    /// Document.
    Document,
    /// Sticker.
    Sticker,
    /// Reaction to [`InboxMessage::target`]; the text is the emoji.
    Reaction,
    /// Edit of [`InboxMessage::target`]; the text is the new one.
    Edit,
    /// Deletion of [`InboxMessage::target`].
    Revoke,
    /// Point on the map; the text is its name.
    Location,
    /// Contact cards; the text is the first name.
    Contacts,
    /// Poll; the text is its question.
    Poll,
    /// Invitation with a date; the text is its name.
    Event,
    /// Buttons or a list in WhatsApp's own form; the text is the text above them.
    Menu,
    /// Pin of [`InboxMessage::target`], or its end.
    Pin,
    /// [`InboxMessage::target`] is kept, or not any more.
    Keep,
    /// Anything else.
    Other,
}

impl MessageKind {
    /// Lower-case name for control interfaces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Reaction => "reaction",
            Self::Edit => "edit",
            Self::Revoke => "revoke",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Poll => "poll",
            Self::Event => "event",
            Self::Menu => "menu",
            Self::Pin => "pin",
            Self::Keep => "keep",
            Self::Other => "other",
        }
    }
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSeen {
    /// Downloaded, checked and decrypted.
    Opened {
        /// SHA-256 of the plain file.
        sha256: [u8; 32],
        /// Its length in bytes.
        bytes: usize,
    },
    /// The service has no such file.
    Missing,
    /// The file is there but does not open, or is not what the message announced.
    Refused(&'static str),
}

/// One message as decrypted by the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMessage {
    /// Message id.
    pub id: String,
    /// Conversation: the other person, or the group.
    pub chat: Jid,
    /// Sending device.
    pub from: Jid,
    /// Sent by another device of the phone's own account.
    pub from_me: bool,
    /// Sort of content.
    pub kind: MessageKind,
    /// Text, caption or emoji, cut at [`super::limits::INBOX_TEXT_CHARS_MAX`].
    pub text: Option<String>,
    /// Id of the message this one is about.
    pub target: Option<String>,
    /// What became of the file, for media.
    pub media: Option<MediaSeen>,
    /// Time of the first delivery, unix seconds.
    pub received_s: u64,
    /// How many times it was delivered; more than 1 means duplicates.
    pub deliveries: u32,
}

/// Bounded list of received messages, oldest first.
#[derive(Debug)]
pub struct Inbox {
    /// Messages with the account name of their sender.
    messages: VecDeque<(String, InboxMessage)>,
    /// Running number (`first` + position) of each message, by sender and id.
    numbers: HashMap<(String, String), u64>,
    first: u64,
    duplicates: u64,
    messages_max: usize,
}

impl Inbox {
    /// An empty inbox that will keep `messages_max` messages, at least one.
    pub(super) fn new(messages_max: usize) -> Self {
        Self {
            messages: VecDeque::new(),
            numbers: HashMap::new(),
            first: 0,
            duplicates: 0,
            messages_max: messages_max.max(1),
        }
    }

    /// Messages still kept, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &InboxMessage> + ExactSizeIterator {
        self.messages.iter().map(|(_, message)| message)
    }

    /// Messages received since creation, without duplicates.
    pub fn received(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    /// Deliveries beyond the first, of all messages since creation.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The newest message with this id, whoever sent it.
    pub fn find(&self, id: &str) -> Option<&InboxMessage> {
        self.messages().rev().find(|message| message.id == id)
    }

    /// Counts one more delivery of a known message. `false` when it is not known (any more).
    pub(super) fn count_again(&mut self, sender: &str, id: &str) -> bool {
        let Some(number) = self.numbers.get(&(sender.to_owned(), id.to_owned())) else { return false };
        let position = number.checked_sub(self.first).and_then(|n| usize::try_from(n).ok());
        let Some((_, message)) = position.and_then(|position| self.messages.get_mut(position)) else {
            return false;
        };
        message.deliveries += 1;
        self.duplicates += 1;
        true
    }

    /// Files a message under the account name of its sender, or counts it as a duplicate. `true` when it is new.
    pub(super) fn record(&mut self, sender: &str, message: InboxMessage) -> bool {
        if self.count_again(sender, &message.id) {
            return false;
        }
        if self.messages.len() >= self.messages_max
            && let Some((sender, oldest)) = self.messages.pop_front()
        {
            self.first += 1;
            self.numbers.remove(&(sender, oldest.id));
        }
        self.numbers.insert((sender.to_owned(), message.id.clone()), self.received());
        self.messages.push_back((sender.to_owned(), message));
        true
    }

    /// Bytes owned, estimated.
    pub(super) fn owned_bytes(&self) -> usize {
        let texts: usize = self.messages().map(|message| message.text.as_ref().map_or(0, String::len)).sum();
        texts + self.messages.len() * ENTRY_BYTES
    }
}

/// Estimated bytes of one message without its text: the entry, its key in both places, table overhead.
const ENTRY_BYTES: usize = 480;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> InboxMessage {
        InboxMessage {
            id: id.to_owned(),
            chat: Jid::pn("1"),
            from: Jid::pn("1"),
            from_me: false,
            kind: MessageKind::Text,
            text: None,
            target: None,
            media: None,
            received_s: 0,
            deliveries: 1,
        }
    }

    #[test]
    fn duplicates_are_counted_per_sender_and_the_oldest_leave() {
        let mut inbox = Inbox::new(2);
        assert!(inbox.record("a", message("1")));
        assert!(
            inbox.record("b", message("1")),
            "another sender's message with the same id is another message"
        );
        assert!(!inbox.record("a", message("1")));
        assert!(inbox.record("a", message("2")));
        let kept: Vec<_> = inbox.messages().map(|m| (m.id.as_str(), m.deliveries)).collect();
        assert_eq!(kept, [("1", 1), ("2", 1)], "the oldest, delivered twice, has left");
        assert!(inbox.count_again("b", "1"));
        assert!(!inbox.count_again("a", "1"));
        assert_eq!((inbox.received(), inbox.duplicates()), (3, 2));
    }
}
