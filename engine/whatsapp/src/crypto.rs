//! AES-256-GCM and HMAC of the protocol through ring, X25519 through graviola: several times faster than the protocol crate's own.

use std::sync::OnceLock;

use graviola::key_agreement::x25519::{PublicKey, StaticPrivateKey};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use wacore::libsignal::crypto::{
    CryptoProviderError, GcmInPlaceBuffer, RustCryptoProvider, SignalCryptoProvider, TransportAead,
    set_crypto_provider,
};

const TAG_BYTES: usize = 16;

/// Installs the fast implementations as the process's provider, once. Must come before the first use of the protocol crate.
///
/// Returns whether they are in use: `false` means that something used the protocol crate before, so that its own, slower
/// implementation stays. Nothing else depends on it.
pub(crate) fn install() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        let installed = set_crypto_provider(FastProvider).is_ok();
        if !installed {
            tracing::warn!("the protocol crate was used before the fast one was installed");
        }
        installed
    })
}

/// ring for AES-GCM and HMAC, graviola for X25519, of which ring offers no key that is used twice; AES-CBC, which both lack, stays
/// with RustCrypto.
struct FastProvider;

/// Whether graviola runs on this processor. It panics on one that lacks what it was written for.
fn has_fast_curve() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        let has = is_x86_feature_detected!("aes")
            && is_x86_feature_detected!("pclmulqdq")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("adx")
            && is_x86_feature_detected!("avx")
            && is_x86_feature_detected!("avx2");
        #[cfg(target_arch = "aarch64")]
        let has = std::arch::is_aarch64_feature_detected!("aes")
            && std::arch::is_aarch64_feature_detected!("neon")
            && std::arch::is_aarch64_feature_detected!("pmull")
            && std::arch::is_aarch64_feature_detected!("sha2");
        has
    })
}

/// `None` for a peer's key that leaves no secret, which graviola refuses.
fn fast_agreement(private_key: &[u8; 32], their_public_key: &[u8; 32]) -> Option<[u8; 32]> {
    let private = StaticPrivateKey::from_array(private_key);
    let secret = private.diffie_hellman(&PublicKey::from_array(their_public_key)).ok()?;
    Some(secret.as_bytes())
}

fn gcm_key(key: &[u8; 32]) -> Result<LessSafeKey, CryptoProviderError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CryptoProviderError::BadInput)?;
    Ok(LessSafeKey::new(key))
}

fn seal(
    key: &LessSafeKey,
    nonce: &[u8; 12],
    aad: &[u8],
    plain: &mut [u8],
) -> Result<[u8; TAG_BYTES], CryptoProviderError> {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(aad), plain)
        .map_err(|_| CryptoProviderError::BackendFailed)?;
    let mut out = [0; TAG_BYTES];
    out.copy_from_slice(tag.as_ref());
    Ok(out)
}

/// Opens `ciphertext ‖ tag` in place and returns the length of the plain text in front.
fn open(
    key: &LessSafeKey,
    nonce: &[u8; 12],
    aad: &[u8],
    sealed: &mut [u8],
) -> Result<usize, CryptoProviderError> {
    if sealed.len() < TAG_BYTES {
        return Err(CryptoProviderError::BadInput);
    }
    let nonce = Nonce::assume_unique_for_key(*nonce);
    key.open_in_place(nonce, Aad::from(aad), sealed)
        .map(|plain| plain.len())
        .map_err(|_| CryptoProviderError::AuthFailed)
}

fn seal_buffer(
    key: &LessSafeKey,
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut dyn GcmInPlaceBuffer,
) -> Result<(), CryptoProviderError> {
    let plain_bytes = buffer.len();
    let tag = seal(key, nonce, aad, buffer.as_mut_slice())?;
    buffer.resize(plain_bytes + TAG_BYTES, 0);
    buffer.as_mut_slice()[plain_bytes..].copy_from_slice(&tag);
    Ok(())
}

