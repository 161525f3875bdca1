//! The storage against the protocol crate's own in-memory one: the same calls, the same answers.

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use trunkline_model::InstanceId;
use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::Device;
use wacore::store::error::Result;
use wacore::store::in_memory::InMemoryBackend;
use wacore::store::traits::{
    AppStateSyncKey, AppSyncStore, Backend, DeviceInfo, DeviceListRecord, DeviceStore, LidPnMappingEntry,
    MsgSecretEntry, MsgSecretStore, PendingInboundKey, PendingInboundRow, ProtocolStore, SignalStore,
    TcTokenEntry,
};

use super::{LedgerBackend, Space, device, wipe};
use crate::testing::TestStore;

/// Few names, so that calls meet each other's rows. One is a prefix of another on purpose.
const NAMES: [&str; 4] = ["1555@s.whatsapp.net", "1555:3@s.whatsapp.net", "15550@lid", "g@g.us"];

#[derive(Debug, Clone)]
struct Step {
    call: u8,
    name: usize,
    other: usize,
    value: u8,
    number: i64,
}

fn step() -> impl Strategy<Value = Step> {
    (0u8..60, 0..NAMES.len(), 0..NAMES.len(), any::<u8>(), 0i64..6)
        .prop_map(|(call, name, other, value, number)| Step { call, name, other, value, number })
}

fn show<T: Debug>(result: Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error: {error}"),
    }
}

fn sorted<T: Debug>(result: Result<Vec<T>>) -> String {
    let mut rows: Vec<String> = result.expect("reads").iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows.join("\n")
}

fn mapping(lid: &str, phone: &str, number: i64) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: lid.to_owned(),
        phone_number: phone.to_owned(),
        created_at: number,
        updated_at: number + 1,
        learning_source: "usync".to_owned(),
    }
}

fn secret(step: &Step, chat: &str, sender: &str) -> MsgSecretEntry {
    MsgSecretEntry {
        chat: Arc::from(chat),
        sender: Arc::from(sender),
        msg_id: Arc::from("id"),
        secret: [step.value; 32],
        expires_at: step.number,
        message_ts: step.number / 2,
    }
}

fn token(step: &Step) -> TcTokenEntry {
    TcTokenEntry {
        token: vec![step.value; usize::from(step.value % 2)],
        token_timestamp: step.number,
        sender_timestamp: (!step.value.is_multiple_of(3)).then_some(step.number + 1),
    }
}

fn list(user: &str, step: &Step) -> DeviceListRecord {
    DeviceListRecord {
        user: user.to_owned(),
        devices: vec![
            DeviceInfo::new(u32::from(step.value), Some(2)).with_hosting(step.value.is_multiple_of(2)),
        ],
        timestamp: step.number,
        phash: Some("2:x".to_owned()),
        raw_id: Some(7),
    }
}

