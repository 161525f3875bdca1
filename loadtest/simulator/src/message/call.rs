//! Calls: signals pass from device to devices, nothing is kept. Media of calls is not simulated.

use rand::Rng;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeValue, Server};

use crate::stanza::{attr, attr_jid, children};
use crate::world::names::family;
use crate::world::{DeviceId, World};

/// A `<call>`: passed on to the other side's companions, or a request for a link.
pub(crate) fn on_call(world: &mut World, from: DeviceId, node: &Node) {
    let Some(action) = children(node).first() else {
        world.counters.unknown_stanzas += 1;
        return;
    };
    let to = attr_jid(node, "to");
    if to.as_ref().is_some_and(|to| to.server == Server::Call) || attr(node, "to").as_deref() == Some("@call")
    {
        let link = create_link(world, action);
        return ack(world, from, node, &action.tag.clone(), link);
    }
    ack(world, from, node, &action.tag.clone(), None);
    let Some(to) = to else { return };
    let Some(account) = world.accounts.of(&to) else { return };
    let caller = &world.accounts[from.account];
    let (name, sender) = (caller.push_name.to_string(), caller.jid(family(&to), from.device));
    // A companion is named by its device, everybody's by none.
    let devices: Vec<DeviceId> = match world.accounts.device_of(&to) {
        Some(device) if device.device != 0 => vec![device],
        _ => world.companions_of(account, Some(from)),
    };
    for device in devices {
        let call = NodeBuilder::new("call")
            .attr("from", sender.clone())
            .attr("id", world.stanza_id())
            .attr("t", world.now_s())
            .attr("e", 0)
            .attr("notify", name.as_str())
            .attr("platform", "web")
            .attr("version", "2.3000.0")
            .children([action.clone()])
            .build();
        world.deliver(device, call);
    }
}

fn create_link(world: &mut World, action: &Node) -> Option<Node> {
    if action.tag != "link_create" {
        world.counters.unknown_stanzas += 1;
        return None;
    }
    let media = attr(action, "media").unwrap_or_default().into_owned();
    let token = format!("{:016x}", world.rng.next_u64());
    Some(NodeBuilder::new("link_create").attr("token", token).attr("media", media).build())
}

fn ack(world: &mut World, to: DeviceId, call: &Node, kind: &str, content: Option<Node>) {
    let mut ack = NodeBuilder::new("ack").attr("class", "call").attr("type", kind);
    for (key, source) in [("id", "id"), ("from", "to")] {
        if let Some(value) = call.attrs.get(source) {
            ack = ack.attr(key, NodeValue::clone(value));
        }
    }
    world.reply(to, ack.children(content).build());
}
