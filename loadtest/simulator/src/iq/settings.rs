//! Server properties, privacy, blocklist, "about" text, default timer.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Answer, IqError, Request};
use crate::limits::BLOCKLIST_MAX;
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, attr_u64, bytes, children, empty, wrap};
use crate::world::{AccountId, World};

/// Privacy categories and what they are set to until somebody changes them.
const PRIVACY_DEFAULTS: [(&str, &str); 9] = [
    ("readreceipts", "all"),
    ("last", "all"),
    ("online", "all"),
    ("profile", "all"),
    ("status", "all"),
    ("groupadd", "all"),
    ("calladd", "all"),
    ("messages", "all"),
    ("defense", "off"),
];

/// `abt` properties.
pub(super) fn ab_props(_: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    let prop = NodeBuilder::new("prop").attr("config_code", 10_518).attr("config_value", 0).build();
    Ok(Answer::one(
        NodeBuilder::new("props")
            .attr("protocol", 1)
            .attr("ab_key", "k")
            .attr("hash", "h1")
            .attr("refresh", 86_400)
            .attr("refresh_id", 1)
            .children([prop])
            .build(),
    ))
}

/// `w` properties, which older clients ask for.
pub(super) fn props(_: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    let props = NodeBuilder::new("props").attr("protocol", 2).attr("hash", "h1").attr("refresh", 86_400);
    Ok(Answer::one(props.children([]).build()))
}

/// Whom the account blocks.
pub(super) fn blocklist(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    Ok(Answer::one(list(world, request.from.account)))
}

/// Blocks or unblocks somebody.
pub(super) fn block(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let item = request.child()?;
    let jid = attr_jid(item, "jid").or_else(|| attr_jid(item, "pn_jid")).ok_or(IqError::BAD_REQUEST)?;
    let other = world.accounts.of(&jid).ok_or(IqError::NOT_FOUND)?;
    let blocked = &mut world.accounts[request.from.account].extras_mut().blocked;
    match attr(item, "action").as_deref() {
        Some("block") if blocked.len() >= BLOCKLIST_MAX => return Err(IqError::TOO_MUCH),
        Some("block") => blocked.insert(other),
        Some("unblock") => blocked.remove(&other),
        _ => return Err(IqError::BAD_REQUEST),
    };
    Ok(Answer::one(list(world, request.from.account)))
}

fn list(world: &World, account: AccountId) -> Node {
    let blocked = world.accounts[account].extras.as_ref().map(|extras| &extras.blocked);
    let items = blocked.into_iter().flatten().map(|other| {
        NodeBuilder::new("item").attr("jid", world.accounts[*other].jid(Addressing::Lid, 0)).build()
    });
    wrap("list", items.collect::<Vec<_>>())
}

/// All privacy settings.
pub(super) fn privacy(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let changed = world.accounts[request.from.account].extras.as_ref().map(|extras| &extras.privacy);
    let categories = PRIVACY_DEFAULTS.map(|(name, default)| {
        let value = changed.and_then(|changed| changed.get(name)).map_or(default, String::as_str);
        category(name, value)
    });
    Ok(Answer::one(wrap("privacy", categories)))
}

/// Changes privacy settings; echoes the changed ones.
pub(super) fn set_privacy(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let mut echoed = Vec::new();
    for change in children(request.child()?) {
        let (Some(name), Some(value)) = (attr(change, "name"), attr(change, "value")) else {
            return Err(IqError::BAD_REQUEST);
        };
        if !PRIVACY_DEFAULTS.iter().any(|(known, _)| *known == name) {
            return Err(IqError::BAD_REQUEST);
        }
        echoed.push(category(&name, &value));
        let privacy = &mut world.accounts[request.from.account].extras_mut().privacy;
        privacy.insert(name.into_owned(), value.into_owned());
    }
    Ok(Answer::one(wrap("privacy", echoed)))
}

fn category(name: &str, value: &str) -> Node {
    NodeBuilder::new("category").attr("name", name).attr("value", value).build()
}

/// A new "about" text.
pub(super) fn set_status(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let text = String::from_utf8_lossy(&bytes(request.child()?)).into_owned();
    let now_s = world.now_s();
    world.accounts[request.from.account].extras_mut().status = Some((text, now_s));
    Ok(Answer::empty())
}

/// A new default timer for disappearing messages.
pub(super) fn set_disappearing(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let seconds = attr_u64(request.child()?, "duration").ok_or(IqError::BAD_REQUEST)?;
    let seconds = u32::try_from(seconds).map_err(|_| IqError::BAD_REQUEST)?;
    let now_s = world.now_s();
    world.accounts[request.from.account].extras_mut().disappearing = Some((seconds, now_s));
    Ok(Answer::one(empty("disappearing_mode")))
}

/// Who sees the account's status: the three lists, and which one counts.
pub(super) fn status_privacy(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let extras = world.accounts[request.from.account].extras.as_ref();
    let (chosen, people) = extras
        .and_then(|extras| extras.status_audience.clone())
        .unwrap_or_else(|| ("contacts".to_owned(), Default::default()));
    let lists = ["contacts", "blacklist", "whitelist"].map(|name| {
        let list = NodeBuilder::new("list").attr("type", name);
        if name != chosen {
            return list.build();
        }
        let users = people.iter().map(|person| {
            NodeBuilder::new("user").attr("jid", world.accounts[*person].jid(Addressing::Lid, 0)).build()
        });
        list.attr("default", "true").children(users.collect::<Vec<_>>()).build()
    });
    Ok(Answer::one(wrap("privacy", lists)))
}
