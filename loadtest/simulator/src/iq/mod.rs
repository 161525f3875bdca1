//! The IQ table: which request gets which answer. A request without a route is answered 501 and counted.

mod app_state;
mod groups;
mod keys;
mod mex;
mod newsletters;
mod profile;
mod session;
mod settings;
mod tokens;
mod usync;

pub use self::groups::{GroupChange, NewGroup, Start};

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::faults::FaultKind;
use crate::stanza::{attr, children};
use crate::world::{DeviceId, World, answering};

/// A request on its way through the table.
pub(crate) struct Request<'a> {
    /// Who asks.
    pub from: DeviceId,
    /// The whole stanza.
    pub iq: &'a Node,
    /// The child the route was found by, if routes look at children there.
    pub child: Option<&'a Node>,
}

/// A successful answer.
pub(crate) struct Answer {
    children: Vec<Node>,
    after: Option<fn(&mut World, DeviceId)>,
}

/// An error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IqError {
    /// Code, HTTP-like.
    pub code: u16,
    /// Its name.
    pub text: &'static str,
}

type Handler = fn(&mut World, &Request<'_>) -> Result<Answer, IqError>;

/// One line of the table.
struct Route {
    xmlns: &'static str,
    /// `get` or `set`.
    kind: &'static str,
    /// Tag of the first child that decides; `*` for any or none.
    child: &'static str,
    handler: Handler,
}

const fn route(xmlns: &'static str, kind: &'static str, child: &'static str, handler: Handler) -> Route {
    Route { xmlns, kind, child, handler }
}

/// Every request the service knows. The first line that fits answers.
const ROUTES: &[Route] = &[
    route("encrypt", "get", "count", keys::count),
    route("encrypt", "get", "digest", keys::digest),
    route("encrypt", "get", "key", keys::fetch),
    route("encrypt", "set", "rotate", keys::rotate),
    route("encrypt", "set", "*", keys::upload),
    route("passive", "set", "active", session::active),
    route("passive", "set", "passive", session::passive),
    route("w:p", "get", "*", session::ping),
    route("urn:xmpp:ping", "get", "*", session::ping),
    route("urn:xmpp:whatsapp:dirty", "set", "clean", session::ping),
    route("md", "set", "remove-companion-device", session::log_out),
    route("usync", "get", "usync", usync::query),
    route("abt", "get", "props", settings::ab_props),
    route("w", "get", "props", settings::props),
    route("blocklist", "get", "*", settings::blocklist),
    route("blocklist", "set", "item", settings::block),
    route("privacy", "get", "privacy", settings::privacy),
    route("privacy", "set", "privacy", settings::set_privacy),
    route("privacy", "set", "tokens", tokens::issue),
    route("status", "set", "status", settings::set_status),
    route("disappearing_mode", "set", "disappearing_mode", settings::set_disappearing),
    route("w:stats", "set", "*", session::ping),
    route("w:m", "set", "media_conn", profile::media_conn),
    route("w:profile:picture", "get", "picture", profile::picture),
    route("w:profile:picture", "set", "*", profile::set_picture),
    route("w:biz", "get", "*", profile::business),
    route("bot", "get", "*", profile::bots),
    route("w:sync:app:state", "set", "sync", app_state::sync),
    route("w:g2", "set", "create", groups::create),
    route("w:g2", "get", "participating", groups::participating),
    route("w:g2", "get", "query", groups::query),
    route("w:g2", "get", "invite", groups::invite),
    route("w:g2", "set", "invite", groups::join_or_revoke),
    route("w:g2", "set", "leave", groups::leave),
    route("w:g2", "set", "add", groups::change_participants),
    route("w:g2", "set", "remove", groups::change_participants),
    route("w:g2", "set", "promote", groups::change_participants),
    route("w:g2", "set", "demote", groups::change_participants),
    route("w:g2", "set", "subject", groups::set_subject),
    route("w:g2", "set", "description", groups::set_description),
    route("w:g2", "set", "announcement", groups::set_flag),
    route("w:g2", "set", "not_announcement", groups::set_flag),
    route("w:g2", "set", "locked", groups::set_flag),
    route("w:g2", "set", "unlocked", groups::set_flag),
    route("w:g2", "set", "ephemeral", groups::set_ephemeral),
    route("w:g2", "set", "not_ephemeral", groups::set_ephemeral),
    route("w:g2", "set", "member_add_mode", groups::set_member_add_mode),
    route("w:g2", "set", "membership_approval_mode", groups::set_approval),
    route("w:g2", "get", "membership_approval_requests", groups::requests),
    route("w:g2", "set", "membership_requests_action", groups::decide),
    route("w:g2", "set", "accept", groups::accept),
    route("w:g2", "set", "links", groups::community::link),
    route("w:g2", "set", "unlink", groups::community::unlink),
    route("w:g2", "set", "delete_parent", groups::community::deactivate),
    route("w:g2", "get", "sub_groups", groups::community::sub_groups),
    route("w:g2", "get", "linked_groups_participants", groups::community::everybody),
    route("w:g2", "set", "join_linked_group", groups::community::join_linked),
    route("w:mex", "get", "query", mex::query),
    route("newsletter", "get", "messages", newsletters::messages),
    route("newsletter", "get", "message_updates", newsletters::message_updates),
    route("newsletter", "set", "live_updates", newsletters::live_updates),
    route("status", "get", "privacy", settings::status_privacy),
];

/// Namespace, type and child of every route.
#[cfg(test)]
pub(crate) fn routes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ROUTES.iter().map(|route| (route.xmlns, route.kind, route.child))
}

