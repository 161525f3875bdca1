//! App-state sync: reads and writes of collections.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp::{SyncdPatch, SyncdVersion};

use super::{Answer, IqError, Request};
use crate::crypto::app_state::Collection;
use crate::stanza::{attr, attr_u64, bytes, child, children, leaf, wrap};
use crate::world::{DeviceId, World};

/// A write against a version that is not the current one.
const CONFLICT: IqError = IqError { code: 409, text: "conflict" };

/// `<sync>`: every collection is read or written on its own.
pub(super) fn sync(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let collections: Vec<Node> = children(request.child()?)
        .iter()
        .filter(|node| node.tag == "collection")
        .map(|node| {
            sync_one(world, request.from, node).unwrap_or_else(|error| failed(node, error, Vec::new()))
        })
        .collect();
    Ok(Answer::one(wrap("sync", collections)))
}

fn sync_one(world: &mut World, from: DeviceId, node: &Node) -> Result<Node, IqError> {
    let name = attr(node, "name").ok_or(IqError::BAD_REQUEST)?;
    let collection = Collection::from_name(&name).ok_or(IqError::NOT_FOUND)?;
    let asked = attr_u64(node, "version").unwrap_or(0);
    match child(node, "patch") {
        Some(patch) => write(world, from, (collection, asked), patch, node),
        None => {
            let wants_snapshot = attr(node, "return_snapshot").as_deref() == Some("true");
            Ok(read(world, from, collection, asked, wants_snapshot))
        }
    }
}

fn read(world: &mut World, from: DeviceId, collection: Collection, asked: u64, wants_snapshot: bool) -> Node {
    let state = &world.accounts[from.account].extras_mut().app_state;
    let answer = NodeBuilder::new("collection")
        .attr("name", collection.name())
        .attr("version", state.version(collection));
    let (_, gap) = state.patches_since(collection, asked);
    let snapshot = if wants_snapshot || gap { state.snapshot(collection, asked) } else { None };
    let since = snapshot.map_or(asked, |(version, _)| version);
    let patches: Vec<Node> =
        state.patches_since(collection, since).0.into_iter().map(|patch| leaf("patch", patch)).collect();
    let snapshot = snapshot.map(|(_, reference)| leaf("snapshot", reference));
    let patches = (!patches.is_empty()).then(|| wrap("patches", patches));
    answer.children(snapshot.into_iter().chain(patches)).build()
}

fn write(
    world: &mut World,
    from: DeviceId,
    at: (Collection, u64),
    patch: &Node,
    node: &Node,
) -> Result<Node, IqError> {
    let (collection, asked) = at;
    let state = &mut world.accounts[from.account].extras_mut().app_state;
    let current = state.version(collection);
    if asked != current {
        let since = state.patches_since(collection, asked).0;
        let patches: Vec<Node> = since.into_iter().map(|patch| leaf("patch", patch)).collect();
        return Ok(failed(node, CONFLICT, vec![wrap("patches", patches)]));
    }
    let version = current + 1;
    let stamped = stamp(&bytes(patch), version).ok_or(IqError::BAD_REQUEST)?;
    state.store(collection, version, stamped.clone());
    let applied =
        world.with_phone(from.account, |phone, _| phone.apply_companion_patch(collection, version, &stamped));
    if let Some(Err(error)) = applied {
        tracing::warn!(%error, collection = collection.name(), version, "a phone cannot read a companion's patch");
    }
    world.notify_server_sync(from, collection, version);
    Ok(NodeBuilder::new("collection").attr("name", collection.name()).attr("version", version).build())
}

/// The patch with its version set, as the service stores it.
fn stamp(patch: &[u8], version: u64) -> Option<Vec<u8>> {
    let mut patch = SyncdPatch::decode_from_slice(patch).ok()?;
    patch.version = SyncdVersion { version: Some(version) }.into();
    Some(patch.encode_to_vec())
}

fn failed(asked: &Node, error: IqError, more: Vec<Node>) -> Node {
    let mut node = NodeBuilder::new("collection");
    if let Some(name) = asked.attrs.get("name") {
        node = node.attr("name", name.clone());
    }
    node.attr("type", "error").children(std::iter::once(error.node()).chain(more)).build()
}
