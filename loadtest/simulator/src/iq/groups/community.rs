//! Communities: a parent, its announcements, and the groups linked to it.

use serde_json::{Value, json};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::members::{NewGroup, Start, make_group};
use super::nodes::{group_node, participant, participants};
use super::{Answer, IqError, Request, administered, announce, gid, own_group};
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, child, children, wrap};
use crate::world::groups::{Group, Kind, Part};
use crate::world::{AccountId, World};

/// What a `<create>` is to make, from its `<parent>` or `<linked_parent>`.
pub(super) fn kind_of(world: &mut World, by: AccountId, create: &Node) -> Result<Kind, IqError> {
    if let Some(parent) = child(create, "parent") {
        let mode = attr(parent, "default_membership_approval_mode");
        return Ok(Kind::Community { closed: mode.as_deref() == Some("request_required") });
    }
    let Some(parent) = child(create, "linked_parent") else { return Ok(Kind::Plain) };
    let parent = attr_jid(parent, "jid").ok_or(IqError::BAD_REQUEST)?;
    let group = administered(world, &parent, by)?;
    if !matches!(group.kind, Kind::Community { .. }) {
        return Err(IqError::BAD_REQUEST);
    }
    Ok(Kind::Linked { community: group.id.clone(), part: Part::Group })
}

/// Gives a new community its own groups, and enters the members of a new group into its community.
pub(super) fn furnish(world: &mut World, jid: &Jid, create: &Node) -> Result<(), IqError> {
    let group = world.groups.get(&jid.user).ok_or(IqError::INTERNAL)?;
    let (creator, subject, members) =
        (group.creator, group.subject.clone(), group.members.keys().copied().collect::<Vec<_>>());
    if !matches!(group.kind, Kind::Community { .. }) {
        return enrol(world, jid, &members);
    }
    let mut parts = vec![(Part::Announcements, subject)];
    if child(create, "create_general_chat").is_some() {
        parts.push((Part::General, "General".to_owned()));
    }
    for (part, subject) in parts {
        let new = NewGroup {
            creator,
            subject,
            members: members.clone(),
            key: String::new(),
            addressing: Addressing::Lid,
            kind: Kind::Linked { community: jid.user.to_string(), part },
            start: Start { announcement: part == Part::Announcements, ..Start::default() },
        };
        make_group(world, new)?;
    }
    Ok(())
}

/// Who is in a group of a community is in the community and in its announcements; who is in the community, in those.
pub(super) fn enrol(world: &mut World, jid: &Jid, accounts: &[AccountId]) -> Result<(), IqError> {
    let Some(community) = community_of(world, jid) else { return Ok(()) };
    let announcements =
        world.groups.linked_to(&community).into_iter().find(|group| is(group, Part::Announcements));
    let announcements = announcements.map(|group| group.id.clone());
    for id in [Some(community), announcements].into_iter().flatten() {
        let group = world.groups.get_mut(&id).ok_or(IqError::INTERNAL)?;
        let (by, family) = (group.creator, group.addressing);
        let new: Vec<AccountId> =
            accounts.iter().copied().filter(|account| !group.members.contains_key(account)).collect();
        for account in &new {
            group.add(*account).map_err(|_| IqError::TOO_MUCH)?;
        }
        if !new.is_empty() {
            let change = participants(world, "add", &new, family);
            announce(world, &Jid::group(id), by, &change, &[]);
        }
    }
    Ok(())
}

/// Who leaves a community leaves every group of it.
pub(super) fn remove_everywhere(world: &mut World, jid: &Jid, by: AccountId, accounts: &[AccountId]) {
    let is_community =
        world.groups.get(&jid.user).is_some_and(|group| matches!(group.kind, Kind::Community { .. }));
    if !is_community {
        return;
    }
    let linked: Vec<String> =
        world.groups.linked_to(&jid.user).into_iter().map(|group| group.id.clone()).collect();
    for id in linked {
        let Some(group) = world.groups.get_mut(&id) else { continue };
        let gone: Vec<AccountId> =
            accounts.iter().copied().filter(|account| group.remove(*account)).collect();
        let family = group.addressing;
        if !gone.is_empty() {
            let change = participants(world, "remove", &gone, family);
            announce(world, &Jid::group(id), by, &change, &gone);
        }
    }
}

