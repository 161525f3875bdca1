//! Linking behind a passkey: the person's authenticator, what the service asks it, and the phone's half of the exchange that follows.
//!
//! The companion proves with a WebAuthn assertion (W3C Web Authentication, level 2) that the account's owner is there. Then it and
//! the phone exchange ephemeral keys and nonces, the companion's behind a commitment; both show a code that depends on all of them,
//! and the companion's keys go to the phone sealed under the agreed secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::Message as _;
use waproto::whatsapp::{
    CompanionEphemeralIdentity, EncryptedPairingRequest, PairingRequest, PrimaryEphemeralIdentity,
    ProloguePayload,
};

use super::CryptoError;
use super::derive::{agree, hkdf, raw, sha256};
use super::pair_code::CODE_ALPHABET;

/// Who the assertion is for.
const RELYING_PARTY: &str = "web.whatsapp.com";
/// Where it is made.
const ORIGIN: &str = "https://web.whatsapp.com";
/// User present and user verified (WebAuthn, 6.1).
const FLAGS: u8 = 0b101;
/// How long the person may take, as the options say, in milliseconds.
const PATIENCE_MS: u64 = 60_000;
const REQUEST_INFO: &[u8] = b"Pairing Information Encryption Key";

/// A passkey of an account, in its owner's authenticator.
pub struct Passkey {
    id: [u8; 16],
    key: Ed25519KeyPair,
}

/// What an authenticator answers; each part as WebAuthn has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Id of the credential.
    pub credential_id: Vec<u8>,
    /// The client's part of what is signed.
    pub client_data_json: Vec<u8>,
    /// The authenticator's.
    pub authenticator_data: Vec<u8>,
    /// The signature over both.
    pub signature: Vec<u8>,
}

impl Passkey {
    /// The passkey of the account with this seed.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`], which no seed gives.
    pub fn of(seed: &[u8; 32]) -> Result<Passkey, CryptoError> {
        let private: [u8; 32] = hkdf(seed, None, b"passkey");
        let key = Ed25519KeyPair::from_seed_unchecked(&private).map_err(|_| CryptoError::BadKey)?;
        Ok(Passkey { id: hkdf(seed, None, b"passkey id"), key })
    }

    /// What the service asks of it: `PublicKeyCredentialRequestOptions` as JSON.
    pub fn options(&self, challenge: &[u8; 32]) -> String {
        json!({
            "challenge": URL_SAFE_NO_PAD.encode(challenge),
            "rpId": RELYING_PARTY,
            "allowCredentials": [{ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(self.id) }],
            "userVerification": "required",
            "timeout": PATIENCE_MS,
        })
        .to_string()
    }

    /// The person touches the sensor: the answer to such options.
    ///
    /// # Errors
    /// [`CryptoError::Malformed`] when they have no challenge.
    pub fn assert(&self, options: &str) -> Result<Assertion, CryptoError> {
        let malformed = CryptoError::Malformed("passkey options");
        let options: Value = serde_json::from_str(options).map_err(|_| malformed)?;
        let challenge = options["challenge"].as_str().ok_or(malformed)?;
        let client_data_json = json!({ "type": "webauthn.get", "challenge": challenge, "origin": ORIGIN })
            .to_string()
            .into_bytes();
        let authenticator_data =
            [&sha256(RELYING_PARTY.as_bytes())[..], &[FLAGS], &0_u32.to_be_bytes()].concat();
        let signature = self.key.sign(&signed_part(&authenticator_data, &client_data_json));
        Ok(Assertion {
            credential_id: self.id.to_vec(),
            client_data_json,
            authenticator_data,
            signature: signature.as_ref().to_vec(),
        })
    }

    /// Whether a `PublicKeyCredential` in JSON answers the challenge.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, challenge: &[u8; 32], credential: &[u8]) -> Result<(), CryptoError> {
        let malformed = || CryptoError::Malformed("assertion");
        let credential: Value = serde_json::from_slice(credential).map_err(|_| malformed())?;
        let part = |value: &Value| {
            value.as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or_else(malformed)
        };
        if part(&credential["rawId"])? != self.id {
            return Err(CryptoError::Mismatch("credential id"));
        }
        let response = &credential["response"];
        let (client_data_json, authenticator_data) =
            (part(&response["clientDataJSON"])?, part(&response["authenticatorData"])?);
        let client_data: Value = serde_json::from_slice(&client_data_json).map_err(|_| malformed())?;
        if client_data["type"] != "webauthn.get" || part(&client_data["challenge"])? != challenge {
            return Err(CryptoError::Mismatch("challenge"));
        }
        let party = sha256(RELYING_PARTY.as_bytes());
        if authenticator_data.get(..32) != Some(&party[..]) || authenticator_data.get(32) != Some(&FLAGS) {
            return Err(CryptoError::Mismatch("authenticator data"));
        }
        UnparsedPublicKey::new(&ED25519, self.key.public_key().as_ref())
            .verify(&signed_part(&authenticator_data, &client_data_json), &part(&response["signature"])?)
            .map_err(|_| CryptoError::Mismatch("signature of the assertion"))
    }
}

fn signed_part(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    [authenticator_data, &sha256(client_data_json)[..]].concat()
}

/// What the companion said of itself, with the commitment to its nonce.
pub struct Prologue {
    identity: Vec<u8>,
    ephemeral: [u8; 32],
    device_type: i32,
    reference: String,
    commitment: Vec<u8>,
}

