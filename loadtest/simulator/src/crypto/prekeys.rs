//! Signed pre-keys and the digest by which a client checks what the service holds for it.

use sha1::{Digest, Sha1};

use super::derive::verify;

/// Type byte of Curve25519 keys, in front of what is signed.
pub const KEY_TYPE: u8 = 5;

/// Digest of `<digest>` answers: SHA-1 over identity ‖ signed pre-key ‖ its signature ‖ one-time keys in list order.
pub fn digest<'a>(
    identity: &[u8; 32],
    signed_public: &[u8; 32],
    signature: &[u8; 64],
    one_time_publics: impl IntoIterator<Item = &'a [u8; 32]>,
) -> [u8; 20] {
    let mut hash = Sha1::new();
    hash.update(identity);
    hash.update(signed_public);
    hash.update(signature);
    for public in one_time_publics {
        hash.update(public);
    }
    hash.finalize().into()
}

/// Whether a signed pre-key carries its owner's signature.
pub fn verify_signed_pre_key(identity: &[u8; 32], public: &[u8; 32], signature: &[u8]) -> bool {
    verify(identity, &[&[KEY_TYPE], public], signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::derive::{key_pair, raw, sign};

    #[test]
    fn digest_covers_every_part_in_order() {
        let keys = [[3; 32], [4; 32]];
        let whole: Vec<u8> = [&[1; 32][..], &[2; 32], &[9; 64], &keys[0], &keys[1]].concat();
        let expected: [u8; 20] = Sha1::digest(&whole).into();
        assert_eq!(digest(&[1; 32], &[2; 32], &[9; 64], &keys), expected);
        assert_ne!(digest(&[1; 32], &[2; 32], &[9; 64], keys.iter().rev()), expected);
    }

    #[test]
    fn signed_pre_keys_verify_only_with_the_type_byte_signed() {
        let identity = key_pair(&[1; 32], b"identity");
        let public = raw(&key_pair(&[1; 32], b"signed").public_key);
        let owner = raw(&identity.public_key);
        let good = sign(&identity.private_key, &[&[5], &public]).unwrap();
        let bare = sign(&identity.private_key, &[&public]).unwrap();
        assert!(verify_signed_pre_key(&owner, &public, &good));
        assert!(!verify_signed_pre_key(&owner, &public, &bare));
    }
}
