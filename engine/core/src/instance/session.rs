//! What WhatsApp says, and what it means for the instance.

use trunkline_model::command::{Expiring, LimitsView};
use trunkline_model::event::{CloseReason, EventBody, Undecryptable};
use trunkline_model::inbound::Party;
use trunkline_model::instance::{InstanceState, Trigger};
use trunkline_model::message::MessageStatus;
use trunkline_store::CommitClass;
use trunkline_whatsapp::{ReceiptKind, SessionEvent};

use super::message::InstanceMsg;
use super::receipts::ReceiptOf;
use super::state::Instance;
use crate::clock;
use crate::spawn::TaskKind;

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
            SessionEvent::Receipt { wa_ids, chat, sender, device, kind, time_ms, .. } => {
                match status_of(kind) {
                    Some(status) => {
                        self.receipt(&wa_ids, ReceiptOf { sender: &sender, device, status, time_ms }).await;
                    }
                    None => self.read_elsewhere(chat, wa_ids.len()).await,
                }
            }
            SessionEvent::Unread { wa_id, mut chat, mut sender, cause } => {
                self.log.complete(&mut chat);
                self.log.complete(&mut sender);
                let unread = Undecryptable { wa_id, chat, sender, cause: cause.to_owned() };
                self.tell(EventBody::MessageUndecryptable(Box::new(unread))).await;
            }
            SessionEvent::ChatPresence { mut chat, mut sender, state } => {
                self.log.complete(&mut chat);
                self.log.complete(&mut sender);
                self.tell(EventBody::ChatPresence { chat, sender, state }).await;
            }
            SessionEvent::Presence { mut person, online, last_seen_ms } => {
                self.log.complete(&mut person);
                self.tell(EventBody::Presence { person, online, last_seen_ms }).await;
            }
            SessionEvent::GroupChanged { group, mut author, change, text, mut participants } => {
                author.iter_mut().chain(&mut participants).for_each(|person| self.log.complete(person));
                self.tell(EventBody::GroupChanged { group, author, change, text, participants }).await;
            }
            SessionEvent::HistoryTaken => self.tell(EventBody::HistoryTaken).await,
            SessionEvent::LimitsChanged(limits) => self.tell(EventBody::LimitsChanged(limits)).await,
            SessionEvent::Call(call) => {
                self.decline(&call);
                self.tell(EventBody::Call(call)).await;
            }
            SessionEvent::Changed { change, is_past, at_ms } => self.changed(*change, is_past, at_ms).await,
        }
    }

    /// Asks WhatsApp for the account's limits beside the actor, and tells of them: a refusal says that there is one, not until
    /// when.
    pub(super) fn learn_limits(&mut self) {
        let Some(session) = self.session.clone() else {
            self.learning_limits = false;
            return;
        };
        let (myself, generation) = (self.myself.clone(), self.generation);
        self.context.spawner.spawn(TaskKind::Disposable, "limits", async move {
            let asked = session.limits().await;
            let limits = asked.inspect_err(|error| tracing::debug!(%error, "the limits were not told")).ok();
            drop(myself.cast(InstanceMsg::LimitsLearned { generation, limits: limits.map(Box::new) }));
        });
    }

    /// What [`Instance::learn_limits`] was told.
    pub(super) async fn limits_learned(&mut self, generation: u64, limits: Option<Box<LimitsView>>) {
        self.learning_limits = false;
        if let Some(limits) = limits
            && generation == self.generation
            && self.stands() != InstanceState::Deleted
        {
            self.tell(EventBody::LimitsChanged(limits)).await;
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
