//! What a phone remembers of messages it sent and received, so that it can send them again.

use wacore_binary::Jid;
use wacore_libsignal::protocol::ProtocolAddress;

use super::limits::RESENDS_PER_DEVICE_MAX;

/// A message the phone sent.
#[derive(Debug)]
pub(super) struct SentMessage {
    pub(super) chat: Jid,
    /// Encoded message, without padding, distribution or device-sent wrapper.
    pub(super) plain: Vec<u8>,
    pub(super) form: StanzaForm,
    pub(super) sent_s: u64,
    resends: Vec<(ProtocolAddress, u32)>,
}

/// What stanzas of a message say outside the ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StanzaForm {
    /// `type` of the stanza.
    pub(super) stanza_type: &'static str,
    /// `mediatype` of each `<enc>`.
    pub(super) media_type: Option<&'static str>,
    /// `edit` of the stanza.
    pub(super) edit: Option<&'static str>,
    /// `decrypt-fail="hide"` on each `<enc>`.
    pub(super) hide_failure: bool,
    /// Phone to own companion (`category="peer"`).
    pub(super) peer: bool,
}

impl StanzaForm {
    /// A message to a person, of this `type`.
    pub(super) const fn of_type(stanza_type: &'static str) -> Self {
        Self { stanza_type, media_type: None, edit: None, hide_failure: false, peer: false }
    }
}

impl SentMessage {
    pub(super) fn new(chat: Jid, plain: Vec<u8>, form: StanzaForm, sent_s: u64) -> Self {
        Self { chat, plain, form, sent_s, resends: Vec::new() }
    }

    /// Counts a resend to a device. `false` when it has had enough of them.
    pub(super) fn may_resend_to(&mut self, address: &ProtocolAddress) -> bool {
        if let Some((_, count)) = self.resends.iter_mut().find(|(known, _)| known == address) {
            *count += 1;
            return *count <= RESENDS_PER_DEVICE_MAX;
        }
        self.resends.push((address.clone(), 1));
        true
    }

    pub(super) fn owned_bytes(&self) -> usize {
        size_of::<Self>() + self.plain.len() + self.resends.len() * size_of::<(ProtocolAddress, u32)>()
    }
}

/// A message the phone received, whole.
#[derive(Debug)]
pub(super) struct ReceivedMessage {
    pub(super) chat: Jid,
    /// Author, in groups.
    pub(super) participant: Option<Jid>,
    pub(super) from_me: bool,
    pub(super) plain: Vec<u8>,
    pub(super) received_s: u64,
}

impl ReceivedMessage {
    pub(super) fn owned_bytes(&self) -> usize {
        size_of::<Self>() + self.plain.len()
    }
}
