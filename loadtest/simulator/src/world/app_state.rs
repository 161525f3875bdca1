//! Versions, patches and snapshots of an account's app-state collections. The service never reads them.

use std::collections::{BTreeMap, VecDeque};

use crate::crypto::app_state::Collection;
use crate::limits::PATCHES_MAX;

/// An account's collections.
#[derive(Default)]
pub struct AppState {
    collections: BTreeMap<&'static str, CollectionState>,
}

/// One collection.
#[derive(Default)]
pub struct CollectionState {
    version: u64,
    patches: VecDeque<(u64, Vec<u8>)>,
    snapshot: Option<(u64, Vec<u8>)>,
}

impl AppState {
    /// Current version; 0 for a collection nobody wrote.
    pub fn version(&self, collection: Collection) -> u64 {
        self.collections.get(collection.name()).map_or(0, |state| state.version)
    }

    /// Appends an encoded patch as `version`.
    pub fn store(&mut self, collection: Collection, version: u64, patch: Vec<u8>) {
        let state = self.collections.entry(collection.name()).or_default();
        if state.patches.len() >= PATCHES_MAX {
            state.patches.pop_front();
        }
        state.version = version;
        state.patches.push_back((version, patch));
    }

    /// Replaces the snapshot: the version it is of, and the encoded reference to its file.
    pub fn store_snapshot(&mut self, collection: Collection, version: u64, reference: Vec<u8>) {
        self.collections.entry(collection.name()).or_default().snapshot = Some((version, reference));
    }

    /// The snapshot, if there is one newer than `than`.
    pub fn snapshot(&self, collection: Collection, than: u64) -> Option<(u64, &[u8])> {
        let (version, reference) = self.collections.get(collection.name())?.snapshot.as_ref()?;
        (*version > than).then_some((*version, &**reference))
    }

    /// Patches after version `since`, oldest first, and whether older ones are gone.
    pub fn patches_since(&self, collection: Collection, since: u64) -> (Vec<&[u8]>, bool) {
        let Some(state) = self.collections.get(collection.name()) else { return (Vec::new(), false) };
        let first = state.patches.front().map_or(state.version + 1, |(version, _)| *version);
        let patches = state.patches.iter().filter(|(version, _)| *version > since);
        (patches.map(|(_, patch)| &**patch).collect(), since + 1 < first && since < state.version)
    }

    /// Estimated bytes.
    pub fn owned_bytes(&self) -> usize {
        let of = |state: &CollectionState| {
            let patches: usize = state.patches.iter().map(|(_, patch)| patch.len() + 32).sum();
            size_of::<CollectionState>() + patches + state.snapshot.as_ref().map_or(0, |(_, blob)| blob.len())
        };
        self.collections.values().map(of).sum()
    }
}
