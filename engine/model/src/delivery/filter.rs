//! Which events an endpoint hears of.

use crate::event::{Event, EventBody};
use crate::id::InstanceId;

/// Which events an endpoint hears of. Everything is told that each part lets pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Filter {
    /// Types, or families of them (`message.*`); empty is every type.
    pub events: Vec<String>,
    /// Instances; `None` is every one of the account, also those that are made later.
    pub instances: Option<Vec<InstanceId>>,
    /// Kinds of conversations; empty is every kind. What belongs to no conversation passes.
    pub chat_kinds: Vec<ChatKind>,
}

/// Kinds of conversations.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
pub enum ChatKind {
    /// With one person.
    Direct,
    /// A group.
    Group,
    /// A newsletter.
    Newsletter,
    /// Status updates.
    Status,
    /// A broadcast list.
    Broadcast,
}

impl ChatKind {
    /// Every kind.
    pub const ALL: [ChatKind; 5] =
        [ChatKind::Direct, ChatKind::Group, ChatKind::Newsletter, ChatKind::Status, ChatKind::Broadcast];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            ChatKind::Direct => "direct",
            ChatKind::Group => "group",
            ChatKind::Newsletter => "newsletter",
            ChatKind::Status => "status",
            ChatKind::Broadcast => "broadcast",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<ChatKind> {
        ChatKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind of the chat with this WhatsApp id.
    pub fn of(jid: &str) -> ChatKind {
        match jid.rsplit_once('@') {
            Some((_, "g.us")) => ChatKind::Group,
            Some((_, "newsletter")) => ChatKind::Newsletter,
            Some(("status", "broadcast")) => ChatKind::Status,
            Some((_, "broadcast")) => ChatKind::Broadcast,
            _ => ChatKind::Direct,
        }
    }
}

/// The conversation that an event belongs to, by its WhatsApp id.
fn chat_of(body: &EventBody) -> Option<&str> {
    match body {
        EventBody::MessageReceived(message) => Some(&message.chat.jid),
        EventBody::MessageStatus(change) => Some(&change.chat.jid),
        EventBody::ChatPresence { chat, .. } => Some(&chat.jid),
        EventBody::GroupChanged { group, .. } => Some(&group.jid),
        EventBody::ChatChanged(changed) => Some(&changed.chat.jid),
        EventBody::PollVoted(voted) => Some(&voted.chat.jid),
        EventBody::MessageUndecryptable(unread) => Some(&unread.chat.jid),
        _ => None,
    }
}

impl Filter {
    /// Whether an instance's events can pass at all.
    pub fn covers(&self, instance: InstanceId) -> bool {
        self.instances.as_ref().is_none_or(|instances| instances.contains(&instance))
    }

    /// Whether an event of an instance that it covers passes.
    pub fn wants(&self, event: &Event) -> bool {
        let kind = event.body.kind();
        let typed = self.events.is_empty() || self.events.iter().any(|pattern| matches_type(pattern, kind));
        typed
            && (self.chat_kinds.is_empty()
                || chat_of(&event.body).is_none_or(|jid| self.chat_kinds.contains(&ChatKind::of(jid))))
    }
}

/// Whether a type is the one that a pattern names, or of its family.
fn matches_type(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => family.ends_with('.') && kind.starts_with(family),
        None => pattern == kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::Party;

    fn event(jid: &str) -> Event {
        let chat = Party { jid: jid.to_owned(), ..Party::default() };
        let body = EventBody::ChatPresence { sender: chat.clone(), chat, state: "composing".to_owned() };
        Event { sequence: 1, time_ms: 0, backfilled: false, body }
    }

    #[test]
    fn every_part_has_to_let_an_event_pass() {
        let person = event("5511912345678@s.whatsapp.net");
        let shown = EventBody::QrIssued { code: "x".into(), expires_at_ms: 0 };
        let code = Event { sequence: 2, time_ms: 0, backfilled: false, body: shown };
        let filter = |events: &[&str], kinds: &[ChatKind]| Filter {
            events: events.iter().map(|&event| event.to_owned()).collect(),
            instances: None,
            chat_kinds: kinds.to_vec(),
        };
        let cases: &[(&[&str], &[ChatKind], bool, bool)] = &[
            (&[], &[], true, true),
            (&["chat.presence_changed"], &[], true, false),
            (&["chat.*"], &[], true, false),
            (&["instance.*", "message.received"], &[], false, true),
            (&["chat"], &[], false, false),
            (&["chat.pres*"], &[], false, false),
            (&[], &[ChatKind::Group], false, true),
            (&[], &[ChatKind::Direct], true, true),
        ];
        for &(events, kinds, of_person, of_code) in cases {
            let filter = filter(events, kinds);
            assert_eq!((filter.wants(&person), filter.wants(&code)), (of_person, of_code), "{filter:?}");
        }
    }

    #[test]
    fn the_kind_of_a_chat_is_told_by_its_id() {
        let kinds =
            ["1@lid", "1-2@g.us", "3@newsletter", "status@broadcast", "9@broadcast"].map(ChatKind::of);
        assert_eq!(kinds, ChatKind::ALL);
    }
}
