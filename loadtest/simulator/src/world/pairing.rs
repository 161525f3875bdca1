//! Linking a companion by QR: references, the phone's signature, the companion's answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp::ClientPairingProps;

use super::account::{Device, Gate};
use super::client::Registration;
use super::pairing_code::ByCode;
use super::passkey::Ceremony;
use super::{AccountId, ConnId, DeviceId, Session, World};
use crate::crypto::{adv, qr};
use crate::faults::FaultKind;
use crate::iq;
use crate::limits::{COMPANIONS_MAX, PAIR_ANSWER_MS_MAX, PAIRING_REFS, WELCOME_WITHOUT_KEYS_MS};
use crate::phone::{Addressing, AppStatePatch, CompanionHello, PairFault, PairSuccess};
use crate::stanza::{attr, bytes, child, leaf, service, wrap};

/// Random bytes behind a reference, so that it is as long as clients are used to.
const REF_BYTES: usize = 96;

/// What the phone says it is.
const PLATFORM: &str = "smba";

/// A client that is not linked yet.
pub(crate) struct Pairing {
    pub(super) noise: [u8; 32],
    pub(super) registration: Registration,
    refs: Vec<String>,
    offer: Option<Offer>,
    pub(super) by_code: Option<ByCode>,
    pub(super) passkey: Option<Ceremony>,
}

/// A pair-success sent and not answered.
struct Offer {
    iq_id: String,
    device: DeviceId,
    key_index: u32,
    details: Vec<u8>,
    expires_ms: u64,
}

/// Why a QR or code did not lead to a pairing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The text is no QR of a companion.
    #[error("not a companion's QR: {0}")]
    BadQr(String),
    /// No client on a live connection shows this QR or waits for this code.
    #[error("no client is waiting to be linked this way")]
    NobodyWaiting,
    /// The QR's keys are not those of the connection.
    #[error("the QR's keys are not the client's")]
    KeyMismatch,
    /// The account has as many companions as it may have.
    #[error("an account has at most {COMPANIONS_MAX} companions")]
    TooManyCompanions,
    /// The phone refused.
    #[error("the phone refused: {0}")]
    Phone(String),
}

impl World {
    pub(super) fn offer_pairing(&mut self, conn: ConnId, noise: [u8; 32], registration: Registration) {
        let refs: Vec<String> = (0..PAIRING_REFS).map(|_| self.reference("2@", REF_BYTES)).collect();
        for reference in &refs {
            self.pairing_refs.insert(reference.clone(), conn);
        }
        let nodes = refs.iter().map(|reference| leaf("ref", reference.as_bytes()));
        let pair_device = wrap("pair-device", nodes);
        let pairing = Pairing { noise, registration, refs, offer: None, by_code: None, passkey: None };
        self.sessions.insert(conn, Session::Pairing(Box::new(pairing)));
        let id = self.stanza_id();
        self.send(conn, md_iq(&id, pair_device));
    }

    pub(super) fn reference(&mut self, prefix: &str, random_bytes: usize) -> String {
        let mut random = vec![0; random_bytes];
        self.rng.fill_bytes(&mut random);
        format!("{prefix}{}", STANDARD.encode(random))
    }

    pub(super) fn forget_pairing(&mut self, pairing: &Pairing) {
        for reference in &pairing.refs {
            self.pairing_refs.remove(reference);
        }
        if let Some(offer) = &pairing.offer {
            self.refused(offer, "the companion left");
        }
    }

    pub(super) fn pairing_mut(&mut self, conn: ConnId) -> Option<&mut Pairing> {
        match self.sessions.get_mut(&conn)? {
            Session::Pairing(pairing) => Some(pairing),
            Session::Device(_) => None,
        }
    }

    /// The person scans a QR with the account's phone.
    ///
    /// # Errors
    /// [`ScanError`] if the QR leads nowhere; nothing is sent then.
    pub fn scan(&mut self, account: AccountId, text: &str) -> Result<(), ScanError> {
        let code = qr::parse(text).map_err(|error| ScanError::BadQr(error.to_string()))?;
        let conn = *self.pairing_refs.get(&code.reference).ok_or(ScanError::NobodyWaiting)?;
        let pairing = self.pairing_mut(conn).ok_or(ScanError::NobodyWaiting)?;
        if pairing.noise != code.noise || pairing.registration.identity != code.identity {
            return Err(ScanError::KeyMismatch);
        }
        if self.is_passkey_required(account) {
            return self.ask_for_passkey(conn, account);
        }
        self.sign_in(conn, account, code.adv_secret)
    }

