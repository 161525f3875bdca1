//! One encrypted entry of a collection, and the keys it is made with.

use aes::Aes256;
use buffa::{Message, MessageField};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{KeyId, SyncActionData, SyncActionValue, SyncdIndex, SyncdRecord, SyncdValue};

use super::AppStateError;
use crate::crypto::derive::{hkdf, hmac_sha256, hmac_sha256_starts_with};

/// Bytes of a value MAC, at the end of a value blob.
pub const VALUE_MAC_BYTES: usize = 32;
const IV_BYTES: usize = 16;

/// An app-state key as devices share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncKey {
    /// Key id on the wire.
    pub id: [u8; 6],
    /// Secret the five working keys expand from.
    pub data: [u8; 32],
}

/// The working keys of one [`SyncKey`].
#[derive(Clone)]
pub struct MutationKeys {
    /// The key id they belong to.
    pub id: Vec<u8>,
    index: [u8; 32],
    value_encryption: [u8; 32],
    value_mac: [u8; 32],
    snapshot_mac: [u8; 32],
    patch_mac: [u8; 32],
}

impl MutationKeys {
    /// Expands a shared key.
    pub fn expand(key: &SyncKey) -> Self {
        let okm: [u8; 160] = hkdf(&key.data, None, b"WhatsApp Mutation Keys");
        let part = |n: usize| {
            let mut part = [0; 32];
            part.copy_from_slice(&okm[n * 32..(n + 1) * 32]);
            part
        };
        Self {
            id: key.id.to_vec(),
            index: part(0),
            value_encryption: part(1),
            value_mac: part(2),
            snapshot_mac: part(3),
            patch_mac: part(4),
        }
    }

    /// HMAC of an index, under which the service and the checksum know an entry.
    pub fn index_mac(&self, index: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.index, &[index])
    }

    /// MAC over a whole collection at a version.
    pub fn snapshot_mac(&self, lthash: &[u8], version: u64, name: &str) -> [u8; 32] {
        hmac_sha256(&self.snapshot_mac, &[lthash, &version.to_be_bytes(), name.as_bytes()])
    }

    /// MAC over a patch: the snapshot MAC it leads to, then the value MACs of its mutations in order.
    pub fn patch_mac(&self, snapshot_mac: &[u8], value_macs: &[&[u8]], version: u64, name: &str) -> [u8; 32] {
        let version = version.to_be_bytes();
        let mut parts = Vec::with_capacity(value_macs.len() + 3);
        parts.push(snapshot_mac);
        parts.extend_from_slice(value_macs);
        parts.extend_from_slice(&[&version, name.as_bytes()]);
        hmac_sha256(&self.patch_mac, &parts)
    }

    fn value_mac(&self, operation: Operation, iv_and_ciphertext: &[u8]) -> [u8; VALUE_MAC_BYTES] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(&self.value_mac).expect("any key length");
        mac.update(&[operation.mac_byte()]);
        mac.update(&self.id);
        mac.update(iv_and_ciphertext);
        // The length of what precedes the data, in the last of eight bytes.
        let mut length = [0; 8];
        length[7] = (self.id.len() + 1) as u8;
        mac.update(&length);
        let mut out = [0; VALUE_MAC_BYTES];
        out.copy_from_slice(&mac.finalize().into_bytes()[..VALUE_MAC_BYTES]);
        out
    }
}

/// What a mutation does to its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Writes the value.
    Set,
    /// Removes the entry.
    Remove,
}

impl Operation {
    fn mac_byte(self) -> u8 {
        match self {
            Self::Set => 1,
            Self::Remove => 2,
        }
    }
}

impl From<Operation> for SyncdOperation {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Set => Self::SET,
            Operation::Remove => Self::REMOVE,
        }
    }
}

/// A change in plain.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutation {
    /// Write or remove.
    pub operation: Operation,
    /// Index components, e.g. `["setting_pushName"]`; a JSON array on the wire.
    pub index: Vec<String>,
    /// The value.
    pub value: SyncActionValue,
    /// Schema version of the action.
    pub action_version: i32,
}

