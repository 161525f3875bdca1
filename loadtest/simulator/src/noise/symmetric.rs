//! The symmetric state of a handshake: hash, chaining key, cipher key and counter.

use hkdf::Hkdf;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::{Digest, Sha256};

use super::NoiseError;
use super::transport::{Opener, Sealer};

/// Handshake state shared by every pattern. The cipher key is set from the start: it is the hash of
/// the pattern name.
pub struct SymmetricState {
    hash: [u8; 32],
    chaining_key: [u8; 32],
    key: [u8; 32],
    counter: u32,
}

impl SymmetricState {
    /// State before the first message of `pattern`, with `prologue` mixed in.
    pub fn new(pattern: &[u8], prologue: &[u8]) -> Self {
        let hash: [u8; 32] = pattern.try_into().unwrap_or_else(|_| Sha256::digest(pattern).into());
        let mut state = Self { hash, chaining_key: hash, key: hash, counter: 0 };
        state.mix_hash(prologue);
        state
    }

    /// Binds `data` to the handshake.
    pub fn mix_hash(&mut self, data: &[u8]) {
        self.hash = Sha256::new().chain_update(self.hash).chain_update(data).finalize().into();
    }

    /// Mixes a shared secret into the keys and restarts the counter.
    pub fn mix_key(&mut self, secret: &[u8; 32]) {
        let (chaining_key, key) = expand(&self.chaining_key, secret);
        self.chaining_key = chaining_key;
        self.key = key;
        self.counter = 0;
    }

    /// Encrypts `plain` under the current key and binds the ciphertext.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] if the plain text is longer than AES-GCM allows.
    pub fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let mut sealed = plain.to_vec();
        let nonce = self.next_nonce();
        self.cipher()?
            .seal_in_place_append_tag(nonce, Aad::from(self.hash), &mut sealed)
            .map_err(|_| NoiseError::Cipher)?;
        self.mix_hash(&sealed);
        Ok(sealed)
    }

    /// Decrypts `sealed` under the current key and binds it.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] if the tag does not match; the state must not be used any further.
    pub fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let nonce = self.next_nonce();
        let mut plain = sealed.to_vec();
        let length = self
            .cipher()?
            .open_in_place(nonce, Aad::from(self.hash), &mut plain)
            .map_err(|_| NoiseError::Cipher)?
            .len();
        plain.truncate(length);
        self.mix_hash(sealed);
        Ok(plain)
    }

    /// Ends the handshake: ciphers of the initiator's and of the responder's direction, as the
    /// responder uses them.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] never in practice: the keys are 32 bytes.
    pub fn split(self) -> Result<(Opener, Sealer), NoiseError> {
        let (initiator, responder) = expand(&self.chaining_key, &[]);
        Ok((Opener::new(&initiator)?, Sealer::new(&responder)?))
    }

    fn cipher(&self) -> Result<LessSafeKey, NoiseError> {
        aes_key(&self.key)
    }

    fn next_nonce(&mut self) -> Nonce {
        let nonce = nonce(self.counter);
        self.counter += 1;
        nonce
    }
}

/// Eight zero bytes, then the counter, big-endian.
pub(super) fn nonce(counter: u32) -> Nonce {
    let mut bytes = [0; 12];
    bytes[8..].copy_from_slice(&counter.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// A ring key for AES-256-GCM.
pub(super) fn aes_key(key: &[u8; 32]) -> Result<LessSafeKey, NoiseError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| NoiseError::Cipher)
}

fn expand(salt: &[u8; 32], secret: &[u8]) -> ([u8; 32], [u8; 32]) {
    let mut okm = [0; 64];
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(&[], &mut okm)
        .unwrap_or_else(|_| unreachable!("64 bytes are within the limit of HKDF-SHA256"));
    let (mut first, mut second) = ([0; 32], [0; 32]);
    first.copy_from_slice(&okm[..32]);
    second.copy_from_slice(&okm[32..]);
    (first, second)
}