fn open_buffer(
    key: &LessSafeKey,
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut dyn GcmInPlaceBuffer,
) -> Result<(), CryptoProviderError> {
    let plain_bytes = open(key, nonce, aad, buffer.as_mut_slice())?;
    buffer.truncate(plain_bytes);
    Ok(())
}

impl SignalCryptoProvider for FastProvider {
    fn aes_256_cbc_encrypt(
        &self,
        key: &[u8; 32],
        iv: &[u8; 16],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CryptoProviderError> {
        RustCryptoProvider.aes_256_cbc_encrypt(key, iv, plaintext, out)
    }

    fn aes_256_cbc_decrypt(
        &self,
        key: &[u8; 32],
        iv: &[u8; 16],
        ciphertext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CryptoProviderError> {
        RustCryptoProvider.aes_256_cbc_decrypt(key, iv, ciphertext, out)
    }

    fn aes_256_cbc_decrypt_in_place(
        &self,
        key: &[u8; 32],
        iv: &[u8; 16],
        buffer: &mut Vec<u8>,
    ) -> Result<(), CryptoProviderError> {
        RustCryptoProvider.aes_256_cbc_decrypt_in_place(key, iv, buffer)
    }

    fn aes_256_gcm_encrypt(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CryptoProviderError> {
        let start = out.len();
        out.extend_from_slice(plaintext);
        match seal(&gcm_key(key)?, nonce, aad, &mut out[start..]) {
            Ok(tag) => {
                out.extend_from_slice(&tag);
                Ok(())
            }
            Err(error) => {
                out.truncate(start);
                Err(error)
            }
        }
    }

    fn aes_256_gcm_decrypt(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        ciphertext_with_tag: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CryptoProviderError> {
        let start = out.len();
        out.extend_from_slice(ciphertext_with_tag);
        let opened = open(&gcm_key(key)?, nonce, aad, &mut out[start..]);
        out.truncate(start + opened.as_ref().copied().unwrap_or(0));
        opened.map(drop)
    }

    fn hmac_sha256(&self, key: &[u8], input: &[u8]) -> [u8; 32] {
        self.hmac_sha256_two_part(key, input, &[])
    }

    fn hmac_sha256_two_part(&self, key: &[u8], first: &[u8], second: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let mut context = hmac::Context::with_key(&key);
        context.update(first);
        context.update(second);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// A peer's key that leaves no secret is answered as the protocol crate answers it.
    fn x25519_agreement(
        &self,
        private_key: &[u8; 32],
        their_public_key: &[u8; 32],
    ) -> Result<[u8; 32], CryptoProviderError> {
        let fast = has_fast_curve().then(|| fast_agreement(private_key, their_public_key)).flatten();
        fast.map_or_else(|| RustCryptoProvider.x25519_agreement(private_key, their_public_key), Ok)
    }

    fn aes_256_gcm_encrypt_in_place(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut dyn GcmInPlaceBuffer,
    ) -> Result<(), CryptoProviderError> {
        seal_buffer(&gcm_key(key)?, nonce, aad, buffer)
    }

    fn aes_256_gcm_decrypt_in_place(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut dyn GcmInPlaceBuffer,
    ) -> Result<(), CryptoProviderError> {
        open_buffer(&gcm_key(key)?, nonce, aad, buffer)
    }

    fn transport_aead(&'static self, key: &[u8; 32]) -> Result<Box<dyn TransportAead>, CryptoProviderError> {
        Ok(Box::new(RingTransport(gcm_key(key)?)))
    }
}

/// One connection's key with its schedule expanded.
struct RingTransport(LessSafeKey);

impl TransportAead for RingTransport {
    fn encrypt_in_place(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut dyn GcmInPlaceBuffer,
    ) -> Result<(), CryptoProviderError> {
        seal_buffer(&self.0, nonce, aad, buffer)
    }

    fn decrypt_in_place(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        buffer: &mut dyn GcmInPlaceBuffer,
    ) -> Result<(), CryptoProviderError> {
        open_buffer(&self.0, nonce, aad, buffer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn transport(key: &[u8; 32]) -> Box<dyn TransportAead> {
        static PROVIDER: FastProvider = FastProvider;
        PROVIDER.transport_aead(key).expect("a 32-byte key")
    }

    proptest! {
        #[test]
        fn every_primitive_agrees_with_rust_crypto(
            key: [u8; 32],
            nonce: [u8; 12],
            iv: [u8; 16],
            aad in prop::collection::vec(any::<u8>(), 0..40),
            plain in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            FastProvider.aes_256_gcm_encrypt(&key, &nonce, &aad, &plain, &mut ours).expect("seals");
            RustCryptoProvider.aes_256_gcm_encrypt(&key, &nonce, &aad, &plain, &mut theirs).expect("seals");
            prop_assert_eq!(&ours, &theirs);

            let mut in_place = plain.clone();
            transport(&key).encrypt_in_place(&nonce, &aad, &mut in_place).expect("seals");
            prop_assert_eq!(&in_place, &theirs);
            transport(&key).decrypt_in_place(&nonce, &aad, &mut in_place).expect("opens");
            prop_assert_eq!(&in_place, &plain);

            let mut opened = vec![7];
            FastProvider.aes_256_gcm_decrypt(&key, &nonce, &aad, &theirs, &mut opened).expect("opens");
            prop_assert_eq!(&opened[1..], &plain[..]);

            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            FastProvider.aes_256_cbc_encrypt(&key, &iv, &plain, &mut ours).expect("encrypts");
            RustCryptoProvider.aes_256_cbc_encrypt(&key, &iv, &plain, &mut theirs).expect("encrypts");
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(
                FastProvider.hmac_sha256_two_part(&aad, &key, &plain),
                RustCryptoProvider.hmac_sha256_two_part(&aad, &key, &plain)
            );
            let mut point = [0; 32];
            point[..12].copy_from_slice(&nonce);
            point[12..28].copy_from_slice(&iv);
            prop_assert_eq!(
                FastProvider.x25519_agreement(&key, &point).expect("agrees"),
                RustCryptoProvider.x25519_agreement(&key, &point).expect("agrees")
            );
        }
    }

    #[test]
    fn a_point_without_a_secret_is_answered_as_the_protocol_crate_answers_it() {
        for point in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
            assert_eq!(fast_agreement(&[7; 32], &point), None);
            assert_eq!(FastProvider.x25519_agreement(&[7; 32], &point).expect("answers"), [0; 32]);
        }
    }

    #[test]
    fn a_changed_byte_is_noticed_and_leaves_nothing_behind() {
        let (key, nonce) = ([1; 32], [2; 12]);
        let mut sealed = Vec::new();
        FastProvider.aes_256_gcm_encrypt(&key, &nonce, b"aad", b"text", &mut sealed).expect("seals");
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            let mut out = vec![9];
            let opened = FastProvider.aes_256_gcm_decrypt(&key, &nonce, b"aad", &broken, &mut out);
            assert!(matches!(opened, Err(CryptoProviderError::AuthFailed)));
            assert_eq!(out, [9]);
        }
        let mut short = vec![0; TAG_BYTES - 1];
        let opened = transport(&key).decrypt_in_place(&nonce, b"", &mut short);
        assert!(matches!(opened, Err(CryptoProviderError::BadInput)));
    }

    #[test]
    fn nist_gcm_test_case_14() {
        // NIST, "The Galois/Counter Mode of Operation", test case 14: all-zero key, nonce and block.
        let mut out = Vec::new();
        FastProvider.aes_256_gcm_encrypt(&[0; 32], &[0; 12], &[], &[0; 16], &mut out).expect("seals");
        let expected = [
            0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18,
            0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19,
        ];
        assert_eq!(out, expected);
    }
}
