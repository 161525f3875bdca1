//! The posts of newsletters, in pages.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{Answer, IqError, Request};
use crate::limits::NEWSLETTER_PAGE_POSTS;
use crate::stanza::{attr_jid, attr_u64, leaf, wrap};
use crate::world::newsletters::{Newsletter, Post};
use crate::world::{AccountId, World};

/// How long a subscription to live updates serves, seconds.
const LIVE_UPDATES_S: u32 = 300;

/// `<messages count [before]/>`: the newest posts, or those before one.
pub(super) fn messages(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let before = attr_u64(request.child()?, "before").unwrap_or(u64::MAX);
    let page = page(world, request, |post| post.server_id < before)?;
    Ok(Answer::one(page))
}

/// `<message_updates count [after]/>`: the same, for clients that ask what changed.
pub(super) fn message_updates(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let after = attr_u64(request.child()?, "after").unwrap_or(0);
    let page = page(world, request, |post| post.server_id > after)?;
    Ok(Answer::one(wrap("message_updates", [page])))
}

fn page(world: &World, request: &Request<'_>, wanted: impl Fn(&Post) -> bool) -> Result<Node, IqError> {
    let (newsletter, jid) = addressed(world, request)?;
    let count = attr_u64(request.child()?, "count").and_then(|count| usize::try_from(count).ok());
    let count = count.unwrap_or(NEWSLETTER_PAGE_POSTS).min(NEWSLETTER_PAGE_POSTS);
    let mut posts: Vec<Node> = newsletter
        .posts
        .iter()
        .rev()
        .filter(|post| wanted(post))
        .take(count)
        .map(|post| node(post, request.from.account))
        .collect();
    posts.reverse();
    Ok(NodeBuilder::new("messages").attr("jid", jid).attr("t", world.now_s()).children(posts).build())
}

fn node(post: &Post, reader: AccountId) -> Node {
    let reactions = post
        .counts()
        .into_iter()
        .map(|(code, count)| NodeBuilder::new("reaction").attr("code", code).attr("count", count).build());
    let node = NodeBuilder::new("message")
        .attr("id", post.id.as_str())
        .attr("server_id", post.server_id)
        .attr("t", post.posted_s)
        .attr("type", post.kind.as_str());
    let node = if post.author == reader { node.attr("is_sender", "true") } else { node };
    let reactions = wrap("reactions", reactions.collect::<Vec<_>>());
    node.children([leaf("plaintext", post.plaintext.clone()), reactions]).build()
}

/// `<live_updates/>`.
pub(super) fn live_updates(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    addressed(world, request)?;
    Ok(Answer::one(NodeBuilder::new("live_updates").attr("duration", LIVE_UPDATES_S).build()))
}

fn addressed<'w>(world: &'w World, request: &Request<'_>) -> Result<(&'w Newsletter, Jid), IqError> {
    let jid = attr_jid(request.iq, "to").ok_or(IqError::BAD_REQUEST)?;
    Ok((world.newsletters.get(&jid.user).ok_or(IqError::NOT_FOUND)?, jid))
}
