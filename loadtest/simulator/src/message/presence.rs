//! Presence and chat state: told to who is there, never queued.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt, Node};

use crate::limits::PRESENCE_WATCHERS_MAX;
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, children};
use crate::world::names::family;
use crate::world::{AccountId, DeviceId, World};

/// A presence stanza: availability, a new name, or a subscription.
pub(crate) fn on_presence(world: &mut World, from: DeviceId, node: &Node) {
    if let Some(name) = attr(node, "name").filter(|name| !name.is_empty()) {
        world.accounts[from.account].push_name = (&*name).into();
    }
    match attr(node, "type").as_deref() {
        Some("subscribe") => subscribe(world, from, node),
        Some("unsubscribe") => unsubscribe(world, from, node),
        Some("available") => set_available(world, from, true),
        Some("unavailable") => set_available(world, from, false),
        _ => {}
    }
}

fn subscribe(world: &mut World, from: DeviceId, node: &Node) {
    let Some(to) = attr_jid(node, "to") else { return };
    let Some(account) = world.accounts.of(&to) else { return };
    let watchers = world.watchers.entry(account).or_default();
    if watchers.len() < PRESENCE_WATCHERS_MAX {
        watchers.insert(from);
    }
    let presence = presence(world, account, family(&to));
    world.deliver_live(from, presence);
}

fn unsubscribe(world: &mut World, from: DeviceId, node: &Node) {
    let account = attr_jid(node, "to").and_then(|to| world.accounts.of(&to));
    if let Some(watchers) = account.and_then(|account| world.watchers.get_mut(&account)) {
        watchers.remove(&from);
    }
}

fn set_available(world: &mut World, from: DeviceId, available: bool) {
    let Some(device) = world.accounts[from.account].devices.get_mut(&from.device) else { return };
    if std::mem::replace(&mut device.available, available) != available {
        tell_watchers(world, from.account);
    }
}

fn tell_watchers(world: &mut World, account: AccountId) {
    let Some(watchers) = world.watchers.get(&account).cloned() else { return };
    let presence = presence(world, account, Addressing::Pn);
    for watcher in watchers {
        world.deliver_live(watcher, presence.clone());
    }
}

fn presence(world: &World, account: AccountId, family: Addressing) -> Node {
    let account = &world.accounts[account];
    let presence = NodeBuilder::new("presence").attr("from", account.jid(family, 0));
    if account.devices.values().any(|device| device.available) {
        presence.build()
    } else {
        presence.attr("type", "unavailable").attr("last", "deny").build()
    }
}

/// A device's connection ended: it is unavailable and watches nobody.
pub(crate) fn on_left(world: &mut World, device: DeviceId) {
    for watchers in world.watchers.values_mut() {
        watchers.remove(&device);
    }
    world.watchers.retain(|_, watchers| !watchers.is_empty());
    set_available(world, device, false);
}

/// Somebody is typing, recording, or stopped.
pub(crate) fn on_chatstate(world: &mut World, from: DeviceId, node: &Node) {
    let Some(to) = attr_jid(node, "to") else { return };
    let state = NodeBuilder::new("chatstate").children(children(node).iter().cloned());
    if to.is_group() {
        in_group(world, from, &to, state);
    } else if let Some(account) = world.accounts.of(&to) {
        let state = state.attr("from", world.accounts[from.account].jid(family(&to), 0)).build();
        for device in world.companions_of(account, Some(from)) {
            world.deliver_live(device, state.clone());
        }
    }
}

fn in_group(world: &mut World, from: DeviceId, gid: &Jid, state: NodeBuilder) {
    let Some(group) = world.groups.get(&gid.user) else { return };
    let members: Vec<AccountId> = group.members.keys().copied().collect();
    let participant = world.accounts[from.account].jid(group.addressing, 0);
    let state = state.attr("from", gid.clone()).attr("participant", participant).build();
    for member in members.into_iter().filter(|member| *member != from.account) {
        for device in world.companions_of(member, None) {
            world.deliver_live(device, state.clone());
        }
    }
}
