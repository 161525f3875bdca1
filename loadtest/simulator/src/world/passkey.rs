//! Linking a companion behind a passkey: the service asks for an assertion, then relays between companion and phone.

use rand::Rng;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::pairing::ScanError;
use super::{AccountId, ConnId, Session, World};
use crate::crypto::passkey::{Assertion, Primary, Prologue};
use crate::iq::{self, IqError};
use crate::limits::PASSKEY_SIGN_IN_MS;
use crate::stanza::{attr, bytes, child, child_bytes, children, leaf, service};

/// Random bytes behind the reference of a ceremony.
const REF_BYTES: usize = 24;

/// A ceremony as far as it got.
pub(super) struct Ceremony {
    account: AccountId,
    challenge: [u8; 32],
    reference: Option<String>,
    exchange: Option<Exchange>,
    /// When the phone signs the companion in, milliseconds, and with which secret.
    sign_in: Option<(u64, [u8; 32])>,
}

/// After the assertion.
struct Exchange {
    prologue: Prologue,
    primary: Primary,
    /// Whether the companion showed the nonce that it had committed to.
    agreed: bool,
}

impl World {
    /// From now on a companion of the account is linked only with an assertion of its passkey.
    pub fn require_passkey(&mut self, account: AccountId, required: bool) {
        self.accounts[account].extras_mut().passkey_required = required;
    }

    /// The account's owner answers a request for a passkey with their authenticator.
    ///
    /// # Errors
    /// When the request is none.
    pub fn assert_passkey(&mut self, account: AccountId, options: &str) -> Result<Assertion, ScanError> {
        self.with_phone(account, |phone, _| phone.passkey()?.assert(options))
            .ok_or_else(|| ScanError::Phone("busy".to_owned()))?
            .map_err(|error| ScanError::Phone(error.to_string()))
    }

    pub(super) fn is_passkey_required(&self, account: AccountId) -> bool {
        self.accounts[account].extras.as_ref().is_some_and(|extras| extras.passkey_required)
    }

    /// Asks the companion for an assertion.
    pub(super) fn ask_for_passkey(&mut self, conn: ConnId, account: AccountId) -> Result<(), ScanError> {
        let mut challenge = [0; 32];
        self.rng.fill_bytes(&mut challenge);
        let options = self.passkey_options(account, &challenge).map_err(ScanError::Phone)?;
        let pairing = self.pairing_mut(conn).ok_or(ScanError::NobodyWaiting)?;
        pairing.passkey =
            Some(Ceremony { account, challenge, reference: None, exchange: None, sign_in: None });
        self.notify_pairing(conn, "passkey_prologue_request", leaf("passkey_request_options", options));
        Ok(())
    }

    fn passkey_options(&mut self, account: AccountId, challenge: &[u8; 32]) -> Result<String, String> {
        self.with_phone(account, |phone, _| phone.passkey().map(|passkey| passkey.options(challenge)))
            .ok_or_else(|| "busy".to_owned())?
            .map_err(|error| error.to_string())
    }

    fn notify_pairing(&mut self, conn: ConnId, kind: &'static str, content: Node) {
        let notification = NodeBuilder::new("notification")
            .attr("from", service())
            .attr("type", kind)
            .attr("id", self.stanza_id())
            .attr("t", self.now_s())
            .children([content])
            .build();
        self.send(conn, notification);
    }

    /// A step of the ceremony. `false` when the request is none.
    pub(super) fn on_passkey_step(&mut self, conn: ConnId, request: &Node) -> bool {
        if attr(request, "xmlns").as_deref() != Some("md") {
            return false;
        }
        let Some(step) = children(request).first() else { return false };
        let answer = match step.tag.as_ref() {
            "ref" => self.passkey_reference(conn),
            "passkey_request_options" => self.passkey_options_again(conn),
            "passkey_prologue" => self.passkey_prologue(conn, step),
            "companion_nonce" => self.companion_nonce(conn, &bytes(step)),
            "encrypted_pairing_request" => self.pairing_request(conn, &bytes(step)),
            _ => return false,
        };
        let (stanza, told) = match answer {
            Ok(Step { children, told }) => (iq::result(request, children), told),
            Err(error) => (iq::error(request, error), None),
        };
        self.send(conn, stanza);
        if let Some(identity) = told {
            let identity = leaf("primary_ephemeral_identity", identity);
            self.notify_pairing(conn, "crsc_continuation", identity);
        }
        true
    }

    fn ceremony_mut(&mut self, conn: ConnId) -> Result<&mut Ceremony, IqError> {
        self.pairing_mut(conn).and_then(|pairing| pairing.passkey.as_mut()).ok_or(IqError::NOT_FOUND)
    }

    fn passkey_reference(&mut self, conn: ConnId) -> Result<Step, IqError> {
        let reference = self.reference("4@", REF_BYTES);
        self.ceremony_mut(conn)?.reference = Some(reference.clone());
        Ok(Step::of(leaf("ref", reference)))
    }

