//! Encryption of files as WhatsApp stores them: AES-256-CBC under an expanded media key, then a 10-byte MAC.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

use super::CryptoError;
use super::derive::{hkdf, hmac_sha256, hmac_sha256_starts_with, sha256};

/// Bytes of HMAC-SHA256 kept behind the ciphertext.
const MAC_BYTES: usize = 10;

/// Sorts of files; each expands the media key with its own label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Picture.
    Image,
    /// Video.
    Video,
    /// Audio and voice notes.
    Audio,
    /// Any other file.
    Document,
    /// Sticker; shares the pictures' label.
    Sticker,
    /// History sync.
    History,
    /// App-state snapshot or external patch.
    AppState,
}

impl MediaKind {
    /// HKDF label.
    pub fn info(self) -> &'static [u8] {
        match self {
            Self::Image | Self::Sticker => b"WhatsApp Image Keys",
            Self::Video => b"WhatsApp Video Keys",
            Self::Audio => b"WhatsApp Audio Keys",
            Self::Document => b"WhatsApp Document Keys",
            Self::History => b"WhatsApp History Keys",
            Self::AppState => b"WhatsApp App State Keys",
        }
    }

    /// Path segment of uploads (`/mms/{segment}/…`) and `mms-type`.
    pub fn upload_path(self) -> &'static str {
        match self {
            Self::Image | Self::Sticker => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::History => "md-msg-hist",
            Self::AppState => "md-app-state",
        }
    }

    /// The kind behind an upload path segment. Stickers come back as images: their files are alike.
    pub fn from_upload_path(segment: &str) -> Option<Self> {
        Some(match segment {
            "image" | "sticker" => Self::Image,
            "video" | "gif" | "ptv" => Self::Video,
            "audio" | "ptt" => Self::Audio,
            "document" => Self::Document,
            "md-msg-hist" => Self::History,
            "md-app-state" => Self::AppState,
            _ => return None,
        })
    }
}

/// An encrypted file and what a message says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedFile {
    /// Ciphertext ‖ MAC, as stored.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`.
    pub enc_sha256: [u8; 32],
    /// SHA-256 of the plain file.
    pub sha256: [u8; 32],
    /// Length of the plain file in bytes.
    pub plain_bytes: u64,
}

struct MediaKeys {
    iv: [u8; 16],
    key: [u8; 32],
    mac: [u8; 32],
}

fn expand(media_key: &[u8; 32], kind: MediaKind) -> MediaKeys {
    let okm: [u8; 112] = hkdf(media_key, None, kind.info());
    let mut keys = MediaKeys { iv: [0; 16], key: [0; 32], mac: [0; 32] };
    keys.iv.copy_from_slice(&okm[..16]);
    keys.key.copy_from_slice(&okm[16..48]);
    keys.mac.copy_from_slice(&okm[48..80]);
    keys
}

/// Encrypts a file under `media_key`, which must be fresh.
pub fn encrypt(plain: &[u8], media_key: &[u8; 32], kind: MediaKind) -> EncryptedFile {
    let keys = expand(media_key, kind);
    let mut bytes =
        cbc::Encryptor::<Aes256>::new(&keys.key.into(), &keys.iv.into()).encrypt_padded_vec::<Pkcs7>(plain);
    let mac = hmac_sha256(&keys.mac, &[&keys.iv, &bytes]);
    bytes.extend_from_slice(&mac[..MAC_BYTES]);
    EncryptedFile {
        enc_sha256: sha256(&bytes),
        sha256: sha256(plain),
        plain_bytes: plain.len() as u64,
        bytes,
    }
}

/// Checks the MAC and decrypts a stored file.
pub fn decrypt(stored: &[u8], media_key: &[u8], kind: MediaKind) -> Result<Vec<u8>, CryptoError> {
    let media_key: &[u8; 32] = media_key.try_into().map_err(|_| CryptoError::Malformed("media key"))?;
    let keys = expand(media_key, kind);
    let body = stored.len().checked_sub(MAC_BYTES).ok_or(CryptoError::Malformed("media file"))?;
    let (ciphertext, mac) = stored.split_at(body);
    if !hmac_sha256_starts_with(&keys.mac, &[&keys.iv, ciphertext], mac) {
        return Err(CryptoError::Mismatch("media MAC"));
    }
    cbc::Decryptor::<Aes256>::new(&keys.key.into(), &keys.iv.into())
        .decrypt_padded_vec::<Pkcs7>(ciphertext)
        .map_err(|_| CryptoError::Malformed("media padding"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_padded_to_blocks_plus_mac() {
        for (plain, stored) in [(0, 26), (1, 26), (15, 26), (16, 42), (1000, 1018)] {
            let file = encrypt(&vec![7; plain], &[1; 32], MediaKind::Image);
            assert_eq!((file.bytes.len(), file.plain_bytes), (stored, plain as u64));
            assert_eq!(file.enc_sha256, sha256(&file.bytes));
        }
    }

    #[test]
    fn spoiled_short_and_mislabelled_files_are_refused() {
        let file = encrypt(b"hello", &[1; 32], MediaKind::Video);
        let mut spoiled = file.bytes.clone();
        spoiled[3] ^= 1;
        let mismatch = Err(CryptoError::Mismatch("media MAC"));
        assert_eq!(decrypt(&spoiled, &[1; 32], MediaKind::Video), mismatch);
        assert_eq!(decrypt(&file.bytes, &[2; 32], MediaKind::Video), mismatch);
        assert_eq!(decrypt(&file.bytes, &[1; 32], MediaKind::Audio), mismatch);
        assert_eq!(
            decrypt(&file.bytes[..9], &[1; 32], MediaKind::Video),
            Err(CryptoError::Malformed("media file"))
        );
        assert_eq!(
            decrypt(&file.bytes, &[1; 31], MediaKind::Video),
            Err(CryptoError::Malformed("media key"))
        );
    }

    proptest! {
        #[test]
        fn what_is_encrypted_decrypts(plain in proptest::collection::vec(any::<u8>(), 0..600), key: [u8; 32]) {
            let file = encrypt(&plain, &key, MediaKind::Document);
            prop_assert_eq!(decrypt(&file.bytes, &key, MediaKind::Document), Ok(plain));
        }
    }
}