fn community_of(world: &World, jid: &Jid) -> Option<String> {
    match &world.groups.get(&jid.user)?.kind {
        Kind::Plain => None,
        Kind::Community { .. } => Some(jid.user.to_string()),
        Kind::Linked { community, .. } => Some(community.clone()),
    }
}

fn is(group: &Group, wanted: Part) -> bool {
    matches!(group.kind, Kind::Linked { part, .. } if part == wanted)
}

/// `<links><link link_type="sub_group"><group jid/>…`.
pub(in crate::iq) fn link(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let asked = child(request.child()?, "link").ok_or(IqError::BAD_REQUEST)?;
    parent(world, &jid, by)?;
    let mut answers = Vec::new();
    let mut linked = Vec::new();
    for node in children(asked) {
        let group_jid = attr_jid(node, "jid").ok_or(IqError::BAD_REQUEST)?;
        let error = match administered(world, &group_jid, by) {
            Ok(group) if group.kind == Kind::Plain => {
                group.kind = Kind::Linked { community: jid.user.to_string(), part: Part::Group };
                linked.push(group_jid.clone());
                None
            }
            Ok(_) => Some(409),
            Err(error) => Some(error.code),
        };
        answers.push(outcome(&group_jid, error));
    }
    for group_jid in &linked {
        let members: Vec<AccountId> = world
            .groups
            .get(&group_jid.user)
            .map(|group| group.members.keys().copied().collect())
            .unwrap_or_default();
        enrol(world, group_jid, &members)?;
    }
    tell(world, &jid, by, NodeBuilder::new("link").attr("link_type", "sub_group"), &linked);
    let answer = NodeBuilder::new("link").attr("link_type", "sub_group").children(answers).build();
    Ok(Answer::one(wrap("links", [answer])))
}

/// `<unlink unlink_type="sub_group"><group jid/>…`.
pub(in crate::iq) fn unlink(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    parent(world, &jid, by)?;
    let mut answers = Vec::new();
    let mut unlinked = Vec::new();
    for node in children(request.child()?) {
        let group_jid = attr_jid(node, "jid").ok_or(IqError::BAD_REQUEST)?;
        let error = match world.groups.get_mut(&group_jid.user) {
            Some(group) if group.is_in(&jid.user) && is(group, Part::Group) => {
                group.kind = Kind::Plain;
                unlinked.push(group_jid.clone());
                None
            }
            Some(_) => Some(409),
            None => Some(404),
        };
        answers.push(outcome(&group_jid, error));
    }
    let told =
        NodeBuilder::new("unlink").attr("unlink_type", "sub_group").attr("unlink_reason", "unlink_group");
    tell(world, &jid, by, told, &unlinked);
    Ok(Answer::one(NodeBuilder::new("unlink").attr("unlink_type", "sub_group").children(answers).build()))
}

fn outcome(jid: &Jid, error: Option<u16>) -> Node {
    let node = NodeBuilder::new("group").attr("jid", jid.clone());
    match error {
        Some(error) => node.attr("error", error).build(),
        None => node.build(),
    }
}

fn tell(world: &mut World, jid: &Jid, by: AccountId, change: NodeBuilder, groups: &[Jid]) {
    if groups.is_empty() {
        return;
    }
    let groups = groups.iter().map(|group| NodeBuilder::new("group").attr("jid", group.clone()).build());
    let change = change.children(groups.collect::<Vec<_>>()).build();
    announce(world, jid, by, &change, &[]);
}

