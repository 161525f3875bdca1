//! Everything secret a phone has, derived from its seed when it is needed.

use std::sync::OnceLock;

use rand::SeedableRng;
use rand::rngs::StdRng;
use wacore_libsignal::protocol::KeyPair;

use super::directory::SignedPreKey;
use super::types::KeyMaterial;
use crate::crypto::app_state::SyncKey;
use crate::crypto::derive::{hkdf, key_pair, raw, sign};
use crate::crypto::prekeys::KEY_TYPE;

/// Id of the only signed pre-key.
pub(super) const SIGNED_PRE_KEY_ID: u32 = 1;

/// First one-time key the phone hands out by itself, in retry receipts; the service's ids stay below.
pub(super) const OWN_ONE_TIME_ID_FIRST: u32 = 0x80_0000;

/// Registration ids have 14 bits and are not 0.
const REGISTRATION_IDS: u32 = 16_380;

/// Derives an account's keys. Identity and the signed pre-key's signature are kept once made: they are asked for all
/// the time.
pub(super) struct KeyRing {
    seed: [u8; 32],
    identity: OnceLock<Box<KeyPair>>,
    signed_pre_key: OnceLock<Box<SignedPreKey>>,
}

impl KeyRing {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { seed, identity: OnceLock::new(), signed_pre_key: OnceLock::new() }
    }

    pub(super) fn identity(&self) -> &KeyPair {
        self.identity.get_or_init(|| Box::new(key_pair(&self.seed, b"identity")))
    }

    pub(super) fn identity_public(&self) -> [u8; 32] {
        raw(&self.identity().public_key)
    }

    pub(super) fn registration_id(&self) -> u32 {
        self.number(b"registration") % REGISTRATION_IDS + 1
    }

    /// Constant that ties an account's companions together.
    pub(super) fn raw_id(&self) -> u32 {
        self.number(b"raw id") | 1
    }

    pub(super) fn signed_pre_key_pair(&self) -> KeyPair {
        key_pair(&self.seed, b"signed pre-key")
    }

    /// The public half as the service publishes it.
    pub(super) fn signed_pre_key(&self) -> &SignedPreKey {
        self.signed_pre_key.get_or_init(|| {
            let public = raw(&self.signed_pre_key_pair().public_key);
            // Signing fails only for a key that is no scalar; the identity is clamped when it is derived.
            let signature = sign(&self.identity().private_key, &[&[KEY_TYPE], &public]).unwrap_or([0; 64]);
            Box::new(SignedPreKey { id: SIGNED_PRE_KEY_ID, public, signature })
        })
    }

    pub(super) fn one_time_key(&self, id: u32) -> KeyPair {
        key_pair(&self.seed, &[&b"one-time pre-key"[..], &id.to_be_bytes()].concat())
    }

    /// The account's only app-state key.
    pub(super) fn sync_key(&self) -> SyncKey {
        let epoch = self.number(b"app state epoch").to_be_bytes();
        SyncKey {
            id: [0, 0, epoch[0] & 0x7f, epoch[1], epoch[2], epoch[3]],
            data: hkdf(&self.seed, None, b"app state key"),
        }
    }

    /// Randomness of this phone: the same phone draws the same numbers in every run.
    pub(super) fn rng(&self) -> StdRng {
        StdRng::from_seed(hkdf(&self.seed, None, b"randomness"))
    }

    pub(super) fn material(&self) -> KeyMaterial {
        KeyMaterial {
            registration_id: self.registration_id(),
            identity: self.identity_public(),
            signed_pre_key: self.signed_pre_key().clone(),
        }
    }

    fn number(&self, label: &[u8]) -> u32 {
        u32::from_be_bytes(hkdf(&self.seed, None, label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::prekeys::verify_signed_pre_key;

    #[test]
    fn published_material_is_stable_and_signed() {
        let ring = KeyRing::new([3; 32]);
        let material = ring.material();
        assert_eq!(material, KeyRing::new([3; 32]).material());
        let key = &material.signed_pre_key;
        assert!(verify_signed_pre_key(&material.identity, &key.public, &key.signature));
        assert!((1..=REGISTRATION_IDS).contains(&material.registration_id));
        assert_ne!(ring.one_time_key(1).public_key, ring.one_time_key(2).public_key);
    }
}
