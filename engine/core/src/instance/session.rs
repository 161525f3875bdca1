//! What WhatsApp says, and what it means for the instance.

use trunkline_model::command::Expiring;
use trunkline_model::event::{CloseReason, EventBody};
use trunkline_model::inbound::Party;
use trunkline_model::instance::{InstanceState, Trigger};
use trunkline_model::message::MessageStatus;
use trunkline_store::CommitClass;
use trunkline_whatsapp::{ReceiptKind, Session, SessionEvent};

use super::state::Instance;
use crate::clock;
use crate::limits::RESTRICTION_DEFAULT_MS;

impl Instance {
    pub(super) async fn session_event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Qr { code, valid_ms } => self.qr_issued(code, valid_ms).await,
            SessionEvent::PairingCode { code, valid_ms } => self.pairing_code_issued(code, valid_ms).await,
            SessionEvent::CodesExhausted => self.pairing_failed(CloseReason::CodesExpired).await,
            SessionEvent::PasskeyRequested { request_options_json } => {
                self.passkey_requested(request_options_json).await;
            }
            SessionEvent::PasskeyConfirmation { code, .. } => self.passkey_confirmation(code).await,
            SessionEvent::PasskeyFailed { .. } | SessionEvent::PairFailed { .. } => {
                self.pairing_failed(CloseReason::PairingRefused).await;
            }
            SessionEvent::PairAccepted { account, .. } => self.pair_accepted(account).await,
            SessionEvent::LoginAccepted => {
                self.step(Trigger::LoginAccepted, None).await;
            }
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
            _ => {}
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

    async fn pairing_failed(&mut self, reason: CloseReason) {
        self.drop_session();
        self.step(Trigger::PairFailed, Some(reason)).await;
    }

    async fn pair_accepted(&mut self, account: Party) {
        if !self.step(Trigger::PairAccepted, None).await {
            return;
        }
        self.record.linked = Some(account.clone());
        self.write_record(vec![(EventBody::Linked { account }, false)], CommitClass::First).await;
    }

    async fn ready(&mut self) {
        if !self.step(Trigger::Ready, None).await {
            return;
        }
        self.pump().await;
    }

    /// The one place where the end of a connection becomes a state; `CloseReason` is closed, and so is this table.
    async fn closed(&mut self, reason: CloseReason, retry_after_ms: Option<u64>) {
        match reason {
            // After pairing the service asks for a new stream: the same session logs in on it, at once.
            CloseReason::StreamRestart if self.stands() == InstanceState::Pairing => {
                metrics::counter!(crate::metrics::CONNECTIONS_CLOSED, "reason" => reason.as_str())
                    .increment(1);
                if let Some(session) = &self.session {
                    session.start();
                }
            }
            CloseReason::CodesExpired | CloseReason::PairingRefused => self.pairing_failed(reason).await,
            CloseReason::Replaced => self.end_session(Trigger::StreamReplaced, reason).await,
            CloseReason::DeviceRemoved => self.device_removed(reason).await,
            CloseReason::TemporaryBan => self.restricted(reason, retry_after_ms).await,
            CloseReason::AccountLocked | CloseReason::ClientOutdated | CloseReason::RestartLimit => {
                metrics::counter!(crate::metrics::CONNECTIONS_CLOSED, "reason" => reason.as_str())
                    .increment(1);
                self.park(reason).await;
            }
            CloseReason::Requested
            | CloseReason::ConnectionLost
            | CloseReason::ConnectFailed
            | CloseReason::StreamRestart
            | CloseReason::Silent
            | CloseReason::ServiceUnavailable
            | CloseReason::TimedOut
            | CloseReason::ShuttingDown => self.connection_ended(reason, retry_after_ms).await,
        }
    }

    async fn end_session(&mut self, trigger: Trigger, reason: CloseReason) {
        metrics::counter!(crate::metrics::CONNECTIONS_CLOSED, "reason" => reason.as_str()).increment(1);
        self.drop_session();
        self.step(trigger, Some(reason)).await;
    }

    async fn restricted(&mut self, reason: CloseReason, retry_after_ms: Option<u64>) {
        let wait_ms = retry_after_ms.unwrap_or(RESTRICTION_DEFAULT_MS);
        self.record.scheduled_at_ms = Some(clock::wall_ms().saturating_add_unsigned(wait_ms));
        self.end_session(Trigger::RestrictionImposed, reason).await;
        if self.stands() == InstanceState::Restricted {
            self.arm_state_timer(wait_ms);
        }
    }

    /// WhatsApp said that this device is unlinked: the credentials are dead, which is the only reason to delete them.
    async fn device_removed(&mut self, reason: CloseReason) {
        self.end_session(Trigger::DeviceRemoved, reason).await;
        if self.stands() != InstanceState::LoggedOut {
            return;
        }
        self.forget_link().await;
        // Waited for here, so that a new pairing never meets half of the old credentials.
        if let Err(error) = Session::wipe(&self.context.kit, self.id()).await {
            tracing::error!(instance = %self.id(), %error, "dead credentials could not be deleted");
        }
    }

    /// The record no longer names a linked account.
    pub(super) async fn forget_link(&mut self) {
        self.record.linked = None;
        self.write_record(Vec::new(), CommitClass::First).await;
    }
}

fn status_of(kind: ReceiptKind) -> Option<MessageStatus> {
    match kind {
        ReceiptKind::Delivered => Some(MessageStatus::Delivered),
        ReceiptKind::Read => Some(MessageStatus::Read),
        ReceiptKind::Played => Some(MessageStatus::Played),
        _ => None,
    }
}
