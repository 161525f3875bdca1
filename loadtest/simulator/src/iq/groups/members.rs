//! Creating groups, and who is in them.

use std::collections::BTreeMap;

use rand::Rng;
use serde::Deserialize;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::nodes::{group_node, participant, participants};
use super::{Answer, IqError, Request, administered, announce, community, gid, joining};
use crate::phone::Addressing;
use crate::stanza::{attr, attr_jid, attr_u64, child, child_text, children, wrap};
use crate::world::groups::{Group, Kind, Role};
use crate::world::{AccountId, World};

/// A group to be created.
#[derive(Debug)]
pub struct NewGroup {
    /// Who creates it.
    pub creator: AccountId,
    /// Its name.
    pub subject: String,
    /// Members besides the creator.
    pub members: Vec<AccountId>,
    /// The client's key of the request, repeated in the notification.
    pub key: String,
    /// Which names its members go by.
    pub addressing: Addressing,
    /// What it is among other groups.
    pub kind: Kind,
    /// What else it begins with.
    pub start: Start,
}

/// Settings that a group may begin with.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Description: id and text.
    pub description: Option<(String, String)>,
    /// Only admins write.
    pub announcement: bool,
    /// Admins decide about everyone who comes by the link.
    pub approval: bool,
    /// Only admins add members.
    pub admins_add: bool,
    /// Timer of disappearing messages, seconds.
    pub ephemeral_s: Option<u32>,
}

/// A change of who is in a group, or what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupChange {
    /// New members.
    Add,
    /// Members leave.
    Remove,
    /// Members become admins.
    Promote,
    /// Admins become members.
    Demote,
}

impl GroupChange {
    fn from_tag(tag: &str) -> Option<Self> {
        Some(match tag {
            "add" => Self::Add,
            "remove" => Self::Remove,
            "promote" => Self::Promote,
            "demote" => Self::Demote,
            _ => return None,
        })
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Promote => "promote",
            Self::Demote => "demote",
        }
    }
}

impl World {
    /// Creates a group and tells its members; its JID.
    ///
    /// # Errors
    /// An IQ error if it would be too large, or one group too many.
    pub fn create_group(&mut self, new: NewGroup) -> Result<Jid, String> {
        make_group(self, new).map_err(|error| error.text.to_owned())
    }

