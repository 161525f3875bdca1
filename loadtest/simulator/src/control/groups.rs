//! Groups made by phones.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;
use wacore_binary::Jid;

use super::{Answer, Refused, account, ok, parse};
use crate::iq::{GroupChange, NewGroup, Start};
use crate::net::Hub;
use crate::phone::Addressing;
use crate::world::groups::Kind;
use crate::world::{AccountId, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    creator: String,
    subject: String,
    participants: Vec<String>,
    addressing_mode: Option<Mode>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Pn,
    Lid,
}

/// `POST /groups`.
pub(super) fn create(hub: &Hub, body: &[u8]) -> Answer {
    let asked: Create = parse(body)?;
    let addressing = match asked.addressing_mode {
        Some(Mode::Pn) => Addressing::Pn,
        Some(Mode::Lid) | None => Addressing::Lid,
    };
    let jid = hub.act(|world| {
        let creator = account(world, &asked.creator)?;
        let members = accounts(world, &asked.participants)?;
        let (subject, key) = (asked.subject, String::new());
        let (kind, start) = (Kind::Plain, Start::default());
        let new = NewGroup { creator, subject, members, key, addressing, kind, start };
        world.create_group(new).map_err(Refused::conflict)
    })?;
    Ok((StatusCode::CREATED, json!({"gid": jid.to_string()})))
}

/// `GET /groups/{gid}`.
pub(super) fn get(hub: &Hub, gid: &str) -> Answer {
    let gid = group_jid(gid);
    hub.act(|world| {
        let group = world.groups.get(&gid.user).ok_or_else(|| Refused::not_found("group"))?;
        let members: Vec<_> = group.members.keys().map(|member| world.accounts[*member].pn.to_string()).collect();
        ok(json!({"gid": gid.to_string(), "subject": group.subject, "participants": members, "invite": group.invite}))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Participants {
    action: GroupChange,
    participants: Vec<String>,
    by: Option<String>,
}

/// `POST /groups/{gid}/participants`.
pub(super) fn participants(hub: &Hub, gid: &str, body: &[u8]) -> Answer {
    let asked: Participants = parse(body)?;
    let gid = group_jid(gid);
    hub.act(|world| {
        let creator = world.groups.get(&gid.user).ok_or_else(|| Refused::not_found("group"))?.creator;
        let by = asked.by.map_or(Ok(creator), |by| account(world, &by))?;
        let members = accounts(world, &asked.participants)?;
        let changed = world.change_group(&gid, by, asked.action, &members).map_err(Refused::conflict)?;
        let changed: Vec<_> = changed.iter().map(|account| world.accounts[*account].pn.to_string()).collect();
        ok(json!({"changed": changed}))
    })
}

fn group_jid(gid: &str) -> Jid {
    Jid::group(gid.split_once('@').map_or(gid, |(user, _)| user))
}

fn accounts(world: &World, names: &[String]) -> Result<Vec<AccountId>, Refused> {
    names.iter().map(|name| account(world, name)).collect()
}
