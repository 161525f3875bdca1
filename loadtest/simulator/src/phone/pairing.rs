//! Linking companions: by QR, by code, and the signed list of those linked.

use std::collections::{BTreeSet, VecDeque};

use wacore_libsignal::protocol::KeyPair;

use super::limits::PAIRINGS_BY_CODE_MAX;
use super::types::{
    AdvSecret, CompanionFinish, CompanionHello, PairFault, PairSuccess, PhoneError, PrimaryHello,
};
use super::{Phone, live};
use crate::crypto::CryptoError;
use crate::crypto::adv::{DeviceDetails, Forgery, KeyIndexes, sign_companion, sign_key_indexes};
use crate::crypto::derive::{key_pair, raw};
use crate::crypto::pair_code::{Exchange, WRAPPED_BYTES, normalise, unwrap, wrap};
use crate::crypto::passkey::{Passkey, Primary};

/// Key indexes of the companions, and pairings by code under way.
#[derive(Default)]
pub(super) struct Companions {
    indexes: BTreeSet<u32>,
    /// Highest index ever signed.
    last_index: u32,
    by_code: VecDeque<ByCode>,
}

/// A pairing by code after the phone's hello.
struct ByCode {
    link_ref: Vec<u8>,
    ephemeral: KeyPair,
    their_ephemeral: [u8; 32],
}

impl Companions {
    pub(super) fn key_indexes(&self) -> impl Iterator<Item = u32> {
        self.indexes.iter().copied()
    }

    pub(super) fn current_index(&self) -> u32 {
        self.last_index
    }
}

impl Phone {
    /// Signs a companion in and counts its key index as valid.
    pub fn sign_companion(
        &mut self,
        now_s: u64,
        companion: &CompanionHello,
        fault: PairFault,
    ) -> Result<PairSuccess, PhoneError> {
        let details =
            DeviceDetails { raw_id: self.ring.raw_id(), timestamp_s: now_s, key_index: companion.key_index };
        let forgery = match fault {
            PairFault::None => Forgery::None,
            PairFault::BadHmac => Forgery::Hmac,
            PairFault::BadAccountSignature => Forgery::AccountSignature,
        };
        let signed = sign_companion(
            self.ring.identity(),
            details,
            &companion.identity,
            &companion.adv_secret,
            forgery,
        )?;
        self.companions.indexes.insert(companion.key_index);
        self.companions.last_index = self.companions.last_index.max(companion.key_index);
        Ok(PairSuccess {
            container: signed.container,
            details: signed.details,
            key_index_list: self.key_index_list(now_s),
        })
    }

    /// Forgets a companion (unlinked, or its pairing refused): its index leaves the list.
    pub fn forget_companion(&mut self, key_index: u32) {
        self.companions.indexes.remove(&key_index);
    }

    /// Encoded `ADVSignedKeyIndexList` of the companions signed in now, for usync and `devices` notifications.
    pub fn key_index_list(&self, now_s: u64) -> Vec<u8> {
        let indexes = KeyIndexes {
            raw_id: self.ring.raw_id(),
            timestamp_s: now_s,
            current: self.companions.last_index,
            valid: self.companions.key_indexes().collect(),
        };
        // Signing fails only for a key that is no scalar; the identity is clamped when it is derived.
        sign_key_indexes(self.ring.identity(), indexes).unwrap_or_default()
    }

    /// The owner's passkey.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`], which no account has.
    pub fn passkey(&self) -> Result<Passkey, CryptoError> {
        Passkey::of(&self.seed.seed)
    }

    /// This phone's side of a ceremony, with a fresh key and nonce.
    pub fn primary_for_passkey(&mut self) -> Primary {
        let signal = live(&mut self.signal, &self.ring);
        let ephemeral = key_pair(&signal.random(), b"pairing by passkey");
        Primary::new(ephemeral, signal.random())
    }

    /// The person types the code a companion shows. Costs two runs of PBKDF2 (some 100 ms unoptimised).
    ///
    /// A wrong code is not noticed here: [`Self::finish_pairing_code`] fails then.
    pub fn enter_pairing_code(
        &mut self,
        code: &str,
        wrapped_companion_ephemeral: &[u8; WRAPPED_BYTES],
        link_ref: &[u8],
    ) -> Result<PrimaryHello, PhoneError> {
        let code = normalise(code).ok_or(PhoneError::BadPairingCode)?;
        let signal = live(&mut self.signal, &self.ring);
        let ephemeral = key_pair(&signal.random(), b"pairing by code");
        let wrapped_ephemeral = wrap(&code, &raw(&ephemeral.public_key), &signal.random(), &signal.random());
        let their_ephemeral = unwrap(&code, wrapped_companion_ephemeral);
        let under_way = &mut self.companions.by_code;
        under_way.retain(|pairing| pairing.link_ref != link_ref);
        if under_way.len() >= PAIRINGS_BY_CODE_MAX {
            under_way.pop_front();
        }
        under_way.push_back(ByCode { link_ref: link_ref.to_vec(), ephemeral, their_ephemeral });
        Ok(PrimaryHello {
            wrapped_ephemeral,
            identity: self.ring.identity_public(),
            link_ref: link_ref.to_vec(),
        })
    }

    /// Opens the companion's key bundle; the secret goes into [`CompanionHello`] together with `companion_identity`.
    pub fn finish_pairing_code(&mut self, finish: &CompanionFinish) -> Result<AdvSecret, PhoneError> {
        let under_way = &mut self.companions.by_code;
        let position = under_way.iter().position(|pairing| pairing.link_ref == finish.link_ref);
        let pairing = position.and_then(|at| under_way.remove(at)).ok_or(PhoneError::NoPairingUnderWay)?;
        let exchange = Exchange {
            ephemeral: &pairing.ephemeral,
            identity: self.ring.identity(),
            their_ephemeral: pairing.their_ephemeral,
            their_identity: finish.companion_identity,
        };
        match exchange.open_bundle(&finish.wrapped_key_bundle) {
            Ok(secret) => Ok(AdvSecret(secret)),
            // A wrong code unwraps to some other point, or to none.
            Err(CryptoError::Mismatch(_) | CryptoError::BadKey) => Err(PhoneError::WrongPairingCode),
            Err(error) => Err(error.into()),
        }
    }
}
