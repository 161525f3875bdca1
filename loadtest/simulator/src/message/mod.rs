//! Messages: who gets which ciphertext, under which attributes, and what the sender is told.

pub mod attributes;
pub(crate) mod call;
mod fanout;
mod media_retry;
mod newsletter;
pub mod presence;
pub mod receipt;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt, Node, NodeValue};

use self::attributes::Case;
use crate::crypto::phash::phash;
use crate::faults::FaultKind;
use crate::judge::Observation;
use crate::limits::CONTACTS_MAX;
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, bytes, child, children};
use crate::world::names::family;
use crate::world::{AccountId, DeviceId, World};

/// Ack error for a group or person that does not exist.
const NOT_FOUND: &str = "404";

/// Ack error for somebody who is no member.
const FORBIDDEN: &str = "403";

/// A message as its sender sent it.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    /// The sending device.
    pub from: DeviceId,
    /// The whole stanza.
    pub stanza: &'a Node,
}

/// Where a message goes.
#[derive(Debug, Clone)]
pub(crate) enum Chat {
    /// One account, in the family of names used.
    Person { account: AccountId, family: Addressing },
    /// A group.
    Group { gid: Jid, family: Addressing },
    /// The listed viewers of a status.
    Status,
}

/// A message from a device, the phone included.
pub(crate) fn on_message(world: &mut World, from: DeviceId, node: &Node) {
    if let Some(error) = world.strike(FaultKind::AckError, from) {
        world.counters.messages_refused += 1;
        ack(world, from, node, &[("error", error.into())]);
        return;
    }
    if let Some(jid) = attr_jid(node, "to").filter(Jid::is_newsletter) {
        return on_post(world, from, &jid, node);
    }
    let chat = match find_chat(world, from, node) {
        Ok(chat) => chat,
        Err(error) => {
            world.counters.messages_refused += 1;
            ack(world, from, node, &[("error", error.into())]);
            return;
        }
    };
    world.counters.messages += 1;
    let phash = phash_to_tell(world, &chat, node);
    judge(world, from, &chat, node);
    fanout::fan_out(world, &chat, &Outgoing { from, stanza: node });
    if dropped_before_ack(world, from) {
        return;
    }
    match phash {
        Some(phash) => ack(world, from, node, &[("phash", phash.into())]),
        None => ack(world, from, node, &[]),
    }
}

/// A message to a newsletter.
fn on_post(world: &mut World, from: DeviceId, newsletter: &Jid, node: &Node) {
    let posted = newsletter::on_message(world, from, newsletter, node);
    match posted {
        Ok(_) if dropped_before_ack(world, from) => world.counters.messages += 1,
        Ok(number) => {
            world.counters.messages += 1;
            let number = number.map(|number| ("server_id", number.into()));
            ack(world, from, node, number.as_slice());
        }
        Err(error) => {
            world.counters.messages_refused += 1;
            ack(world, from, node, &[("error", error.into())]);
        }
    }
}

/// Whether the connection is to be lost now, its message taken and not acknowledged.
fn dropped_before_ack(world: &mut World, from: DeviceId) -> bool {
    if world.strike(FaultKind::DropBeforeAck, from).is_none() {
        return false;
    }
    if let Some(conn) = world.conn_of(from) {
        world.drop_connection(conn);
    }
    true
}

fn find_chat(world: &World, from: DeviceId, node: &Node) -> Result<Chat, &'static str> {
    let to = attr_jid(node, "to").ok_or(NOT_FOUND)?;
    if to.is_status_broadcast() {
        return Ok(Chat::Status);
    }
    if to.is_group() {
        let group = world.groups.get(&to.user).ok_or(NOT_FOUND)?;
        if !group.members.contains_key(&from.account) {
            return Err(FORBIDDEN);
        }
        return Ok(Chat::Group { family: group.addressing, gid: to });
    }
    let account = world.accounts.of(&to).ok_or(NOT_FOUND)?;
    Ok(Chat::Person { account, family: family(&to) })
}