    fn passkey_options_again(&mut self, conn: ConnId) -> Result<Step, IqError> {
        let Ceremony { account, challenge, .. } = *self.ceremony_mut(conn)?;
        let options = self.passkey_options(account, &challenge).map_err(|_| IqError::NOT_FOUND)?;
        Ok(Step::of(leaf("passkey_request_options", options)))
    }

    /// The assertion and the companion's key: when both are in order, the phone's key goes to the companion.
    fn passkey_prologue(&mut self, conn: ConnId, step: &Node) -> Result<Step, IqError> {
        let ceremony = self.ceremony_mut(conn)?;
        let (account, challenge, reference) =
            (ceremony.account, ceremony.challenge, ceremony.reference.clone());
        let assertion = child_bytes(step, "webauthn_assertion").ok_or(IqError::BAD_REQUEST)?;
        let payload = child_bytes(step, "prologue_payload").ok_or(IqError::BAD_REQUEST)?;
        if child(step, "credential_id").is_none() {
            return Err(IqError::BAD_REQUEST);
        }
        let prologue = Prologue::read(&payload).map_err(|_| IqError::BAD_REQUEST)?;
        if reference.as_deref() != Some(prologue.reference()) {
            return Err(IqError::BAD_REQUEST);
        }
        let primary = self
            .with_phone(account, |phone, _| {
                phone.passkey()?.verify(&challenge, &assertion).map(|()| phone.primary_for_passkey())
            })
            .ok_or(IqError::NOT_FOUND)?
            .map_err(|_| IqError::FORBIDDEN)?;
        let identity = primary.identity();
        self.ceremony_mut(conn)?.exchange = Some(Exchange { prologue, primary, agreed: false });
        Ok(Step { children: Vec::new(), told: Some(identity) })
    }

    /// The companion's nonce: the phone shows the code now.
    fn companion_nonce(&mut self, conn: ConnId, nonce: &[u8]) -> Result<Step, IqError> {
        let nonce: [u8; 32] = nonce.try_into().map_err(|_| IqError::BAD_REQUEST)?;
        let ceremony = self.ceremony_mut(conn)?;
        let account = ceremony.account;
        let exchange = ceremony.exchange.as_mut().ok_or(IqError::BAD_REQUEST)?;
        let code = exchange.primary.code(&exchange.prologue, &nonce).map_err(|_| IqError::NOT_ACCEPTABLE)?;
        exchange.agreed = true;
        self.accounts[account].extras_mut().passkey_code = Some(code);
        Ok(Step { children: Vec::new(), told: None })
    }

    /// What the companion sealed for the phone, if it is the companion of this connection.
    fn pairing_request(&mut self, conn: ConnId, sealed: &[u8]) -> Result<Step, IqError> {
        let at_ms = self.now_ms + PASSKEY_SIGN_IN_MS;
        let pairing = self.pairing_mut(conn).ok_or(IqError::NOT_FOUND)?;
        let (noise, identity) = (pairing.noise, pairing.registration.identity);
        let ceremony = self.ceremony_mut(conn)?;
        let exchange = ceremony.exchange.take_if(|exchange| exchange.agreed).ok_or(IqError::BAD_REQUEST)?;
        let opened = exchange.primary.open(&exchange.prologue, sealed);
        let request = opened.map_err(|_| IqError::NOT_ACCEPTABLE)?;
        if request.noise != noise || request.identity != identity {
            return Err(IqError::FORBIDDEN);
        }
        ceremony.sign_in = Some((at_ms, request.adv_secret));
        Ok(Step { children: Vec::new(), told: None })
    }

    /// Lets phones sign in the companions whose ceremony is over. A phone takes a moment for it: companions store the secret that
    /// pair-success is checked with only once their request was answered.
    pub(super) fn finish_passkeys(&mut self) {
        let now_ms = self.now_ms;
        let mut due = Vec::new();
        for (conn, session) in &mut self.sessions {
            let Session::Pairing(pairing) = session else { continue };
            let is_due = |ceremony: &mut Ceremony| ceremony.sign_in.is_some_and(|(at_ms, _)| at_ms <= now_ms);
            if let Some(Ceremony { account, sign_in: Some((_, adv_secret)), .. }) =
                pairing.passkey.take_if(is_due)
            {
                due.push((*conn, account, adv_secret));
            }
        }
        for (conn, account, adv_secret) in due {
            if let Err(error) = self.sign_in(conn, account, adv_secret) {
                self.counters.pairings_refused += 1;
                self.outcome(account, &format!("refused: {error}"));
            }
        }
    }
}

/// The answer to a step.
struct Step {
    children: Vec<Node>,
    /// The phone's key, to be told after the answer.
    told: Option<Vec<u8>>,
}

impl Step {
    fn of(child: Node) -> Step {
        Step { children: vec![child], told: None }
    }
}