impl Prologue {
    /// Reads the companion's `ProloguePayload`.
    ///
    /// # Errors
    /// [`CryptoError::Malformed`].
    pub fn read(payload: &[u8]) -> Result<Prologue, CryptoError> {
        let malformed = || CryptoError::Malformed("prologue");
        let payload = ProloguePayload::decode_from_slice(payload).map_err(|_| malformed())?;
        let identity = payload.companion_ephemeral_identity.ok_or_else(malformed)?;
        let read = CompanionEphemeralIdentity::decode_from_slice(&identity).map_err(|_| malformed())?;
        let ephemeral =
            read.public_key.as_deref().and_then(|key| key.try_into().ok()).ok_or_else(malformed)?;
        let device_type = read.device_type.map_or(0, |kind| kind as i32);
        let commitment = payload.commitment.into_option().and_then(|commitment| commitment.hash);
        Ok(Prologue {
            identity,
            ephemeral,
            device_type,
            reference: read.r#ref.ok_or_else(malformed)?,
            commitment: commitment.ok_or_else(malformed)?,
        })
    }

    /// The reference that the companion was given.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

/// The phone's side of the exchange.
pub struct Primary {
    ephemeral: KeyPair,
    nonce: [u8; 32],
}

/// What the companion sends the phone in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its Noise static key.
    pub noise: [u8; 32],
    /// Its Signal identity.
    pub identity: [u8; 32],
    /// The secret that the phone signs it in with.
    pub adv_secret: [u8; 32],
}

impl Primary {
    /// Over a fresh key pair and nonce.
    pub fn new(ephemeral: KeyPair, nonce: [u8; 32]) -> Primary {
        Primary { ephemeral, nonce }
    }

    /// What the companion is told: `PrimaryEphemeralIdentity`.
    pub fn identity(&self) -> Vec<u8> {
        let identity = PrimaryEphemeralIdentity {
            public_key: Some(raw(&self.ephemeral.public_key).to_vec()),
            nonce: Some(self.nonce.to_vec()),
        };
        identity.encode_to_vec()
    }

    /// The code that the phone shows, once the companion's nonce is known to be the one that it committed to.
    ///
    /// # Errors
    /// [`CryptoError::Mismatch`] when it is not.
    pub fn code(&self, prologue: &Prologue, companion_nonce: &[u8; 32]) -> Result<String, CryptoError> {
        if sha256(&[&prologue.identity[..], companion_nonce].concat())[..] != prologue.commitment[..] {
            return Err(CryptoError::Mismatch("commitment of the companion's nonce"));
        }
        let digest = sha256(&[&companion_nonce[..], &raw(&self.ephemeral.public_key)].concat());
        let bits =
            self.nonce.iter().zip(digest).take(5).fold(0_u64, |bits, (a, b)| bits << 8 | u64::from(a ^ b));
        let code = (0..8).rev().map(|group| char::from(CODE_ALPHABET[(bits >> (5 * group)) as usize & 31]));
        Ok(code.collect())
    }

    /// Opens the companion's `EncryptedPairingRequest`.
    ///
    /// # Errors
    /// [`CryptoError::Malformed`], or [`CryptoError::Mismatch`] when it was sealed for somebody else.
    pub fn open(&self, prologue: &Prologue, sealed: &[u8]) -> Result<Request, CryptoError> {
        let malformed = || CryptoError::Malformed("pairing request");
        let sealed = EncryptedPairingRequest::decode_from_slice(sealed).map_err(|_| malformed())?;
        let iv = sealed.iv.ok_or_else(malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(&iv).map_err(|_| malformed())?;
        let shared = agree(&self.ephemeral.private_key, &prologue.ephemeral)?;
        let salt = format!("Companion Pairing {} with ref {}", prologue.device_type, prologue.reference);
        let key: [u8; 32] = hkdf(&shared, Some(salt.as_bytes()), REQUEST_INFO);
        let key =
            UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| CryptoError::BadKey)?;
        let mut buffer = sealed.encrypted_payload.ok_or_else(malformed)?;
        let plain = key
            .open_in_place(nonce, Aad::empty(), &mut buffer)
            .map_err(|_| CryptoError::Mismatch("pairing request"))?;
        let request = PairingRequest::decode_from_slice(plain).map_err(|_| malformed())?;
        let key =
            |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(malformed);
        Ok(Request {
            noise: key(request.companion_public_key)?,
            identity: key(request.companion_identity_key)?,
            adv_secret: key(request.adv_secret)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(assertion: &Assertion) -> Vec<u8> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "rawId": text(&assertion.credential_id),
            "response": {
                "clientDataJSON": text(&assertion.client_data_json),
                "authenticatorData": text(&assertion.authenticator_data),
                "signature": text(&assertion.signature),
            },
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn an_assertion_answers_its_own_challenge_and_account() {
        let (alice, bob) = (Passkey::of(&[1; 32]).unwrap(), Passkey::of(&[2; 32]).unwrap());
        let good = alice.assert(&alice.options(&[7; 32])).unwrap();
        assert_eq!(alice.verify(&[7; 32], &credential(&good)), Ok(()));
        let check = |by: &Passkey, challenge: u8, assertion: &Assertion, wrong: &'static str| {
            let verified = by.verify(&[challenge; 32], &credential(assertion));
            assert_eq!(verified, Err(CryptoError::Mismatch(wrong)));
        };
        check(&bob, 7, &good, "credential id");
        check(&alice, 8, &good, "challenge");
        let forged = Assertion { signature: vec![0; 64], ..good.clone() };
        check(&alice, 7, &forged, "signature of the assertion");
        let mut absent = good;
        absent.authenticator_data[32] = 0;
        check(&alice, 7, &absent, "authenticator data");
        assert_eq!(alice.verify(&[7; 32], b"{}"), Err(CryptoError::Malformed("assertion")));
    }
}
