//! The two ciphers of an established connection.

use ring::aead::{Aad, LessSafeKey};

use super::NoiseError;
use super::symmetric::{aes_key, nonce};

/// Decrypts what the peer sends.
pub struct Opener {
    key: LessSafeKey,
    counter: Option<u32>,
}

/// Encrypts what goes to the peer.
pub struct Sealer {
    key: LessSafeKey,
    counter: Option<u32>,
}

impl Opener {
    /// An opener at counter 0.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] never in practice: the key is 32 bytes.
    pub fn new(key: &[u8; 32]) -> Result<Self, NoiseError> {
        Ok(Self { key: aes_key(key)?, counter: Some(0) })
    }

    /// Decrypts the next frame in place and returns its plain text.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] if the tag does not match, [`NoiseError::NoncesUsedUp`] after 2^32 frames.
    pub fn open<'a>(&mut self, frame: &'a mut [u8]) -> Result<&'a [u8], NoiseError> {
        let counter = take(&mut self.counter)?;
        let plain = self.key.open_in_place(nonce(counter), Aad::empty(), frame);
        plain.map(|plain| &*plain).map_err(|_| NoiseError::Cipher)
    }
}

impl Sealer {
    /// A sealer at counter 0.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] never in practice: the key is 32 bytes.
    pub fn new(key: &[u8; 32]) -> Result<Self, NoiseError> {
        Ok(Self { key: aes_key(key)?, counter: Some(0) })
    }

    /// Encrypts `plain` in place and appends the tag.
    ///
    /// # Errors
    /// [`NoiseError::Cipher`] for a plain text beyond the limit of AES-GCM, [`NoiseError::NoncesUsedUp`]
    /// after 2^32 frames.
    pub fn seal(&mut self, plain: &mut Vec<u8>) -> Result<(), NoiseError> {
        let counter = take(&mut self.counter)?;
        self.key.seal_in_place_append_tag(nonce(counter), Aad::empty(), plain).map_err(|_| NoiseError::Cipher)
    }
}

fn take(counter: &mut Option<u32>) -> Result<u32, NoiseError> {
    let now = counter.ok_or(NoiseError::NoncesUsedUp)?;
    *counter = now.checked_add(1);
    Ok(now)
}
