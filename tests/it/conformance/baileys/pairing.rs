//! Rows 11–20: from a QR code or a pairing code to a linked device.

use serde_json::{Value, json};
use trunkline_tests::{Account, Event, World};

/// Device numbers of an account, the phone's 0 included.
async fn device_numbers(account: &Account) -> Vec<u64> {
    let seen = account.as_seen_by_service().await;
    let devices = seen["devices"].as_array().cloned().unwrap_or_default();
    devices.iter().filter_map(|device| device["id"].as_u64()).collect()
}

#[tokio::test]
async fn row_11_six_references_are_offered() {
    let world = World::start().await;
    let baileys = world.baileys("new").await;
    baileys.watch("iq").await;
    baileys.connect(json!({})).await;
    let request = baileys.expect_stanza("pair-device", |iq| iq.child("pair-device").is_some()).await;
    assert_eq!((request.attr("type"), request.attr("xmlns")), ("set", "md"));
    assert_eq!(request.children().len(), 1, "clients ignore a request with more than one child");
    let references = request.child("pair-device").map(|pair| pair.children()).unwrap_or_default();
    assert_eq!(references.iter().map(|child| child.tag.as_str()).collect::<Vec<_>>(), ["ref"; 6]);
    world.finish().await;
}

#[tokio::test]
async fn row_11_all_forms_of_the_code_are_understood() {
    let world = World::start().await;
    for (name, form) in [("address and type", 0), ("five fields", 1), ("four fields", 2)] {
        let account = world.account(name).await;
        let baileys = world.baileys(name).await;
        baileys.connect(json!({})).await;
        let qr = baileys.expect_qr().await;
        let fields = qr.rsplit('#').next().unwrap_or_default();
        let without_type = fields.rsplit_once(',').map_or(fields, |(rest, _)| rest);
        let text = [qr.as_str(), fields, without_type][form];
        assert_eq!(text.contains("wa.me"), form == 0, "Baileys shows another form than it did: {qr}");
        account.phone().scan(text).await;
        baileys.expect_linked(&account).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn row_12_strict_client_accepts_pair_success() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let me = baileys.me().await;
    assert_eq!(me["id"], json!(alice.device_jid(1)));
    world.finish().await;
}

#[tokio::test]
async fn row_13_bad_hmac_links_nothing() {
    refused_pairing("bad_hmac").await;
}

#[tokio::test]
async fn row_14_bad_account_signature_links_nothing() {
    refused_pairing("bad_account_signature").await;
}

async fn refused_pairing(fault: &str) {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    alice.fault(fault, json!({"count": 1})).await;
    let baileys = world.baileys("suspicious").await;
    baileys.connect(json!({})).await;
    let qr = baileys.expect_qr().await;
    alice.phone().scan(&qr).await;
    let (status, reason) = baileys.expect_closed_somehow().await;
    assert_ne!(status, 515, "the client accepted a forged identity: {reason}");
    baileys.expect_none("pairing", |event| matches!(event, Event::Paired)).await;
    assert_eq!(device_numbers(&alice).await, [0]);
    // The same account links without the fault.
    alice.link_baileys().await;
    assert_eq!(device_numbers(&alice).await, [0, 1]);
    world.finish().await;
}

#[tokio::test]
async fn row_16_restart_then_login_with_new_device() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = world.baileys("Alice's desk").await;
    baileys.connect(json!({})).await;
    let qr = baileys.expect_qr().await;
    alice.phone().scan(&qr).await;
    baileys.expect_paired().await;
    baileys.expect_closed(515).await;
    baileys.expect_open().await;
    assert_eq!(device_numbers(&alice).await, [0, 1]);
    world.finish().await;
}

#[tokio::test]
async fn row_17_references_run_out() {
    let world = World::start().await;
    let baileys = world.baileys("unwatched").await;
    baileys.connect(json!({"qr_timeout_ms": 50})).await;
    for _ in 0..6 {
        baileys.expect_qr().await;
    }
    baileys.expect_closed(408).await;
    world.finish().await;
}

#[tokio::test]
async fn row_18_pairing_code() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = world.baileys("Alice's desk").await;
    baileys.connect(json!({})).await;
    baileys.expect_qr().await;
    let code = baileys.request_pairing_code(&alice, None).await;
    assert_eq!(code.len(), 8);
    alice.phone().type_pairing_code(&code).await;
    baileys.expect_linked(&alice).await;
    assert_eq!(device_numbers(&alice).await, [0, 1]);
    world.finish().await;
}

#[tokio::test]
async fn row_18_wrong_pairing_code_links_nothing() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = world.baileys("Alice's desk").await;
    baileys.connect(json!({})).await;
    baileys.expect_qr().await;
    baileys.request_pairing_code(&alice, Some("ABCDEFGH")).await;
    alice.phone().type_pairing_code("HGFEDCBA").await;
    alice
        .wait_until("a refused pairing", |seen| {
            let outcome = seen["last_pairing"].as_str()?;
            assert!(outcome.starts_with("refused"), "a wrong code linked a device: {seen:#}");
            Some(())
        })
        .await;
    assert_eq!(device_numbers(&alice).await, [0]);
    world.finish().await;
}

#[tokio::test]
async fn row_19_second_companion_gets_the_next_number_and_the_first_hears_of_it() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let first = alice.link_baileys().await;
    first.watch("notification").await;
    let second = alice.link_baileys().await;
    assert_eq!(second.me().await["id"], json!(alice.device_jid(2)));
    let told = first.expect_stanza("account_sync", |node| node.attr("type") == "account_sync").await;
    assert!(alice.is(told.attr("from")), "sent by {}", told.attr("from"));
    let devices = told.child("devices").map(|devices| devices.children()).unwrap_or_default();
    let numbers: Vec<Value> = devices.iter().map(|device| json!(device.attr("jid"))).collect();
    assert_eq!(numbers.len(), 3, "phone, first and second: {numbers:?}");
    world.finish().await;
}

#[tokio::test]
async fn row_20_another_static_key_cannot_log_in() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let state = baileys.export_state().await;
    baileys.close().await;
    let thief = world.baileys("thief").await;
    thief.resume(&state, json!({"fresh_noise_key": true})).await;
    thief.expect_closed(401).await;
    let owner = world.baileys("owner").await;
    owner.resume(&state, json!({})).await;
    owner.expect_open().await;
    world.finish().await;
}