    /// Changes who is in a group; who was affected.
    ///
    /// # Errors
    /// An IQ error if there is no such group or `by` may not change it.
    pub fn change_group(
        &mut self,
        gid: &Jid,
        by: AccountId,
        change: GroupChange,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>, String> {
        change_members(self, (gid, by), change, accounts).map_err(|error| error.text.to_owned())
    }
}

/// `<create subject key>` with its participants.
pub(in crate::iq) fn create(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let node = request.child()?;
    let of = |key| attr(node, key).unwrap_or_default().into_owned();
    let new = NewGroup {
        creator: request.from.account,
        subject: of("subject"),
        members: accounts(world, node),
        key: of("key"),
        addressing: Addressing::Lid,
        kind: community::kind_of(world, request.from.account, node)?,
        start: start(node),
    };
    let jid = make_group(world, new)?;
    community::furnish(world, &jid, node)?;
    let group = world.groups.get(&jid.user).ok_or(IqError::INTERNAL)?;
    Ok(Answer::one(group_node(world, group)))
}

fn start(node: &Node) -> Start {
    let description = child(node, "description");
    let text = description.and_then(|node| child_text(node, "body")).filter(|text| !text.is_empty());
    let id = description.and_then(|node| attr(node, "id")).unwrap_or_default().into_owned();
    let join = child(node, "membership_approval_mode").and_then(|mode| child(mode, "group_join"));
    let expiration = child(node, "ephemeral").and_then(|timer| attr_u64(timer, "expiration"));
    Start {
        description: text.map(|text| (id, text)),
        announcement: false,
        approval: join.is_some_and(|join| attr(join, "state").as_deref() == Some("on")),
        admins_add: child_text(node, "member_add_mode").as_deref() == Some("admin_add"),
        ephemeral_s: expiration
            .and_then(|seconds| u32::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0),
    }
}

pub(super) fn make_group(world: &mut World, new: NewGroup) -> Result<Jid, IqError> {
    let now_s = world.now_s();
    let id = format!("1203{:014}", world.rng.next_u64() % 100_000_000_000_000);
    let mut group = Group {
        subject_set: (now_s, new.creator),
        subject: new.subject,
        created_s: now_s,
        creator: new.creator,
        description: new.start.description.map(|(id, text)| (id, text, now_s, new.creator)),
        addressing: new.addressing,
        members: [(new.creator, Role::SuperAdmin)].into(),
        kind: new.kind,
        settings: Vec::new(),
        approval: new.start.approval,
        requests: BTreeMap::new(),
        invitations: BTreeMap::new(),
        picture: None,
        ephemeral_s: new.start.ephemeral_s,
        member_add_mode: if new.start.admins_add { "admin_add" } else { "all_member_add" }.to_owned(),
        invite: joining::fresh_code(world),
        participant_version: 0,
        id,
    };
    group.set("announcement", new.start.announcement);
    for member in new.members {
        group.add(member).map_err(|_| IqError::TOO_MUCH)?;
    }
    group.participant_version = 1;
    let jid = Jid::group(group.id.as_str());
    let node = group_node(world, &group);
    world.groups.insert(group).map_err(|_| IqError::TOO_MUCH)?;
    let change = NodeBuilder::new("create").attr("type", "new").attr("key", new.key).children([node]).build();
    announce(world, &jid, new.creator, &change, &[]);
    Ok(jid)
}

/// `<add>`, `<remove>`, `<promote>`, `<demote>`.
pub(in crate::iq) fn change_participants(
    world: &mut World,
    request: &Request<'_>,
) -> Result<Answer, IqError> {
    let node = request.child()?;
    let change = GroupChange::from_tag(&node.tag).ok_or(IqError::BAD_REQUEST)?;
    let jid = gid(request)?;
    let asked: Vec<(Jid, Option<AccountId>)> = children(node)
        .iter()
        .filter_map(|participant| attr_jid(participant, "jid"))
        .map(|jid| (jid.clone(), world.accounts.of(&jid)))
        .collect();
    let mut known: Vec<AccountId> = asked.iter().filter_map(|(_, account)| *account).collect();
    let shy = if change == GroupChange::Add { joining::shy(world, &known) } else { Vec::new() };
    known.retain(|account| !shy.contains(account));
    let changed = change_members(world, (&jid, request.from.account), change, &known)?;
    if change == GroupChange::Add {
        community::enrol(world, &jid, &changed)?;
    }
    if change == GroupChange::Remove && attr(node, "linked_groups").as_deref() == Some("true") {
        community::remove_everywhere(world, &jid, request.from.account, &changed);
    }
    let family = world.groups.get(&jid.user).map_or(Addressing::Lid, |group| group.addressing);
    let mut answers = Vec::new();
    for (jid_asked, account) in asked {
        answers.push(match account {
            Some(account) if changed.contains(&account) => participant(world, account, family, None),
            Some(account) if shy.contains(&account) => joining::invited(world, &jid, account, jid_asked)?,
            Some(_) => NodeBuilder::new("participant").attr("jid", jid_asked).attr("error", 409).build(),
            None => NodeBuilder::new("participant").attr("jid", jid_asked).attr("error", 404).build(),
        });
    }
    Ok(Answer::one(wrap(change.tag(), answers)))
}

pub(super) fn change_members(
    world: &mut World,
    at: (&Jid, AccountId),
    change: GroupChange,
    accounts: &[AccountId],
) -> Result<Vec<AccountId>, IqError> {
    let (gid, by) = at;
    let group = administered(world, gid, by)?;
    let mut changed = Vec::new();
    for account in accounts {
        let done = match change {
            GroupChange::Add if group.members.contains_key(account) => false,
            GroupChange::Add => group.add(*account).map(|()| true).map_err(|_| IqError::TOO_MUCH)?,
            GroupChange::Remove => group.remove(*account),
            GroupChange::Promote => group.set_role(*account, Role::Admin),
            GroupChange::Demote => group.set_role(*account, Role::Member),
        };
        if done {
            changed.push(*account);
        }
    }
    if !changed.is_empty() {
        let family = group.addressing;
        let node = participants(world, change.tag(), &changed, family);
        announce(world, gid, by, &node, &changed);
    }
    Ok(changed)
}

/// `<leave><group id/>…</leave>`.
pub(in crate::iq) fn leave(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let by = request.from.account;
    let mut answers = Vec::new();
    for group in children(request.child()?) {
        let jid = attr_jid(group, "id").ok_or(IqError::BAD_REQUEST)?;
        let user = if jid.user.is_empty() {
            attr(group, "id").unwrap_or_default().into_owned()
        } else {
            jid.user.to_string()
        };
        let found = world.groups.get_mut(&user).ok_or(IqError::NOT_FOUND)?;
        let family = found.addressing;
        let left = found.remove(by);
        let node = NodeBuilder::new("group").attr("id", Jid::group(user.as_str()));
        answers.push(if left { node.build() } else { node.attr("error", 404).build() });
        if left {
            let change = participants(world, "remove", &[by], family);
            let jid = Jid::group(user);
            announce(world, &jid, by, &change, &[by]);
            community::remove_everywhere(world, &jid, by, &[by]);
        }
    }
    Ok(Answer::one(wrap("leave", answers)))
}

/// The accounts that a node's participants name.
pub(super) fn accounts(world: &World, node: &Node) -> Vec<AccountId> {
    let named = children(node).iter().filter_map(|participant| attr_jid(participant, "jid"));
    named.filter_map(|jid| world.accounts.of(&jid)).collect()
}
