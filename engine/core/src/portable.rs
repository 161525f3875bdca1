//! Sealing of exported credentials: Argon2id (RFC 9106) over the passphrase, ChaCha20-Poly1305 (RFC 8439) over the rest.
//!
//! `magic ‖ memory KiB ‖ passes ‖ lanes ‖ salt ‖ nonce ‖ ciphertext`, numbers big-endian; everything before the nonce is
//! authenticated with the ciphertext.

use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::limits::{SEAL_LANES_MAX, SEAL_MEMORY_KIB, SEAL_MEMORY_KIB_MAX, SEAL_PASSES, SEAL_PASSES_MAX};

const MAGIC: &[u8; 8] = b"TLEXP\0\0\x01";
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = MAGIC.len() + 3 * 4 + SALT_LEN;

/// Why sealed credentials do not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// Not made by [`seal`], or by a newer version.
    #[error("is not what an export gave, or a newer Trunkline made it")]
    Unknown,
    /// Another passphrase, or changed bytes.
    #[error("does not open with this passphrase")]
    Wrong,
    /// No random numbers, or no memory.
    #[error("cannot be sealed or opened here")]
    Failed,
}

/// Work that a passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Seals `plain`. Takes some tenths of a second. Blocks.
pub(crate) fn seal(plain: Vec<u8>, passphrase: &str) -> Result<Vec<u8>, SealError> {
    let mut random = [0; SALT_LEN + NONCE_LEN];
    getrandom::fill(&mut random).map_err(|_| SealError::Failed)?;
    let (salt, nonce) = random.split_at(SALT_LEN);
    let cost = Cost { memory_kib: SEAL_MEMORY_KIB, passes: SEAL_PASSES, lanes: 1 };
    let mut sealed = MAGIC.to_vec();
    for number in [cost.memory_kib, cost.passes, cost.lanes] {
        sealed.extend_from_slice(&number.to_be_bytes());
    }
    sealed.extend_from_slice(salt);
    let key = key(passphrase, salt, cost)?;
    let mut text = plain;
    let unique = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Failed)?;
    key.seal_in_place_append_tag(unique, Aad::from(&sealed), &mut text).map_err(|_| SealError::Failed)?;
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Opens what [`seal`] made. Takes some tenths of a second. Blocks.
pub(crate) fn open(sealed: &[u8], passphrase: &str) -> Result<Vec<u8>, SealError> {
    let (header, rest) = sealed.split_at_checked(HEADER_LEN).ok_or(SealError::Unknown)?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::Unknown)?;
    let body = header.strip_prefix(MAGIC).ok_or(SealError::Unknown)?;
    let number = |at: usize| {
        let bytes = body.get(4 * at..4 * at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_be_bytes).ok_or(SealError::Unknown)
    };
    let cost = Cost { memory_kib: number(0)?, passes: number(1)?, lanes: number(2)? };
    let bearable = cost.memory_kib <= SEAL_MEMORY_KIB_MAX
        && cost.passes <= SEAL_PASSES_MAX
        && cost.lanes <= SEAL_LANES_MAX;
    if !bearable {
        return Err(SealError::Unknown);
    }
    let key = key(passphrase, &body[12..], cost)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Unknown)?;
    let mut text = text.to_vec();
    let length = key.open_in_place(nonce, Aad::from(header), &mut text).map_err(|_| SealError::Wrong)?.len();
    text.truncate(length);
    Ok(text)
}

fn key(passphrase: &str, salt: &[u8], cost: Cost) -> Result<LessSafeKey, SealError> {
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| SealError::Unknown)?;
    let mut key = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(|_| SealError::Failed)?;
    UnboundKey::new(&CHACHA20_POLY1305, &key).map(LessSafeKey::new).map_err(|_| SealError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_what_was_sealed_and_no_changed_byte_does() {
        let sealed = seal(b"credentials".to_vec(), "correct horse").expect("sealed");
        assert_eq!(open(&sealed, "correct horse").as_deref(), Ok(&b"credentials"[..]));
        assert_eq!(open(&sealed, "battery staple"), Err(SealError::Wrong));
        assert!(!sealed.windows(11).any(|bytes| bytes == b"credentials"));
        for at in [0, HEADER_LEN - 1, HEADER_LEN, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&changed, "correct horse").is_err(), "byte {at}");
        }
        for cut in [0, 7, HEADER_LEN, HEADER_LEN + NONCE_LEN] {
            assert!(open(&sealed[..cut], "correct horse").is_err(), "cut at {cut}");
        }
        let mut costly = sealed;
        costly[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(open(&costly, "correct horse"), Err(SealError::Unknown));
    }
}
