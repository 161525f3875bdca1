//! Rows 23, 24, 29, 30, 38, 46, 68, 69: the requests every client makes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use serde_json::{Value, json};
use trunkline_tests::{Account, Baileys, DeviceState, Stanza, World};

fn iq(kind: &str, xmlns: &str, children: Value) -> Value {
    json!({"tag": "iq", "attrs": {"to": "@s.whatsapp.net", "type": kind, "xmlns": xmlns}, "content": children})
}

/// Key bundles of a device, as many as asked for at once.
async fn bundles(baileys: &Baileys, device: &str, count: usize) -> Vec<Stanza> {
    let users = vec![json!({"tag": "user", "attrs": {"jid": device}}); count];
    let answer = baileys.query(iq("get", "encrypt", json!([{"tag": "key", "content": users}]))).await;
    answer.expect("bundles").child("list").map(|list| list.children()).unwrap_or_default()
}

#[tokio::test]
async fn row_23_digest_is_the_hash_of_the_keys_the_client_uploaded() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let answer = baileys.query(iq("get", "encrypt", json!([{"tag": "digest"}]))).await.expect("a digest");
    let digest = answer.child("digest").expect("a digest element");
    let ids: Vec<u32> =
        digest.child("list").map(|list| list.children()).unwrap_or_default().iter().map(key_id).collect();
    assert!(ids.len() > 800, "only {} of 812 keys, the phone took one at most", ids.len());

    let state = baileys.export_state().await;
    let creds = parsed(&state.0["creds"]);
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(&bytes(&creds["signedIdentityKey"]["public"]));
    hash.update(&bytes(&creds["signedPreKey"]["keyPair"]["public"]));
    hash.update(&bytes(&creds["signedPreKey"]["signature"]));
    for id in ids {
        hash.update(&bytes(&one_time_key(&state, id)["public"]));
    }
    let expected = STANDARD.encode(hash.finish());
    assert_eq!(digest.child("hash").map(|hash| hash.base64().to_owned()), Some(expected));
    world.finish().await;
}

fn key_id(stanza: &Stanza) -> u32 {
    STANDARD.decode(stanza.base64()).expect("base64").iter().fold(0, |id, byte| id << 8 | u32::from(*byte))
}

fn one_time_key(state: &DeviceState, id: u32) -> Value {
    parsed(&state.0["keys"]["pre-key"][id.to_string()])
}

/// The state's values are JSON texts of their own.
fn parsed(text: &Value) -> Value {
    serde_json::from_str(text.as_str().expect("a JSON text")).expect("JSON")
}

fn bytes(buffer: &Value) -> Vec<u8> {
    STANDARD.decode(buffer["data"].as_str().expect("base64 of a buffer")).expect("base64")
}

#[tokio::test]
async fn row_24_every_initial_request_is_answered_within_a_second() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let linked = alice.link_baileys().await;
    let state = linked.export_state().await;
    linked.close().await;
    let baileys = world.baileys("punctual").await;
    baileys.resume(&state, json!({"query_timeout_ms": 1000})).await;
    baileys.expect_open().await;
    let app_state = json!([{"tag": "sync", "content": [
        {"tag": "collection", "attrs": {"name": "regular", "version": "0", "return_snapshot": "true"}}]}]);
    for (kind, xmlns, children) in [
        ("get", "encrypt", json!([{"tag": "count"}])),
        ("get", "encrypt", json!([{"tag": "digest"}])),
        ("set", "passive", json!([{"tag": "active"}])),
        ("get", "abt", json!([{"tag": "props", "attrs": {"protocol": "1"}}])),
        ("get", "blocklist", json!(null)),
        ("get", "privacy", json!([{"tag": "privacy"}])),
        ("set", "w:m", json!([{"tag": "media_conn"}])),
        ("set", "w:sync:app:state", app_state),
        ("set", "urn:xmpp:whatsapp:dirty", json!([{"tag": "clean", "attrs": {"type": "account_sync"}}])),
    ] {
        let answer = baileys.query(iq(kind, xmlns, children)).await;
        let answer = answer.unwrap_or_else(|error| panic!("{xmlns} failed: {error:?}"));
        assert_eq!(answer.attr("type"), "result", "to {xmlns}");
        assert_eq!(answer.attr("from"), "@s.whatsapp.net", "to {xmlns}");
    }
    world.finish().await;
}

#[tokio::test]
async fn row_24_unknown_requests_are_refused_and_counted() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let refused = baileys.query(iq("get", "no:such:thing", json!([{"tag": "anything"}]))).await;
    let error = refused.expect_err("an unknown request was answered");
    assert_eq!(error.status, Some(501), "{error:?}");
    world.finish_allowing_unknown_requests(1).await;
}

