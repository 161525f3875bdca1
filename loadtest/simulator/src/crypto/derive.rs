//! Small building blocks shared by the other modules: HKDF, HMAC, XEdDSA signatures and key pairs from a seed.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};
use wacore_libsignal::protocol::{KeyPair, PrivateKey, PublicKey};

use super::CryptoError;

/// HKDF-SHA256 to `N` bytes. No salt means 32 zero bytes (RFC 5869 §2.2).
pub fn hkdf<const N: usize>(ikm: &[u8], salt: Option<&[u8]>, info: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 yields at most 8160 bytes") };
    let mut okm = [0; N];
    #[expect(clippy::expect_used, reason = "the length was checked when this was compiled")]
    Hkdf::<Sha256>::new(salt, ikm).expand(info, &mut okm).expect("length within HKDF's bound");
    okm
}

/// HMAC-SHA256 over the concatenation of `parts`.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    hmac_of(key, parts).finalize().into_bytes().into()
}

/// Whether `expected` is the HMAC-SHA256 of `parts`, or its first bytes; compared in constant time.
pub fn hmac_sha256_starts_with(key: &[u8], parts: &[&[u8]], expected: &[u8]) -> bool {
    !expected.is_empty() && hmac_of(key, parts).verify_truncated_left(expected).is_ok()
}

fn hmac_of(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any key length");
    for part in parts {
        mac.update(part);
    }
    mac
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// The X25519 key pair whose private half is `HKDF(seed, info)`.
pub fn key_pair(seed: &[u8; 32], info: &[u8]) -> KeyPair {
    let private: [u8; 32] = hkdf(seed, None, info);
    #[expect(clippy::expect_used, reason = "32 bytes are a private key: they are clamped, not checked")]
    let private = PrivateKey::deserialize(&private).expect("32 bytes");
    #[expect(clippy::expect_used, reason = "scalar multiplication of the base point has no failure")]
    let public = private.public_key().expect("a private key has a public key");
    KeyPair::new(public, private)
}

/// Raw bytes of a public key.
pub fn raw(key: &PublicKey) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&key.serialize()[1..]);
    bytes
}

/// XEdDSA signature over the concatenation of `parts`.
///
/// The nonce derives from key and message, so that signing the same bytes twice gives the same signature.
pub fn sign(key: &PrivateKey, parts: &[&[u8]]) -> Result<[u8; 64], CryptoError> {
    let mut nonce_rng = StdRng::from_seed(hmac_sha256(key.serialize(), parts));
    let signature = key
        .calculate_signature_for_multipart_message(parts, &mut nonce_rng)
        .map_err(|_| CryptoError::BadKey)?;
    <[u8; 64]>::try_from(&signature[..]).map_err(|_| CryptoError::Malformed("signature"))
}

/// Whether `signature` is `key`'s over the concatenation of `parts`. A key that is no point verifies nothing.
pub fn verify(key: &[u8; 32], parts: &[&[u8]], signature: &[u8]) -> bool {
    PublicKey::from_djb_public_key_bytes(key)
        .is_ok_and(|key| key.verify_signature_for_multipart_message(parts, signature))
}

/// X25519 agreement of a private key and a raw public key.
pub fn agree(private: &PrivateKey, public: &[u8; 32]) -> Result<[u8; 32], CryptoError> {
    let public = PublicKey::from_djb_public_key_bytes(public).map_err(|_| CryptoError::BadKey)?;
    private.calculate_agreement(&public).map_err(|_| CryptoError::BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hkdf_matches_rfc5869_case_1() {
        let okm: [u8; 42] = hkdf(
            &[0x0b; 22],
            Some(&hex::decode("000102030405060708090a0b0c").unwrap()),
            &hex::decode("f0f1f2f3f4f5f6f7f8f9").unwrap(),
        );
        assert_eq!(
            hex::encode(okm),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
    }

    #[test]
    fn hmac_matches_rfc4231_case_2() {
        let mac = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex::encode(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(hmac_sha256_starts_with(b"Jefe", &[b"what do ya want for nothing?"], &mac[..10]));
        assert!(!hmac_sha256_starts_with(b"Jefe", &[b"what do ya want for nothing?"], &[]));
    }

    #[test]
    fn signatures_verify_repeat_and_refuse_other_messages() {
        let pair = key_pair(&[7; 32], b"test");
        let signature = sign(&pair.private_key, &[b"ab", b"c"]).unwrap();
        let public = raw(&pair.public_key);
        assert_eq!(sign(&pair.private_key, &[b"abc"]).unwrap(), signature);
        assert!(verify(&public, &[b"abc"], &signature));
        assert!(!verify(&public, &[b"abd"], &signature));
        assert!(!verify(&[0xff; 32], &[b"abc"], &signature));
        assert!(!verify(&public, &[b"abc"], &signature[..63]));
    }

    #[test]
    fn agreement_is_mutual() {
        let (a, b) = (key_pair(&[1; 32], b"x"), key_pair(&[2; 32], b"x"));
        let shared = agree(&a.private_key, &raw(&b.public_key)).unwrap();
        assert_eq!(shared, agree(&b.private_key, &raw(&a.public_key)).unwrap());
        assert_ne!(shared, [0; 32]);
    }
}
