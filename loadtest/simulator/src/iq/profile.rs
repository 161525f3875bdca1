//! Profile pictures, business profiles, and where files are stored.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt, Node};

use super::{Answer, IqError, Request};
use crate::crypto::media::MediaKind;
use crate::phone::Directory;
use crate::stanza::{attr, attr_jid, bytes, child, empty, wrap};
use crate::world::World;
use crate::world::account::Business;

/// Seconds a media token lasts.
const MEDIA_AUTH_TTL_S: u32 = 21_600;

/// `<media_conn/>`: the one media host.
pub(super) fn media_conn(world: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    let kinds = ["image", "video", "audio", "document", "md-app-state", "md-msg-hist"];
    let download = wrap("download", kinds.map(empty));
    let upload = wrap("upload", kinds.map(empty));
    let host = NodeBuilder::new("host")
        .attr("hostname", world.config.media_host.as_str())
        .attr("type", "primary")
        .children([download, upload])
        .build();
    Ok(Answer::one(
        NodeBuilder::new("media_conn")
            .attr("auth", world.media_auth.as_str())
            .attr("ttl", 300)
            .attr("auth_ttl", MEDIA_AUTH_TTL_S)
            .attr("max_buckets", 12)
            .children([host])
            .build(),
    ))
}

/// Somebody's picture, or a group's.
pub(super) fn picture(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let target = attr_jid(request.iq, "target").ok_or(IqError::BAD_REQUEST)?;
    let picture = if target.is_group() {
        world.groups.get(&target.user).ok_or(IqError::NOT_FOUND)?.picture.clone()
    } else {
        let account = world.accounts.of(&target).ok_or(IqError::NOT_FOUND)?;
        world.accounts[account].extras.as_ref().and_then(|extras| extras.picture.clone())
    };
    let (id, image) = picture.ok_or(IqError::NOT_FOUND)?;
    let kind = attr(request.child()?, "type").unwrap_or("image".into()).into_owned();
    let blob = world.put_blob(MediaKind::Image, image);
    Ok(Answer::one(
        NodeBuilder::new("picture")
            .attr("id", id)
            .attr("type", kind)
            .attr("url", blob.url)
            .attr("direct_path", blob.direct_path)
            .build(),
    ))
}

/// A new picture of the account or, with a target, of a group; or none.
pub(super) fn set_picture(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let image = child(request.iq, "picture").map(|picture| bytes(picture).into_owned());
    let image = image.filter(|image| !image.is_empty());
    let by = request.from.account;
    let group = attr_jid(request.iq, "target").filter(Jid::is_group);
    let id = match group {
        Some(group) => super::groups::set_picture(world, &group, by, image)?,
        None => {
            let picture = image.map(|image| (world.now_ms.to_string(), image));
            let id = picture.as_ref().map(|(id, _)| id.clone());
            world.accounts[by].extras_mut().picture = picture;
            id
        }
    };
    let node = |id| NodeBuilder::new("picture").attr("id", id).build();
    Ok(id.map_or_else(Answer::empty, |id: String| Answer::one(node(id))))
}

/// What a business says about itself; nothing of others.
pub(super) fn business(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let asked = child(request.iq, "business_profile").and_then(|asked| child(asked, "profile"));
    let jid = asked.and_then(|profile| attr_jid(profile, "jid"));
    let account = jid.as_ref().and_then(|jid| world.accounts.of(jid));
    let extras = account.and_then(|account| world.accounts[account].extras.as_ref());
    let business = extras.and_then(|extras| extras.business.as_ref());
    let profile = jid.zip(business).map(|(jid, business)| profile(&jid, business));
    Ok(Answer::one(wrap("business_profile", profile)))
}

fn profile(jid: &Jid, business: &Business) -> Node {
    let text = |tag: &'static str, text: &str| NodeBuilder::new(tag).bytes(text.as_bytes()).build();
    let mut parts = vec![
        text("description", &business.description),
        text("email", &business.email),
        text("address", &business.address),
    ];
    parts.extend(business.websites.iter().map(|website| text("website", website)));
    let categories =
        business.categories.iter().enumerate().map(|(index, name)| {
            NodeBuilder::new("category").attr("id", index).bytes(name.as_bytes()).build()
        });
    parts.push(wrap("categories", categories.collect::<Vec<_>>()));
    let days = business.days.iter().map(|day| {
        let open = NodeBuilder::new("business_hours_config").attr("day_of_week", day.as_str());
        open.attr("mode", "specific_hours").attr("open_time", 540).attr("close_time", 1_080).build()
    });
    let hours = NodeBuilder::new("business_hours").attr("timezone", "Asia/Riyadh");
    parts.push(hours.children(days.collect::<Vec<_>>()).build());
    NodeBuilder::new("profile").attr("jid", jid.clone()).children(parts).build()
}

/// There are no bots.
pub(super) fn bots(_: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    Ok(Answer::one(wrap("bot", [])))
}
