//! What WhatsApp says, and what it means for the instance.

use trunkline_model::command::Expiring;
use trunkline_model::event::{CloseReason, EventBody};
use trunkline_model::inbound::Party;
use trunkline_model::instance::Trigger;
use trunkline_model::message::MessageStatus;
use trunkline_store::CommitClass;
use trunkline_whatsapp::{ReceiptKind, SessionEvent};

use super::state::Instance;
use crate::clock;

impl Instance {
    pub(super) async fn session_event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Qr { code, valid_ms } => self.qr_issued(code, valid_ms).await,
            SessionEvent::PairingCode { code, valid_ms } => self.pairing_code_issued(code, valid_ms).await,
            SessionEvent::CodesExhausted => self.connection_ended(CloseReason::CodesExpired, None).await,
            SessionEvent::PasskeyRequested { request_options_json } => {
                self.passkey_requested(request_options_json).await;
            }
            SessionEvent::PasskeyConfirmation { code, .. } => self.passkey_confirmation(code).await,
            SessionEvent::PasskeyFailed { .. } | SessionEvent::PairFailed { .. } => {
                self.connection_ended(CloseReason::PairingRefused, None).await;
            }
            SessionEvent::PairAccepted { account, .. } => self.pair_accepted(account).await,
            SessionEvent::LoginAccepted { account } => self.login_accepted(account).await,
            SessionEvent::Ready => self.ready().await,
            SessionEvent::Closed { reason, retry_after_ms, .. } => self.closed(reason, retry_after_ms).await,
            SessionEvent::ServerAck { wa_id, error } => self.server_ack(&wa_id, error).await,
            SessionEvent::Receipt { wa_ids, sender, kind, .. } => {
                if let Some(status) = status_of(kind) {
                    self.receipt(&wa_ids, &sender, status).await;
                }
            }
            SessionEvent::ChatPresence { chat, sender, state } => {
                self.tell(EventBody::ChatPresence { chat, sender, state }).await;
            }
            SessionEvent::Presence { person, online, last_seen_ms } => {
                self.tell(EventBody::Presence { person, online, last_seen_ms }).await;
            }
            SessionEvent::GroupChanged { group, author, change, participants } => {
                self.tell(EventBody::GroupChanged { group, author, change, participants }).await;
            }
        }
    }

    async fn tell(&mut self, body: EventBody) {
        self.append(trunkline_store::Batch::new(), vec![(body, false)], CommitClass::Soon).await;
    }

    async fn qr_issued(&mut self, code: String, valid_ms: u64) {
        if !self.step(Trigger::CodeIssued, None).await {
            return;
        }
        let expires_at_ms = clock::wall_ms().saturating_add_unsigned(valid_ms);
        self.pairing.qr = Some(Expiring { text: code.clone(), expires_at_ms });
        self.tell(EventBody::QrIssued { code, expires_at_ms }).await;
    }

    pub(super) async fn pairing_code_issued(&mut self, code: String, valid_ms: u64) {
        if !self.step(Trigger::CodeIssued, None).await {
            return;
        }
        let expires_at_ms = clock::wall_ms().saturating_add_unsigned(valid_ms);
        self.pairing.code = Some(Expiring { text: code.clone(), expires_at_ms });
        self.tell(EventBody::PairingCodeIssued { code, expires_at_ms }).await;
    }

    async fn passkey_requested(&mut self, request_options_json: String) {
        if !self.step(Trigger::PasskeyRequested, None).await {
            return;
        }
        self.pairing.passkey_request_json = Some(request_options_json.clone());
        self.tell(EventBody::PasskeyRequested { request_options_json }).await;
    }

    async fn passkey_confirmation(&mut self, code: String) {
        self.pairing.passkey_confirmation = Some(code.clone());
        self.tell(EventBody::PasskeyConfirmation { code }).await;
    }

    async fn pair_accepted(&mut self, account: Party) {
        if !self.step(Trigger::PairAccepted, None).await {
            return;
        }
        self.record.linked = Some(account.clone());
        self.write_record(vec![(EventBody::Linked { account }, false)], CommitClass::First).await;
    }

    async fn login_accepted(&mut self, account: Option<Party>) {
        if !self.step(Trigger::LoginAccepted, None).await {
            return;
        }
        // The device on disk was linked, and the process ended before this record said so.
        if let (None, Some(account)) = (&self.record.linked, account) {
            self.record.linked = Some(account.clone());
            self.write_record(vec![(EventBody::Linked { account }, false)], CommitClass::First).await;
        }
    }

    async fn ready(&mut self) {
        if !self.step(Trigger::Ready, None).await {
            return;
        }
        if !self.settings.always_online {
            self.show_presence();
        }
        self.pump().await;
    }

    /// The record no longer names a linked account.
    pub(super) async fn forget_link(&mut self) {
        self.record.linked = None;
        self.write_record(Vec::new(), CommitClass::First).await;
    }
}

/// Whether an event is a fact about a message rather than about a connection: true whenever it is heard. WhatsApp has its
/// acknowledgement of it already, so it would not come again.
pub(super) fn outlives_connection(event: &SessionEvent) -> bool {
    matches!(event, SessionEvent::ServerAck { .. } | SessionEvent::Receipt { .. })
}

fn status_of(kind: ReceiptKind) -> Option<MessageStatus> {
    match kind {
        ReceiptKind::Delivered => Some(MessageStatus::Delivered),
        ReceiptKind::Read => Some(MessageStatus::Read),
        ReceiptKind::Played => Some(MessageStatus::Played),
        // This account's own reading is no news about a message that it sent.
        ReceiptKind::ReadSelf | ReceiptKind::PlayedSelf => None,
    }
}
