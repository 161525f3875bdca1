//! Reading and building stanzas.

use std::borrow::Cow;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeContent, Server};

/// The service itself, `s.whatsapp.net`: a JID without a user.
pub fn service() -> Jid {
    Jid::new("", Server::Pn)
}

/// An attribute as text.
pub fn attr<'a>(node: &'a Node, key: &str) -> Option<Cow<'a, str>> {
    node.attrs.get(key).map(|value| value.as_str())
}

/// An attribute as a number.
pub fn attr_u64(node: &Node, key: &str) -> Option<u64> {
    attr(node, key)?.parse().ok()
}

/// An attribute as a JID, whether it came as a JID token or as text.
pub fn attr_jid(node: &Node, key: &str) -> Option<Jid> {
    node.attrs.get(key)?.to_jid()
}

/// The first child called `tag`.
pub fn child<'a>(node: &'a Node, tag: &str) -> Option<&'a Node> {
    node.get_optional_child(tag)
}

/// All children, none for leaves.
pub fn children(node: &Node) -> &[Node] {
    node.children().unwrap_or_default()
}

/// A leaf's content as bytes. The codec turns some byte strings into text and back; this undoes it.
pub fn bytes(node: &Node) -> Cow<'_, [u8]> {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => Cow::Borrowed(bytes),
        Some(NodeContent::String(text)) => Cow::Borrowed(text.as_bytes()),
        _ => Cow::Borrowed(&[]),
    }
}

/// A child's content as bytes.
pub fn child_bytes<'a>(node: &'a Node, tag: &str) -> Option<Cow<'a, [u8]>> {
    child(node, tag).map(bytes)
}

/// A child's content as an array of exactly `N` bytes.
pub fn child_array<const N: usize>(node: &Node, tag: &str) -> Option<[u8; N]> {
    child_bytes(node, tag)?.as_ref().try_into().ok()
}

/// A child's content as text.
pub fn child_text(node: &Node, tag: &str) -> Option<String> {
    String::from_utf8(child_bytes(node, tag)?.into_owned()).ok()
}

/// A big-endian number of up to four bytes.
pub fn be_u32(bytes: &[u8]) -> Option<u32> {
    (bytes.len() <= 4).then(|| bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
}

/// A leaf with byte content.
pub fn leaf(tag: &'static str, bytes: impl Into<Vec<u8>>) -> Node {
    NodeBuilder::new(tag).bytes(bytes).build()
}

/// A node without attributes around `children`.
pub fn wrap(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

/// A node without attributes or content.
pub fn empty(tag: &'static str) -> Node {
    NodeBuilder::new(tag).build()
}

/// A 24-bit id as key stanzas carry it.
pub fn id24(id: u32) -> Vec<u8> {
    id.to_be_bytes()[1..].to_vec()
}

/// `jid` without its device part.
pub fn bare(jid: &Jid) -> Jid {
    jid.to_non_ad()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_up_to_four_bytes_are_read_big_endian() {
        for (bytes, expected) in [
            (&[][..], Some(0)),
            (&[1, 2, 3][..], Some(0x01_02_03)),
            (&[255, 255, 255, 255][..], Some(u32::MAX)),
            (&[0, 0, 0, 0, 1][..], None),
        ] {
            assert_eq!(be_u32(bytes), expected);
        }
        assert_eq!(be_u32(&id24(0x0a_0b_0c)), Some(0x0a_0b_0c));
    }

    #[test]
    fn the_service_is_the_same_whether_token_or_text() {
        let parsed: Jid = "s.whatsapp.net".parse().expect("a server alone is a JID");
        assert!(parsed.user.is_empty());
        assert_eq!(parsed, service());
    }
}
