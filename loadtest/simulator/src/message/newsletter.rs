//! Posts and reactions: not encrypted, kept by the service, delivered to followers.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::stanza::{attr, attr_u64, bytes, child};
use crate::world::newsletters::{Post, Reader};
use crate::world::{AccountId, DeviceId, World};

/// A message to a newsletter. Gives the number of the post, if it is one: the same post again has the number it had.
///
/// # Errors
/// The code of the refusal: no such newsletter or post, or not the author's to write.
pub(super) fn on_message(
    world: &mut World,
    from: DeviceId,
    jid: &Jid,
    node: &Node,
) -> Result<Option<u64>, &'static str> {
    let posted_s = world.now_s();
    let newsletter = world.newsletters.get_mut(&jid.user).ok_or(super::NOT_FOUND)?;
    if let Some(reaction) = child(node, "reaction") {
        let number = attr_u64(node, "server_id").ok_or(super::NOT_FOUND)?;
        let post = newsletter.find(number).ok_or(super::NOT_FOUND)?;
        match attr(reaction, "code").filter(|code| !code.is_empty()) {
            Some(code) => post.reactions.insert(from.account, code.into_owned()),
            None => post.reactions.remove(&from.account),
        };
        return Ok(None);
    }
    if newsletter.readers.get(&from.account) != Some(&Reader::Owner) {
        return Err(super::FORBIDDEN);
    }
    let plaintext = child(node, "plaintext").ok_or(super::NOT_FOUND)?;
    let text = |key| attr(node, key).unwrap_or_default().into_owned();
    let (id, kind) = (text("id"), text("type"));
    if let Some(known) = newsletter.posts.iter().find(|post| post.id == id && post.author == from.account) {
        return Ok(Some(known.server_id));
    }
    let post = Post {
        server_id: 0,
        id: id.clone(),
        posted_s,
        author: from.account,
        kind: kind.clone(),
        plaintext: bytes(plaintext).into_owned(),
        reactions: Default::default(),
    };
    let server_id = newsletter.post(post);
    let readers: Vec<AccountId> = newsletter.readers.keys().copied().collect();
    let stanza = NodeBuilder::new("message")
        .attr("from", jid.clone())
        .attr("id", id)
        .attr("server_id", server_id)
        .attr("t", posted_s)
        .attr("type", kind)
        .children([plaintext.clone()])
        .build();
    let devices: Vec<DeviceId> =
        readers.into_iter().flat_map(|reader| world.companions_of(reader, Some(from))).collect();
    for device in devices {
        world.deliver(device, stanza.clone());
    }
    Ok(Some(server_id))
}