/// Calls that change or read Signal state and app state.
async fn keys(backend: &dyn Backend, step: &Step) -> String {
    let (name, id) = (NAMES[step.name], step.number as u32);
    let bytes = vec![step.value; 3];
    let shared: Arc<str> = Arc::from(name);
    let both =
        [(shared.clone(), Bytes::from(bytes.clone())), (Arc::from(NAMES[step.other]), Bytes::from("b"))];
    match step.call {
        0 => show(backend.put_identity(name, [step.value; 32]).await),
        1 => {
            show(backend.put_identities_batch(&[(shared, [step.value; 32]), (Arc::from("x"), [1; 32])]).await)
        }
        2 => show(backend.load_identity(name).await),
        3 => show(backend.delete_identity(name).await),
        4 => show(backend.put_session(name, &bytes).await),
        5 => show(backend.put_sessions_batch(&both).await),
        6 => show(backend.get_session(name).await),
        7 => show(backend.delete_session(name).await),
        8 => show(backend.has_session(name).await),
        9 => show(backend.has_signal_state_for_user("1555").await),
        10 => show(backend.store_prekey(id, &bytes, step.value.is_multiple_of(2)).await),
        11 => show(backend.store_prekeys_batch(&[(id, bytes.into()), (id + 1, "k".into())], false).await),
        12 => show(backend.load_prekey(id).await),
        13 => show(backend.load_prekeys_batch(&[id, id + 1, 99]).await),
        14 => show(backend.mark_prekeys_uploaded(&[id, id + 1]).await),
        15 => show(backend.remove_prekey(id).await),
        16 => show(backend.get_max_prekey_id().await),
        17 => show(backend.store_signed_prekey(id, &bytes).await),
        18 => show(backend.load_signed_prekey(id).await),
        19 => sorted(backend.load_all_signed_prekeys().await),
        20 => show(backend.remove_signed_prekey(id).await),
        21 => show(backend.put_sender_key(name, &bytes).await),
        22 => show(backend.put_sender_keys_batch(&both).await),
        23 => show(backend.get_sender_key(name).await),
        24 => show(backend.delete_sender_key(name).await),
        25 => {
            let key = AppStateSyncKey { key_data: bytes, fingerprint: vec![1], timestamp: step.number };
            show(backend.set_sync_key(name.as_bytes(), key).await)
        }
        26 => show(backend.get_sync_key(name.as_bytes()).await),
        27 => show(backend.get_latest_sync_key_id().await),
        28 => {
            let state =
                HashState { version: step.number as u64, hash: [step.value; 128], ..HashState::default() };
            show(backend.set_version(name, HashState { mac_mismatch_fatal: step.value > 9, ..state }).await)
        }
        29 => show(backend.get_version(name).await),
        _ => macs(backend, step).await,
    }
}

async fn macs(backend: &dyn Backend, step: &Step) -> String {
    let name = NAMES[step.name];
    let index = [step.other as u8; 32];
    match step.call {
        30 => {
            let mac = AppStateMutationMAC { index_mac: index.to_vec(), value_mac: vec![step.value] };
            show(backend.put_mutation_macs(name, 1, &[mac]).await)
        }
        31 => show(backend.get_mutation_mac(name, &index).await),
        32 => {
            let found = backend.get_mutation_macs(name, &[[0; 32], [1; 32], [2; 32]]).await;
            sorted(found.map(|found| found.into_iter().collect()))
        }
        33 => show(backend.delete_mutation_macs(name, &[index.to_vec()]).await),
        _ => show(backend.clear_mutation_macs(name).await),
    }
}

/// Calls on the other tables.
async fn tables(backend: &dyn Backend, step: &Step) -> String {
    let (name, other) = (NAMES[step.name], NAMES[step.other]);
    let bytes = [step.value; 3];
    match step.call {
        35 => show(
            backend.set_sender_key_status(name, &[(other, step.value.is_multiple_of(2)), ("y", true)]).await,
        ),
        36 => sorted(backend.get_sender_key_devices(name).await),
        37 => show(backend.clear_sender_key_devices(name).await),
        38 => show(backend.delete_sender_key_device_rows(&[other]).await),
        39 if step.value.is_multiple_of(4) => show(backend.clear_all_sender_key_devices().await),
        39 => sorted(backend.get_sender_key_devices(other).await),
        40 => show(backend.put_lid_mapping(&mapping(name, other, step.number)).await),
        41 => {
            let entries =
                [mapping(name, other, 1), mapping(name, NAMES[0], step.number), mapping(other, name, 2)];
            show(backend.put_lid_mappings(&entries).await)
        }
        42 => show(backend.get_lid_mapping(name).await),
        43 => show(backend.get_pn_mapping(name).await),
        44 => sorted(backend.get_all_lid_mappings().await),
        45 => show(backend.save_base_key(name, other, &bytes).await),
        46 => show(backend.has_same_base_key(name, other, &[0; 3]).await),
        47 => show(backend.delete_base_key(name, other).await),
        48 => show(backend.update_device_lists(vec![list(name, step), list(other, step)]).await),
        49 => show(backend.get_devices(name).await),
        50 if step.value.is_multiple_of(2) => show(backend.delete_devices(name).await),
        50 => show(backend.update_device_list(list(name, step)).await),
        51 => show(backend.put_group_metadata(name, &bytes).await),
        52 if step.value.is_multiple_of(3) => show(backend.delete_group_metadata(name).await),
        52 => show(backend.get_group_metadata(name).await),
        _ => kept_for_a_while(backend, step).await,
    }
}

