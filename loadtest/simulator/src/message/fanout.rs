//! One message to the devices it is for.

use std::collections::{BTreeMap, HashMap};

use wacore_binary::{Jid, Node};

use super::attributes::Case;
use super::{Chat, Outgoing, acquaint, deliver, encs, targets};
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, bare};
use crate::world::names::other;
use crate::world::{AccountId, DeviceId, World};

/// Delivers a message to every device it addresses.
pub(super) fn fan_out(world: &mut World, chat: &Chat, message: &Outgoing<'_>) {
    match chat {
        Chat::Person { account, family } => to_person(world, (*account, *family), message),
        Chat::Group { gid, family } => to_group(world, (gid, *family), message),
        Chat::Status => to_listed(world, message),
    }
}

fn to_person(world: &mut World, to: (AccountId, Addressing), message: &Outgoing<'_>) {
    let Outgoing { from, stanza } = *message;
    let (account, _) = to;
    acquaint(world, from.account, account);
    let peer = attr(stanza, "category").as_deref() == Some("peer");
    // Without a list of targets the ciphertext is for one device: a peer message or a resend.
    let alone = attr_jid(stanza, "to").and_then(|jid| world.accounts.device_of(&jid));
    let bare_encs: Vec<Node> = encs(stanza).cloned().collect();
    if let (Some(target), false) = (alone, bare_encs.is_empty()) {
        let case = if peer { Case::Peer } else { direct_case(world, target, to, message) };
        deliver(world, target, message, &case, bare_encs);
        // Some clients list the device once more, with a second ciphertext of the same message.
        return;
    }
    for entry in targets(stanza) {
        let listed = attr_jid(entry, "jid").and_then(|jid| world.accounts.device_of(&jid));
        match listed.filter(|id| id.account == account || id.account == from.account) {
            Some(target) if target != from => {
                let case = direct_case(world, target, to, message);
                deliver(world, target, message, &case, encs(entry).cloned().collect());
            }
            Some(_) => {}
            None => world.counters.stray_targets += 1,
        }
    }
}

/// A message to somebody, or the copy of it for the sender's other devices.
fn direct_case(world: &World, target: DeviceId, to: (AccountId, Addressing), message: &Outgoing<'_>) -> Case {
    let (account, family) = to;
    let Outgoing { from, stanza } = *message;
    if target.account != from.account {
        return Case::Direct { family };
    }
    // A resent copy names the chat itself.
    let recipient = attr_jid(stanza, "recipient").and_then(|jid| world.accounts.of(&jid)).unwrap_or(account);
    let recipient = &world.accounts[recipient];
    Case::OwnCopy {
        family,
        recipient: recipient.jid(family, 0),
        peer_recipient: recipient.jid(other(family), 0),
    }
}

fn to_group(world: &mut World, to: (&Jid, Addressing), message: &Outgoing<'_>) {
    let Outgoing { from, stanza } = *message;
    let (gid, family) = to;
    let case = Case::Group { gid: bare(gid), family };
    let shared: Vec<Node> = encs(stanza).cloned().collect();
    let single = attr_jid(stanza, "participant").and_then(|jid| world.accounts.device_of(&jid));
    if let Some(target) = single.filter(|target| *target != from) {
        deliver(world, target, message, &case, shared);
        return;
    }
    let Some(group) = world.groups.get(&gid.user) else { return };
    let members: Vec<AccountId> = group.members.keys().copied().collect();
    let mut own: HashMap<DeviceId, Vec<Node>> = HashMap::new();
    for entry in targets(stanza) {
        match attr_jid(entry, "jid").and_then(|jid| world.accounts.device_of(&jid)) {
            Some(target) if members.contains(&target.account) => {
                own.entry(target).or_default().extend(encs(entry).cloned());
            }
            _ => world.counters.stray_targets += 1,
        }
    }
    for member in members {
        acquaint(world, from.account, member);
        for target in world.devices_of(member) {
            // Its own key distribution first, then what everybody gets.
            let mut encs = own.remove(&target).unwrap_or_default();
            encs.extend(shared.iter().cloned());
            if target != from && !encs.is_empty() {
                deliver(world, target, message, &case, encs);
            }
        }
    }
}

/// A status goes to those it lists and to nobody else. A person listed without a ciphertext has the key
/// already, on every device.
fn to_listed(world: &mut World, message: &Outgoing<'_>) {
    let Outgoing { from, stanza } = *message;
    let shared: Vec<Node> = encs(stanza).cloned().collect();
    let single = attr_jid(stanza, "participant").and_then(|jid| world.accounts.device_of(&jid));
    if let Some(target) = single.filter(|target| *target != from) {
        deliver(world, target, message, &Case::Status, shared);
        return;
    }
    let mut listed: BTreeMap<DeviceId, Vec<Node>> = BTreeMap::new();
    for entry in targets(stanza) {
        let Some(target) = attr_jid(entry, "jid").and_then(|jid| world.accounts.device_of(&jid)) else {
            world.counters.stray_targets += 1;
            continue;
        };
        let mut own = encs(entry).cloned().peekable();
        let devices = match own.peek() {
            None if target.device == 0 => world.devices_of(target.account),
            _ => vec![target],
        };
        for device in devices {
            listed.entry(device).or_default().extend(own.by_ref());
        }
    }
    listed.remove(&from);
    for (target, mut encs) in listed {
        encs.extend(shared.iter().cloned());
        deliver(world, target, message, &Case::Status, encs);
    }
}
