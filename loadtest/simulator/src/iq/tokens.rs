//! Privacy tokens: given by a client to somebody it trusts.

use rand::Rng;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::{Answer, IqError, Request};
use crate::limits::QUERY_USERS_MAX;
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, children, wrap};
use crate::world::{AccountId, DeviceId, World};

/// Bytes of a token.
const TOKEN_BYTES: usize = 11;

/// `<tokens>`: each recipient's devices are told theirs.
pub(super) fn issue(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let tokens = children(request.child()?);
    if tokens.len() > QUERY_USERS_MAX {
        return Err(IqError::TOO_MUCH);
    }
    for token in tokens {
        let to = attr_jid(token, "jid").and_then(|jid| world.accounts.of(&jid));
        if let Some(to) = to.filter(|to| *to != request.from.account) {
            tell(world, request.from, to, token);
        }
    }
    Ok(Answer::empty())
}

fn tell(world: &mut World, from: DeviceId, to: AccountId, issued: &Node) {
    let mut secret = [0; TOKEN_BYTES];
    world.rng.fill_bytes(&mut secret);
    let t = attr(issued, "t").map_or_else(|| world.now_s().to_string(), |t| t.into_owned());
    for device in world.companions_of(to, None) {
        let token = NodeBuilder::new("token")
            .attr("type", "trusted_contact")
            .attr("t", t.as_str())
            .attr("jid", world.jid(device, Addressing::Pn))
            .bytes(secret)
            .build();
        let author = &world.accounts[from.account];
        let (pn, lid) = (author.jid(Addressing::Pn, 0), author.jid(Addressing::Lid, 0));
        let notification = world.notification(pn, "privacy_token").attr("sender_lid", lid);
        world.deliver(device, notification.children([wrap("tokens", [token])]).build());
    }
}
