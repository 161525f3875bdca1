//! The person writes to people and groups: texts, files, things, and messages about messages.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt, Node, Server};

use super::compose::{self, Composed, Target as About};
use super::directory::{Addressing, Directory, GroupView};
use super::fanout::{device_sent, enc_node};
use super::sent::{SentMessage, StanzaForm};
use super::signal::EncType;
use super::things::{self, Answering};
use super::types::{PhoneError, PhoneMessage, Sent};
use super::{Phone, live};
use crate::crypto::phash::phash;
use crate::stanza::wrap;

impl Phone {
    /// Sends a message to a PN, LID or group address; the family of `to` is the one used on the wire.
    ///
    /// The stanza is to be handled exactly as if device 0 had sent it. Devices without keys are left out. Errors when
    /// nobody has this name, or when the message refers to one the phone does not remember.
    pub fn send(
        &mut self,
        now_s: u64,
        to: &Jid,
        message: PhoneMessage,
        directory: &mut dyn Directory,
    ) -> Result<Sent, PhoneError> {
        let chat = to.to_non_ad();
        let group = match chat.server {
            Server::Group => {
                Some(directory.group(&chat).ok_or_else(|| PhoneError::UnknownRecipient(chat.clone()))?)
            }
            Server::Pn | Server::Lid => None,
            _ => return Err(PhoneError::Unsupported("only people and groups can be written to")),
        };
        let composed = self.compose(now_s, &chat, message, directory)?;
        let outgoing = Outgoing {
            id: directory.next_id(),
            plain: waproto::codec::message_to_vec(&composed.message),
            chat,
            composed,
        };
        let stanza = match group {
            Some(group) => self.group_stanza(&outgoing, &group, directory)?,
            None => self.direct_stanza(&outgoing, directory)?,
        };
        let Outgoing { id, chat, plain, composed } = outgoing;
        self.sent.insert(id.clone(), SentMessage::new(chat, plain, composed.form, now_s));
        self.stats.sent += 1;
        Ok(Sent { id, stanza })
    }

    fn compose(
        &mut self,
        now_s: u64,
        chat: &Jid,
        message: PhoneMessage,
        directory: &mut dyn Directory,
    ) -> Result<Composed, PhoneError> {
        Ok(match message {
            PhoneMessage::Text(text) => compose::text(text),
            PhoneMessage::Media(file) => {
                let media_key = live(&mut self.signal, &self.ring).random();
                compose::media(file, media_key, now_s, directory)?
            }
            PhoneMessage::Reaction { target, emoji } => {
                compose::reaction(chat, &self.about(target)?, emoji, now_s)
            }
            PhoneMessage::Edit { target, text } => {
                let about = self.about(target)?;
                if !about.from_me {
                    return Err(PhoneError::Unsupported("only own messages can be edited"));
                }
                compose::edit(chat, &about, text, now_s)
            }
            PhoneMessage::Revoke { target } => compose::revoke(chat, &self.about(target)?),
            PhoneMessage::Thing(thing) => things::thing(thing, live(&mut self.signal, &self.ring).random()),
            PhoneMessage::Vote { target, options } => {
                let about = self.about(target)?;
                things::vote(&self.answering(now_s, chat, &about)?, &options)?
            }
            PhoneMessage::Rsvp { target, going } => {
                let about = self.about(target)?;
                things::rsvp(&self.answering(now_s, chat, &about)?, going)?
            }
            PhoneMessage::Pin { target, pinned } => {
                things::pin(chat, &self.about(target)?, pinned, compose::now_ms(now_s))
            }
        })
    }

