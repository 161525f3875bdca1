//! Linking, and what passes between a phone and its own companions. The companion is played with the crate's own
//! primitives: a phone made from the companion's seed that answers under device number 1.

use buffa::{Message as _, MessageField};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::message::{
    AppStateSyncKeyId, AppStateSyncKeyRequest, DeviceSentMessage, PeerDataOperationRequestMessage,
    PeerDataOperationRequestType, ProtocolMessage,
};
use waproto::whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList, Message, MessageKey, WebMessageInfo};

use super::town::{NOW_S, Town};
use crate::crypto::derive::{key_pair, raw};
use crate::crypto::history::inflate;
use crate::crypto::media::{MediaKind, decrypt};
use crate::crypto::pair_code::{Exchange, unwrap, wrap};
use crate::phone::keys::KeyRing;
use crate::phone::signal::{EncType, SignalState, address};
use crate::phone::{
    Behaviour, Bundle, CompanionFinish, CompanionHello, DeviceEntry, Directory, GroupView, PairFault, Phone,
    PhoneError, PhoneMessage, PhoneSeed,
};
use crate::stanza::{attr, bytes, child, children};

/// Companion 1 of phone 111: its keys and Signal state.
struct Companion {
    ring: KeyRing,
    signal: SignalState,
}

/// The phone's directory: the town's records, and the companion as device 1 of 111.
struct WithCompanion<'a> {
    inner: &'a mut dyn Directory,
    bundle: Bundle,
}

impl Directory for WithCompanion<'_> {
    fn devices(&mut self, user: &Jid) -> Vec<DeviceEntry> {
        let mut devices = self.inner.devices(user);
        if user.user == "111" {
            devices.push(DeviceEntry { jid: user.with_device(1), key_index: 1 });
        }
        devices
    }
    fn take_bundle(&mut self, device: &Jid) -> Option<Bundle> {
        if device.device == 1 { Some(self.bundle.clone()) } else { self.inner.take_bundle(device) }
    }
    fn lid_of(&self, pn: &str) -> Option<String> {
        self.inner.lid_of(pn)
    }
    fn pn_of(&self, lid: &str) -> Option<String> {
        self.inner.pn_of(lid)
    }
    fn group(&self, gid: &Jid) -> Option<GroupView> {
        self.inner.group(gid)
    }
    fn put_blob(&mut self, kind: MediaKind, ciphertext: Vec<u8>) -> crate::phone::BlobRef {
        self.inner.put_blob(kind, ciphertext)
    }
    fn get_blob(&self, direct_path: &str) -> Option<&[u8]> {
        self.inner.get_blob(direct_path)
    }
    fn renew_blob(&mut self, direct_path: &str) -> Option<String> {
        self.inner.renew_blob(direct_path)
    }
    fn next_id(&mut self) -> String {
        self.inner.next_id()
    }
}

impl Companion {
    fn new() -> Self {
        let ring = KeyRing::new([0xc0; 32]);
        Self { signal: SignalState::new(&ring), ring }
    }

    fn bundle(&self) -> Bundle {
        let material = self.ring.material();
        Bundle {
            registration_id: material.registration_id,
            identity: material.identity,
            signed_pre_key: material.signed_pre_key,
            one_time: Some((1, raw(&self.ring.one_time_key(1).public_key))),
        }
    }

    /// Lets the phone act with this companion in its directory.
    fn at<T>(&self, town: &mut Town, act: impl FnOnce(&mut Phone, &mut dyn Directory) -> T) -> T {
        let bundle = self.bundle();
        town.with("111", |phone, inner| act(phone, &mut WithCompanion { inner, bundle }))
    }

    /// Opens the ciphertext of a stanza from the phone.
    fn open(&mut self, enc: &Node) -> Message {
        let kind = EncType::from_name(&attr(enc, "type").unwrap()).unwrap();
        let plain = self.signal.decrypt(&self.ring, &address("111", 0), kind, &bytes(enc)).unwrap();
        Message::decode_from_slice(&plain).unwrap()
    }

