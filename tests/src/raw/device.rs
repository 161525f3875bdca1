//! A companion device made of keys: it registers, is linked, and logs in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeContent, Server};
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::Message as _;
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use waproto::whatsapp::{ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPayload};

use super::noise::{Initiator, generate, raw};
use super::socket::{Opening, RawSession, RawSocket};
use crate::account::Account;
use crate::world::World;

/// Keys of a companion.
pub struct RawDevice {
    noise: KeyPair,
    identity: KeyPair,
    signed_pre_key: KeyPair,
    adv_secret: [u8; 32],
}

/// How the companion answers pair-success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With its signature.
    Honest,
    /// With somebody else's.
    Forged,
}

/// Where a device logs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Phone number of the account.
    pub pn: u64,
    /// Device number.
    pub device: u32,
}

impl RawDevice {
    /// A device nobody knows.
    pub fn new() -> Self {
        Self {
            noise: generate(),
            identity: generate(),
            signed_pre_key: generate(),
            adv_secret: raw(&generate()),
        }
    }

    /// Its Noise static key.
    pub fn noise(&self) -> &KeyPair {
        &self.noise
    }

    /// Connects as a device that wants to be linked.
    pub async fn register(&self, world: &World) -> RawSession {
        let socket = RawSocket::open(world.ws_url(), Opening::Prologue).await;
        RawSession::establish(socket, Initiator::full(&self.noise), &self.registration()).await
    }

    /// Connects as a linked device, from nothing.
    pub async fn log_in(&self, world: &World, login: &Login, opening: Opening<'_>) -> RawSession {
        let socket = RawSocket::open(world.ws_url(), opening).await;
        RawSession::establish(socket, Initiator::full(&self.noise), &login.payload()).await
    }

    /// Connects as a linked device that remembers the service's key.
    pub async fn resume(&self, world: &World, login: &Login, service_static: [u8; 32]) -> RawSession {
        let payload = login.payload();
        let socket = RawSocket::open(world.ws_url(), Opening::Prologue).await;
        let initiator = Initiator::resuming(&self.noise, service_static, &payload);
        RawSession::establish(socket, initiator, &payload).await
    }

    /// Registers, has `account` scan the code, answers pair-success, and returns the session before its end.
    pub async fn link(&self, world: &World, account: &Account, signing: Signing) -> RawSession {
        let mut session = self.register(world).await;
        let pair_device =
            session.expect("pair-device", |node| node.get_optional_child("pair-device").is_some()).await;
        session.send(&result_of(&pair_device, None)).await;
        account.phone().scan(&self.qr(&pair_device)).await;
        let success =
            session.expect("pair-success", |node| node.get_optional_child("pair-success").is_some()).await;
        let signed = self.pair_device_sign(&success, signing);
        session.send(&result_of(&success, Some(signed))).await;
        session
    }

    /// The text of the QR code for the first reference of a pair-device request.
    pub fn qr(&self, pair_device: &Node) -> String {
        let reference = pair_device
            .get_optional_child("pair-device")
            .and_then(|pair| pair.get_optional_child("ref"))
            .map(bytes_of)
            .unwrap_or_else(|| panic!("pair-device without references"));
        let reference = String::from_utf8_lossy(&reference).into_owned();
        let keys = [raw(&self.noise), raw(&self.identity), self.adv_secret].map(|key| STANDARD.encode(key));
        format!("{reference},{},1", keys.join(","))
    }

    fn registration(&self) -> Vec<u8> {
        let signed_key = [&[5][..], &raw(&self.signed_pre_key)].concat();
        let data = DevicePairingRegistrationData {
            e_regid: Some(vec![0, 0, 0, 76]),
            e_keytype: Some(vec![5]),
            e_ident: Some(raw(&self.identity).to_vec()),
            e_skey_id: Some(vec![0, 0, 1]),
            e_skey_val: Some(raw(&self.signed_pre_key).to_vec()),
            e_skey_sig: Some(sign(&self.identity, &signed_key).to_vec()),
            build_hash: Some(vec![0; 16]),
            device_props: Some(Vec::new()),
        };
        let payload = ClientPayload {
            passive: Some(false),
            pull: Some(false),
            device_pairing_data: data.into(),
            ..Default::default()
        };
        payload.encode_to_vec()
    }

    fn pair_device_sign(&self, success: &Node, signing: Signing) -> Node {
        let container = success
            .get_optional_child("pair-success")
            .and_then(|pair| pair.get_optional_child("device-identity"))
            .map(bytes_of)
            .unwrap_or_else(|| panic!("pair-success without device identity"));
        let signed = ADVSignedDeviceIdentityHMAC::decode_from_slice(&container)
            .ok()
            .and_then(|container| container.details)
            .and_then(|details| ADVSignedDeviceIdentity::decode_from_slice(&details).ok());
        let mut signed = signed.unwrap_or_else(|| panic!("the device identity does not parse"));
        let details = signed.details.clone().unwrap_or_default();
        let account_key = signed.account_signature_key.clone().unwrap_or_default();
        let message = [&[6, 1][..], &details, &raw(&self.identity), &account_key].concat();
        let forger = generate();
        let signer = if signing == Signing::Honest { &self.identity } else { &forger };
        signed.device_signature = Some(sign(signer, &message).to_vec());
        let identity =
            NodeBuilder::new("device-identity").attr("key-index", "1").bytes(signed.encode_to_vec());
        NodeBuilder::new("pair-device-sign").children([identity.build()]).build()
    }
}

impl Default for RawDevice {
    fn default() -> Self {
        Self::new()
    }
}

impl Login {
    /// Device `number` of `account`.
    pub fn of(account: &Account, number: u32) -> Self {
        let pn = account.pn().parse().unwrap_or_else(|_| panic!("{} is no phone number", account.pn()));
        Self { pn, device: number }
    }

    fn payload(&self) -> Vec<u8> {
        let payload = ClientPayload {
            username: Some(self.pn),
            device: Some(self.device),
            passive: Some(false),
            pull: Some(true),
            ..Default::default()
        };
        payload.encode_to_vec()
    }
}

fn result_of(request: &Node, child: Option<Node>) -> Node {
    let id = request.attrs.get("id").map(|id| id.as_str().into_owned()).unwrap_or_default();
    NodeBuilder::new("iq")
        .attr("to", Jid::new("", Server::Pn))
        .attr("type", "result")
        .attr("id", id)
        .children(child)
        .build()
}

fn bytes_of(node: &Node) -> Vec<u8> {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => bytes.to_vec(),
        Some(NodeContent::String(text)) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

fn sign(key: &KeyPair, message: &[u8]) -> [u8; 64] {
    key.calculate_signature(message, &mut rand::rng()).unwrap_or_else(|error| panic!("cannot sign: {error}"))
}
