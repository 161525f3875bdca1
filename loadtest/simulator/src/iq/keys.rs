//! Pre-keys: how many, upload, rotation, digest, and bundles of others.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{Answer, IqError, Request};
use crate::crypto::prekeys;
use crate::faults::FaultKind;
use crate::limits::{ONE_TIME_KEYS_LOW, ONE_TIME_KEYS_MAX, QUERY_USERS_MAX};
use crate::phone::{Bundle, SignedPreKey};
use crate::stanza::{attr_jid, be_u32, bytes, child, child_array, child_bytes, children, id24, leaf, wrap};
use crate::world::account::Device;
use crate::world::{DeviceId, World};

/// Key type of every identity: Curve25519.
const KEY_TYPE: [u8; 1] = [5];

/// `<count/>`: one-time keys left.
pub(super) fn count(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let left = own(world, request)?.one_time.len();
    Ok(Answer::one(NodeBuilder::new("count").attr("value", left).build()))
}

/// Keys of a device: appends one-time keys, replaces the signed one.
pub(super) fn upload(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let iq = request.iq;
    let skey = signed_key(child(iq, "skey").ok_or(IqError::BAD_REQUEST)?)?;
    let keys = child(iq, "list").map(children).unwrap_or_default();
    let keys: Vec<(u32, [u8; 32])> = keys.iter().map(one_time_key).collect::<Result<_, _>>()?;
    let registration = child_bytes(iq, "registration").and_then(|bytes| be_u32(&bytes));
    let device = own(world, request)?;
    if device.one_time.len() + keys.len() > ONE_TIME_KEYS_MAX {
        return Err(IqError::TOO_MUCH);
    }
    for key in keys {
        if !device.one_time.iter().any(|(id, _)| *id == key.0) {
            device.one_time.push_back(key);
        }
    }
    device.signed_pre_key = skey;
    device.registration_id = registration.unwrap_or(device.registration_id);
    device.told_keys_low = device.one_time.len() < ONE_TIME_KEYS_LOW;
    Ok(Answer::empty().then(|world, _| world.welcome_the_waiting()))
}

/// `<rotate><skey/></rotate>`: a new signed pre-key.
pub(super) fn rotate(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let skey = child(request.child()?, "skey").ok_or(IqError::BAD_REQUEST)?;
    own(world, request)?.signed_pre_key = signed_key(skey)?;
    Ok(Answer::empty())
}

/// `<digest/>`: what the service holds, for the device to compare.
pub(super) fn digest(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let device = own(world, request)?;
    if device.one_time.is_empty() {
        return Err(IqError::NOT_FOUND);
    }
    let SignedPreKey { public, signature, .. } = &device.signed_pre_key;
    let hash =
        prekeys::digest(&device.identity, public, signature, device.one_time.iter().map(|(_, key)| key));
    let list = wrap("list", device.one_time.iter().map(|(id, _)| leaf("id", id24(*id))));
    Ok(Answer::one(wrap(
        "digest",
        [
            leaf("registration", device.registration_id.to_be_bytes()),
            leaf("type", KEY_TYPE),
            leaf("identity", device.identity),
            skey_node(&device.signed_pre_key),
            list,
            leaf("hash", hash),
        ],
    )))
}

/// `<key><user jid/>…</key>`: bundles, each taking a one-time key out of the device's store.
pub(super) fn fetch(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let users = children(request.child()?);
    if users.len() > QUERY_USERS_MAX {
        return Err(IqError::TOO_MUCH);
    }
    let answers: Vec<Node> =
        users.iter().filter_map(|user| attr_jid(user, "jid")).map(|jid| bundle(world, &jid)).collect();
    Ok(Answer::one(wrap("list", answers)))
}

fn bundle(world: &mut World, jid: &Jid) -> Node {
    let user = NodeBuilder::new("user").attr("jid", jid.clone());
    let found = world.accounts.device_of(jid);
    let Some((id, bundle)) = found.and_then(|id| take(world, id).map(|bundle| (id, bundle))) else {
        return user.children([IqError::NOT_FOUND.node()]).build();
    };
    world.counters.bundles += 1;
    world.counters.bundles_without_one_time_key += u64::from(bundle.one_time.is_none());
    let mut parts = vec![
        leaf("registration", bundle.registration_id.to_be_bytes()),
        leaf("type", KEY_TYPE),
        leaf("identity", bundle.identity),
    ];
    if let Some((key, public)) = bundle.one_time {
        parts.push(wrap("key", [leaf("id", id24(key)), leaf("value", public)]));
    }
    parts.push(skey_node(&bundle.signed_pre_key));
    if let Some(device) = world.accounts[id.account].devices.get(&id.device) {
        parts.push(leaf("device-identity", device.signed_identity.clone()));
    }
    world.notify_if_keys_low(id);
    user.attr("t", world.now_s()).children(parts).build()
}

fn take(world: &mut World, id: DeviceId) -> Option<Bundle> {
    let mut bundle = world.take_bundle_of(id)?;
    if world.strike(FaultKind::NoOneTimeKeys, id).is_some() {
        bundle.one_time = None;
    }
    Some(bundle)
}

fn own<'w>(world: &'w mut World, request: &Request<'_>) -> Result<&'w mut Device, IqError> {
    let DeviceId { account, device } = request.from;
    world.accounts[account].devices.get_mut(&device).ok_or(IqError::NOT_FOUND)
}

fn skey_node(key: &SignedPreKey) -> Node {
    wrap("skey", [leaf("id", id24(key.id)), leaf("value", key.public), leaf("signature", key.signature)])
}

fn signed_key(node: &Node) -> Result<SignedPreKey, IqError> {
    let (id, public) = one_time_key(node)?;
    let signature = child_array(node, "signature").ok_or(IqError::BAD_REQUEST)?;
    Ok(SignedPreKey { id, public, signature })
}

fn one_time_key(node: &Node) -> Result<(u32, [u8; 32]), IqError> {
    let id = child(node, "id").and_then(|id| be_u32(&bytes(id))).ok_or(IqError::BAD_REQUEST)?;
    Ok((id, child_array(node, "value").ok_or(IqError::BAD_REQUEST)?))
}
