//! A collection as a device keeps it: makes patches, checks and applies others', writes and reads snapshots.

use std::collections::{BTreeMap, HashSet};

use buffa::{EnumValue, Message, MessageField};
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{KeyId, SyncdMutation, SyncdPatch, SyncdRecord, SyncdSnapshot, SyncdVersion};

use super::lthash::LtHash;
use super::record::{index_mac, key_id, open, seal, value_mac};
use super::{AppStateError, Collection, Mutation, MutationKeys, Operation};

/// Current contents of one collection, encrypted as they travelled.
#[derive(Debug, Clone)]
pub struct CollectionState {
    collection: Collection,
    version: u64,
    hash: LtHash,
    records: BTreeMap<[u8; 32], SyncdRecord>,
    records_max: usize,
}

/// What applying a patch would change; kept apart until every MAC is checked.
struct Staged {
    hash: LtHash,
    /// Index MAC → new record, or `None` for a removal. Later entries win.
    changes: BTreeMap<[u8; 32], Option<SyncdRecord>>,
}

impl CollectionState {
    /// An empty collection at version 0 that may hold `records_max` records.
    pub fn new(collection: Collection, records_max: usize) -> Self {
        Self { collection, version: 0, hash: LtHash::default(), records: BTreeMap::new(), records_max }
    }

    /// Version of the last patch applied; 0 when there was none.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Encrypts mutations into the next patch and applies it: (version, encoded `SyncdPatch`).
    ///
    /// `ivs` gives one fresh IV per mutation.
    pub fn make_patch(
        &mut self,
        mutations: &[Mutation],
        keys: &MutationKeys,
        mut ivs: impl FnMut() -> [u8; 16],
    ) -> Result<(u64, Vec<u8>), AppStateError> {
        let sealed: Vec<SyncdMutation> = mutations
            .iter()
            .map(|mutation| SyncdMutation {
                operation: Some(SyncdOperation::from(mutation.operation).into()),
                record: MessageField::some(seal(mutation, keys, &ivs())),
            })
            .collect();
        let staged = self.stage(&sealed)?;
        let version = self.version + 1;
        let snapshot_mac = keys.snapshot_mac(staged.hash.as_bytes(), version, self.collection.name());
        let patch_mac = keys.patch_mac(&snapshot_mac, &value_macs(&sealed)?, version, self.collection.name());
        let patch = SyncdPatch {
            version: version_field(version),
            mutations: sealed,
            snapshot_mac: Some(snapshot_mac.to_vec()),
            patch_mac: Some(patch_mac.to_vec()),
            key_id: key_field(keys),
            device_index: Some(0),
            ..Default::default()
        }
        .encode_to_vec();
        self.commit(version, staged);
        Ok((version, patch))
    }

    /// Checks an encoded `SyncdPatch` that the service filed as `version` and applies it. Returns it in plain.
    ///
    /// All MACs must match and the version must follow the current one; otherwise nothing changes.
    pub fn apply_patch(
        &mut self,
        version: u64,
        patch: &[u8],
        keys_of: impl Fn(&[u8]) -> Option<MutationKeys>,
    ) -> Result<Vec<Mutation>, AppStateError> {
        let patch = SyncdPatch::decode_from_slice(patch).map_err(|_| AppStateError::Malformed("patch"))?;
        if version != self.version + 1 {
            return Err(AppStateError::Version { current: self.version, got: version });
        }
        if patch.external_mutations.is_set() {
            return Err(AppStateError::Malformed("patch: external mutations are not supported"));
        }
        let keys =
            keys_of(patch.key_id.id.as_deref().unwrap_or_default()).ok_or(AppStateError::UnknownKey)?;
        let snapshot_mac = patch.snapshot_mac.as_deref().unwrap_or_default();
        let macs = value_macs(&patch.mutations)?;
        let name = self.collection.name();
        if Some(&keys.patch_mac(snapshot_mac, &macs, version, name)[..]) != patch.patch_mac.as_deref() {
            return Err(AppStateError::Mac("patch"));
        }
        let mut plain = Vec::with_capacity(patch.mutations.len());
        for mutation in &patch.mutations {
            let keys = keys_of(key_id(&mutation.record)).ok_or(AppStateError::UnknownKey)?;
            plain.push(open(operation_of(mutation)?, &mutation.record, &keys)?);
        }
        let staged = self.stage(&patch.mutations)?;
        if keys.snapshot_mac(staged.hash.as_bytes(), version, name) != snapshot_mac {
            return Err(AppStateError::Mac("snapshot"));
        }
        self.commit(version, staged);
        Ok(plain)
    }

