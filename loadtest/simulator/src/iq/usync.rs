//! User sync: devices, LIDs, contacts, status, … of many users in one query.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use super::{Answer, IqError, Request};
use crate::limits::QUERY_USERS_MAX;
use crate::phone::Addressing;
use crate::stanza::{attr_jid, child, child_text, children, empty, wrap};
use crate::world::names::family;
use crate::world::{AccountId, World};

/// `<usync>`: one answer per user and protocol.
pub(super) fn query(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let usync = request.child()?;
    let protocols = child(usync, "query").map(children).ok_or(IqError::BAD_REQUEST)?;
    let users = child(usync, "list").map(children).unwrap_or_default();
    if users.len() > QUERY_USERS_MAX {
        return Err(IqError::TOO_MUCH);
    }
    let answers: Vec<Node> = users.iter().filter_map(|user| answer_user(world, user, protocols)).collect();
    let mut answer = NodeBuilder::new("usync");
    for key in ["sid", "mode", "context"] {
        if let Some(value) = usync.attrs.get(key) {
            answer = answer.attr(key, value.clone());
        }
    }
    let answer = answer
        .attr("index", 0)
        .attr("last", "true")
        .children([wrap("result", protocols.iter().map(bare_protocol)), wrap("list", answers)])
        .build();
    Ok(Answer::one(answer))
}

/// The protocol as the result section repeats it: tag and version.
fn bare_protocol(protocol: &Node) -> Node {
    let mut node = NodeBuilder::new_dynamic(protocol.tag.to_string());
    if let Some(version) = protocol.attrs.get("version") {
        node = node.attr("version", version.clone());
    }
    node.build()
}

/// Whom a `<user>` means: by JID, or by the phone number in its contact.
struct Asked {
    jid: Jid,
    account: Option<AccountId>,
    number: Option<String>,
}

fn asked(world: &World, user: &Node) -> Option<Asked> {
    let number = child_text(user, "contact").filter(|number| !number.is_empty());
    let jid = attr_jid(user, "jid").map(|jid| jid.to_non_ad()).or_else(|| {
        let digits: String = number.as_ref()?.chars().filter(char::is_ascii_digit).collect();
        Some(Jid::new(digits, Server::Pn))
    })?;
    Some(Asked { account: world.accounts.of(&jid), jid, number })
}

fn answer_user(world: &mut World, user: &Node, protocols: &[Node]) -> Option<Node> {
    let asked = asked(world, user)?;
    let mut node = NodeBuilder::new("user").attr("jid", asked.jid.clone());
    if let (Addressing::Lid, Some(account)) = (family(&asked.jid), asked.account) {
        node = node.attr("pn_jid", world.accounts[account].jid(Addressing::Pn, 0));
    }
    let answers: Vec<Node> =
        protocols.iter().filter_map(|protocol| answer_protocol(world, &asked, &protocol.tag)).collect();
    Some(node.children(answers).build())
}

fn answer_protocol(world: &mut World, asked: &Asked, protocol: &str) -> Option<Node> {
    if protocol == "contact" {
        return Some(contact(asked));
    }
    let Some(account) = asked.account else {
        // Without an error clients would believe they reached somebody.
        return (protocol == "devices").then(|| wrap("devices", [IqError::NOT_FOUND.node()]));
    };
    match protocol {
        "devices" => Some(devices(world, account, family(&asked.jid))),
        "lid" => {
            let lid = world.accounts[account].jid(Addressing::Lid, 0);
            Some(NodeBuilder::new("lid").attr("val", lid).build())
        }
        "status" => Some(status(world, account)),
        "picture" => {
            let id = world.accounts[account].extras.as_ref().and_then(|extras| extras.picture.as_ref());
            id.map(|(id, _)| NodeBuilder::new("picture").attr("id", id.as_str()).build())
        }
        "disappearing_mode" => Some(disappearing(world, account)),
        "business" => {
            let extras = world.accounts[account].extras.as_ref();
            extras.and_then(|extras| extras.business.as_ref()).map(|_| empty("business"))
        }
        "username" | "bot" => None,
        _ => None,
    }
}

fn contact(asked: &Asked) -> Node {
    let presence = if asked.account.is_some() { "in" } else { "out" };
    let node = NodeBuilder::new("contact").attr("type", presence);
    match &asked.number {
        Some(number) => node.bytes(number.as_bytes()).build(),
        None => node.build(),
    }
}

fn devices(world: &mut World, id: AccountId, family: Addressing) -> Node {
    let hash = world.device_hash(id, family);
    let account = &world.accounts[id];
    let list: Vec<Node> = account
        .device_numbers()
        .map(|number| {
            let device = NodeBuilder::new("device").attr("id", number);
            match account.key_index_of(number) {
                0 => device.build(),
                index => device.attr("key-index", index).build(),
            }
        })
        .collect();
    let list = NodeBuilder::new("device-list").attr("hash", hash).children(list).build();
    let (ts, signed) = world.key_index_list(id).unwrap_or_default();
    let signed = NodeBuilder::new("key-index-list").attr("ts", ts).bytes(signed).build();
    wrap("devices", [list, signed])
}

fn status(world: &World, account: AccountId) -> Node {
    match world.accounts[account].extras.as_ref().and_then(|extras| extras.status.as_ref()) {
        Some((text, t)) => NodeBuilder::new("status").attr("t", *t).bytes(text.as_bytes()).build(),
        None => empty("status"),
    }
}

fn disappearing(world: &World, account: AccountId) -> Node {
    let extras = world.accounts[account].extras.as_ref();
    let (duration, t) = extras.and_then(|extras| extras.disappearing).unwrap_or_default();
    NodeBuilder::new("disappearing_mode").attr("duration", duration).attr("t", t).build()
}
