//! Who has a status and who viewed it: the protocol crate's event of such a receipt does not say, so the stanza itself is read.

use wacore::stanza::receipt::collect_simple_message_ids;
use wacore::types::presence::ReceiptType;
use wacore_binary::{JidExt as _, NodeRef};

use super::events::SessionEvent;
use super::translate::receipt_kind;
use crate::message::party;

/// What a stanza tells of a status. `None` where it tells nothing, or the protocol crate's own event has it all: one receipt for
/// several people names them.
pub(super) fn told_of_status(node: &NodeRef<'_>) -> Option<SessionEvent> {
    if node.tag != "receipt" || node.get_optional_child("participants").is_some() {
        return None;
    }
    let mut attributes = node.attrs();
    let chat = attributes.optional_jid("from").filter(|from| from.is_status_broadcast())?;
    let viewer = attributes.optional_jid("participant")?;
    let other =
        attributes.optional_jid("participant_pn").or_else(|| attributes.optional_jid("participant_lid"));
    let id = attributes.optional_string("id")?;
    let word = attributes.optional_string("type");
    let kind = receipt_kind(&ReceiptType::parse(word.as_deref().unwrap_or("delivery")))?;
    let seconds = attributes.optional_u64("t").and_then(|seconds| i64::try_from(seconds).ok());
    Some(SessionEvent::Receipt {
        wa_ids: collect_simple_message_ids(node, &id, false),
        chat: party(&chat, None, None),
        sender: party(&viewer, other.as_ref(), None),
        device: viewer.device,
        kind,
        time_ms: seconds.map_or_else(wacore::time::now_millis, |seconds| seconds.saturating_mul(1_000)),
    })
}

#[cfg(test)]
mod tests {
    use wacore_binary::Node;
    use wacore_binary::builder::NodeBuilder;

    use super::super::events::ReceiptKind;
    use super::*;

    const STATUS: &str = "status@broadcast";

    fn receipt(from: &str, kind: Option<&str>) -> NodeBuilder {
        let receipt = NodeBuilder::new("receipt")
            .attr("from", from)
            .attr("id", "A")
            .attr("participant", "15550000001:3@s.whatsapp.net")
            .attr("participant_lid", "100000012345678@lid")
            .attr("t", "7");
        match kind {
            Some(kind) => receipt.attr("type", kind),
            None => receipt,
        }
    }

    #[test]
    fn a_receipt_of_a_status_names_the_viewer() {
        let check = |node: Node, expected: Option<ReceiptKind>| {
            let told = told_of_status(&node.as_node_ref());
            let Some(kind) = expected else { return assert_eq!(told, None) };
            let viewer = party(
                &"15550000001@s.whatsapp.net".parse().expect("an id"),
                Some(&"100000012345678@lid".parse().expect("an id")),
                None,
            );
            let expected = SessionEvent::Receipt {
                wa_ids: vec!["A".to_owned()],
                chat: party(&STATUS.parse().expect("an id"), None, None),
                sender: viewer,
                device: 3,
                kind,
                time_ms: 7_000,
            };
            assert_eq!(told, Some(expected));
        };
        check(receipt(STATUS, None).build(), Some(ReceiptKind::Delivered));
        check(receipt(STATUS, Some("read")).build(), Some(ReceiptKind::Read));
        check(receipt(STATUS, Some("played")).build(), Some(ReceiptKind::Played));
        check(receipt(STATUS, Some("retry")).build(), None);
        check(receipt("120363021033254949@g.us", Some("read")).build(), None);
        let of_many = receipt(STATUS, Some("read")).children([NodeBuilder::new("participants").build()]);
        check(of_many.build(), None);
        check(NodeBuilder::new("message").attr("from", STATUS).build(), None);
    }
}
