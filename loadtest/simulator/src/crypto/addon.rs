//! Answers sealed with the secret of the message that they answer: votes in polls, answers to invitations.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::CryptoError;
use super::derive::hkdf;

/// What is sealed, for whom.
#[derive(Debug, Clone, Copy)]
pub struct Addon<'a> {
    /// Id of the answered message.
    pub id: &'a str,
    /// Its author, without a device.
    pub author: &'a str,
    /// Who answers, without a device.
    pub answerer: &'a str,
    /// `Poll Vote`, `Event Response`.
    pub purpose: &'a str,
}

/// Seals an answer: key by HKDF over id, author, answerer and purpose; id and answerer are authenticated with it.
///
/// # Errors
/// [`CryptoError::BadKey`] when the library refuses its input, which it does for no input of these lengths.
pub fn seal(addon: &Addon<'_>, secret: &[u8], iv: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let Addon { id, author, answerer, purpose } = addon;
    let info = [id.as_bytes(), author.as_bytes(), answerer.as_bytes(), purpose.as_bytes()].concat();
    let key = hkdf::<32>(secret, None, &info);
    let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| CryptoError::BadKey)?;
    let aad = Aad::from([id.as_bytes(), b"\0", answerer.as_bytes()].concat());
    let mut sealed = plain.to_vec();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), aad, &mut sealed)
        .map_err(|_| CryptoError::BadKey)?;
    Ok(sealed)
}
