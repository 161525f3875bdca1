//! The Signal library's storage traits over plain maps and derived keys. Nothing here ever waits.

use async_trait::async_trait;
use wacore_libsignal::protocol::error::Result;
use wacore_libsignal::protocol::{
    Direction, GenericSignedPreKey, IdentityChange, IdentityKey, IdentityKeyPair, IdentityKeyStore, PreKeyId,
    PreKeyRecord, PreKeyStore, ProtocolAddress, SenderKeyName, SenderKeyRecord, SenderKeyStore,
    SessionCheckoutKey, SessionCheckoutStoreResult, SessionRecord, SessionStore, SignalProtocolError,
    SignedPreKeyId, SignedPreKeyRecord, SignedPreKeyStore, Timestamp,
};

use super::bounded::BoundedMap;
use super::keys::{KeyRing, SIGNED_PRE_KEY_ID};
use super::limits::{SENDER_KEYS_MAX, SESSIONS_MAX};

/// Live sessions.
pub(super) struct Sessions {
    records: BoundedMap<ProtocolAddress, Option<SessionRecord>>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self { records: BoundedMap::new(SESSIONS_MAX) }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn contains(&self, address: &ProtocolAddress) -> bool {
        matches!(self.records.get(address), Some(Some(_)))
    }

    /// Forgets the session with a device; its next message must open a new one.
    pub(super) fn forget(&mut self, address: &ProtocolAddress) {
        if let Some(record) = self.records.get_mut(address) {
            *record = None;
        }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Result<Option<SessionRecord>> {
        Ok(self.records.get(address).and_then(Clone::clone))
    }

    fn try_load_session_for_update(
        &self,
        address: &ProtocolAddress,
    ) -> Option<Result<(Option<SessionRecord>, Option<SessionCheckoutKey>)>> {
        Some(Ok((self.records.get(address).and_then(Clone::clone), None)))
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Result<bool> {
        Ok(self.contains(address))
    }

    fn try_has_session(&self, address: &ProtocolAddress) -> Option<Result<bool>> {
        Some(Ok(self.contains(address)))
    }

    async fn store_session(&mut self, address: &ProtocolAddress, record: SessionRecord) -> Result<()> {
        self.records.insert(address.clone(), Some(record));
        Ok(())
    }

    fn try_store_session_from_checkout(
        &mut self,
        address: &ProtocolAddress,
        record: SessionRecord,
        _checkout: Option<SessionCheckoutKey>,
        _had_session: bool,
    ) -> SessionCheckoutStoreResult {
        self.records.insert(address.clone(), Some(record));
        SessionCheckoutStoreResult::Stored
    }
}

/// Own identity, and the identities of others as last seen. A changed identity is accepted, as phones do.
pub(super) struct Identities {
    own: IdentityKeyPair,
    registration_id: u32,
    known: BoundedMap<ProtocolAddress, IdentityKey>,
}

impl Identities {
    pub(super) fn new(ring: &KeyRing) -> Self {
        let pair = ring.identity();
        Self {
            own: IdentityKeyPair::new(IdentityKey::new(pair.public_key), pair.private_key.clone()),
            registration_id: ring.registration_id(),
            known: BoundedMap::new(SESSIONS_MAX),
        }
    }

    fn save(&mut self, address: &ProtocolAddress, identity: &IdentityKey) -> IdentityChange {
        match self.known.get(address) {
            Some(known) if known == identity => IdentityChange::NewOrUnchanged,
            known => {
                let changed = known.is_some();
                self.known.insert(address.clone(), *identity);
                IdentityChange::from_changed(changed)
            }
        }
    }
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Result<IdentityKeyPair> {
        Ok(self.own.clone())
    }

    async fn get_local_registration_id(&self) -> Result<u32> {
        Ok(self.registration_id)
    }

    async fn save_identity(
        &mut self,
        address: &ProtocolAddress,
        identity: &IdentityKey,
    ) -> Result<IdentityChange> {
        Ok(self.save(address, identity))
    }

    fn try_save_identity(
        &mut self,
        address: &ProtocolAddress,
        identity: &IdentityKey,
    ) -> Option<Result<IdentityChange>> {
        Some(Ok(self.save(address, identity)))
    }

    async fn is_trusted_identity(
        &self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
        _direction: Direction,
    ) -> Result<bool> {
        Ok(true)
    }

    fn try_is_trusted_identity(
        &self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
        _direction: Direction,
    ) -> Option<Result<bool>> {
        Some(Ok(true))
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Result<Option<IdentityKey>> {
        Ok(self.known.get(address).copied())
    }
}

/// Pre-keys of both sorts, derived at each use; there is nothing to save or remove.
pub(super) struct DerivedPreKeys<'a>(pub(super) &'a KeyRing);

#[async_trait]
impl PreKeyStore for DerivedPreKeys<'_> {
    async fn get_pre_key(&self, id: PreKeyId) -> Result<PreKeyRecord> {
        Ok(PreKeyRecord::new(id, &self.0.one_time_key(id.into())))
    }

    async fn save_pre_key(&mut self, _id: PreKeyId, _record: &PreKeyRecord) -> Result<()> {
        Ok(())
    }

    async fn remove_pre_key(&mut self, _id: PreKeyId) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl SignedPreKeyStore for DerivedPreKeys<'_> {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Result<SignedPreKeyRecord> {
        if u32::from(id) != SIGNED_PRE_KEY_ID {
            return Err(SignalProtocolError::InvalidSignedPreKeyId);
        }
        let pair = self.0.signed_pre_key_pair();
        let signature = self.0.signed_pre_key().signature;
        Ok(SignedPreKeyRecord::new(id, Timestamp::from_epoch_millis(0), &pair, &signature))
    }

    async fn save_signed_pre_key(&mut self, _id: SignedPreKeyId, _record: &SignedPreKeyRecord) -> Result<()> {
        Ok(())
    }
}

/// Sender keys: the phone's own and those others distributed.
pub(super) struct SenderKeys {
    records: BoundedMap<String, Option<SenderKeyRecord>>,
}

impl SenderKeys {
    pub(super) fn new() -> Self {
        Self { records: BoundedMap::new(SENDER_KEYS_MAX) }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn contains(&self, name: &SenderKeyName) -> bool {
        matches!(self.records.get(name.cache_key()), Some(Some(_)))
    }

    /// Forgets a sender key, so that the next distribution makes a new chain.
    pub(super) fn forget(&mut self, name: &SenderKeyName) {
        if let Some(record) = self.records.get_mut(name.cache_key()) {
            *record = None;
        }
    }
}

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(&mut self, name: &SenderKeyName, record: SenderKeyRecord) -> Result<()> {
        self.records.insert(name.cache_key().to_owned(), Some(record));
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> Result<Option<SenderKeyRecord>> {
        Ok(self.records.get(name.cache_key()).and_then(Clone::clone))
    }
}