    /// Encoded `SyncdSnapshot` of the current version.
    pub fn snapshot(&self, keys: &MutationKeys) -> Vec<u8> {
        let mac = keys.snapshot_mac(self.hash.as_bytes(), self.version, self.collection.name());
        SyncdSnapshot {
            version: version_field(self.version),
            records: self.records.values().cloned().collect(),
            mac: Some(mac.to_vec()),
            key_id: key_field(keys),
        }
        .encode_to_vec()
    }

    /// Checks an encoded `SyncdSnapshot`: the collection it describes, and its contents in plain.
    pub fn from_snapshot(
        collection: Collection,
        snapshot: &[u8],
        records_max: usize,
        keys_of: impl Fn(&[u8]) -> Option<MutationKeys>,
    ) -> Result<(Self, Vec<Mutation>), AppStateError> {
        let snapshot =
            SyncdSnapshot::decode_from_slice(snapshot).map_err(|_| AppStateError::Malformed("snapshot"))?;
        let mut state = Self::new(collection, records_max);
        state.version = snapshot.version.version.unwrap_or_default();
        let mut plain = Vec::with_capacity(snapshot.records.len());
        for record in snapshot.records {
            let keys = keys_of(key_id(&record)).ok_or(AppStateError::UnknownKey)?;
            plain.push(open(Operation::Set, &record, &keys)?);
            state.hash.add(value_mac(&record)?);
            if state.records.insert(index_mac(&record)?, record).is_some() {
                return Err(AppStateError::DuplicateIndex);
            }
        }
        if state.records.len() > records_max {
            return Err(AppStateError::Full);
        }
        let keys =
            keys_of(snapshot.key_id.id.as_deref().unwrap_or_default()).ok_or(AppStateError::UnknownKey)?;
        let expected = keys.snapshot_mac(state.hash.as_bytes(), state.version, collection.name());
        if Some(&expected[..]) != snapshot.mac.as_deref() {
            return Err(AppStateError::Mac("snapshot"));
        }
        Ok((state, plain))
    }

    fn stage(&self, mutations: &[SyncdMutation]) -> Result<Staged, AppStateError> {
        let mut staged = Staged { hash: self.hash.clone(), changes: BTreeMap::new() };
        let mut seen = HashSet::new();
        for mutation in mutations {
            let index = index_mac(&mutation.record)?;
            let operation = operation_of(mutation)?;
            if !seen.insert((index, operation == Operation::Set)) {
                return Err(AppStateError::DuplicateIndex);
            }
            let previous = match staged.changes.get(&index) {
                Some(change) => change.as_ref(),
                None => self.records.get(&index),
            };
            if let Some(previous) = previous {
                staged.hash.subtract(value_mac(previous)?);
            }
            let change = (operation == Operation::Set).then(|| (*mutation.record).clone());
            if let Some(record) = &change {
                staged.hash.add(value_mac(record)?);
            }
            staged.changes.insert(index, change);
        }
        if self.records.len() + staged.changes.len() > self.records_max {
            return Err(AppStateError::Full);
        }
        Ok(staged)
    }

