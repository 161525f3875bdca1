//! Pairing by an eight-character code instead of a QR: the phone's half of the exchange, and the companion's for tests.
//!
//! Both sides wrap an ephemeral key under the code (companion hello, primary hello); the companion then sends a
//! bundle sealed under the agreed key (companion finish), from which both derive the ADV secret of an ordinary
//! pairing. Nobody learns whether the code was right before the bundle opens or does not.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use pbkdf2::pbkdf2_hmac;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;
use wacore_libsignal::protocol::KeyPair;

use super::CryptoError;
use super::derive::{agree, hkdf, raw};

/// Characters a code is made of.
pub const CODE_ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTVWXYZ";
/// Characters in a code.
pub const CODE_CHARS: usize = 8;
/// Bytes of a wrapped ephemeral key: salt 32 ‖ iv 16 ‖ ciphertext 32.
pub const WRAPPED_BYTES: usize = 80;

const PBKDF2_ROUNDS: u32 = 131_072;
const BUNDLE_INFO: &[u8] = b"link_code_pairing_key_bundle_encryption_key";
const ADV_SECRET_INFO: &[u8] = b"adv_secret";
/// companion identity 32 ‖ primary identity 32 ‖ random 32.
const BUNDLE_BYTES: usize = 96;

/// Upper-cases a code as typed and drops the dash clients show in the middle. `None` when it cannot be a code.
pub fn normalise(code: &str) -> Option<String> {
    let code: String =
        code.chars().filter(|c| *c != '-' && *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
    let valid = code.len() == CODE_CHARS && code.bytes().all(|byte| CODE_ALPHABET.contains(&byte));
    valid.then_some(code)
}

/// Wraps an ephemeral public key under a code. `salt` and `iv` must be fresh.
pub fn wrap(code: &str, public: &[u8; 32], salt: &[u8; 32], iv: &[u8; 16]) -> [u8; WRAPPED_BYTES] {
    let mut wrapped = [0; WRAPPED_BYTES];
    wrapped[..32].copy_from_slice(salt);
    wrapped[32..48].copy_from_slice(iv);
    wrapped[48..].copy_from_slice(public);
    apply_keystream(code, &mut wrapped);
    wrapped
}

/// Unwraps an ephemeral public key. A wrong code gives another key, not an error.
pub fn unwrap(code: &str, wrapped: &[u8; WRAPPED_BYTES]) -> [u8; 32] {
    let mut wrapped = *wrapped;
    apply_keystream(code, &mut wrapped);
    let mut public = [0; 32];
    public.copy_from_slice(&wrapped[48..]);
    public
}

fn apply_keystream(code: &str, wrapped: &mut [u8; WRAPPED_BYTES]) {
    let (head, body) = wrapped.split_at_mut(48);
    let (salt, iv) = head.split_at(32);
    let mut key = [0; 32];
    pbkdf2_hmac::<Sha256>(code.as_bytes(), salt, PBKDF2_ROUNDS, &mut key);
    let mut fixed_iv = [0; 16];
    fixed_iv.copy_from_slice(iv);
    Ctr128BE::<Aes256>::new(&key.into(), &fixed_iv.into()).apply_keystream(body);
}

/// One side's keys in an exchange, and what it knows of the other.
pub struct Exchange<'a> {
    /// Own ephemeral key pair.
    pub ephemeral: &'a KeyPair,
    /// Own identity key pair.
    pub identity: &'a KeyPair,
    /// The other's ephemeral key, unwrapped.
    pub their_ephemeral: [u8; 32],
    /// The other's identity key.
    pub their_identity: [u8; 32],
}

