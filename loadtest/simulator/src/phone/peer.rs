//! Between the phone and its own companions: what a new one is given, and what companions ask for later.

use buffa::{Message as _, MessageField};
use wacore_binary::{Jid, Node};
use waproto::whatsapp::message::peer_data_operation_request_response_message::PeerDataOperationResult;
use waproto::whatsapp::message::peer_data_operation_request_response_message::peer_data_operation_result::PlaceholderMessageResendResponse;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::message::{
    AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
    AppStateSyncKeyRequest, AppStateSyncKeyShare, PeerDataOperationRequestMessage,
    PeerDataOperationRequestResponseMessage, PeerDataOperationRequestType, ProtocolMessage,
};
use waproto::whatsapp::{Message, MessageKey, WebMessageInfo};

use super::Phone;
use super::compose::protocol_message;
use super::directory::Directory;
use super::envelope::Envelope;
use super::fanout::{Target, enc_node};
use super::history::{HistoryKind, Wanted};
use super::limits::PLACEHOLDERS_PER_REQUEST_MAX;
use super::send::message_node;
use super::sent::{SentMessage, StanzaForm};
use super::signal::address;

/// The messages that a companion wants, where it says which.
fn wanted(request: &PeerDataOperationRequestMessage) -> Option<Wanted> {
    let asked = request.history_sync_on_demand_request.as_option()?;
    Some(Wanted {
        chat: asked.chat_jid.as_deref()?.parse().ok()?,
        oldest_id: asked.oldest_msg_id.clone().unwrap_or_default(),
        oldest_s: asked.oldest_msg_timestamp_ms.map_or(u64::MAX, |ms| ms.max(0).unsigned_abs() / 1_000),
        messages: usize::try_from(asked.on_demand_msg_count.unwrap_or(0)).unwrap_or(0),
    })
}

/// Stanza form of messages to own companions.
const PEER_FORM: StanzaForm = StanzaForm { peer: true, ..StanzaForm::of_type("text") };

impl Phone {
    /// Peer messages for a companion that went active for the first time: the app-state key, history (bootstrap
    /// inline, recent messages as a file), push names, in this order.
    ///
    /// `device` is the companion's PN address; each stanza is `<message to=device category="peer">`. Empty when the
    /// companion has no keys to open a session with.
    pub fn welcome_companion(
        &mut self,
        now_s: u64,
        device: &Jid,
        directory: &mut dyn Directory,
    ) -> Vec<Node> {
        let mut gifts = Vec::new();
        if self.behaviour.share_keys {
            gifts.push(self.key_share(now_s));
        }
        if self.behaviour.history {
            for (order, kind) in HistoryKind::WELCOME.into_iter().enumerate() {
                gifts.extend(self.history_notification(kind, order as u32 + 1, directory));
            }
        }
        gifts.into_iter().filter_map(|gift| self.send_to_companion(now_s, device, gift, directory)).collect()
    }

