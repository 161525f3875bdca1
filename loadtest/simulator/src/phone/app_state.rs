//! The phone's part in app state: it starts the collections, changes them, and follows its companions' patches.

use std::collections::{BTreeMap, VecDeque};

use buffa::{Message, MessageField};
use wacore_binary::Jid;
use waproto::whatsapp::sync_action_value::{
    ArchiveChatAction, ContactAction, LocaleSetting, PinAction, PushNameSetting,
};
use waproto::whatsapp::{ExternalBlobReference, SyncActionValue};

use super::directory::Directory;
use super::limits::{APP_STATE_RECORDS_MAX, COMPANION_CHANGES_MAX};
use super::types::{AppStateChange, AppStatePatch, PhoneError};
use super::{Phone, live};
use crate::crypto::app_state::{Collection, CollectionState, Mutation, MutationKeys, Operation};
use crate::crypto::media::{MediaKind, encrypt};

/// Language of a new account.
const DEFAULT_LOCALE: &str = "en_US";
/// Index of the display name.
const PUSH_NAME_INDEX: &str = "setting_pushName";
/// Estimated bytes of one record.
const RECORD_BYTES: usize = 420;

/// The collections as the phone knows them; none before the first companion.
#[derive(Default)]
pub(super) struct AppStateKeeper {
    collections: BTreeMap<Collection, CollectionState>,
    started: bool,
    /// Indexes of what companions changed, the newest last.
    by_companions: VecDeque<Vec<String>>,
}

impl AppStateKeeper {
    fn get_mut(&mut self, collection: Collection) -> &mut CollectionState {
        self.collections
            .entry(collection)
            .or_insert_with(|| CollectionState::new(collection, APP_STATE_RECORDS_MAX))
    }

    pub(super) fn owned_bytes(&self) -> usize {
        self.collections.values().map(|state| size_of::<CollectionState>() + state.len() * RECORD_BYTES).sum()
    }
}

impl Phone {
    /// The account's first app-state patches (`critical_block` version 1), to be stored when the first companion pairs,
    /// before its first sync. Empty at every later call.
    pub fn initial_app_state(&mut self, now_s: u64) -> Result<Vec<AppStatePatch>, PhoneError> {
        if self.app_state.started {
            return Ok(Vec::new());
        }
        let settings = [
            AppStateChange::PushName(self.seed.push_name.clone()),
            AppStateChange::Locale(DEFAULT_LOCALE.to_owned()),
        ];
        let mutations: Vec<_> = settings.into_iter().flat_map(|change| mutations(now_s, change).1).collect();
        let patch = self.make_patch(Collection::CriticalBlock, &mutations)?;
        self.app_state.started = true;
        Ok(vec![patch])
    }

    /// The person changes something that lives in app state. The patch is to be stored as the collection's next version
    /// and announced to companions with `server_sync`.
    pub fn change_app_state(
        &mut self,
        now_s: u64,
        change: AppStateChange,
    ) -> Result<AppStatePatch, PhoneError> {
        if let AppStateChange::PushName(name) = &change {
            self.seed.push_name.clone_from(name);
        }
        let (collection, mutations) = mutations(now_s, change);
        self.make_patch(collection, &mutations)
    }

    /// A companion's patch the service accepted as `version`. MACs are verified; an error leaves the phone's state as
    /// it was.
    pub fn apply_companion_patch(
        &mut self,
        collection: Collection,
        version: u64,
        bytes: &[u8],
    ) -> Result<(), PhoneError> {
        let key = self.ring.sync_key();
        let keys_of = |id: &[u8]| (id == key.id).then(|| MutationKeys::expand(&key));
        let mutations = self.app_state.get_mut(collection).apply_patch(version, bytes, keys_of)?;
        for mutation in mutations {
            if self.app_state.by_companions.len() >= COMPANION_CHANGES_MAX {
                self.app_state.by_companions.pop_front();
            }
            self.app_state.by_companions.push_back(mutation.index.clone());
            let is_name = mutation.index.first().is_some_and(|index| index == PUSH_NAME_INDEX);
            if let (true, Operation::Set, Some(name)) =
                (is_name, mutation.operation, &mutation.value.push_name_setting.name)
            {
                self.seed.push_name.clone_from(name);
            }
        }
        Ok(())
    }