/// An IQ from a device: a request, or an answer to one of the service's.
pub(crate) fn on_iq(world: &mut World, from: DeviceId, iq: &Node) {
    let kind = attr(iq, "type").unwrap_or_default();
    if kind == "result" || kind == "error" {
        return;
    }
    let xmlns = attr(iq, "xmlns").unwrap_or_default();
    let withheld = |value: &str| {
        value == xmlns || value.split_once('/').is_some_and(|(ns, tag)| ns == xmlns && has_child(iq, tag))
    };
    if world.strike_if(FaultKind::WithholdIq, from, withheld).is_some() {
        return;
    }
    let found = ROUTES.iter().filter(|route| route.xmlns == xmlns && route.kind == kind).find_map(|route| {
        if route.child == "*" {
            return Some((route, children(iq).first()));
        }
        children(iq).iter().find(|child| child.tag == route.child).map(|child| (route, Some(child)))
    });
    let Some((route, child)) = found else {
        world.counters.count_unknown_iq(name_of(iq));
        world.reply(from, error(iq, IqError::NOT_IMPLEMENTED));
        return;
    };
    match (route.handler)(world, &Request { from, iq, child }) {
        Ok(answer) => {
            world.reply(from, result(iq, answer.children));
            if let Some(after) = answer.after {
                after(world, from);
            }
        }
        Err(refused) => {
            world.counters.iq_errors += 1;
            world.reply(from, error(iq, refused));
        }
    }
}

fn has_child(iq: &Node, tag: &str) -> bool {
    children(iq).iter().any(|child| child.tag == tag)
}

/// `xmlns type child`, for the list of unknown requests.
pub(crate) fn name_of(iq: &Node) -> String {
    let of = |key| attr(iq, key).unwrap_or_default().into_owned();
    let child = children(iq).first().map_or("-", |child| &*child.tag);
    format!("{} {} {child}", of("xmlns"), of("type"))
}

/// A result for `request`.
pub(crate) fn result(request: &Node, children: Vec<Node>) -> Node {
    let iq = answer(request, "result");
    if children.is_empty() { iq.build() } else { iq.children(children).build() }
}

/// An error for `request`.
pub(crate) fn error(request: &Node, error: IqError) -> Node {
    answer(request, "error").children([error.node()]).build()
}

fn answer(request: &Node, kind: &'static str) -> NodeBuilder {
    let iq = NodeBuilder::new("iq").attr("from", answering(request)).attr("type", kind);
    match request.attrs.get("id") {
        Some(id) => iq.attr("id", id.clone()),
        None => iq,
    }
}

impl Answer {
    /// An empty result.
    pub fn empty() -> Self {
        Self { children: Vec::new(), after: None }
    }

    /// A result with one child.
    pub fn one(child: Node) -> Self {
        Self { children: vec![child], after: None }
    }

    /// A result with these children.
    pub fn many(children: Vec<Node>) -> Self {
        Self { children, after: None }
    }

    /// Lets `action` run once the result is sent.
    pub fn then(mut self, action: fn(&mut World, DeviceId)) -> Self {
        self.after = Some(action);
        self
    }
}

impl IqError {
    /// A request that lacks what it needs.
    pub const BAD_REQUEST: Self = Self { code: 400, text: "bad-request" };
    /// Not theirs to ask.
    pub const FORBIDDEN: Self = Self { code: 403, text: "forbidden" };
    /// Nothing by that name.
    pub const NOT_FOUND: Self = Self { code: 404, text: "item-not-found" };
    /// An invitation that leads nowhere.
    pub const NOT_ACCEPTABLE: Self = Self { code: 406, text: "not-acceptable" };
    /// Too much at once.
    pub const TOO_MUCH: Self = Self { code: 413, text: "too-large" };
    /// The service cannot do it now.
    pub const INTERNAL: Self = Self { code: 500, text: "internal-server-error" };
    /// Not simulated.
    pub const NOT_IMPLEMENTED: Self = Self { code: 501, text: "feature-not-implemented" };

    /// `<error code text/>`.
    pub fn node(self) -> Node {
        NodeBuilder::new("error").attr("code", self.code).attr("text", self.text).build()
    }
}

impl<'a> Request<'a> {
    /// The child the route was found by.
    pub fn child(&self) -> Result<&'a Node, IqError> {
        self.child.ok_or(IqError::BAD_REQUEST)
    }
}