async fn kept_for_a_while(backend: &dyn Backend, step: &Step) -> String {
    let (name, other) = (NAMES[step.name], NAMES[step.other]);
    let now_s = wacore::time::now_secs();
    // Far from now on either side, so that the answer does not hang on the second in which it is given.
    let cutoff_s = if step.number > 3 { now_s + 1_000 } else { now_s - 1_000 };
    match (step.call, step.value % 5) {
        (53, 0) => show(backend.put_tc_token(name, &token(step)).await),
        (53, 1) => show(backend.delete_tc_token(name).await),
        (53, 2) => sorted(backend.get_all_tc_token_jids().await),
        (53, 3) => show(backend.delete_expired_tc_tokens(step.number, step.number - 2).await),
        (53, _) => show(backend.touch_tc_token_sender_timestamp(name, step.number).await),
        (54, 0..3) => show(backend.store_received_tc_token(name, &[step.value], step.number).await),
        (54, _) => show(backend.get_tc_token(name).await),
        (55, 0..3) => show(backend.store_sent_message(name, other, &[step.value]).await),
        (55, _) => show(backend.delete_expired_sent_messages(cutoff_s).await),
        (56, _) => show(backend.take_sent_message(name, other).await),
        (57, 0..2) => show(backend.store_pending_inbound(name, other, "id", &[step.value]).await),
        (57, 2) => {
            let row = |id| PendingInboundRow { chat: name, sender: other, id, message: &[9] };
            show(backend.store_pending_inbound_batch(&[row("id"), row("i2")]).await)
        }
        (57, 3) => show(backend.delete_expired_pending_inbound(cutoff_s).await),
        (57, _) => {
            let key = |id| PendingInboundKey { chat: name, sender: other, id };
            show(backend.delete_pending_inbound_batch(&[key("id"), key("none")]).await)
        }
        (58, 0) => show(backend.delete_pending_inbound(name, other, "id").await),
        (58, _) => show(backend.get_pending_inbound(name, other, "id").await),
        (_, 0..2) => {
            show(backend.put_msg_secrets(vec![secret(step, name, other), secret(step, other, name)]).await)
        }
        (_, 2) => show(backend.put_msg_secret(name, other, "id", &[step.value; 32]).await),
        (_, 3) => show(backend.get_msg_secret_with_ts(name, other, "id").await),
        (_, _) => show(backend.delete_expired_msg_secrets(step.number).await),
    }
}

async fn apply(backend: &dyn Backend, step: &Step) -> String {
    match step.call {
        0..35 => keys(backend, step).await,
        _ => tables(backend, step).await,
    }
}

