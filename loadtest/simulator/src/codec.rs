//! Stanzas to bytes and back: a flags byte, then the token-compressed node.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use wacore_binary::{BinaryError, Node, marshal};

/// Flag bit that says the rest is zlib-deflated.
const FLAG_DEFLATED: u8 = 2;

/// Encodes `node` as the plain text of one frame, deflated if `compress`.
///
/// # Errors
/// Whatever the codec says of a node that cannot be written, such as a device number above 255.
pub fn encode(node: &Node, compress: bool) -> Result<Vec<u8>, BinaryError> {
    let plain = marshal::marshal(node)?;
    if !compress {
        return Ok(plain);
    }
    let mut deflated = ZlibEncoder::new(vec![FLAG_DEFLATED], Compression::fast());
    deflated.write_all(&plain[1..])?;
    Ok(deflated.finish()?)
}

/// Decodes the plain text of one frame.
///
/// # Errors
/// Whatever the codec says of bytes that are no node.
pub fn decode(plain: &[u8]) -> Result<Node, BinaryError> {
    let unpacked = wacore_binary::util::unpack(plain)?;
    Ok(marshal::unmarshal_ref(&unpacked)?.to_owned())
}

#[cfg(test)]
mod tests {
    use wacore_binary::builder::NodeBuilder;
    use wacore_binary::token::{get_double_token, get_single_token};
    use wacore_binary::{Jid, NodeContent, NodeValue, Server};

    use super::*;
    use crate::stanza;

    fn round_trip(node: &Node) -> Node {
        let plain = decode(&encode(node, false).expect("encodes")).expect("decodes");
        let packed = decode(&encode(node, true).expect("deflates")).expect("inflates");
        assert_eq!(plain, packed);
        plain
    }

    /// Row 10 of the conformance checklist: every token of the five dictionaries, both ways.
    #[test]
    fn row_10_token_table_is_complete() {
        let singles = (1..=235).filter_map(get_single_token);
        let doubles =
            (0..4).flat_map(|dict| (0..=255).filter_map(move |index| get_double_token(dict, index)));
        let tokens: Vec<&str> = singles.chain(doubles).filter(|token| !token.is_empty()).collect();
        assert!(tokens.len() >= 1_024, "only {} tokens", tokens.len());
        for token in tokens {
            let node =
                NodeBuilder::new_dynamic(token.to_owned()).attr("id", token).string_content(token).build();
            let read = round_trip(&node);
            assert_eq!(read.tag, token);
            assert_eq!(stanza::attr(&read, "id").as_deref(), Some(token));
            assert_eq!(read.content_as_string().as_deref(), Some(token));
            let encoded = encode(&node, false).expect("encodes");
            assert!(encoded.len() <= 12, "{token:?} was not written as a token: {encoded:02x?}");
        }
    }

    #[test]
    fn jids_travel_as_jids() {
        for jid in [
            stanza::service(),
            Jid::pn("5511900000001"),
            Jid::pn_device("5511900000001", 3),
            Jid::lid_device("100000000000001", 9),
            Jid::group("120363795217459787"),
            Jid::status_broadcast(),
            Jid::new("", Server::Group),
        ] {
            let node = NodeBuilder::new("message").attr("from", jid.clone()).build();
            assert_eq!(round_trip(&node).attrs.get("from"), Some(&NodeValue::Jid(jid)));
        }
    }

    #[test]
    fn byte_content_survives_whatever_it_looks_like() {
        for content in [&b"\x00\x01\xff"[..], b"2@abc", b"0123456789", b"ABCDEF"] {
            let read = round_trip(&stanza::leaf("ref", content));
            assert_eq!(stanza::bytes(&read).as_ref(), content);
        }
        let nested = stanza::wrap("iq", [stanza::empty("a"), stanza::wrap("b", [])]);
        assert_eq!(round_trip(&nested).children().map(<[_]>::len), Some(2));
        assert!(matches!(nested.content, Some(NodeContent::Nodes(_))));
    }

    #[test]
    fn rubbish_is_an_error() {
        for rubbish in [&[][..], &[0], &[0, 250], &[2, 1, 2, 3], &[0, 248, 2, 255]] {
            assert!(decode(rubbish).is_err(), "{rubbish:?}");
        }
    }
}