    /// A message to the phone as the service delivers it.
    fn write(&mut self, id: &str, message: &Message, attributes: &[(&'static str, &str)]) -> Node {
        let (kind, sealed) = self.signal.encrypt(&address("111", 0), &message.encode_to_vec()).unwrap();
        let enc = NodeBuilder::new("enc").attr("type", kind.name()).bytes(sealed).build();
        NodeBuilder::new("message")
            .attr("id", id)
            .attr("from", Jid::pn_device("111", 1))
            .attrs(attributes.iter().copied())
            .children([enc])
            .build()
    }
}

fn protocol(message: &Message) -> &ProtocolMessage {
    message.protocol_message.as_option().expect("a protocol message")
}

/// Phone 111 in touch with its companion: the town, the companion, and what it was welcomed with.
fn welcomed() -> (Town, Companion, Vec<Message>) {
    let mut town = Town::of(&["111", "222"]);
    town.say("222", &Jid::pn("111"), "from before");
    let mut companion = Companion::new();
    let device = Jid::pn_device("111", 1);
    let stanzas =
        companion.at(&mut town, |phone, directory| phone.welcome_companion(NOW_S, &device, directory));
    let messages = stanzas
        .iter()
        .map(|stanza| {
            assert_eq!(attr(stanza, "category").as_deref(), Some("peer"));
            assert_eq!(attr(stanza, "to").as_deref(), Some("111:1@s.whatsapp.net"));
            companion.open(child(stanza, "enc").unwrap())
        })
        .collect();
    (town, companion, messages)
}

#[test]
fn a_new_companion_gets_keys_history_and_names_in_order() {
    let (town, _, messages) = welcomed();
    let types: Vec<_> = messages.iter().map(|message| protocol(message).r#type.unwrap()).collect();
    let history = ProtocolType::HISTORY_SYNC_NOTIFICATION;
    assert_eq!(types, [ProtocolType::APP_STATE_SYNC_KEY_SHARE, history, history, history]);
    let keys = &protocol(&messages[0]).app_state_sync_key_share.keys;
    assert_eq!(keys[0].key_id.key_id.as_ref().unwrap().len(), 6);
    assert_eq!(keys[0].key_data.key_data.as_ref().unwrap().len(), 32);
    let parts: Vec<_> = messages[1..]
        .iter()
        .map(|message| {
            let notification = &protocol(message).history_sync_notification;
            match &notification.initial_hist_bootstrap_inline_payload {
                Some(payload) => inflate(payload).unwrap(),
                None => {
                    let path = notification.direct_path.as_ref().unwrap();
                    let key = notification.media_key.as_ref().unwrap();
                    inflate(&decrypt(&town.records.blobs[path], key, MediaKind::History).unwrap()).unwrap()
                }
            }
        })
        .collect();
    let kinds: Vec<_> = parts.iter().map(|part| part.sync_type).collect();
    assert_eq!(
        kinds,
        [HistorySyncType::INITIAL_BOOTSTRAP, HistorySyncType::RECENT, HistorySyncType::PUSH_NAME]
    );
    let conversation = &parts[1].conversations[0];
    assert_eq!(
        (conversation.id.as_str(), conversation.lid_jid.as_deref()),
        ("222@s.whatsapp.net", Some("9222@lid"))
    );
    let message = &*conversation.messages[0].message;
    assert_eq!(message.message.conversation.as_deref(), Some("from before"));
    assert_eq!(parts[0].phone_number_to_lid_mappings.len(), 2);
    assert_eq!(parts[2].pushnames[0].pushname.as_deref(), Some("name 111"));
}

#[test]
fn withheld_keys_and_history_stay_away() {
    let mut town = Town::of(&["111"]);
    let companion = Companion::new();
    let device = Jid::pn_device("111", 1);
    let sent = companion.at(&mut town, |phone, directory| {
        *phone.behaviour_mut() = Behaviour { share_keys: false, history: false, ..Behaviour::default() };
        phone.welcome_companion(NOW_S, &device, directory)
    });
    assert!(sent.is_empty());
}

#[test]
fn what_the_phone_says_reaches_its_companion_as_a_copy() {
    let (mut town, mut companion, _) = welcomed();
    let to = Jid::pn("222");
    let text = PhoneMessage::Text("hello".to_owned());
    let sent = companion.at(&mut town, |phone, directory| phone.send(NOW_S, &to, text, directory)).unwrap();
    let entries = children(child(&sent.stanza, "participants").unwrap());
    let names: Vec<_> = entries.iter().map(|entry| attr(entry, "jid").unwrap().into_owned()).collect();
    assert_eq!(names, ["222@s.whatsapp.net", "111:1@s.whatsapp.net"]);
    let copy = companion.open(&children(&entries[1])[0]);
    assert_eq!(copy.device_sent_message.destination_jid.as_deref(), Some("222@s.whatsapp.net"));
    assert_eq!(copy.device_sent_message.message.conversation.as_deref(), Some("hello"));
}

#[test]
fn what_a_companion_says_reaches_the_phone_as_its_own() {
    let (mut town, mut companion, _) = welcomed();
    let copy = Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            destination_jid: Some("222@s.whatsapp.net".to_owned()),
            message: MessageField::some(Message {
                conversation: Some("by companion".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let stanza = companion.write("C1", &copy, &[("recipient", "222@s.whatsapp.net")]);
    let answers = companion.at(&mut town, |phone, directory| phone.on_stanza(NOW_S, &stanza, directory));
    let receipt = &answers[0];
    assert_eq!(
        (attr(receipt, "type").as_deref(), attr(receipt, "recipient").as_deref()),
        (Some("sender"), Some("222@s.whatsapp.net"))
    );
    let got = town.got("111", "C1");
    assert_eq!(
        (got.from_me, got.text.as_deref(), got.chat.clone()),
        (true, Some("by companion"), Jid::pn("222"))
    );
}

/// Sends a request to the phone as a peer message; the answer, opened.
fn ask(town: &mut Town, companion: &mut Companion, request: ProtocolMessage) -> Message {
    let message = Message { protocol_message: MessageField::some(request), ..Default::default() };
    let stanza = companion.write("R1", &message, &[("category", "peer")]);
    let answers = companion.at(town, |phone, directory| phone.on_stanza(NOW_S, &stanza, directory));
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| (answer.tag.to_string(), attr(answer, "type").unwrap().into_owned()))
        .collect();
    assert_eq!(
        kinds,
        [("message".to_owned(), "text".to_owned()), ("receipt".to_owned(), "peer_msg".to_owned())]
    );
    companion.open(child(&answers[0], "enc").unwrap())
}

fn data_request(request: PeerDataOperationRequestMessage) -> ProtocolMessage {
    ProtocolMessage {
        r#type: Some(ProtocolType::PEER_DATA_OPERATION_REQUEST_MESSAGE),
        peer_data_operation_request_message: MessageField::some(request),
        ..Default::default()
    }
}

#[test]
fn companions_ask_for_keys_messages_and_history() {
    let (mut town, mut companion, messages) = welcomed();
    let shared = protocol(&messages[0]).app_state_sync_key_share.keys[0].clone();
    let wanted = [shared.key_id.key_id.clone().unwrap(), vec![9; 6]];
    let key_ids = wanted.map(|id| AppStateSyncKeyId { key_id: Some(id) }).to_vec();
    let answer = ask(
        &mut town,
        &mut companion,
        ProtocolMessage {
            r#type: Some(ProtocolType::APP_STATE_SYNC_KEY_REQUEST),
            app_state_sync_key_request: MessageField::some(AppStateSyncKeyRequest { key_ids }),
            ..Default::default()
        },
    );
    let keys = &protocol(&answer).app_state_sync_key_share.keys;
    assert_eq!(keys[0].key_data.key_data, shared.key_data.key_data);
    assert!(keys[1].key_data.is_unset(), "an unknown key is named without data");

    let id = town.say("222", &Jid::pn("111"), "unreadable for the companion");
    let resend =
        waproto::whatsapp::message::peer_data_operation_request_message::PlaceholderMessageResendRequest {
            message_key: MessageField::some(MessageKey { id: Some(id.clone()), ..Default::default() }),
        };
    let answer = ask(
        &mut town,
        &mut companion,
        data_request(PeerDataOperationRequestMessage {
            peer_data_operation_request_type: Some(PeerDataOperationRequestType::PLACEHOLDER_MESSAGE_RESEND),
            placeholder_message_resend_request: vec![resend],
            ..Default::default()
        }),
    );
    let response = &protocol(&answer).peer_data_operation_request_response_message;
    assert_eq!(response.stanza_id.as_deref(), Some("R1"));
    let found = &response.peer_data_operation_result[0].placeholder_message_resend_response;
    let info = WebMessageInfo::decode_from_slice(found.web_message_info_bytes.as_ref().unwrap()).unwrap();
    assert_eq!(
        (info.key.id.as_deref(), info.message.conversation.as_deref()),
        (Some(id.as_str()), Some("unreadable for the companion"))
    );

    let answer = ask(
        &mut town,
        &mut companion,
        data_request(PeerDataOperationRequestMessage {
            peer_data_operation_request_type: Some(PeerDataOperationRequestType::HISTORY_SYNC_ON_DEMAND),
            ..Default::default()
        }),
    );
    let notification = &protocol(&answer).history_sync_notification;
    assert_eq!(notification.peer_data_request_session_id.as_deref(), Some("R1"));
    assert!(notification.direct_path.is_some());
}

#[test]
fn key_indexes_follow_linking_and_unlinking() {
    let mut town = Town::of(&["111"]);
    let listed = |town: &Town| {
        let signed =
            ADVSignedKeyIndexList::decode_from_slice(&town.phone("111").key_index_list(NOW_S)).unwrap();
        let list = ADVKeyIndexList::decode_from_slice(&signed.details.unwrap()).unwrap();
        (list.current_index.unwrap(), list.valid_indexes)
    };
    assert_eq!(listed(&town), (0, vec![]));
    for key_index in [1, 2] {
        let hello = CompanionHello { identity: [key_index as u8; 32], adv_secret: [3; 32], key_index };
        town.with("111", |phone, _| phone.sign_companion(NOW_S, &hello, PairFault::None)).unwrap();
    }
    assert_eq!(listed(&town), (2, vec![1, 2]));
    town.with("111", |phone, _| phone.forget_companion(2));
    assert_eq!(listed(&town), (2, vec![1]), "a lower list under the same highest index: 2 is gone, not new");
}

#[test]
fn pairing_by_code_agrees_on_a_secret_or_fails() {
    for (typed, right) in [("abcd-1234", true), ("ABCD1235", false)] {
        let mut town = Town::of(&["111"]);
        let (ephemeral, identity) = (key_pair(&[1; 32], b"e"), key_pair(&[1; 32], b"i"));
        let wrapped = wrap("ABCD1234", &raw(&ephemeral.public_key), &[2; 32], &[3; 16]);
        let hello = town.with("111", |phone, _| phone.enter_pairing_code(typed, &wrapped, b"ref")).unwrap();
        let exchange = Exchange {
            ephemeral: &ephemeral,
            identity: &identity,
            their_ephemeral: unwrap("ABCD1234", &hello.wrapped_ephemeral),
            their_identity: hello.identity,
        };
        let (wrapped_key_bundle, secret) = exchange.seal_bundle(&[4; 32], &[5; 32], &[6; 12]).unwrap();
        let finish = |link_ref: &[u8]| CompanionFinish {
            wrapped_key_bundle: wrapped_key_bundle.clone(),
            companion_identity: raw(&identity.public_key),
            link_ref: link_ref.to_vec(),
        };
        let other = town.with("111", |phone, _| phone.finish_pairing_code(&finish(b"other")));
        assert!(matches!(other, Err(PhoneError::NoPairingUnderWay)));
        let finished = town.with("111", |phone, _| phone.finish_pairing_code(&finish(b"ref")));
        match finished {
            Ok(agreed) => assert!(right && agreed.0 == secret),
            Err(error) => assert!(!right && matches!(error, PhoneError::WrongPairingCode), "{error}"),
        }
    }
    let mut town = Town::of(&["111"]);
    let bad = town.with("111", |phone, _| phone.enter_pairing_code("O0IU", &[0; 80], b"ref"));
    assert!(matches!(bad, Err(PhoneError::BadPairingCode)));
}

#[test]
fn an_idle_phone_is_small() {
    let seed =
        PhoneSeed { seed: [1; 32], pn: "1".to_owned(), lid: "2".to_owned(), push_name: "n".to_owned() };
    let phone = Phone::new(seed, Behaviour::default());
    phone.key_material();
    assert!(phone.owned_bytes() < 2048, "{}", phone.owned_bytes());
}
