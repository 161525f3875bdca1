//! Who presents a key: one hash and one look-up in memory.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use trunkline_model::account::{ApiKeyRecord, AppRecord, Rates, Secrets};
use trunkline_model::{AccountId, AppId, Dialect, ErrorCode, Failure, InstanceId, KeyId, MemberId, Scope};

use super::accounts::Account;
use super::addresses::Addresses;
use super::secret;
use crate::clock;
use crate::limits::KEY_USE_WRITTEN_EVERY_MS;

/// Who presents a key or is signed in, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account that the key opens.
    pub account: AccountId,
    /// The key's public id; of a member, the number of their session.
    pub key: KeyId,
    /// Who is signed in, where it is no key.
    pub member: Option<MemberId>,
    /// Which form of the API it speaks.
    pub dialect: Dialect,
    /// What it may do.
    pub scopes: Arc<[Scope]>,
    /// The same in the words of its dialect.
    pub dialect_scopes: Arc<[String]>,
    /// The instances that exist for it, in ascending order; `None` for all of its account.
    pub instances: Option<Arc<[InstanceId]>>,
    /// How many requests the account grants, where it says so itself.
    pub rates: Arc<Rates>,
}

/// Which app names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPrincipal {
    /// Whose it is.
    pub account: AccountId,
    /// Its public id.
    pub app: AppId,
    /// The instances that it is bound to; `None` for all of its account.
    pub instances: Option<Arc<[InstanceId]>>,
}

/// The keys and apps of this node, by hash. Looking a hash up tells nothing about the others: what is compared is a SHA-256 of what
/// the caller presented, so its timing reveals no key.
#[derive(Default)]
pub(super) struct KeyRing {
    keys: DashMap<[u8; 32], Arc<KeyEntry>>,
    apps: DashMap<[u8; 32], Arc<AppEntry>>,
    /// Secrets that were chosen, while their keys are made.
    claims: DashMap<[u8; 32], ()>,
}

/// A chosen secret that nobody else takes meanwhile, until this is dropped.
pub(super) struct Claim<'a> {
    ring: &'a KeyRing,
    hash: [u8; 32],
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.ring.claims.remove(&self.hash);
    }
}

struct KeyEntry {
    account: Arc<Account>,
    id: KeyId,
    dialect: Dialect,
    secrets: Secrets,
    scopes: Arc<[Scope]>,
    dialect_scopes: Arc<[String]>,
    instances: Option<Arc<[InstanceId]>>,
    addresses: Addresses,
    expires_at_ms: Option<i64>,
    /// When its last use was written down.
    noted_ms: AtomicI64,
}

struct AppEntry {
    account: Arc<Account>,
    id: AppId,
    secrets: Secrets,
    instances: Option<Arc<[InstanceId]>>,
    addresses: Addresses,
}

/// What came of presenting a key.
pub(super) struct Admitted {
    pub(super) principal: Principal,
    /// Its use has not been written down for a while.
    pub(super) note_use: bool,
}

