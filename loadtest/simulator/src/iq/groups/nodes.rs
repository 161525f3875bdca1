//! How groups and participants look in stanzas.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::phone::Addressing;
use crate::stanza::{empty, leaf, wrap};
use crate::world::groups::{Group, Kind, Part, Role};
use crate::world::names::{mode, other};
use crate::world::{AccountId, World};

/// `<group>` as queries and creation answer it. Its id is the bare number, not a JID.
pub(super) fn group_node(world: &World, group: &Group) -> Node {
    described(world, group, "group")
}

/// `<community>`, as the list of all that an account is in has it.
pub(super) fn community_node(world: &World, group: &Group) -> Node {
    described(world, group, "community")
}

fn described(world: &World, group: &Group, tag: &'static str) -> Node {
    let creator = &world.accounts[group.creator];
    let (subject_t, subject_by) = group.subject_set;
    let participants =
        group.members.iter().map(|(member, role)| participant(world, *member, group.addressing, Some(*role)));
    let mut parts: Vec<Node> = participants.collect();
    if let Some((id, text, t, by)) = &group.description {
        parts.push(
            NodeBuilder::new("description")
                .attr("id", id.as_str())
                .attr("t", *t)
                .attr("participant", world.accounts[*by].jid(group.addressing, 0))
                .children([leaf("body", text.as_bytes())])
                .build(),
        );
    }
    parts.push(NodeBuilder::new("member_add_mode").string_content(group.member_add_mode.as_str()).build());
    parts.extend(approval_mode(group.approval));
    parts.extend(kind(&group.kind));
    parts.extend(group.settings.iter().map(|setting| NodeBuilder::new_dynamic(setting.clone()).build()));
    parts.extend(group.ephemeral_s.map(|s| NodeBuilder::new("ephemeral").attr("expiration", s).build()));
    NodeBuilder::new(tag)
        .attr("id", group.id.as_str())
        .attr("subject", group.subject.as_str())
        .attr("s_t", subject_t)
        .attr("s_o", world.accounts[subject_by].jid(group.addressing, 0))
        .attr("creation", group.created_s)
        .attr("creator", creator.jid(group.addressing, 0))
        .attr("creator_pn", creator.jid(Addressing::Pn, 0))
        .attr("addressing_mode", mode(group.addressing))
        .attr("p_v_id", group.participant_version)
        .attr("a_v_id", 1)
        .attr("size", group.members.len())
        .children(parts)
        .build()
}

/// What an answer calls a group that was joined.
pub(super) fn tag(kind: &Kind) -> &'static str {
    if matches!(kind, Kind::Community { .. }) { "community" } else { "group" }
}

fn approval_mode(on: bool) -> Option<Node> {
    let join = NodeBuilder::new("group_join").attr("state", "on").build();
    on.then(|| wrap("membership_approval_mode", [join]))
}

fn kind(kind: &Kind) -> Vec<Node> {
    match kind {
        Kind::Plain => Vec::new(),
        Kind::Community { closed: false } => vec![empty("parent")],
        Kind::Community { closed: true } => {
            let parent = NodeBuilder::new("parent");
            vec![parent.attr("default_membership_approval_mode", "request_required").build()]
        }
        Kind::Linked { community, part } => {
            let parent = NodeBuilder::new("linked_parent").attr("jid", Jid::group(community.as_str()));
            let part = match part {
                Part::Announcements => Some(empty("default_sub_group")),
                Part::General => Some(empty("general_chat")),
                Part::Group => None,
            };
            [Some(parent.build()), part].into_iter().flatten().collect()
        }
    }
}

/// `<participant>` under both of its names.
pub(super) fn participant(world: &World, member: AccountId, family: Addressing, role: Option<Role>) -> Node {
    let account = &world.accounts[member];
    let other_key = match family {
        Addressing::Pn => "lid",
        Addressing::Lid => "phone_number",
    };
    let node = NodeBuilder::new("participant")
        .attr("jid", account.jid(family, 0))
        .attr(other_key, account.jid(other(family), 0));
    match role {
        Some(Role::Admin) => node.attr("type", "admin").build(),
        Some(Role::SuperAdmin) => node.attr("type", "superadmin").build(),
        Some(Role::Member) | None => node.build(),
    }
}

/// `tag` around participants.
pub(super) fn participants(
    world: &World,
    tag: &'static str,
    members: &[AccountId],
    family: Addressing,
) -> Node {
    wrap(tag, members.iter().map(|member| participant(world, *member, family, None)).collect::<Vec<_>>())
}
