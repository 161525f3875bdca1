//! App state: what the phone starts, changes, follows and snapshots, read with the keys it shares.

use buffa::Message;
use wacore_binary::Jid;
use waproto::whatsapp::{ExternalBlobReference, SyncActionValue};

use super::town::{NOW_S, Town};
use crate::crypto::app_state::{Collection, CollectionState, Mutation, MutationKeys, Operation, SyncKey};
use crate::crypto::media::{MediaKind, decrypt};
use crate::phone::AppStateChange;
use crate::phone::keys::KeyRing;

const RECORDS_MAX: usize = 100;

/// The key of phone 111, as its companions have it.
fn shared_key(town: &Town) -> SyncKey {
    KeyRing::new(town.phone("111").seed().seed).sync_key()
}

fn keys_of(key: SyncKey) -> impl Fn(&[u8]) -> Option<MutationKeys> {
    move |id: &[u8]| (id == key.id).then(|| MutationKeys::expand(&key))
}

#[test]
fn the_first_patch_names_the_account_and_its_language() {
    let mut town = Town::of(&["111"]);
    let patches = town.with("111", |phone, _| phone.initial_app_state(NOW_S)).unwrap();
    let [patch] = &patches[..] else { panic!("one patch") };
    assert_eq!((patch.collection, patch.version), (Collection::CriticalBlock, 1));
    let mut companion = CollectionState::new(Collection::CriticalBlock, RECORDS_MAX);
    let read = companion.apply_patch(1, &patch.bytes, keys_of(shared_key(&town))).unwrap();
    let indexes: Vec<_> = read.iter().map(|mutation| mutation.index[0].as_str()).collect();
    assert_eq!(indexes, ["setting_pushName", "setting_locale"]);
    assert_eq!(read[0].value.push_name_setting.name.as_deref(), Some("name 111"));
    assert_eq!(read[1].value.locale_setting.locale.as_deref(), Some("en_US"));
    assert!(town.with("111", |phone, _| phone.initial_app_state(NOW_S)).unwrap().is_empty());
}

#[test]
fn phone_and_companion_follow_each_other() {
    let mut town = Town::of(&["111"]);
    let key = shared_key(&town);
    let mut companion = CollectionState::new(Collection::CriticalBlock, RECORDS_MAX);
    for patch in town.with("111", |phone, _| phone.initial_app_state(NOW_S)).unwrap() {
        companion.apply_patch(patch.version, &patch.bytes, keys_of(key.clone())).unwrap();
    }
    let renamed = AppStateChange::PushName("Ann".to_owned());
    let patch = town.with("111", |phone, _| phone.change_app_state(NOW_S, renamed)).unwrap();
    let read = companion.apply_patch(2, &patch.bytes, keys_of(key.clone())).unwrap();
    assert_eq!(read[0].value.push_name_setting.name.as_deref(), Some("Ann"));
    assert_eq!((town.phone("111").push_name(), companion.len()), ("Ann", 2));

    let mut back = read[0].clone();
    back.value.push_name_setting.get_or_insert_default().name = Some("Anna".to_owned());
    let keys = MutationKeys::expand(&key);
    let (version, bytes) = companion.make_patch(&[back], &keys, || [8; 16]).unwrap();
    let critical = Collection::CriticalBlock;
    town.with("111", |phone, _| phone.apply_companion_patch(critical, version, &bytes)).unwrap();
    assert_eq!(town.phone("111").push_name(), "Anna");
    let again = town.with("111", |phone, _| phone.apply_companion_patch(critical, version, &bytes));
    assert!(again.is_err(), "a version is applied once");

    let (version, reference) = snapshot(&mut town, critical).unwrap();
    let content = {
        let reference = ExternalBlobReference::decode_from_slice(&reference).unwrap();
        let stored = &town.records.blobs[reference.direct_path.as_ref().unwrap()];
        decrypt(stored, reference.media_key.as_ref().unwrap(), MediaKind::AppState).unwrap()
    };
    let (copy, read) = CollectionState::from_snapshot(critical, &content, RECORDS_MAX, keys_of(key)).unwrap();
    assert_eq!((version, copy.version(), read.len()), (3, 3, 2));
}

fn snapshot(town: &mut Town, collection: Collection) -> Option<(u64, Vec<u8>)> {
    town.with("111", |phone, directory| phone.app_state_snapshot(collection, directory)).unwrap()
}

#[test]
fn chats_are_archived_and_pinned_in_their_own_collection() {
    let mut town = Town::of(&["111"]);
    let chat = Jid::pn("222");
    let changes = [
        AppStateChange::Archive { chat: chat.clone(), archived: true },
        AppStateChange::Pin { chat, pinned: true },
    ];
    let mut companion = CollectionState::new(Collection::RegularLow, RECORDS_MAX);
    for (change, index) in changes.into_iter().zip(["archive", "pin_v1"]) {
        let patch = town.with("111", |phone, _| phone.change_app_state(NOW_S, change)).unwrap();
        let read = companion.apply_patch(patch.version, &patch.bytes, keys_of(shared_key(&town))).unwrap();
        assert_eq!(read[0].index, [index, "222@s.whatsapp.net"]);
    }
    assert!(snapshot(&mut town, Collection::Regular).is_none(), "nothing was written there");
}

#[test]
fn a_patch_under_a_strange_key_is_refused() {
    let mut town = Town::of(&["111"]);
    let strange = SyncKey { id: [1; 6], data: [2; 32] };
    let mutation = Mutation {
        operation: Operation::Set,
        index: vec!["x".to_owned()],
        value: SyncActionValue::default(),
        action_version: 1,
    };
    let mut forger = CollectionState::new(Collection::Regular, RECORDS_MAX);
    let (version, bytes) =
        forger.make_patch(&[mutation], &MutationKeys::expand(&strange), || [0; 16]).unwrap();
    let refused =
        town.with("111", |phone, _| phone.apply_companion_patch(Collection::Regular, version, &bytes));
    assert!(refused.is_err());
    assert!(snapshot(&mut town, Collection::Regular).is_none());
}
