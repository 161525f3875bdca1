//! A group's name, description and switches.

use wacore_binary::builder::NodeBuilder;

use wacore_binary::Jid;

use super::{Answer, IqError, Request, administered, announce, gid};
use crate::stanza::{attr, attr_u64, bytes, child_text, leaf};
use crate::world::{AccountId, DeviceId, World};

/// Switches and the requests that turn them off.
const FLAGS: [(&str, &str); 2] = [("announcement", "not_announcement"), ("locked", "unlocked")];

/// `<subject>`.
pub(in crate::iq) fn set_subject(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by, now_s) = (gid(request)?, request.from.account, world.now_s());
    let subject = String::from_utf8_lossy(&bytes(request.child()?)).into_owned();
    let group = administered(world, &jid, by)?;
    group.subject.clone_from(&subject);
    group.subject_set = (now_s, by);
    let family = group.addressing;
    let change = NodeBuilder::new("subject")
        .attr("subject", subject)
        .attr("s_t", now_s)
        .attr("s_o", world.accounts[by].jid(family, 0))
        .build();
    announce(world, &jid, by, &change, &[]);
    Ok(Answer::empty())
}

/// `<description id [delete]><body/></description>`.
pub(in crate::iq) fn set_description(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by, now_s) = (gid(request)?, request.from.account, world.now_s());
    let node = request.child()?;
    let id = attr(node, "id").unwrap_or_default().into_owned();
    let body = child_text(node, "body");
    let group = administered(world, &jid, by)?;
    group.description = body.clone().map(|body| (id.clone(), body, now_s, by));
    let change = NodeBuilder::new("description").attr("id", id);
    let change = match body {
        Some(body) => change.children([leaf("body", body)]).build(),
        None => change.attr("delete", "true").build(),
    };
    announce(world, &jid, by, &change, &[]);
    Ok(Answer::empty())
}

/// `<announcement/>`, `<locked/>` and their opposites.
pub(in crate::iq) fn set_flag(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let node = request.child()?;
    let (flag, off) =
        FLAGS.iter().find(|(on, off)| node.tag == *on || node.tag == *off).ok_or(IqError::BAD_REQUEST)?;
    administered(world, &jid, by)?.set(flag, node.tag != *off);
    announce(world, &jid, by, node, &[]);
    Ok(Answer::empty())
}

/// `<ephemeral expiration/>` and `<not_ephemeral/>`.
pub(in crate::iq) fn set_ephemeral(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let node = request.child()?;
    let seconds = attr_u64(node, "expiration").and_then(|seconds| u32::try_from(seconds).ok());
    administered(world, &jid, by)?.ephemeral_s = seconds.filter(|seconds| *seconds > 0);
    announce(world, &jid, by, node, &[]);
    Ok(Answer::empty())
}

/// `<member_add_mode>`.
pub(in crate::iq) fn set_member_add_mode(
    world: &mut World,
    request: &Request<'_>,
) -> Result<Answer, IqError> {
    let (jid, by) = (gid(request)?, request.from.account);
    let node = request.child()?;
    let mode = String::from_utf8_lossy(&bytes(node)).into_owned();
    if mode != "all_member_add" && mode != "admin_add" {
        return Err(IqError::BAD_REQUEST);
    }
    administered(world, &jid, by)?.member_add_mode = mode;
    announce(world, &jid, by, node, &[]);
    Ok(Answer::empty())
}

/// A new picture of a group, or none. Members are told; the id of the new one.
pub(in crate::iq) fn set_picture(
    world: &mut World,
    jid: &Jid,
    by: AccountId,
    image: Option<Vec<u8>>,
) -> Result<Option<String>, IqError> {
    let id = world.now_ms.to_string();
    let group = administered(world, jid, by)?;
    group.picture = image.map(|image| (id.clone(), image));
    let is_set = group.picture.is_some();
    let (family, members) = (group.addressing, group.members.keys().copied().collect::<Vec<_>>());
    let author = world.accounts[by].jid(family, 0);
    let change =
        if is_set { NodeBuilder::new("set").attr("id", id.as_str()) } else { NodeBuilder::new("delete") };
    let change = change.attr("jid", jid.clone()).attr("author", author).build();
    let devices: Vec<DeviceId> = members.into_iter().flat_map(|member| world.devices_of(member)).collect();
    for device in devices {
        let notification = world.notification(jid.clone(), "picture").children([change.clone()]).build();
        world.deliver(device, notification);
    }
    Ok(is_set.then_some(id))
}