    /// The phone signs the client in; pair-success goes out.
    pub(super) fn sign_in(
        &mut self,
        conn: ConnId,
        account: AccountId,
        adv_secret: [u8; 32],
    ) -> Result<(), ScanError> {
        if self.accounts[account].devices.len() >= COMPANIONS_MAX {
            return Err(ScanError::TooManyCompanions);
        }
        let pairing = self.pairing_mut(conn).ok_or(ScanError::NobodyWaiting)?;
        let identity = pairing.registration.identity;
        let device = DeviceId { account, device: self.accounts[account].free_device_number() };
        self.accounts[account].key_index += 1;
        let key_index = self.accounts[account].key_index;
        let hello = CompanionHello { identity, adv_secret, key_index };
        let fault = self.pair_fault(device);
        let now_s = self.now_s();
        let PairSuccess { container, details, .. } = self
            .with_phone(account, |phone, _| phone.sign_companion(now_s, &hello, fault))
            .ok_or_else(|| ScanError::Phone("busy".to_owned()))?
            .map_err(|error| ScanError::Phone(error.to_string()))?;
        let iq_id = self.stanza_id();
        let mut iq = md_iq(&iq_id, self.pair_success(device, container));
        iq.attrs.insert("t", now_s);
        let expires_ms = self.now_ms + PAIR_ANSWER_MS_MAX;
        if let Some(pairing) = self.pairing_mut(conn) {
            pairing.offer = Some(Offer { iq_id, device, key_index, details, expires_ms });
        }
        self.send(conn, iq);
        Ok(())
    }

    fn pair_fault(&mut self, device: DeviceId) -> PairFault {
        // The device does not exist yet, so faults are armed for its account.
        let phone = DeviceId { device: 0, ..device };
        if self.strike(FaultKind::BadHmac, phone).is_some() {
            PairFault::BadHmac
        } else if self.strike(FaultKind::BadAccountSignature, phone).is_some() {
            PairFault::BadAccountSignature
        } else {
            PairFault::None
        }
    }

    fn pair_success(&self, device: DeviceId, container: Vec<u8>) -> Node {
        let props = ClientPairingProps {
            is_chat_db_lid_migrated: self.config.lid_migrated.then_some(true),
            ..Default::default()
        };
        let names = NodeBuilder::new("device")
            .attr("jid", self.jid(device, Addressing::Pn))
            .attr("lid", self.jid(device, Addressing::Lid))
            .build();
        let platform = NodeBuilder::new("platform").attr("name", PLATFORM).build();
        wrap(
            "pair-success",
            [
                leaf("device-identity", container),
                names,
                platform,
                leaf("client-props", props.encode_to_vec()),
            ],
        )
    }

    pub(super) fn on_pairing_stanza(&mut self, conn: ConnId, node: &Node) {
        if node.tag != "iq" {
            // Acks of notifications, and information stanzas that mean nothing here.
            return;
        }
        match attr(node, "type").as_deref() {
            Some("result") => self.on_pair_answer(conn, node),
            Some("error") => self.on_pair_refusal(conn, node),
            _ if attr(node, "xmlns").as_deref() == Some("w:p") => {
                self.send(conn, iq::result(node, Vec::new()));
            }
            _ => match child(node, "link_code_companion_reg") {
                Some(step) => self.on_pairing_code_step(conn, node, step),
                None if self.on_passkey_step(conn, node) => {}
                None => {
                    self.counters.count_unknown_iq(iq::name_of(node));
                    self.send(conn, iq::error(node, iq::IqError::NOT_IMPLEMENTED));
                }
            },
        }
    }

    fn take_offer(&mut self, conn: ConnId, answer: &Node) -> Option<Offer> {
        let id = attr(answer, "id")?;
        let pairing = self.pairing_mut(conn)?;
        pairing.offer.take_if(|offer| offer.iq_id == id)
    }

