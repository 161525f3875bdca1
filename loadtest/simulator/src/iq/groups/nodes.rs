//! How groups and participants look in stanzas.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::phone::Addressing;
use crate::stanza::{leaf, wrap};
use crate::world::groups::{Group, Role};
use crate::world::names::{mode, other};
use crate::world::{AccountId, World};

/// `<group>` as queries and creation answer it. Its id is the bare number, not a JID.
pub(super) fn group_node(world: &World, group: &Group) -> Node {
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
    parts.push(leaf("member_add_mode", group.member_add_mode.as_bytes()));
    parts.extend(group.settings.iter().map(|setting| NodeBuilder::new_dynamic(setting.clone()).build()));
    parts.extend(group.ephemeral_s.map(|s| NodeBuilder::new("ephemeral").attr("expiration", s).build()));
    NodeBuilder::new("group")
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