    fn commit(&mut self, version: u64, staged: Staged) {
        self.version = version;
        self.hash = staged.hash;
        for (index, change) in staged.changes {
            match change {
                Some(record) => self.records.insert(index, record),
                None => self.records.remove(&index),
            };
        }
    }
}

fn value_macs(mutations: &[SyncdMutation]) -> Result<Vec<&[u8]>, AppStateError> {
    mutations.iter().map(|mutation| value_mac(&mutation.record)).collect()
}

fn operation_of(mutation: &SyncdMutation) -> Result<Operation, AppStateError> {
    match mutation.operation.as_ref().map(EnumValue::as_known) {
        None | Some(Some(SyncdOperation::SET)) => Ok(Operation::Set),
        Some(Some(SyncdOperation::REMOVE)) => Ok(Operation::Remove),
        Some(None) => Err(AppStateError::Malformed("operation")),
    }
}

fn version_field(version: u64) -> MessageField<SyncdVersion, Box<SyncdVersion>> {
    MessageField::some(SyncdVersion { version: Some(version) })
}

fn key_field(keys: &MutationKeys) -> MessageField<KeyId, Box<KeyId>> {
    MessageField::some(KeyId { id: Some(keys.id.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::app_state::SyncKey;
    use proptest::prelude::*;
    use waproto::whatsapp::SyncActionValue;

    const RECORDS_MAX: usize = 100;

    fn key(n: u8) -> SyncKey {
        SyncKey { id: [0, 0, 0, 0, 0, n], data: [n; 32] }
    }

    fn keys_of(id: &[u8]) -> Option<MutationKeys> {
        (1..=2).map(key).find(|key| key.id == id).map(|key| MutationKeys::expand(&key))
    }

    fn mutation(operation: Operation, index: &str, timestamp: i64) -> Mutation {
        Mutation {
            operation,
            index: vec!["archive".to_owned(), index.to_owned()],
            value: SyncActionValue { timestamp: Some(timestamp), ..Default::default() },
            action_version: 3,
        }
    }

    fn new_state() -> CollectionState {
        CollectionState::new(Collection::RegularLow, RECORDS_MAX)
    }

    fn ivs() -> impl FnMut() -> [u8; 16] {
        let mut n = 0;
        move || {
            n += 1;
            [n; 16]
        }
    }

    /// What a patch says, by the same rules but without state: for tampering.
    fn tampered(patch: &[u8], change: impl Fn(&mut SyncdPatch)) -> Vec<u8> {
        let mut patch = SyncdPatch::decode_from_slice(patch).unwrap();
        change(&mut patch);
        patch.encode_to_vec()
    }

    #[test]
    fn tampered_patches_change_nothing() {
        let (mut writer, mut reader) = (new_state(), new_state());
        let keys = MutationKeys::expand(&key(1));
        let (version, patch) = writer.make_patch(&[mutation(Operation::Set, "a", 1)], &keys, ivs()).unwrap();
        let other = MutationKeys::expand(&key(2));
        let blob = |patch: &mut SyncdPatch, at: usize| {
            patch.mutations[0]
                .record
                .get_or_insert_default()
                .value
                .get_or_insert_default()
                .blob
                .as_mut()
                .unwrap()[at] ^= 1;
        };
        let remacced = |patch: &mut SyncdPatch, keys: &MutationKeys| {
            let snapshot = patch.snapshot_mac.clone().unwrap();
            let mac = keys.patch_mac(&snapshot, &value_macs(&patch.mutations).unwrap(), 1, "regular_low");
            patch.patch_mac = Some(mac.to_vec());
        };
        let cases: [(Vec<u8>, AppStateError); 7] = [
            (tampered(&patch, |p| p.patch_mac = None), AppStateError::Mac("patch")),
            (tampered(&patch, |p| p.snapshot_mac.as_mut().unwrap()[0] ^= 1), AppStateError::Mac("patch")),
            (tampered(&patch, |p| blob(p, 20)), AppStateError::Mac("value")),
            (
                tampered(&patch, |p| {
                    p.snapshot_mac.as_mut().unwrap()[0] ^= 1;
                    remacced(p, &keys);
                }),
                AppStateError::Mac("snapshot"),
            ),
            (
                tampered(&patch, |p| {
                    p.mutations[0].record.get_or_insert_default().index.get_or_insert_default().blob =
                        Some(vec![7; 32]);
                }),
                AppStateError::Mac("index"),
            ),
            (
                tampered(&patch, |p| p.key_id.get_or_insert_default().id = Some(other.id.clone())),
                AppStateError::Mac("patch"),
            ),
            (
                tampered(&patch, |p| p.key_id.get_or_insert_default().id = Some(vec![9])),
                AppStateError::UnknownKey,
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(reader.apply_patch(version, &bytes, keys_of), Err(expected));
            assert_eq!((reader.version(), reader.len()), (0, 0));
        }
        assert_eq!(
            reader.apply_patch(2, &patch, keys_of),
            Err(AppStateError::Version { current: 0, got: 2 })
        );
        assert_eq!(reader.apply_patch(1, &patch, keys_of).unwrap(), [mutation(Operation::Set, "a", 1)]);
        assert!(reader.apply_patch(2, b"\xff", keys_of).is_err());
    }

    #[test]
    fn one_index_twice_in_a_patch_is_refused() {
        let keys = MutationKeys::expand(&key(1));
        let twice = [mutation(Operation::Set, "a", 1), mutation(Operation::Set, "a", 2)];
        assert_eq!(new_state().make_patch(&twice, &keys, ivs()), Err(AppStateError::DuplicateIndex));
    }

    #[test]
    fn a_full_collection_refuses_more() {
        let keys = MutationKeys::expand(&key(1));
        let many: Vec<_> = (0..=RECORDS_MAX).map(|n| mutation(Operation::Set, &n.to_string(), 0)).collect();
        assert_eq!(new_state().make_patch(&many, &keys, ivs()), Err(AppStateError::Full));
    }

    proptest! {
        #[test]
        fn a_reader_follows_a_writer_through_patches_and_snapshots(
            steps in proptest::collection::vec((any::<bool>(), 0u8..5, any::<i64>(), 1u8..3), 1..20),
        ) {
            let (mut writer, mut reader) = (new_state(), new_state());
            let mut expected = BTreeMap::new();
            for (set, index, timestamp, key_number) in steps {
                let keys = MutationKeys::expand(&key(key_number));
                let operation = if set { Operation::Set } else { Operation::Remove };
                let change = mutation(operation, &index.to_string(), timestamp);
                let (version, patch) = writer.make_patch(std::slice::from_ref(&change), &keys, ivs()).unwrap();
                prop_assert_eq!(reader.apply_patch(version, &patch, keys_of).unwrap(), vec![change.clone()]);
                // A key's index MACs are its own: the same index under two keys is two records.
                match operation {
                    Operation::Set => expected.insert((key_number, index), change),
                    Operation::Remove => expected.remove(&(key_number, index)),
                };
            }
            prop_assert_eq!(&reader.hash, &writer.hash);
            let snapshot = writer.snapshot(&MutationKeys::expand(&key(1)));
            let (copy, contents) =
                CollectionState::from_snapshot(Collection::RegularLow, &snapshot, RECORDS_MAX, keys_of).unwrap();
            prop_assert_eq!(&copy.hash, &writer.hash);
            prop_assert_eq!(copy.version(), writer.version());
            prop_assert_eq!(contents.len(), expected.len());
            for change in expected.values() {
                prop_assert!(contents.contains(change));
            }
            let elsewhere =
                CollectionState::from_snapshot(Collection::Regular, &snapshot, RECORDS_MAX, keys_of);
            prop_assert_eq!(elsewhere.unwrap_err(), AppStateError::Mac("snapshot"));
        }
    }
}
