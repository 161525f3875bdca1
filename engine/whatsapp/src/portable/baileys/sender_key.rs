//! Sender keys of groups.

use serde_json::Value;
use wacore::libsignal::protocol::{
    SenderChainKeyComponents, SenderKeyStateComponents, SenderMessageKeyComponents,
    SenderSigningKeyComponents,
};

use crate::portable::PortableError;
use crate::portable::encoded::Node;
use crate::portable::signal::sender_key_name;

/// Whose key it is: `GROUP::USER::DEVICE`, with or without its colons replaced. `None` for another file of that beginning.
pub(super) fn name(id: &str) -> Option<String> {
    let mut parts = if id.contains("::") { id.splitn(3, "::") } else { id.splitn(3, "--") };
    let (group, user, device) = (parts.next()?, parts.next()?, parts.next()?);
    sender_key_name(group, user, device)
}

/// The states in a file, the newest first.
pub(super) fn read(node: &Node<'_>) -> Result<Vec<SenderKeyStateComponents>, PortableError> {
    // Bytes that are JSON; older versions wrote the JSON itself.
    let inner: Value;
    let list = if node.value().is_array() {
        node.value()
    } else {
        inner = serde_json::from_slice(&node.bytes()?).map_err(|_| node.wrong("is no sender key"))?;
        &inner
    };
    let states = list.as_array().ok_or_else(|| node.wrong("is no list of states"))?;
    // Theirs has the newest last, the protocol crate's first.
    states.iter().rev().map(|value| state(node, value)).collect()
}

fn state(file: &Node<'_>, value: &Value) -> Result<SenderKeyStateComponents, PortableError> {
    let node = Node::new("sender key", value);
    let (chain, signing) = (node.member("senderChainKey")?, node.member("senderSigningKey")?);
    let mut public = signing.member("public")?.public_key()?.to_vec();
    public.insert(0, 0x05);
    let private = match signing.optional("private") {
        Some(private) => Some(private.bytes()?).filter(|key| !key.is_empty()),
        None => None,
    };
    let keys = value.get("senderMessageKeys").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut message_keys = Vec::with_capacity(keys.len());
    for key in &keys {
        let key = Node::new("sender key", key);
        message_keys.push(SenderMessageKeyComponents {
            iteration: key.member("iteration")?.unsigned()?,
            seed: key.member("seed")?.bytes()?,
        });
    }
    let id = node.member("senderKeyId").map_err(|_| file.wrong("has a state without an id"))?;
    Ok(SenderKeyStateComponents {
        key_id: id.unsigned()?,
        chain_key: SenderChainKeyComponents {
            iteration: chain.member("iteration")?.unsigned()?,
            seed: chain.member("seed")?.bytes()?,
        },
        signing_key: SenderSigningKeyComponents { public, private },
        message_keys,
    })
}