/// The service's participant hash, if the sender's is another one.
fn phash_to_tell(world: &mut World, chat: &Chat, node: &Node) -> Option<String> {
    let theirs = attr(node, "phash")?;
    let Chat::Group { gid, family } = chat else { return None };
    let group = world.groups.get(&gid.user)?;
    let members = group.members.keys().map(|member| &world.accounts[*member]);
    let devices: Vec<Jid> = members
        .flat_map(|account| account.device_numbers().map(|device| account.jid(*family, device)))
        .collect();
    let ours = phash(&devices);
    let differs = ours != *theirs;
    world.counters.phash_mismatches += u64::from(differs);
    differs.then_some(ours)
}

fn ack(world: &mut World, to: DeviceId, message: &Node, more: &[(&'static str, NodeValue)]) {
    let mut ack = NodeBuilder::new("ack").attr("class", "message");
    for (key, source) in [("id", "id"), ("from", "to"), ("participant", "participant")] {
        if let Some(value) = message.attrs.get(source) {
            ack = ack.attr(key, value.clone());
        }
    }
    ack = ack.attr("t", world.now_s());
    for (key, value) in more {
        ack = ack.attr(key, value.clone());
    }
    world.reply(to, ack.build());
}

/// Shows the judge every ciphertext of a message.
fn judge(world: &mut World, from: DeviceId, chat: &Chat, node: &Node) {
    let name = |world: &World, id: DeviceId| format!("{}:{}", world.accounts[id.account].pn, id.device);
    let sender = name(world, from);
    let chat_name = match chat {
        Chat::Person { account, .. } => world.accounts[*account].pn.to_string(),
        Chat::Group { gid, .. } => gid.to_string(),
        Chat::Status => "status".to_owned(),
    };
    // A resend or a peer message goes to one device, with a ciphertext of its own beside any list; its chat is
    // not where it is sent to.
    let alone = matches!(chat, Chat::Person { .. }) && encs(node).next().is_some();
    let whole = attr(node, "participant").is_none() && !alone;
    if let (true, Some(id)) = (whole, attr(node, "id")) {
        world.judge.observe_id(&sender, &id, &chat_name);
    }
    for enc in encs(node) {
        let alone = attr_jid(node, "participant").or_else(|| attr_jid(node, "to"));
        let device = alone.and_then(|jid| world.accounts.device_of(&jid)).map(|id| name(world, id));
        let recipient = device.as_deref().unwrap_or(&chat_name);
        observe(world, &sender, recipient, enc);
    }
    for to in targets(node) {
        let device = attr_jid(to, "jid").and_then(|jid| world.accounts.device_of(&jid));
        let Some(recipient) = device.map(|id| name(world, id)) else { continue };
        for enc in encs(to) {
            observe(world, &sender, &recipient, enc);
        }
    }
}

fn observe(world: &mut World, sender: &str, recipient: &str, enc: &Node) {
    let kind = attr(enc, "type").unwrap_or_default();
    world.judge.observe(Observation { sender, recipient, kind: &kind, ciphertext: &bytes(enc) });
}

/// The ciphertexts directly under a node.
pub(crate) fn encs(node: &Node) -> impl Iterator<Item = &Node> {
    children(node).iter().filter(|child| child.tag == "enc")
}

/// The `<to>` entries of a message's fan-out.
pub(crate) fn targets(node: &Node) -> impl Iterator<Item = &Node> {
    child(node, "participants").map(children).unwrap_or_default().iter().filter(|child| child.tag == "to")
}

/// Two accounts talked: each hears of the other's device changes from now on.
pub(crate) fn acquaint(world: &mut World, one: AccountId, two: AccountId) {
    for (of, contact) in [(one, two), (two, one)] {
        let contacts = &mut world.accounts[of].extras_mut().contacts;
        if of != contact && contacts.len() < CONTACTS_MAX {
            contacts.insert(contact);
        }
    }
}

/// Puts one device's share of a message on its queue.
pub(crate) fn deliver(world: &mut World, to: DeviceId, message: &Outgoing<'_>, case: &Case, encs: Vec<Node>) {
    let t = world.now_s();
    let Outgoing { from, stanza } = *message;
    let sender = attributes::Sender { account: &world.accounts[from.account], device: from.device };
    let stanza = attributes::delivered(stanza, &sender, case, t, encs);
    world.counters.deliveries += 1;
    world.deliver(to, stanza);
}
