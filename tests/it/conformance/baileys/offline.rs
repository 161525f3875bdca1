//! Rows 47 and 48: what waits for a device that is away.

use serde_json::json;

use trunkline_tests::{Baileys, Event, OfflineMode, SimulatorConfig, World};

/// Texts sent while a device is away; more than the primer of pull mode, fewer than a test has patience for.
const BACKLOG: usize = 40;

#[tokio::test]
async fn row_47_pushed_backlog_keeps_its_order_and_comes_once() {
    backlog_in_order(SimulatorConfig::default()).await;
}

#[tokio::test]
async fn row_47_pulled_backlog_keeps_its_order_and_comes_once() {
    backlog_in_order(SimulatorConfig { offline: OfflineMode::Pull, ..SimulatorConfig::default() }).await;
}

async fn backlog_in_order(config: SimulatorConfig) {
    let world = World::start_with(config).await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let laptop = bob.link_baileys().await;
    alice.phone().send_text(&bob, "before").await;
    laptop.expect_text("before").await;
    bob.expect_settled(1).await;
    laptop.close().await;
    laptop.expect_closed(0).await;

    let expected: Vec<String> = (0..BACKLOG).map(|number| format!("while away {number}")).collect();
    let mut ids = Vec::new();
    for text in &expected {
        ids.push(alice.phone().send_text(&bob, text).await);
    }
    laptop.watch("message").await;
    laptop.reconnect().await;
    assert_eq!(laptop.expect_texts(BACKLOG).await, expected);
    laptop.expect_caught_up().await;
    assert_eq!(stanza_ids(&laptop), ids, "on the wire");

    // Confirmed once, never seen again.
    laptop.reconnect().await;
    laptop.expect_caught_up().await;
    ids.push(alice.phone().send_text(&bob, "after").await);
    laptop.expect_text("after").await;
    assert_eq!(laptop.further_texts(), Vec::<String>::new());
    assert_eq!(stanza_ids(&laptop), ids, "on the wire");
    world.finish().await;
}

/// Ids of all watched message stanzas: Baileys itself would hide a repetition.
fn stanza_ids(device: &Baileys) -> Vec<String> {
    device.untaken(|event| match event {
        Event::Stanza { stanza } => Some(stanza.attr("id").to_owned()),
        _ => None,
    })
}

#[tokio::test]
async fn row_47_receipts_wait_too() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    let sent = desk.send_text(&bob, "while you are there").await;
    desk.expect_delivered(&sent).await;
    alice.expect_settled(1).await;
    desk.close().await;
    desk.expect_closed(0).await;
    bob.phone().read(&alice, &[&sent.key.id]).await;
    desk.reconnect().await;
    desk.expect_read(&sent).await;
    world.finish().await;
}

#[tokio::test]
async fn row_48_what_was_not_confirmed_comes_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let laptop = bob.link_baileys().await;
    alice.phone().send_text(&bob, "confirmed").await;
    laptop.expect_text("confirmed").await;
    bob.expect_settled(1).await;
    let saved = laptop.export_state().await;

    laptop.mute().await;
    alice.phone().send_text(&bob, "read, but not confirmed").await;
    laptop.expect_text("read, but not confirmed").await;
    laptop.kill();

    let revived = world.baileys("Bob, revived").await;
    revived.resume(&saved, json!({})).await;
    revived.expect_text("read, but not confirmed").await;
    revived.expect_caught_up().await;
    assert_eq!(revived.further_texts(), Vec::<String>::new());
    nothing_waits_after(&revived).await;
    world.finish().await;
}

/// Now that it is confirmed, the next login brings nothing.
async fn nothing_waits_after(device: &Baileys) {
    device.watch("ib").await;
    device.reconnect().await;
    let end = device.expect_stanza("the end of the backlog", |ib| ib.child("offline").is_some()).await;
    assert_eq!(end.child("offline").map(|offline| offline.attr("count").to_owned()).as_deref(), Some("0"));
    device
        .expect_none("a message", |event| matches!(event, Event::Message(message) if !message.key.from_me))
        .await;
}