#[tokio::test]
async fn row_29_a_low_count_of_keys_is_topped_up() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (owner, greedy) = (alice.link_baileys().await, bob.link_baileys().await);
    owner.watch("notification").await;
    let mut left = alice.device(1).await["one_time_keys"].as_u64().expect("a count") as usize;
    while left > 4 {
        let taken = (left - 4).min(100);
        bundles(&greedy, &alice.device_jid(1), taken).await;
        left -= taken;
    }
    let told = owner.expect_stanza("a warning", |node| node.attr("type") == "encrypt").await;
    assert_eq!(told.child("count").map(|count| count.attr("value").to_owned()).as_deref(), Some("4"));
    let topped_up = |seen: &Value| (seen["devices"][1]["one_time_keys"].as_u64() >= Some(9)).then_some(());
    alice.wait_until("more keys", topped_up).await;
    world.finish().await;
}

#[tokio::test]
async fn row_30_a_rotated_signed_key_is_in_the_next_bundle() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (owner, reader) = (alice.link_baileys().await, bob.link_baileys().await);
    assert_eq!(signed_key_id(&reader, &alice).await, 1);
    let rotated = owner.must("rotate_signed_prekey", json!({})).await;
    assert_eq!(rotated["key_id"], json!(2));
    assert_eq!(signed_key_id(&reader, &alice).await, 2);
    // And a session can be opened with it.
    reader.send_text(&alice, "under the new key").await;
    owner.expect_text("under the new key").await;
    world.finish().await;
}

async fn signed_key_id(baileys: &Baileys, account: &Account) -> u32 {
    let bundle = bundles(baileys, &account.device_jid(1), 1).await;
    key_id(&bundle[0].descend(&["skey", "id"]).expect("a signed key"))
}

#[tokio::test]
async fn row_38_a_one_time_key_is_handed_out_once() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (_owner, reader) = (alice.link_baileys().await, bob.link_baileys().await);
    let lid_device = alice.lid_jid().replace('@', ":1@");
    let mut ids = Vec::new();
    for device in [alice.device_jid(1), lid_device, alice.device_jid(1)] {
        let bundle = bundles(&reader, &device, 1).await;
        assert_eq!(bundle[0].attr("jid"), device, "the answer names another device");
        ids.push(key_id(&bundle[0].descend(&["key", "id"]).expect("a one-time key")));
    }
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "a key was handed out twice: {ids:?}");
    world.finish().await;
}

#[tokio::test]
async fn row_46_a_message_to_nobody_fails() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let nobody = "5599999999999@s.whatsapp.net";
    let bundle = bundles(&baileys, nobody, 1).await;
    let error = bundle[0].child("error").expect("an error for an unknown device");
    assert_eq!((error.attr("code"), bundle[0].attr("jid")), ("404", nobody));
    baileys.must_fail("send", json!({"to": nobody, "content": {"text": "anybody?"}})).await;
    world.finish().await;
}

#[tokio::test]
async fn row_68_privacy_blocklist_and_status() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    desk.must("set_last_seen_privacy", json!({"value": "contacts"})).await;
    let privacy = desk.must("privacy", json!({})).await;
    assert_eq!((&privacy["last"], &privacy["online"]), (&json!("contacts"), &json!("all")));

    bob.phone().send_text(&alice, "so that Alice knows Bob's LID").await;
    desk.expect_text("so that Alice knows Bob's LID").await;
    for (action, expected) in [("block", json!([bob.lid_jid()])), ("unblock", json!([]))] {
        desk.must("block", json!({"who": bob.pn_jid(), "action": action})).await;
        assert_eq!(desk.must("blocklist", json!({})).await, expected, "after {action}");
    }

    laptop.must("set_status", json!({"status": "at the lake"})).await;
    let status = desk.must("status", json!({"who": bob.pn_jid()})).await;
    assert_eq!(status[0]["status"], json!("at the lake"), "{status}");
    world.finish().await;
}

#[tokio::test]
async fn row_69_contacts_are_known_or_not() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let baileys = alice.link_baileys().await;
    let found = baileys.on_whatsapp(&[bob.pn(), "5599999999999"]).await;
    assert!(found.contains(&(bob.pn_jid(), true)), "{found:?}");
    assert!(!found.iter().any(|(jid, exists)| jid.starts_with("5599999999999") && *exists), "{found:?}");
    world.finish().await;
}
