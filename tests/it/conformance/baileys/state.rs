//! Rows 50–55: what devices of one account share, and what the phone hands a new one.

use serde_json::{Value, json};
use trunkline_tests::{Event, Stanza, World};

fn archived(chat: String) -> impl Fn(&str, &Value) -> bool {
    move |id, changes| id == chat && changes["archived"] == json!(true)
}

#[tokio::test]
async fn row_50_one_device_sees_what_the_other_changed() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, kitchen) = (alice.link_baileys().await, alice.link_baileys().await);
    desk.modify_chat(&bob, json!({"pin": true})).await;
    let pinned = |id: &str, changes: &Value| bob.is(id) && !changes["pinned"].is_null();
    kitchen.expect_chat_change("a pinned chat", pinned).await;
    world.finish().await;
}

#[tokio::test]
async fn row_50_devices_see_what_the_phone_changed() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    bob.phone().send_text(&alice, "archive me").await;
    desk.expect_text("archive me").await;
    alice.phone().change_app_state(json!({"archive": {"chat": bob.pn_jid(), "on": true}})).await;
    desk.expect_chat_change("an archived chat", archived(bob.pn_jid())).await;
    alice.phone().change_app_state(json!({"push_name": "Alice the Second"})).await;
    desk.expect_push_name("Alice the Second").await;
    world.finish().await;
}

#[tokio::test]
async fn row_51_a_snapshot_stands_up_to_its_macs() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let _first = alice.link_baileys().await;
    alice.phone().change_app_state(json!({"locale": "pt_BR", "compact": true})).await;

    let second = world.baileys("Alice's kitchen").await;
    second.watch("iq").await;
    second.link(&alice).await;
    let snapshot = |iq: &Stanza| {
        let collections = iq.child("sync").map(|sync| sync.children()).unwrap_or_default();
        collections.iter().any(|collection| collection.child("snapshot").is_some())
    };
    second.expect_stanza("a snapshot", snapshot).await;
    // Baileys drops what a snapshot says if one of its MACs is wrong; the language is said nowhere else.
    let language = |event: &Event| match event {
        Event::Setting { setting, value } => (setting == "locale" && value == "pt_BR").then_some(()),
        _ => None,
    };
    second.expect("the language", language).await;
    world.finish().await;
}

#[tokio::test]
async fn row_53_shared_keys_let_the_device_change_state() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let (desk, kitchen) = (alice.link_baileys().await, alice.link_baileys().await);
    desk.must("update_name", json!({"name": "Alice Cooper"})).await;
    kitchen.expect_push_name("Alice Cooper").await;
    alice.wait_until("the new name", |seen| (seen["push_name"] == json!("Alice Cooper")).then_some(())).await;
    world.finish().await;
}

#[tokio::test]
async fn row_53_without_keys_the_device_changes_nothing() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    alice.fault("no_key_share", json!({})).await;
    let desk = world.baileys("Alice's desk").await;
    desk.connect(json!({})).await;
    let qr = desk.expect_qr().await;
    alice.phone().scan(&qr).await;
    desk.expect_paired().await;
    desk.expect_closed(515).await;
    desk.expect_open().await;
    desk.expect_caught_up().await;
    let change = json!({"chat": bob.pn_jid(), "change": {"pin": true}});
    let error = desk.must_fail("chat_modify", change).await;
    assert!(error.message.contains("App state key not present"), "{error:?}");
    world.finish().await;
}

#[tokio::test]
async fn row_54_history_comes_inline_and_as_a_file() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    bob.phone().send_text(&alice, "long ago").await;
    alice.phone().expect_text("long ago").await;
    let desk = world.baileys("Alice's desk").await;
    desk.connect(json!({})).await;
    let qr = desk.expect_qr().await;
    alice.phone().scan(&qr).await;
    let chats = desk.expect_history_with("long ago").await;
    assert!(chats.iter().any(|chat| bob.is(chat)), "{chats:?}");
    desk.expect_synced().await;
    // A first sync ends with the first piece, so the file may still be on its way.
    let fetched = |stats: &Value| (stats["downloads"].as_u64() >= Some(1)).then_some(());
    world.control().wait_for("a fetched file", "/stats", fetched).await;
    // Both notifications were processed: the one with its payload inside, and the one that names a file.
    let state = desk.export_state().await;
    let creds: Value = serde_json::from_str(state.0["creds"].as_str().expect("text")).expect("JSON");
    assert!(creds["processedHistoryMessages"].as_array().map(Vec::len) >= Some(2), "{creds:#}");
    world.finish().await;
}

#[tokio::test]
async fn row_55_the_display_name_arrives() {
    let world = World::start().await;
    let alice = world.account("Alice in Chains").await;
    let desk = alice.link_baileys().await;
    assert_eq!(desk.me().await["name"], json!("Alice in Chains"));
    world.finish().await;
}
