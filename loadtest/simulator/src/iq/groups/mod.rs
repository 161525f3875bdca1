//! Groups: the requests of `w:g2` and the notifications that follow from them.

pub(super) mod community;
mod joining;
mod members;
mod nodes;
mod settings;

pub(super) use self::joining::{accept, decide, join_or_revoke, requests, set_approval};
pub use self::members::{GroupChange, NewGroup, Start};
pub(super) use self::members::{change_participants, create, leave};
pub(super) use self::settings::{
    set_description, set_ephemeral, set_flag, set_member_add_mode, set_picture, set_subject,
};

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use self::nodes::{community_node, group_node};
use super::{Answer, IqError, Request};
use crate::phone::Addressing;
use crate::stanza::{attr_jid, wrap};
use crate::world::groups::{Group, Kind};
use crate::world::names::{mode, other};
use crate::world::{AccountId, World};

/// Every group and community the account is in.
pub(super) fn participating(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (communities, groups): (Vec<&Group>, Vec<&Group>) = world
        .groups
        .of(request.from.account)
        .into_iter()
        .partition(|group| matches!(group.kind, Kind::Community { .. }));
    let groups: Vec<Node> = groups.into_iter().map(|group| group_node(world, group)).collect();
    let communities: Vec<Node> = communities.into_iter().map(|group| community_node(world, group)).collect();
    Ok(Answer::many(vec![wrap("groups", groups), wrap("communities", communities)]))
}

/// One group, for its members.
pub(super) fn query(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    Ok(Answer::one(group_node(world, own_group(world, request)?)))
}

/// The group's invitation code; or, given a code, the group behind it.
pub(super) fn invite(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    if let Some(code) = crate::stanza::attr(request.child()?, "code") {
        let group = world.groups.by_invite(&code).ok_or(IqError::NOT_ACCEPTABLE)?;
        return Ok(Answer::one(group_node(world, group)));
    }
    let code = own_group(world, request)?.invite.as_str();
    Ok(Answer::one(NodeBuilder::new("invite").attr("code", code).build()))
}

/// The group a request is addressed to.
fn gid(request: &Request<'_>) -> Result<Jid, IqError> {
    attr_jid(request.iq, "to").ok_or(IqError::BAD_REQUEST)
}

fn own_group<'w>(world: &'w World, request: &Request<'_>) -> Result<&'w Group, IqError> {
    let group = world.groups.get(&gid(request)?.user).ok_or(IqError::NOT_FOUND)?;
    if group.members.contains_key(&request.from.account) { Ok(group) } else { Err(IqError::FORBIDDEN) }
}

/// The group, if the account may change it.
fn administered<'w>(world: &'w mut World, gid: &Jid, by: AccountId) -> Result<&'w mut Group, IqError> {
    let group = world.groups.get_mut(&gid.user).ok_or(IqError::NOT_FOUND)?;
    if group.is_admin(by) { Ok(group) } else { Err(IqError::FORBIDDEN) }
}

/// Tells all members, and `also`, of a change.
fn announce(world: &mut World, gid: &Jid, by: AccountId, change: &Node, also: &[AccountId]) {
    let Some(group) = world.groups.get(&gid.user) else { return };
    let mut told: Vec<AccountId> = group.members.keys().copied().collect();
    told.extend(also.iter().filter(|account| !group.members.contains_key(account)));
    announce_to(world, gid, by, change, &told);
}

/// Tells these accounts of a change.
fn announce_to(world: &mut World, gid: &Jid, by: AccountId, change: &Node, told: &[AccountId]) {
    let Some(group) = world.groups.get(&gid.user) else { return };
    let family = group.addressing;
    let author = &world.accounts[by];
    let (participant, other_name) = (author.jid(family, 0), author.jid(other(family), 0));
    let name = author.push_name.to_string();
    let other_key = match family {
        Addressing::Pn => "participant_lid",
        Addressing::Lid => "participant_pn",
    };
    for account in told {
        for device in world.devices_of(*account) {
            let notification = world
                .notification(gid.clone(), "w:gp2")
                .attr("participant", participant.clone())
                .attr(other_key, other_name.clone())
                .attr("addressing_mode", mode(family))
                .attr("notify", name.as_str())
                .children([change.clone()])
                .build();
            world.deliver(device, notification);
        }
    }
}