impl Exchange<'_> {
    /// The phone opens the companion's bundle and derives the ADV secret.
    pub fn open_bundle(&self, sealed: &[u8]) -> Result<[u8; 32], CryptoError> {
        let shared = agree(&self.ephemeral.private_key, &self.their_ephemeral)?;
        let (salt, rest) = sealed.split_at_checked(32).ok_or(CryptoError::Malformed("key bundle"))?;
        let (nonce, ciphertext) = rest.split_at_checked(12).ok_or(CryptoError::Malformed("key bundle"))?;
        let nonce =
            Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::Malformed("key bundle"))?;
        let mut buffer = ciphertext.to_vec();
        let bundle = bundle_key(&shared, salt)?
            .open_in_place(nonce, Aad::empty(), &mut buffer)
            .map_err(|_| CryptoError::Mismatch("key bundle"))?;
        if bundle.len() != BUNDLE_BYTES {
            return Err(CryptoError::Malformed("key bundle"));
        }
        if bundle[..32] != self.their_identity || bundle[32..64] != raw(&self.identity.public_key) {
            return Err(CryptoError::Mismatch("identity in the key bundle"));
        }
        self.adv_secret(&shared, &bundle[64..])
    }

    /// The companion seals its bundle: the bytes to send and the ADV secret. The arguments must be fresh.
    pub fn seal_bundle(
        &self,
        random: &[u8; 32],
        salt: &[u8; 32],
        nonce: &[u8; 12],
    ) -> Result<(Vec<u8>, [u8; 32]), CryptoError> {
        let shared = agree(&self.ephemeral.private_key, &self.their_ephemeral)?;
        let mut bundle = [&raw(&self.identity.public_key)[..], &self.their_identity, random].concat();
        bundle_key(&shared, salt)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut bundle)
            .map_err(|_| CryptoError::Malformed("key bundle"))?;
        let secret = self.adv_secret(&shared, random)?;
        Ok(([&salt[..], nonce, &bundle].concat(), secret))
    }

    fn adv_secret(&self, shared: &[u8; 32], random: &[u8]) -> Result<[u8; 32], CryptoError> {
        let identities = agree(&self.identity.private_key, &self.their_identity)?;
        Ok(hkdf(&[&shared[..], &identities, random].concat(), None, ADV_SECRET_INFO))
    }
}

fn bundle_key(shared: &[u8; 32], salt: &[u8]) -> Result<LessSafeKey, CryptoError> {
    let key: [u8; 32] = hkdf(shared, Some(salt), BUNDLE_INFO);
    UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| CryptoError::BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::derive::key_pair;

    #[test]
    fn codes_are_normalised_or_refused() {
        for (typed, expected) in [
            ("ABCD-1234", Some("ABCD1234")),
            ("abcd1234", Some("ABCD1234")),
            ("ABCD123", None),
            ("ABCD123O", None),
            ("ABCD1230", None),
            ("ABCDÄ123", None),
        ] {
            assert_eq!(normalise(typed).as_deref(), expected, "{typed}");
        }
    }

    fn exchange(code_typed: &str) -> (Result<[u8; 32], CryptoError>, [u8; 32]) {
        let [pe, pi, ce, ci] = [1, 2, 3, 4].map(|n| key_pair(&[n; 32], b"k"));
        let hello = wrap("ABCD1234", &raw(&ce.public_key), &[5; 32], &[6; 16]);
        let at_companion = Exchange {
            ephemeral: &ce,
            identity: &ci,
            their_ephemeral: raw(&pe.public_key),
            their_identity: raw(&pi.public_key),
        };
        let (sealed, secret) = at_companion.seal_bundle(&[7; 32], &[8; 32], &[9; 12]).unwrap();
        let at_phone = Exchange {
            ephemeral: &pe,
            identity: &pi,
            their_ephemeral: unwrap(code_typed, &hello),
            their_identity: raw(&ci.public_key),
        };
        (at_phone.open_bundle(&sealed), secret)
    }

    #[test]
    fn the_right_code_agrees_on_a_secret_and_a_wrong_one_does_not() {
        let (opened, secret) = exchange("ABCD1234");
        assert_eq!(opened, Ok(secret));
        assert_eq!(exchange("ABCD1235").0, Err(CryptoError::Mismatch("key bundle")));
    }

    #[test]
    fn malformed_bundles_are_refused() {
        let [pe, pi, ce, ci] = [1, 2, 3, 4].map(|n| key_pair(&[n; 32], b"k"));
        let phone = Exchange {
            ephemeral: &pe,
            identity: &pi,
            their_ephemeral: raw(&ce.public_key),
            their_identity: raw(&ci.public_key),
        };
        for length in [0, 31, 32, 43, 44, 60, 156] {
            assert!(phone.open_bundle(&vec![1; length]).is_err(), "{length}");
        }
    }
}