    /// A message from an own companion to the phone: an answer to it, if it is a request.
    pub(super) fn on_peer_message(
        &mut self,
        now_s: u64,
        envelope: &Envelope,
        message: &Message,
        directory: &mut dyn Directory,
    ) -> Option<Node> {
        let request = message.protocol_message.as_option()?;
        let answer = match request.r#type? {
            ProtocolType::APP_STATE_SYNC_KEY_REQUEST if self.behaviour.share_keys => {
                self.answer_key_request(now_s, &request.app_state_sync_key_request)
            }
            ProtocolType::PEER_DATA_OPERATION_REQUEST_MESSAGE => {
                let request = &*request.peer_data_operation_request_message;
                self.answer_data_request(envelope, request, directory)?
            }
            _ => return None,
        };
        let device = Jid::pn_device(self.seed.pn.as_str(), envelope.sender.device);
        self.send_to_companion(now_s, &device, answer, directory)
    }

    fn answer_data_request(
        &mut self,
        envelope: &Envelope,
        request: &PeerDataOperationRequestMessage,
        directory: &mut dyn Directory,
    ) -> Option<ProtocolMessage> {
        match request.peer_data_operation_request_type? {
            PeerDataOperationRequestType::PLACEHOLDER_MESSAGE_RESEND => {
                let wanted = request.placeholder_message_resend_request.iter();
                let found: Vec<_> = wanted
                    .take(PLACEHOLDERS_PER_REQUEST_MAX)
                    .filter_map(|request| self.whole_message(request.message_key.id.as_deref()?))
                    .map(|info| PeerDataOperationResult {
                        placeholder_message_resend_response: MessageField::some(
                            PlaceholderMessageResendResponse {
                                web_message_info_bytes: Some(info.encode_to_vec()),
                            },
                        ),
                        ..Default::default()
                    })
                    .collect();
                Some(ProtocolMessage {
                    r#type: Some(ProtocolType::PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE),
                    peer_data_operation_request_response_message: MessageField::some(
                        PeerDataOperationRequestResponseMessage {
                            peer_data_operation_request_type: request.peer_data_operation_request_type,
                            stanza_id: Some(envelope.id.clone()),
                            peer_data_operation_result: found,
                        },
                    ),
                    ..Default::default()
                })
            }
            PeerDataOperationRequestType::HISTORY_SYNC_ON_DEMAND => {
                let mut answer = match wanted(request) {
                    Some(wanted) => self.wanted_history(&wanted, directory)?,
                    None => self.history_notification(HistoryKind::OnDemand, 1, directory)?,
                };
                answer.history_sync_notification.get_or_insert_default().peer_data_request_session_id =
                    Some(envelope.id.clone());
                Some(answer)
            }
            _ => None,
        }
    }

    /// A message sent or received, as companions file it.
    pub(super) fn whole_message(&self, id: &str) -> Option<WebMessageInfo> {
        let (chat, from_me, participant, plain, at_s) = match (self.sent.get(id), self.received.get(id)) {
            (Some(sent), _) => (&sent.chat, true, None, &sent.plain, sent.sent_s),
            (None, Some(got)) => {
                (&got.chat, got.from_me, got.participant.as_ref(), &got.plain, got.received_s)
            }
            (None, None) => return None,
        };
        let participant = participant.map(|jid| jid.to_non_ad_string());
        Some(WebMessageInfo {
            key: MessageField::some(MessageKey {
                remote_jid: Some(chat.to_string()),
                from_me: Some(from_me),
                id: Some(id.to_owned()),
                participant: participant.clone(),
            }),
            message: MessageField::some(waproto::codec::message_decode(plain).ok()?),
            message_timestamp: Some(at_s),
            participant,
            ..Default::default()
        })
    }

    fn answer_key_request(&self, now_s: u64, request: &AppStateSyncKeyRequest) -> ProtocolMessage {
        let own = self.ring.sync_key();
        let mut share = self.key_share(now_s);
        let keys = &mut share.app_state_sync_key_share.get_or_insert_default().keys;
        // A key the phone does not have is named without data, so that the companion stops asking.
        let unknown = request.key_ids.iter().filter(|wanted| wanted.key_id.as_deref() != Some(&own.id));
        keys.extend(unknown.map(|wanted| AppStateSyncKey {
            key_id: MessageField::some(wanted.clone()),
            ..Default::default()
        }));
        share
    }

    fn key_share(&self, now_s: u64) -> ProtocolMessage {
        let key = self.ring.sync_key();
        let fingerprint = AppStateSyncKeyFingerprint {
            raw_id: Some(self.ring.raw_id()),
            current_index: Some(self.companions.current_index()),
            device_indexes: std::iter::once(0).chain(self.companions.key_indexes()).collect(),
        };
        let key = AppStateSyncKey {
            key_id: MessageField::some(AppStateSyncKeyId { key_id: Some(key.id.to_vec()) }),
            key_data: MessageField::some(AppStateSyncKeyData {
                key_data: Some(key.data.to_vec()),
                fingerprint: MessageField::some(fingerprint),
                timestamp: Some(i64::try_from(now_s).unwrap_or(i64::MAX)),
            }),
        };
        ProtocolMessage {
            r#type: Some(ProtocolType::APP_STATE_SYNC_KEY_SHARE),
            app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![key] }),
            ..Default::default()
        }
    }

    fn send_to_companion(
        &mut self,
        now_s: u64,
        device: &Jid,
        content: ProtocolMessage,
        directory: &mut dyn Directory,
    ) -> Option<Node> {
        let plain = waproto::codec::message_to_vec(&protocol_message(content).message);
        let target = Target { jid: device.clone(), address: address(&self.seed.pn, device.device) };
        let (kind, sealed) = self.encrypt_for(&target, &plain, directory)?;
        let id = directory.next_id();
        let stanza =
            message_node(&id, device, PEER_FORM).children([enc_node(kind, sealed, PEER_FORM, None)]).build();
        self.sent.insert(id, SentMessage::new(device.to_non_ad(), plain, PEER_FORM, now_s));
        Some(stanza)
    }
}