impl KeyRing {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes a chosen secret for one key, which is to be known before the claim is dropped. `None` where it opens something, or is
    /// about to: two keys with one secret would be one key of whoever came last.
    pub(super) fn claim(&self, hash: [u8; 32]) -> Option<Claim<'_>> {
        match self.claims.entry(hash) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(free) => drop(free.insert(())),
        }
        let claim = Claim { ring: self, hash };
        (!self.keys.contains_key(&hash)).then_some(claim)
    }

    /// Makes a key known. What it replaces opens no longer.
    pub(super) fn enter_key(
        &self,
        account: &Arc<Account>,
        record: &ApiKeyRecord,
        before: Option<&ApiKeyRecord>,
    ) {
        let entry = Arc::new(KeyEntry {
            account: Arc::clone(account),
            id: record.id,
            dialect: record.dialect,
            secrets: record.secrets.clone(),
            scopes: record.scopes.iter().filter_map(|word| Scope::parse(word)).collect(),
            dialect_scopes: record.dialect_scopes.as_slice().into(),
            instances: record.instances.as_deref().map(in_order),
            addresses: Addresses::of(&record.allowed_ips),
            expires_at_ms: record.expires_at_ms,
            noted_ms: AtomicI64::new(0),
        });
        for hash in record.secrets.hashes() {
            self.keys.insert(hash, Arc::clone(&entry));
        }
        let gone = before.into_iter().flat_map(|before| before.secrets.hashes());
        gone.filter(|hash| record.secrets.hashes().all(|kept| kept != *hash)).for_each(|hash| {
            self.keys.remove(&hash);
        });
    }

    pub(super) fn leave_key(&self, record: &ApiKeyRecord) {
        record.secrets.hashes().for_each(|hash| drop(self.keys.remove(&hash)));
    }

    /// Makes an app known. What it replaces opens no longer.
    pub(super) fn enter_app(&self, account: &Arc<Account>, record: &AppRecord, before: Option<&AppRecord>) {
        let entry = Arc::new(AppEntry {
            account: Arc::clone(account),
            id: record.id,
            secrets: record.secrets.clone(),
            instances: record.instances.as_deref().map(in_order),
            addresses: Addresses::of(&record.allowed_ips),
        });
        for hash in record.secrets.hashes() {
            self.apps.insert(hash, Arc::clone(&entry));
        }
        let gone = before.into_iter().flat_map(|before| before.secrets.hashes());
        gone.filter(|hash| record.secrets.hashes().all(|kept| kept != *hash)).for_each(|hash| {
            self.apps.remove(&hash);
        });
    }

    pub(super) fn leave_app(&self, record: &AppRecord) {
        record.secrets.hashes().for_each(|hash| drop(self.apps.remove(&hash)));
    }

    /// Forgets everything of an account.
    pub(super) fn leave_account(&self, account: AccountId) {
        self.keys.retain(|_, entry| entry.account.id != account);
        self.apps.retain(|_, entry| entry.account.id != account);
    }

    /// Who presents this key.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorized`], [`ErrorCode::AccountSuspended`], [`ErrorCode::AddressNotAllowed`].
    pub(super) fn admit(&self, presented: &str, from: Option<IpAddr>) -> Result<Admitted, Failure> {
        let hash = secret::hash(presented);
        let entry = self.keys.get(&hash).map(|entry| Arc::clone(&entry)).ok_or_else(unknown)?;
        let now_ms = clock::wall_ms();
        if !entry.secrets.opens(&hash, now_ms) {
            return Err(unknown());
        }
        if entry.expires_at_ms.is_some_and(|end_ms| end_ms <= now_ms) {
            return Err(Failure::new(ErrorCode::Unauthorized, "This API key has expired. Use another one."));
        }
        entry.account.admits()?;
        admit_address(&entry.addresses, from)?;
        let noted_ms = entry.noted_ms.load(Ordering::Relaxed);
        // Of several at the same moment one writes.
        let note_use = now_ms.saturating_sub(noted_ms) >= KEY_USE_WRITTEN_EVERY_MS
            && entry
                .noted_ms
                .compare_exchange(noted_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        let principal = Principal {
            account: entry.account.id,
            key: entry.id,
            member: None,
            dialect: entry.dialect,
            scopes: Arc::clone(&entry.scopes),
            dialect_scopes: Arc::clone(&entry.dialect_scopes),
            instances: entry.instances.clone(),
            rates: Arc::clone(&entry.account.rates),
        };
        Ok(Admitted { principal, note_use })
    }

    /// Which app presents this key.
    ///
    /// # Errors
    /// As [`KeyRing::admit`].
    pub(super) fn admit_app(&self, presented: &str, from: Option<IpAddr>) -> Result<AppPrincipal, Failure> {
        let hash = secret::hash(presented);
        let entry = self.apps.get(&hash).map(|entry| Arc::clone(&entry)).ok_or_else(unknown_app)?;
        if !entry.secrets.opens(&hash, clock::wall_ms()) {
            return Err(unknown_app());
        }
        entry.account.admits()?;
        admit_address(&entry.addresses, from)?;
        Ok(AppPrincipal { account: entry.account.id, app: entry.id, instances: entry.instances.clone() })
    }
}

/// Instances in the order in which they are looked up.
fn in_order(instances: &[InstanceId]) -> Arc<[InstanceId]> {
    let mut instances = instances.to_vec();
    instances.sort_unstable();
    instances.into()
}

fn admit_address(addresses: &Addresses, from: Option<IpAddr>) -> Result<(), Failure> {
    if addresses.take(from) {
        return Ok(());
    }
    let detail = "This API key is not taken from the address that the request came from. Add the address to the key's \
                  `allowed_ips`, or use another key.";
    Err(Failure::new(ErrorCode::AddressNotAllowed, detail))
}

fn unknown() -> Failure {
    let detail = "This API key is not known. Make one with `trunkline key create`.";
    Failure::new(ErrorCode::Unauthorized, detail)
}

fn unknown_app() -> Failure {
    Failure::new(ErrorCode::Unauthorized, "This app key is not known. Make an app with POST /v1/apps.")
}
