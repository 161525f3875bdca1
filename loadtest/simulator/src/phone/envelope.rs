//! The outside of a delivered message: who sent it, in which conversation, and under which names.

use wacore_binary::{Jid, JidExt, Node, Server};

use super::Phone;
use super::directory::Directory;
use crate::stanza::{attr, attr_jid};

/// Attributes of a `<message>` as delivered.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    pub(super) id: String,
    /// `from`, as it came.
    pub(super) from: Jid,
    /// Sending device.
    pub(super) sender: Jid,
    /// Account of the sender, by phone number.
    pub(super) account: String,
    /// The other person, the group, or the broadcast list.
    pub(super) chat: Jid,
    /// `participant`, present in groups and broadcasts.
    pub(super) participant: Option<Jid>,
    /// `recipient`, present on copies of what own companions sent.
    pub(super) recipient: Option<Jid>,
    /// Sent by an own companion.
    pub(super) from_me: bool,
    /// From an own companion to the phone itself.
    pub(super) peer: bool,
}

impl Envelope {
    /// Reads a delivered message. `None` when it lacks an id or a sender.
    pub(super) fn read(phone: &Phone, stanza: &Node, directory: &dyn Directory) -> Option<Self> {
        let from = attr_jid(stanza, "from")?;
        let participant = attr_jid(stanza, "participant");
        let recipient = attr_jid(stanza, "recipient");
        let sender = match from.server {
            Server::Group | Server::Broadcast => participant.clone()?,
            _ => from.clone(),
        };
        let account = phone.account_of(&sender, directory);
        let from_me = account == phone.seed.pn;
        let chat = match &recipient {
            Some(recipient) if from_me => recipient.to_non_ad(),
            _ => from.to_non_ad(),
        };
        Some(Self {
            id: attr(stanza, "id")?.into_owned(),
            peer: from_me && attr(stanza, "category").as_deref() == Some("peer"),
            from,
            sender,
            account,
            chat,
            participant,
            recipient,
            from_me,
        })
    }

    /// Whether the conversation is a group, whose messages are under sender keys.
    pub(super) fn is_group(&self) -> bool {
        self.from.is_group()
    }
}
