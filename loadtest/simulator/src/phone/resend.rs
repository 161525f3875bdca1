//! Answering retry receipts: the message again, for the one device that could not read it, in a new session.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt, Node};

use super::directory::{Bundle, Directory, SignedPreKey};
use super::fanout::{Target, device_sent, enc_node};
use super::send::message_node;
use super::signal::address;
use super::{Phone, live};
use crate::stanza::{attr, attr_jid, attr_u64, be_u32, child, child_array, child_bytes};

impl Phone {
    /// The resend a retry receipt asks for. `None` when the message is not remembered, or went to this device often
    /// enough, or the device has no keys.
    pub(super) fn on_retry_receipt(&mut self, receipt: &Node, directory: &mut dyn Directory) -> Option<Node> {
        let retry = child(receipt, "retry")?;
        let id = attr(retry, "id").or_else(|| attr(receipt, "id"))?;
        let device = attr_jid(receipt, "participant").or_else(|| attr_jid(receipt, "from"))?;
        let account = self.account_of(&device, directory);
        let asker = Target { address: address(&account, device.device), jid: device };
        let sent = self.sent.get_mut(id.as_ref())?;
        if !sent.may_resend_to(&asker.address) {
            return None;
        }
        let (chat, form, plain) = (sent.chat.clone(), sent.form, sent.plain.clone());
        self.renew_session(&asker, receipt, directory)?;
        let own = account == self.seed.pn;
        let plain = if chat.is_group() {
            let message = waproto::codec::message_decode(&plain).ok()?;
            self.distribution_message(&chat, message).ok()?
        } else if own && !form.peer {
            device_sent(&chat, waproto::codec::message_decode(&plain).ok()?)
        } else {
            plain
        };
        let (kind, sealed) = self.encrypt_for(&asker, &plain, directory)?;
        let enc = enc_node(kind, sealed, form, Some(attr_u64(retry, "count").unwrap_or(1)));
        self.stats.resent += 1;
        let stanza = if chat.is_group() {
            message_node(&id, &chat, form).attr("participant", &asker.jid)
        } else {
            resend_to_one(message_node(&id, &asker.jid, form), own && !form.peer, &chat)
        };
        Some(stanza.children([enc]).build())
    }

    /// Opens a new session with the keys in the receipt, or with the ones the service has.
    fn renew_session(&mut self, asker: &Target, receipt: &Node, directory: &mut dyn Directory) -> Option<()> {
        let bundle = bundle_of(receipt).or_else(|| directory.take_bundle(&asker.jid))?;
        let signal = live(&mut self.signal, &self.ring);
        signal.open_session(&asker.address, &bundle).ok()
    }
}

fn resend_to_one(stanza: NodeBuilder, own_copy: bool, chat: &Jid) -> NodeBuilder {
    let stanza = stanza.attr("device_fanout", "false");
    if own_copy { stanza.attr("recipient", chat) } else { stanza }
}

/// The bundle in a retry receipt's `<keys>`.
fn bundle_of(receipt: &Node) -> Option<Bundle> {
    let keys = child(receipt, "keys")?;
    let signed = child(keys, "skey")?;
    let one_time = child(keys, "key")
        .and_then(|key| Some((be_u32(&child_bytes(key, "id")?)?, child_array::<32>(key, "value")?)));
    Some(Bundle {
        registration_id: be_u32(&child_bytes(receipt, "registration")?)?,
        identity: child_array(keys, "identity")?,
        signed_pre_key: SignedPreKey {
            id: be_u32(&child_bytes(signed, "id")?)?,
            public: child_array(signed, "value")?,
            signature: child_array(signed, "signature")?,
        },
        one_time,
    })
}