    /// Indexes of what companions changed, the newest last; bounded.
    pub fn companion_changes(&self) -> impl Iterator<Item = &Vec<String>> {
        self.app_state.by_companions.iter()
    }

    /// A snapshot of a collection as of its current version: stores the file and returns (version, encoded
    /// `ExternalBlobReference`). `None` for a collection nothing was ever written to.
    pub fn app_state_snapshot(
        &mut self,
        collection: Collection,
        directory: &mut dyn Directory,
    ) -> Result<Option<(u64, Vec<u8>)>, PhoneError> {
        let keys = MutationKeys::expand(&self.ring.sync_key());
        let state = self.app_state.get_mut(collection);
        let version = state.version();
        if version == 0 {
            return Ok(None);
        }
        let snapshot = state.snapshot(&keys);
        let media_key = live(&mut self.signal, &self.ring).random::<32>();
        let sealed = encrypt(&snapshot, &media_key, MediaKind::AppState);
        let stored = directory.put_blob(MediaKind::AppState, sealed.bytes);
        let reference = ExternalBlobReference {
            media_key: Some(media_key.to_vec()),
            direct_path: Some(stored.direct_path),
            handle: Some(stored.handle),
            file_size_bytes: Some(sealed.plain_bytes),
            file_sha256: Some(sealed.sha256.to_vec()),
            file_enc_sha256: Some(sealed.enc_sha256.to_vec()),
        };
        Ok(Some((version, reference.encode_to_vec())))
    }

    fn make_patch(
        &mut self,
        collection: Collection,
        mutations: &[Mutation],
    ) -> Result<AppStatePatch, PhoneError> {
        let keys = MutationKeys::expand(&self.ring.sync_key());
        let signal = live(&mut self.signal, &self.ring);
        let state = self.app_state.get_mut(collection);
        let (version, bytes) = state.make_patch(mutations, &keys, || signal.random())?;
        Ok(AppStatePatch { collection, version, bytes })
    }
}

/// Where a change goes and how it reads there.
fn mutations(now_s: u64, change: AppStateChange) -> (Collection, Vec<Mutation>) {
    let mut value = SyncActionValue {
        timestamp: Some(i64::try_from(now_s.saturating_mul(1000)).unwrap_or(i64::MAX)),
        ..Default::default()
    };
    let (collection, index, action_version) = match change {
        AppStateChange::PushName(name) => {
            value.push_name_setting = MessageField::some(PushNameSetting { name: Some(name) });
            (Collection::CriticalBlock, vec![PUSH_NAME_INDEX.to_owned()], 1)
        }
        AppStateChange::Locale(locale) => {
            value.locale_setting = MessageField::some(LocaleSetting { locale: Some(locale) });
            (Collection::CriticalBlock, vec!["setting_locale".to_owned()], 3)
        }
        AppStateChange::Archive { chat, archived } => {
            value.archive_chat_action =
                MessageField::some(ArchiveChatAction { archived: Some(archived), ..Default::default() });
            (Collection::RegularLow, vec!["archive".to_owned(), chat.to_string()], 3)
        }
        AppStateChange::Pin { chat, pinned } => {
            value.pin_action = MessageField::some(PinAction { pinned: Some(pinned) });
            (Collection::RegularLow, vec!["pin_v1".to_owned(), chat.to_string()], 5)
        }
        AppStateChange::Contacts(contacts) => {
            let saved = contacts.into_iter().map(|(person, full_name)| saved(&value, &person, full_name));
            return (Collection::CriticalUnblockLow, saved.collect());
        }
    };
    (collection, vec![Mutation { operation: Operation::Set, index, value, action_version }])
}

/// A person in the address book.
fn saved(blank: &SyncActionValue, person: &Jid, full_name: String) -> Mutation {
    let contact = ContactAction { full_name: Some(full_name), ..Default::default() };
    let value = SyncActionValue { contact_action: MessageField::some(contact), ..blank.clone() };
    let index = vec!["contact".to_owned(), person.to_string()];
    Mutation { operation: Operation::Set, index, value, action_version: 2 }
}