/// Everything that can be read of the few names.
async fn everything(backend: &dyn Backend) -> String {
    let mut out = String::new();
    let reads = [2, 6, 8, 9, 12, 16, 18, 19, 23, 26, 27, 29, 31, 32, 36, 42, 43, 44, 46, 49];
    for name in 0..NAMES.len() {
        for other in 0..NAMES.len() {
            for call in reads {
                let step = Step { call, name, other, value: 1, number: name as i64 };
                out.push_str(&apply(backend, &step).await);
                out.push('\n');
            }
            for (call, value) in [(52, 1), (53, 2), (54, 4), (58, 1), (59, 3)] {
                out.push_str(&apply(backend, &Step { call, name, other, value, number: 0 }).await);
                out.push('\n');
            }
        }
    }
    out
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn agrees_with_the_in_memory_backend_and_survives_a_restart() {
    let runtime = runtime();
    let store = std::cell::RefCell::new(TestStore::open());
    let instance = std::cell::Cell::new(0);
    let config = ProptestConfig {
        cases: 40,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = prop::collection::vec(step(), 1..120);
    proptest!(config, |(steps in steps)| {
        // A fresh instance for each case, all in one store: they must not see each other.
        instance.set(instance.get() + 1);
        let id = InstanceId(instance.get());
        let open = || {
            let store = store.borrow();
            LedgerBackend::over(Space::new(store.ledger(), store.sealer(), id))
        };
        let ours = open();
        let theirs = InMemoryBackend::new();
        for (at, step) in steps.iter().enumerate() {
            let (got, wanted) = runtime.block_on(async {
                // A sweep may leave what was stored milliseconds ago to the next one.
                if matches!(step.call, 55 | 57) {
                    ours.space.barrier().await.expect("all is written");
                }
                (apply(&ours, step).await, apply(&theirs, step).await)
            });
            prop_assert_eq!(got, wanted, "step {} {:?}", at, step);
        }
        if id.0.is_multiple_of(8) {
            runtime.block_on(ours.space.barrier()).expect("all is written");
            drop(ours);
            store.borrow_mut().reopen();
        }
        let (got, wanted) = runtime.block_on(async { (everything(&open()).await, everything(&theirs).await) });
        prop_assert_eq!(got, wanted);
    });
}

#[tokio::test]
async fn the_device_keeps_its_keys_and_its_account() {
    let mut store = TestStore::open();
    let backend = LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    assert!(!backend.exists().await.expect("reads"));
    backend.create().await.expect("creates");
    let mut wanted = backend.load().await.expect("reads").expect("a device");
    wanted.pn = "15550000001:7@s.whatsapp.net".parse().ok();
    wanted.push_name = "Trunkline".to_owned();
    wanted.next_pre_key_id = 813;
    wanted.account = Some(Arc::new(Default::default()));
    backend.save(&wanted).await.expect("saves");
    backend.create().await.expect("leaves a device as it is");
    drop(backend);
    store.reopen();
    let space = Space::new(store.ledger(), store.sealer(), InstanceId(1));
    let read = device::load(&space).expect("reads").expect("a device");
    let shown = |device: &Device| serde_json::to_string(device).expect("serialises");
    assert_eq!(shown(&read), shown(&wanted));
    assert!(device::is_linked(&space).expect("reads"));
    let other = Space::new(store.ledger(), store.sealer(), InstanceId(2));
    assert!(!device::is_linked(&other).expect("reads"));
}

#[tokio::test]
async fn a_device_is_written_when_it_changed() {
    let store = TestStore::open();
    let open = || LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    let backend = open();
    // Sealed under a fresh nonce, so that a row that was written again is another row.
    let row = || backend.space.get(&backend.space.key(super::tables::DEVICE, &[])).expect("reads");
    let mut device = Device::new();
    backend.save(&device).await.expect("saves");
    let first = row();
    backend.save(&device).await.expect("has it");
    assert_eq!(row(), first);
    device.push_name = "Trunkline".to_owned();
    backend.save(&device).await.expect("saves");
    let second = row();
    assert_ne!(second, first);
    let next_life = open();
    let loaded = next_life.load().await.expect("reads").expect("a device");
    next_life.save(&loaded).await.expect("has it");
    assert_eq!(row(), second);
}

#[tokio::test]
async fn a_wipe_leaves_nothing_of_this_instance_and_all_of_the_others() {
    let store = TestStore::open();
    let backend = |id| LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(id)));
    let (gone, stays) = (backend(1), backend(2));
    for one in [&gone, &stays] {
        one.create().await.expect("creates");
        one.put_session("a", b"s").await.expect("writes");
        one.store_sent_message("c", "i", b"m").await.expect("writes");
        one.put_msg_secrets(vec![secret(
            &Step { call: 0, name: 0, other: 0, value: 1, number: 5 },
            "c",
            "s",
        )])
        .await
        .expect("writes");
    }
    wipe(&gone.space).await.expect("wipes");
    let rows = |space: &Space| {
        let mut rows = 0;
        for table in super::tables::ALL {
            space
                .for_each(space.table(table), |_, _| {
                    rows += 1;
                    Ok(())
                })
                .expect("reads");
        }
        rows
    };
    assert_eq!((rows(&gone.space), rows(&stays.space)), (0, 6));
}