/// `<delete_parent/>`: the community ends, its groups live on.
pub(in crate::iq) fn deactivate(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    parent(world, &jid, by)?;
    let change = NodeBuilder::new("delete").attr("reason", "delete_parent").build();
    announce(world, &jid, by, &change, &[]);
    let linked: Vec<(String, bool)> = world
        .groups
        .linked_to(&jid.user)
        .into_iter()
        .map(|group| (group.id.clone(), is(group, Part::Announcements)))
        .collect();
    for (id, is_announcements) in linked {
        if is_announcements {
            world.groups.remove(&id);
        } else if let Some(group) = world.groups.get_mut(&id) {
            group.kind = Kind::Plain;
        }
    }
    world.groups.remove(&jid.user);
    Ok(Answer::empty())
}

fn parent(world: &mut World, jid: &Jid, by: AccountId) -> Result<(), IqError> {
    match administered(world, jid, by)?.kind {
        Kind::Community { .. } => Ok(()),
        _ => Err(IqError::BAD_REQUEST),
    }
}

/// `<sub_groups/>`: the groups of a community.
pub(in crate::iq) fn sub_groups(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let id = own_group(world, request)?.id.clone();
    let linked = world.groups.linked_to(&id).into_iter().map(|group| {
        NodeBuilder::new("group")
            .attr("id", group.id.as_str())
            .attr("subject", group.subject.as_str())
            .attr("creation", group.created_s)
            .attr("size", group.members.len())
            .build()
    });
    Ok(Answer::one(wrap("sub_groups", linked.collect::<Vec<_>>())))
}

/// `<linked_groups_participants/>`: everybody in a community's groups, once.
pub(in crate::iq) fn everybody(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (id, family) = own_group(world, request).map(|group| (group.id.clone(), group.addressing))?;
    let linked = world.groups.linked_to(&id);
    let all: std::collections::BTreeSet<AccountId> =
        linked.into_iter().flat_map(|group| group.members.keys().copied()).collect();
    let nodes = all.into_iter().map(|account| participant(world, account, family, None));
    Ok(Answer::one(wrap("linked_groups_participants", nodes.collect::<Vec<_>>())))
}

/// `<join_linked_group jid/>`: a member of the community comes into one of its groups.
pub(in crate::iq) fn join_linked(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let by = request.from.account;
    let community = own_group(world, request)?.id.clone();
    let jid = attr_jid(request.child()?, "jid").ok_or(IqError::BAD_REQUEST)?;
    let group =
        world.groups.get_mut(&jid.user).filter(|group| group.is_in(&community)).ok_or(IqError::NOT_FOUND)?;
    group.add(by).map_err(|_| IqError::TOO_MUCH)?;
    let family = group.addressing;
    let change = participants(world, "add", &[by], family);
    announce(world, &jid, by, &change, &[]);
    let group = world.groups.get(&jid.user).ok_or(IqError::INTERNAL)?;
    Ok(Answer::one(wrap("linked_group", [group_node(world, group)])))
}

/// The groups of a community as GraphQL tells them.
pub(in crate::iq) fn as_json(world: &World, by: AccountId, community: &str) -> Result<Value, IqError> {
    let parent = world.groups.get(community).ok_or(IqError::NOT_FOUND)?;
    if !parent.members.contains_key(&by) {
        return Err(IqError::FORBIDDEN);
    }
    let node = |group: &Group| {
        json!({
            "id": Jid::group(group.id.as_str()).to_string(),
            "subject": {"value": group.subject, "creation_time": group.created_s},
            "total_participants_count": group.members.len(),
            "participants_count": group.members.len(),
            "properties": {"general_chat": is(group, Part::General), "hidden_group": false},
        })
    };
    let linked = world.groups.linked_to(community);
    let announcements = linked.iter().find(|group| is(group, Part::Announcements)).map(|group| node(group));
    let rest = linked.iter().filter(|group| !is(group, Part::Announcements));
    let edges: Vec<Value> = rest.map(|group| json!({"node": node(group)})).collect();
    Ok(json!({
        "id": Jid::group(community).to_string(),
        "default_sub_group": announcements,
        "sub_groups": {"edges": edges},
    }))
}
