//! Rows 43–45: receipts, retries, refusals.

use serde_json::json;
use trunkline_tests::{Event, Stanza, World};

#[tokio::test]
async fn row_43_delivery_and_reading_reach_the_author() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let bob = world.account_with("Bob", json!({"auto_deliver": false})).await;
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    // A client that is not available confirms in a way the author does not hear of.
    laptop.announce("available").await;
    let sent = desk.send_text(&bob, "read me").await;
    let received = laptop.expect_text("read me").await;
    desk.expect_delivered(&sent).await;
    laptop.read(&[&received]).await;
    desk.expect_read(&sent).await;
    world.finish().await;
}

#[tokio::test]
async fn row_43_the_phone_confirms_too() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    for to in [bob.pn_jid(), bob.lid_jid()] {
        let sent = desk.send_text(&to, &format!("by {to}")).await;
        desk.expect_delivered(&sent).await;
        bob.phone().read(&alice, &[&sent.key.id]).await;
        desk.expect_read(&sent).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn row_43_housekeeping_receipts_stay_at_home() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    desk.watch("receipt").await;
    // A new companion gets keys and history from the phone and confirms them; its sister must not hear of it.
    let _kitchen = alice.link_baileys().await;
    let sent = desk.send_text(&bob, "a receipt of its own").await;
    desk.expect_stanza("the ordinary receipt", |receipt| receipt.attr("id") == sent.key.id).await;
    let housekeeping = |stanza: &Stanza| ["peer_msg", "hist_sync"].contains(&stanza.attr("type"));
    desk.expect_none(
        "a housekeeping receipt",
        |event| matches!(event, Event::Stanza { stanza } if housekeeping(stanza)),
    )
    .await;
    world.finish().await;
}

#[tokio::test]
async fn row_44_a_retry_receipt_brings_the_message_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    desk.send_text(&bob, "hello").await;
    laptop.expect_text("hello").await;
    laptop.send_text(&alice, "hello yourself").await;
    desk.expect_text("hello yourself").await;

    desk.watch("receipt").await;
    laptop.forget_sessions().await;
    let sent = desk.send_text(&bob, "say again?").await;
    desk.expect_stanza("a retry receipt", |receipt| {
        receipt.attr("type") == "retry" && receipt.attr("id") == sent.key.id
    })
    .await;
    let received = laptop.expect_text("say again?").await;
    assert_eq!(received.key.id, sent.key.id);
    world.finish().await;
}

#[tokio::test]
async fn row_44_the_phone_resends_on_a_retry_receipt() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let laptop = bob.link_baileys().await;
    alice.phone().send_text(&bob, "hello").await;
    laptop.expect_text("hello").await;
    laptop.send_text(&alice, "hello yourself").await;
    alice.phone().expect_text("hello yourself").await;

    laptop.forget_sessions().await;
    let id = alice.phone().send_text(&bob, "say again?").await;
    let received = laptop.expect_text("say again?").await;
    assert_eq!(received.key.id, id);
    world.finish().await;
}

#[tokio::test]
async fn row_44_copies_for_own_devices_come_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, kitchen) = (alice.link_baileys().await, alice.link_baileys().await);
    desk.send_text(&bob, "hello").await;
    kitchen.expect_own_text("hello").await;
    kitchen.send_text(&bob, "hello from the kitchen").await;
    desk.expect_own_text("hello from the kitchen").await;

    kitchen.forget_sessions().await;
    let sent = desk.send_text(&bob, "say again?").await;
    assert_eq!(kitchen.expect_own_text("say again?").await.key.id, sent.key.id);
    world.finish().await;
}

#[tokio::test]
async fn row_44_group_messages_come_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let group = desk.create_group("Walkers", &[&bob]).await;
    laptop.expect_group("Walkers").await;
    desk.send_text(&group, "hello").await;
    laptop.expect_text("hello").await;

    laptop.forget_sender_keys().await;
    let sent = desk.send_text(&group, "say again?").await;
    assert_eq!(laptop.expect_text("say again?").await.key.id, sent.key.id);
    world.finish().await;
}

#[tokio::test]
async fn row_45_refused_messages_say_why() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    for code in ["463", "479"] {
        alice.fault("ack_error", json!({"value": code, "count": 1})).await;
        let sent = desk.send_text(&bob, &format!("refused with {code}")).await;
        assert_eq!(desk.expect_refused(&sent).await.first().map(String::as_str), Some(code));
    }
    desk.send_text(&bob, "accepted").await;
    bob.phone().expect_text("accepted").await;
    let inbox = bob.phone().inbox().await;
    assert_eq!(inbox.len(), 1, "a refused message was delivered: {inbox:?}");
    world.finish().await;
}
