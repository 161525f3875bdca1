//! Seals secrets at rest.
//!
//! Two keys: the *master key*, a file of the operator's, and the *data key*, random, kept in the data directory
//! sealed by the master key. Records are sealed with AES-256-GCM under a key derived (HKDF-SHA-256, RFC 5869)
//! from the data key and the record's own key. Nonces are random 96 bits, safe for 2³² writes *of one record*;
//! with one key for all records that bound would be the store's.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, Prk};
use zeroize::Zeroizing;

use crate::random::random;
use crate::{DataDir, StoreError, files};

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const HEAD_BYTES: usize = 1 + NONCE_LEN;
const DATA_KEY_FILE: &str = "data.key";

type SecretKey = Zeroizing<[u8; KEY_BYTES]>;

/// Seals and opens records. Layout of a sealed record: `version:u8 = 1 ‖ nonce:12 ‖ ciphertext ‖ tag:16`.
pub struct Sealer {
    keys: Prk,
}

impl Sealer {
    /// Reads the keys, or makes them on the first start: the master key file with mode 0600 (64 hex digits), the
    /// data key in `data_dir`.
    ///
    /// A key is made only while the directory holds no data, so that a lost file is never replaced by a new key
    /// which opens nothing.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyMissing`], [`StoreError::MasterKeyInvalid`], [`StoreError::MasterKeyWrong`],
    /// [`StoreError::DataKeyMissing`], [`StoreError::Io`], [`StoreError::NotWritable`].
    pub fn open(data_dir: &DataDir, master_key_file: &Path) -> Result<Sealer, StoreError> {
        let data_key_file = data_dir.path().join(DATA_KEY_FILE);
        let sealed = files::read(&data_key_file)?;
        let fresh = sealed.is_none() && !data_dir.has_shards()?;
        let master = match read_master_key(master_key_file)? {
            Some(key) => key,
            None if fresh => make_master_key(master_key_file)?,
            None => {
                let (path, data_dir) = (master_key_file.to_path_buf(), data_dir.path().to_path_buf());
                return Err(StoreError::MasterKeyMissing { path, data_dir });
            }
        };
        let master = Sealer::with_key(&master);
        let context = data_key_context(data_dir);
        let data_key = match sealed {
            Some(sealed) => {
                let opened = master.open_sealed(&context, &sealed);
                let wrong = |_| StoreError::MasterKeyWrong {
                    path: master_key_file.to_path_buf(),
                    data_dir: data_dir.path().to_path_buf(),
                };
                opened.and_then(|plain| to_key(&plain).ok_or(UNREADABLE)).map_err(wrong)?
            }
            None if fresh => {
                let key = random_key(&data_key_file)?;
                files::replace(&data_key_file, &master.seal(&context, &*key))?;
                key
            }
            None => return Err(StoreError::DataKeyMissing { path: data_key_file }),
        };
        Ok(Sealer::with_key(&data_key))
    }

    /// Seals `plain` for the record whose key is `context`: 29 bytes longer than `plain`.
    #[expect(
        clippy::expect_used,
        reason = "fails only when the kernel has no randomness or `plain` exceeds 64 GiB"
    )]
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.try_seal(context, plain).expect("the kernel gives randomness, and records are bounded")
    }

    /// Opens what [`Sealer::seal`] made for the same `context`.
    ///
    /// # Errors
    /// [`StoreError::SealBroken`] when a byte was changed, or another key or context was used.
    pub fn unseal(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.open_sealed(context, sealed).map_err(|detail| StoreError::SealBroken { detail })
    }

    fn with_key(key: &SecretKey) -> Sealer {
        Sealer { keys: Prk::new_less_safe(HKDF_SHA256, key.as_slice()) }
    }

    fn record_key(&self, context: &[u8]) -> Result<LessSafeKey, Unspecified> {
        let info = [context];
        Ok(LessSafeKey::new(UnboundKey::from(self.keys.expand(&info, &AES_256_GCM)?)))
    }

    fn try_seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let nonce: [u8; NONCE_LEN] = random().map_err(|_| Unspecified)?;
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + MAX_TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let body = &mut sealed[HEAD_BYTES..];
        let tag = self.record_key(context)?.seal_in_place_separate_tag(nonce, Aad::from(context), body)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    fn open_sealed(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or("it is too short")?;
        if head[0] != VERSION {
            return Err("its version is unknown");
        }
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(|_| UNREADABLE)?;
        let key = self.record_key(context).map_err(|_| UNREADABLE)?;
        let mut plain = Zeroizing::new(body.to_vec());
        let len = key.open_in_place(nonce, Aad::from(context), &mut plain).map_err(|_| UNREADABLE)?.len();
        plain.truncate(len);
        Ok(plain)
    }
}

const UNREADABLE: &str = "it was changed, or sealed for another key";

fn data_key_context(data_dir: &DataDir) -> Vec<u8> {
    [b"trunkline data key ", data_dir.cluster_id().as_bytes()].concat()
}

fn to_key(bytes: &[u8]) -> Option<SecretKey> {
    let bytes: &[u8; KEY_BYTES] = bytes.try_into().ok()?;
    Some(Zeroizing::new(*bytes))
}

fn random_key(path: &Path) -> Result<SecretKey, StoreError> {
    random().map(Zeroizing::new).map_err(StoreError::io("draw a key for", path))
}

fn make_master_key(path: &Path) -> Result<SecretKey, StoreError> {
    let key = random_key(path)?;
    let mut text = Zeroizing::new(hex::encode(*key));
    text.push('\n');
    files::replace(path, text.as_bytes())?;
    tracing::warn!(path = %path.display(), "made a new master key file: back it up, sealed data cannot be read without it");
    Ok(key)
}

fn read_master_key(path: &Path) -> Result<Option<SecretKey>, StoreError> {
    let Some(content) = files::read(path)? else {
        return Ok(None);
    };
    warn_if_public(path);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    match hex::decode_to_slice(content.trim_ascii(), &mut *key) {
        Ok(()) => Ok(Some(key)),
        Err(_) => {
            let detail = "it must hold 64 hex digits".into();
            Err(StoreError::MasterKeyInvalid { path: PathBuf::from(path), detail })
        }
    }
}

/// Only a warning: secrets mounted by an orchestrator often cannot have another mode.
fn warn_if_public(path: &Path) {
    if std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
        tracing::warn!(path = %path.display(), "every user of this machine can read the master key file; set its mode to 0600");
    }
}