    fn on_pair_answer(&mut self, conn: ConnId, node: &Node) {
        let Some(offer) = self.take_offer(conn, node) else { return };
        let signed = child(node, "pair-device-sign").and_then(|sign| child(sign, "device-identity"));
        match self.linked_device(conn, &offer, &signed.map(bytes).unwrap_or_default()) {
            Ok(device) => {
                let account = &mut self.accounts[offer.device.account];
                account.devices.insert(offer.device.device, device);
                account.extras_mut().key_index_list = None;
                self.counters.paired += 1;
                self.outcome(offer.device.account, "linked");
                self.store_initial_app_state(offer.device.account);
                self.end_connection(conn, "515");
                self.announce_addition(offer.device);
            }
            Err(why) => {
                self.refused(&offer, why);
                self.end_connection(conn, "401");
            }
        }
    }

    fn linked_device(&mut self, conn: ConnId, offer: &Offer, signed: &[u8]) -> Result<Device, &'static str> {
        let account_key = self.phone_identity(offer.device.account).ok_or("the phone is busy")?;
        let welcome_at_ms = self.now_ms + WELCOME_WITHOUT_KEYS_MS;
        let pairing = self.pairing_mut(conn).ok_or("the connection is gone")?;
        let Registration { registration_id, identity, signed_pre_key } = pairing.registration.clone();
        adv::verify_device_signature(signed, &offer.details, &account_key, &identity)
            .map_err(|_| "forged device signature")?;
        Ok(Device {
            noise: pairing.noise,
            identity,
            registration_id,
            signed_pre_key,
            one_time: Default::default(),
            key_index: offer.key_index,
            signed_identity: adv::without_account_key(signed).map_err(|_| "malformed device identity")?,
            queue: Default::default(),
            conn: None,
            gate: Gate::Shut,
            available: false,
            welcome_at_ms: Some(welcome_at_ms),
            told_keys_low: false,
        })
    }

    fn on_pair_refusal(&mut self, conn: ConnId, node: &Node) {
        let Some(offer) = self.take_offer(conn, node) else { return };
        let error = child(node, "error");
        let text = error.and_then(|error| attr(error, "text")).unwrap_or_default();
        let code = error.and_then(|error| attr(error, "code")).unwrap_or_default();
        self.refused(&offer, &format!("{code} {text}"));
    }

    fn refused(&mut self, offer: &Offer, why: &str) {
        self.counters.pairings_refused += 1;
        self.with_phone(offer.device.account, |phone, _| phone.forget_companion(offer.key_index));
        self.outcome(offer.device.account, &format!("refused: {why}"));
    }

    /// Remembers how an account's last pairing ended.
    pub(super) fn outcome(&mut self, account: AccountId, outcome: &str) {
        self.accounts[account].extras_mut().last_pairing = Some(outcome.to_owned());
    }

    fn store_initial_app_state(&mut self, account: AccountId) {
        let now_s = self.now_s();
        match self.with_phone(account, |phone, _| phone.initial_app_state(now_s)) {
            Some(Ok(patches)) => {
                // They are older than the companion: nobody is to be told.
                for AppStatePatch { collection, version, bytes } in patches {
                    self.accounts[account].extras_mut().app_state.store(collection, version, bytes);
                }
            }
            Some(Err(error)) => tracing::warn!(%error, "no initial app state"),
            None => {}
        }
    }

    /// Drops pair-success offers nobody answered.
    pub(super) fn expire_pairings(&mut self) {
        let now_ms = self.now_ms;
        let mut expired = Vec::new();
        for session in self.sessions.values_mut() {
            if let Session::Pairing(pairing) = session {
                expired.extend(pairing.offer.take_if(|offer| offer.expires_ms <= now_ms));
            }
        }
        for offer in expired {
            self.refused(&offer, "the companion did not answer");
        }
    }
}

/// An IQ of the service in the pairing namespace.
fn md_iq(id: &str, child: Node) -> Node {
    NodeBuilder::new("iq")
        .attr("from", service())
        .attr("type", "set")
        .attr("id", id)
        .attr("xmlns", "md")
        .children([child])
        .build()
}