#[tokio::test]
async fn secrets_do_not_lie_open_and_cannot_be_moved() {
    let store = TestStore::open();
    let backend = LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    let secret = b"a session that nobody should read";
    backend.put_session("a", secret).await.expect("writes");
    backend.store_prekey(7, secret, true).await.expect("writes");
    let (from, to) =
        (backend.space.key(super::tables::SESSION, b"a"), backend.space.key(super::tables::SESSION, b"b"));
    let row = backend.space.get(&from).expect("reads").expect("a row");
    let pre_key = backend.space.key(super::tables::PRE_KEY, &7u32.to_be_bytes());
    for stored in [&row, &backend.space.get(&pre_key).expect("reads").expect("a row")] {
        assert!(!stored.windows(8).any(|window| window == &secret[..8]));
    }
    let mut batch = trunkline_store::Batch::new();
    batch.put(to, row);
    backend.space.commit(batch, trunkline_store::CommitClass::First).await.expect("writes");
    assert!(backend.get_session("b").await.is_err(), "a row is bound to its key");
}

#[tokio::test]
async fn a_batch_of_pre_keys_is_the_same_by_pass_and_by_look_up() {
    let store = TestStore::open();
    let backend = LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    let stored = [1u32, 2, 3, 5, 8, 9, 400, u32::MAX];
    for id in stored {
        backend.store_prekey(id, &id.to_be_bytes(), true).await.expect("writes");
    }
    // Dense, with gaps, with repeats, sparse, the greatest id, nothing.
    let cases: [&[u32]; 6] = [&[2, 3, 5], &[1, 4, 5, 6], &[3, 3, 2], &[1, 400], &[u32::MAX, 9], &[]];
    for ids in cases {
        let mut found = backend.load_prekeys_batch(ids).await.expect("reads");
        found.sort_unstable();
        let mut expected: Vec<u32> = ids.iter().copied().filter(|id| stored.contains(id)).collect();
        expected.sort_unstable();
        expected.dedup();
        let expected: Vec<(u32, bytes::Bytes)> =
            expected.into_iter().map(|id| (id, id.to_be_bytes().to_vec().into())).collect();
        assert_eq!(found, expected, "{ids:?}");
    }
}

#[tokio::test]
async fn a_consumed_pre_key_is_not_resurrected() {
    let store = TestStore::open();
    let backend = LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    backend.store_prekey(1, b"k", false).await.expect("writes");
    // Both wait for their commits at the same time.
    let (marked, removed) = tokio::join!(backend.mark_prekeys_uploaded(&[1]), backend.remove_prekey(1));
    marked.and(removed).expect("writes");
    assert_eq!(backend.load_prekey(1).await.expect("reads"), None);
}

#[tokio::test]
async fn a_sent_message_is_taken_once_by_two_takers() {
    let store = TestStore::open();
    let backend = LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    backend.store_sent_message("c", "i", b"m").await.expect("writes");
    let (a, b) = tokio::join!(backend.take_sent_message("c", "i"), backend.take_sent_message("c", "i"));
    let taken = [a.expect("reads"), b.expect("reads")];
    assert_eq!(taken.iter().flatten().count(), 1);
}

#[tokio::test]
async fn an_enormous_call_is_split_and_complete() {
    let store = TestStore::open();
    let backend = LedgerBackend::over(Space::new(store.ledger(), store.sealer(), InstanceId(1)));
    let macs: Vec<_> = (0..20_000u32)
        .map(|index| AppStateMutationMAC { index_mac: index.to_be_bytes().to_vec(), value_mac: vec![1; 32] })
        .collect();
    backend.put_mutation_macs("regular", 1, &macs).await.expect("writes");
    for index in [0u32, 9_999, 19_999] {
        assert!(backend.get_mutation_mac("regular", &index.to_be_bytes()).await.expect("reads").is_some());
    }
    backend.clear_mutation_macs("regular").await.expect("writes");
    assert!(backend.get_mutation_mac("regular", &9_999u32.to_be_bytes()).await.expect("reads").is_none());
}