    /// What an answer to a message is sealed with. Names are those of the conversation.
    fn answering<'a>(
        &mut self,
        now_s: u64,
        chat: &'a Jid,
        target: &'a About,
    ) -> Result<Answering<'a>, PhoneError> {
        let no_secret = || PhoneError::NoSecret(target.id.clone());
        let plain = match (self.sent.get(&target.id), self.received.get(&target.id)) {
            (Some(sent), _) => &sent.plain,
            (None, Some(received)) => &received.plain,
            (None, None) => return Err(PhoneError::UnknownMessage(target.id.clone())),
        };
        let message = waproto::codec::message_decode(plain).map_err(|_| no_secret())?;
        let secret = message.message_context_info.message_secret.clone().ok_or_else(no_secret)?;
        let author = match (&target.participant, target.from_me) {
            (Some(participant), _) => participant.clone(),
            (None, true) => self.own_jid(chat),
            (None, false) => chat.clone(),
        };
        // In a group everybody goes by the kind of name that the author has there.
        let answerer = self.own_jid(&author).to_non_ad_string();
        let iv = live(&mut self.signal, &self.ring).random();
        let (author, now_ms) = (author.to_non_ad_string(), compose::now_ms(now_s));
        Ok(Answering { chat, target, author, answerer, secret, iv, now_ms })
    }

    /// Finds the message another one is about, among those sent and received.
    fn about(&self, id: String) -> Result<About, PhoneError> {
        if self.sent.get(&id).is_some() {
            return Ok(About { id, from_me: true, participant: None });
        }
        let Some(message) = self.inbox.find(&id) else { return Err(PhoneError::UnknownMessage(id)) };
        let in_group = message.chat.is_group();
        Ok(About {
            from_me: message.from_me,
            participant: (in_group && !message.from_me).then(|| message.from.to_non_ad()),
            id,
        })
    }

    fn direct_stanza(
        &mut self,
        outgoing: &Outgoing,
        directory: &mut dyn Directory,
    ) -> Result<Node, PhoneError> {
        let Outgoing { id, chat, composed: Composed { message, form }, plain } = outgoing;
        let own = self.own_jid(chat);
        let to_self = own == *chat;
        let theirs = if to_self { Vec::new() } else { self.devices_of(chat, directory) };
        if theirs.is_empty() && !to_self {
            return Err(PhoneError::UnknownRecipient(chat.clone()));
        }
        let companions = self.devices_of(&own, directory);
        let mut participants = self.encrypt_for_all(&theirs, plain, *form, directory);
        if !companions.is_empty() {
            let copy = device_sent(chat, message.clone());
            participants.extend(self.encrypt_for_all(&companions, &copy, *form, directory));
        }
        let mut stanza = message_node(id, chat, *form);
        if chat.is_lid()
            && let Some(pn) = directory.pn_of(&chat.user)
        {
            stanza = stanza.attr("addressing_mode", "lid").attr("peer_recipient_pn", Jid::pn(pn));
        }
        Ok(stanza.children([wrap("participants", participants)]).build())
    }

    fn group_stanza(
        &mut self,
        outgoing: &Outgoing,
        group: &GroupView,
        directory: &mut dyn Directory,
    ) -> Result<Node, PhoneError> {
        let Outgoing { id, chat, composed: Composed { form, .. }, plain } = outgoing;
        let targets = self.group_devices(group, directory);
        let distribution = self.distribute_key(chat, &targets, directory)?;
        let name = self.own_sender_key(chat);
        let sealed = live(&mut self.signal, &self.ring).group_encrypt(&name, plain)?;
        let (mode, own) = match group.addressing {
            Addressing::Pn => ("pn", Jid::pn(self.seed.pn.as_str())),
            Addressing::Lid => ("lid", Jid::lid(self.seed.lid.as_str())),
        };
        let everybody = targets.iter().map(|target| &target.jid).chain([&own]);
        let mut contents = Vec::with_capacity(2);
        if !distribution.is_empty() {
            contents.push(wrap("participants", distribution));
        }
        contents.push(enc_node(EncType::SenderKey, sealed, *form, None));
        Ok(message_node(id, chat, *form)
            .attr("addressing_mode", mode)
            .attr("phash", phash(everybody))
            .children(contents)
            .build())
    }
}

/// A message about to be encrypted for its devices.
struct Outgoing {
    id: String,
    chat: Jid,
    composed: Composed,
    /// The message, encoded.
    plain: Vec<u8>,
}

/// `<message>` with the attributes every message has.
pub(super) fn message_node(id: &str, to: &Jid, form: StanzaForm) -> NodeBuilder {
    let mut stanza = NodeBuilder::new("message").attr("id", id).attr("to", to).attr("type", form.stanza_type);
    if let Some(edit) = form.edit {
        stanza = stanza.attr("edit", edit);
    }
    if form.peer {
        stanza = stanza.attr("category", "peer").attr("push_priority", "high");
    }
    stanza
}
