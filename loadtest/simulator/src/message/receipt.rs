//! Receipts and acks: what leaves a queue, and what reaches the author.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt, Node, NodeValue};

use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, child, children};
use crate::world::names::family;
use crate::world::offline::Confirmation;
use crate::world::{DeviceId, World};

/// Receipts that are between a device and the service only.
const NOT_FORWARDED: [&str; 2] = ["peer_msg", "hist_sync"];

/// Receipts that go to one device: the author's own, or the one asked to send again.
const TO_ONE_DEVICE: [&str; 2] = ["sender", "retry"];

/// A receipt from a device.
pub(crate) fn on_receipt(world: &mut World, from: DeviceId, node: &Node) {
    world.counters.receipts += 1;
    let kind = attr(node, "type");
    let kind = kind.as_deref();
    confirm_messages(world, from, node);
    ack(world, from, node);
    if kind.is_some_and(|kind| NOT_FORWARDED.contains(&kind)) {
        return;
    }
    if kind == Some("server-error") {
        return super::media_retry::answer(world, from, node);
    }
    let Some(to) = attr_jid(node, "to") else { return };
    let targets = targets(world, from, node, &to);
    let forwarded = forwarded(world, from, node, &to);
    count(world, from, kind, &targets);
    for target in targets {
        world.deliver(target, forwarded.clone());
    }
}

fn count(world: &mut World, from: DeviceId, kind: Option<&str>, targets: &[DeviceId]) {
    let reaches_author = targets.iter().any(|target| target.account != from.account);
    match kind {
        Some("retry") => world.counters.retries += 1,
        None if reaches_author => world.counters.delivered += 1,
        Some("read" | "played") if reaches_author => world.counters.read += 1,
        _ => {}
    }
}

/// Ids a receipt is about: its own and those of its list.
fn ids(node: &Node) -> Vec<String> {
    let own = attr(node, "id").map(|id| id.into_owned());
    let listed = child(node, "list").map(children).unwrap_or_default();
    own.into_iter()
        .chain(listed.iter().filter_map(|item| attr(item, "id").map(|id| id.into_owned())))
        .collect()
}

fn confirm_messages(world: &mut World, from: DeviceId, node: &Node) {
    let author = attr_jid(node, "to");
    for id in ids(node) {
        world.confirm(from, &Confirmation { tag: "message", id: &id, from: author.as_ref(), kind: None });
    }
}

fn ack(world: &mut World, to: DeviceId, receipt: &Node) {
    let mut ack = NodeBuilder::new("ack").attr("class", "receipt");
    for (key, source) in [("id", "id"), ("from", "to"), ("participant", "participant"), ("type", "type")] {
        if let Some(value) = receipt.attrs.get(source) {
            ack = ack.attr(key, value.clone());
        }
    }
    let ack = ack.attr("t", world.now_s()).build();
    world.reply(to, ack);
}

/// Devices that hear of a receipt.
fn targets(world: &World, from: DeviceId, node: &Node, to: &Jid) -> Vec<DeviceId> {
    let kind = attr(node, "type");
    let author = if to.is_group() || to.is_status_broadcast() {
        attr_jid(node, "participant")
    } else {
        Some(to.clone())
    };
    if kind.as_deref() == Some("read-self") {
        return world.companions_of(from.account, Some(from));
    }
    let Some(author) = author else { return Vec::new() };
    if kind.is_some_and(|kind| TO_ONE_DEVICE.contains(&&*kind)) {
        return world.accounts.device_of(&author).filter(|target| *target != from).into_iter().collect();
    }
    let Some(account) = world.accounts.of(&author) else { return Vec::new() };
    if account == from.account {
        let one = world.accounts.device_of(&author);
        return one.filter(|target| *target != from).into_iter().collect();
    }
    world.devices_of(account)
}

/// The receipt as the author gets it: from the reader, in the names of the chat.
fn forwarded(world: &World, reader: DeviceId, node: &Node, to: &Jid) -> Node {
    let mut receipt = NodeBuilder::new("receipt");
    if let Some(id) = node.attrs.get("id") {
        receipt = receipt.attr("id", id.clone());
    }
    receipt = receipt.attr("t", world.now_s());
    for key in ["type", "recipient"] {
        if let Some(value) = node.attrs.get(key) {
            receipt = receipt.attr(key, value.clone());
        }
    }
    let (from, participant): (NodeValue, Option<Jid>) = if to.is_group() {
        let family = world.groups.get(&to.user).map_or(Addressing::Lid, |group| group.addressing);
        (to.clone().into(), Some(world.jid(reader, family)))
    } else if to.is_status_broadcast() {
        let family = attr_jid(node, "participant").as_ref().map_or(Addressing::Pn, family);
        (to.clone().into(), Some(world.jid(reader, family)))
    } else {
        (world.jid(reader, family(to)).into(), None)
    };
    receipt = receipt.attr("from", from);
    if let Some(participant) = participant {
        receipt = receipt.attr("participant", participant);
    }
    match children(node) {
        [] => receipt.build(),
        more => receipt.children(more.iter().cloned()).build(),
    }
}

/// An ack from a device: takes what it is about off the queue.
pub(crate) fn on_ack(world: &mut World, from: DeviceId, node: &Node) {
    let Some(id) = attr(node, "id") else { return };
    let class = attr(node, "class").unwrap_or_default();
    let to = attr_jid(node, "to");
    let kind = attr(node, "type");
    world.confirm(from, &Confirmation { tag: &class, id: &id, from: to.as_ref(), kind: kind.as_deref() });
}