/// Encrypts a mutation into a record. `iv` must be fresh.
pub fn seal(mutation: &Mutation, keys: &MutationKeys, iv: &[u8; IV_BYTES]) -> SyncdRecord {
    let index = serde_json::Value::from(mutation.index.clone()).to_string().into_bytes();
    let index_mac = keys.index_mac(&index);
    let plain = SyncActionData {
        index: Some(index),
        value: MessageField::some(mutation.value.clone()),
        padding: Some(Vec::new()),
        version: Some(mutation.action_version),
    }
    .encode_to_vec();
    let mut blob = iv.to_vec();
    blob.extend(
        cbc::Encryptor::<Aes256>::new(&keys.value_encryption.into(), &(*iv).into())
            .encrypt_padded_vec::<Pkcs7>(&plain),
    );
    let mac = keys.value_mac(mutation.operation, &blob);
    blob.extend_from_slice(&mac);
    SyncdRecord {
        index: MessageField::some(SyncdIndex { blob: Some(index_mac.to_vec()) }),
        value: MessageField::some(SyncdValue { blob: Some(blob) }),
        key_id: MessageField::some(KeyId { id: Some(keys.id.clone()) }),
    }
}

/// Checks both MACs of a record and decrypts it.
pub fn open(
    operation: Operation,
    record: &SyncdRecord,
    keys: &MutationKeys,
) -> Result<Mutation, AppStateError> {
    let blob = value_blob(record)?;
    let (sealed, mac) = blob.split_at(blob.len() - VALUE_MAC_BYTES);
    if keys.value_mac(operation, sealed) != mac {
        return Err(AppStateError::Mac("value"));
    }
    let (iv, ciphertext) = sealed.split_at(IV_BYTES);
    let mut fixed_iv = [0; IV_BYTES];
    fixed_iv.copy_from_slice(iv);
    let plain = cbc::Decryptor::<Aes256>::new(&keys.value_encryption.into(), &fixed_iv.into())
        .decrypt_padded_vec::<Pkcs7>(ciphertext)
        .map_err(|_| AppStateError::Malformed("value padding"))?;
    let data =
        SyncActionData::decode_from_slice(&plain).map_err(|_| AppStateError::Malformed("action data"))?;
    let index = data.index.unwrap_or_default();
    if !hmac_sha256_starts_with(&keys.index, &[&index], &index_mac(record)?) {
        return Err(AppStateError::Mac("index"));
    }
    Ok(Mutation {
        operation,
        index: serde_json::from_slice(&index).map_err(|_| AppStateError::Malformed("index"))?,
        value: data.value.into_option().unwrap_or_default(),
        action_version: data.version.unwrap_or_default(),
    })
}

/// The index MAC a record is filed under.
pub fn index_mac(record: &SyncdRecord) -> Result<[u8; 32], AppStateError> {
    let mac = record.index.blob.as_deref().and_then(|blob| blob.try_into().ok());
    mac.ok_or(AppStateError::Malformed("index MAC"))
}

/// The value MAC at the end of a record's blob.
pub fn value_mac(record: &SyncdRecord) -> Result<&[u8], AppStateError> {
    let blob = value_blob(record)?;
    Ok(&blob[blob.len() - VALUE_MAC_BYTES..])
}

/// The id of the key a record is encrypted under.
pub fn key_id(record: &SyncdRecord) -> &[u8] {
    record.key_id.id.as_deref().unwrap_or_default()
}

fn value_blob(record: &SyncdRecord) -> Result<&[u8], AppStateError> {
    let blob = record.value.blob.as_deref().unwrap_or_default();
    if blob.len() < IV_BYTES + VALUE_MAC_BYTES {
        return Err(AppStateError::Malformed("value blob"));
    }
    Ok(blob)
}
