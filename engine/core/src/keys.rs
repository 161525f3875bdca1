//! API keys: made once, shown once, kept as hashes.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dashmap::DashMap;
use ring::digest::{SHA256, digest};
use trunkline_model::record::ApiKeyRecord;
use trunkline_model::{AccountId, KeyId, Scope};

/// A key as it is shown, once: prefix, 256 random bits.
pub(crate) fn make_secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!("tk_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The hash under which a key is kept. The key has 256 random bits, so a plain hash cannot be searched.
pub(crate) fn hash(presented: &str) -> [u8; 32] {
    let digest = digest(&SHA256, presented.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// The slot's owner id under which a key's record lives: the head of its hash.
pub(crate) fn placement(sha256: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *sha256;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Who presents a key, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account that the key opens.
    pub account: AccountId,
    /// The key's public id.
    pub key: KeyId,
    /// What it may do.
    pub scopes: Arc<[Scope]>,
}

/// The keys of this node, by hash. Looking a hash up tells nothing about the others: what is compared is a SHA-256 of what the
/// caller presented, so its timing reveals no key.
#[derive(Default)]
pub(crate) struct KeyRing {
    by_hash: DashMap<[u8; 32], Principal>,
}

impl KeyRing {
    pub(crate) fn insert(&self, record: &ApiKeyRecord) {
        let scopes = record.scopes.iter().filter_map(|word| Scope::parse(word)).collect();
        let principal = Principal { account: record.account, key: record.id, scopes };
        self.by_hash.insert(record.sha256, principal);
    }

    pub(crate) fn find(&self, presented: &str) -> Option<Principal> {
        self.by_hash.get(&hash(presented)).map(|principal| principal.clone())
    }

    pub(crate) fn ids(&self) -> Vec<KeyId> {
        self.by_hash.iter().map(|entry| entry.value().key).collect()
    }
}
