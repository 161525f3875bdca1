//! Coming into a group: by its link, by an invitation, with an admin's consent.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::members::accounts;
use super::nodes::{participant, participants, tag};
use super::{Answer, IqError, Request, administered, announce, announce_to, community, gid};
use crate::stanza::{attr, attr_u64, child, children, wrap};
use crate::world::groups::{Kind, Role};
use crate::world::{AccountId, World};

/// How long an invitation for one person serves, seconds.
const INVITATION_S: u64 = 3 * 24 * 3_600;

/// A code that was never used.
pub(super) fn fresh_code(world: &mut World) -> String {
    let mut code = [0; 16];
    world.rng.fill_bytes(&mut code);
    URL_SAFE_NO_PAD.encode(code)
}

/// Those of `accounts` that do not let everybody add them to groups.
pub(super) fn shy(world: &World, accounts: &[AccountId]) -> Vec<AccountId> {
    let is_shy = |account: &AccountId| {
        let extras = world.accounts[*account].extras.as_ref();
        extras.and_then(|extras| extras.privacy.get("groupadd")).is_some_and(|value| value != "all")
    };
    accounts.iter().copied().filter(is_shy).collect()
}

/// `<participant error="403">` with an invitation to be sent to somebody who cannot be added.
pub(super) fn invited(
    world: &mut World,
    group: &Jid,
    account: AccountId,
    asked: Jid,
) -> Result<Node, IqError> {
    let (code, until_s) = (fresh_code(world), world.now_s() + INVITATION_S);
    let group = world.groups.get_mut(&group.user).ok_or(IqError::NOT_FOUND)?;
    group.invitations.insert(account, (code.clone(), until_s));
    let request = NodeBuilder::new("add_request").attr("code", code).attr("expiration", until_s).build();
    Ok(NodeBuilder::new("participant").attr("jid", asked).attr("error", 403).children([request]).build())
}

/// `<invite code/>` to `@g.us` joins by a code; `<invite/>` to a group makes a new code.
pub(in crate::iq) fn join_or_revoke(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let account = request.from.account;
    let Some(code) = attr(request.child()?, "code") else {
        let code = fresh_code(world);
        let group = administered(world, &gid(request)?, account)?;
        group.invite.clone_from(&code);
        return Ok(Answer::one(NodeBuilder::new("invite").attr("code", code).build()));
    };
    let id = world.groups.by_invite(&code).map(|group| group.id.clone()).ok_or(IqError::NOT_ACCEPTABLE)?;
    let group = world.groups.get(&id).ok_or(IqError::NOT_ACCEPTABLE)?;
    if group.approval && !group.members.contains_key(&account) {
        return ask_admins(world, &Jid::group(id), account);
    }
    enter(world, &Jid::group(id), account)
}

/// `<accept code expiration admin/>`: an invitation for one person.
pub(in crate::iq) fn accept(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, account, now_s) = (gid(request)?, request.from.account, world.now_s());
    let node = request.child()?;
    let group = world.groups.get(&jid.user).ok_or(IqError::NOT_FOUND)?;
    let (code, until_s) = group.invitations.get(&account).ok_or(IqError::NOT_ACCEPTABLE)?;
    let fits = attr(node, "code").as_deref() == Some(code) && attr_u64(node, "expiration") == Some(*until_s);
    if !fits || *until_s < now_s {
        return Err(IqError::NOT_ACCEPTABLE);
    }
    enter(world, &jid, account)
}

fn enter(world: &mut World, jid: &Jid, account: AccountId) -> Result<Answer, IqError> {
    let group = world.groups.get_mut(&jid.user).ok_or(IqError::NOT_FOUND)?;
    group.add(account).map_err(|_| IqError::TOO_MUCH)?;
    let (family, tag) = (group.addressing, tag(&group.kind));
    let mut change = participants(world, "add", &[account], family);
    change.attrs.insert("reason", "invite");
    announce(world, jid, account, &change, &[]);
    community::enrol(world, jid, &[account])?;
    Ok(Answer::one(NodeBuilder::new(tag).attr("jid", jid.clone()).build()))
}

fn ask_admins(world: &mut World, jid: &Jid, account: AccountId) -> Result<Answer, IqError> {
    let now_s = world.now_s();
    let group = world.groups.get_mut(&jid.user).ok_or(IqError::NOT_FOUND)?;
    group.requests.insert(account, now_s);
    let family = group.addressing;
    let admins: Vec<AccountId> =
        group.members.iter().filter(|(_, role)| **role >= Role::Admin).map(|(account, _)| *account).collect();
    let mut user = participant(world, account, family, None);
    user.tag = "requested_user".into();
    let change = NodeBuilder::new("created_membership_requests")
        .attr("request_method", "invite_link")
        .children([user])
        .build();
    announce_to(world, jid, account, &change, &admins);
    Ok(Answer::one(NodeBuilder::new("membership_approval_request").attr("jid", jid.clone()).build()))
}

/// `<membership_approval_mode><group_join state/></membership_approval_mode>`.
pub(in crate::iq) fn set_approval(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let node = request.child()?;
    let state = child(node, "group_join").and_then(|join| attr(join, "state")).ok_or(IqError::BAD_REQUEST)?;
    let on = match &*state {
        "on" => true,
        "off" => false,
        _ => return Err(IqError::BAD_REQUEST),
    };
    administered(world, &jid, by)?.approval = on;
    announce(world, &jid, by, node, &[]);
    Ok(Answer::empty())
}

/// `<membership_approval_requests/>`: who waits.
pub(in crate::iq) fn requests(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let group = administered(world, &jid, by)?;
    let (family, waiting) = (group.addressing, group.requests.clone());
    let waiting = waiting.into_iter().map(|(account, since_s)| {
        let account = &world.accounts[account];
        NodeBuilder::new("membership_approval_request")
            .attr("jid", account.jid(family, 0))
            .attr("request_method", "invite_link")
            .attr("request_time", since_s)
            .build()
    });
    Ok(Answer::one(wrap("membership_approval_requests", waiting.collect::<Vec<_>>())))
}

/// `<membership_requests_action><approve|reject>` with participants.
pub(in crate::iq) fn decide(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let action = children(request.child()?).first().ok_or(IqError::BAD_REQUEST)?;
    let approve = match &*action.tag {
        "approve" => true,
        "reject" => false,
        _ => return Err(IqError::BAD_REQUEST),
    };
    let family = administered(world, &jid, by)?.addressing;
    let mut answers = Vec::new();
    let mut settled = Vec::new();
    for account in accounts(world, action) {
        let group = administered(world, &jid, by)?;
        let waits = group.requests.remove(&account).is_some();
        if waits && approve {
            group.add(account).map_err(|_| IqError::TOO_MUCH)?;
        }
        let mut node = participant(world, account, family, None);
        if waits {
            settled.push(account);
        } else {
            node.attrs.insert("error", "404");
        }
        answers.push(node);
    }
    if !settled.is_empty() {
        let tag = if approve { "add" } else { "revoked_membership_requests" };
        let change = participants(world, tag, &settled, family);
        announce(world, &jid, by, &change, &settled);
    }
    let tag = if approve { "approve" } else { "reject" };
    let is_community =
        matches!(world.groups.get(&jid.user).map(|group| &group.kind), Some(Kind::Linked { .. }));
    if approve && is_community {
        community::enrol(world, &jid, &settled)?;
    }
    Ok(Answer::one(wrap("membership_requests_action", [wrap(tag, answers)])))
}
