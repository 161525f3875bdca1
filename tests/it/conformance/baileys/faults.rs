//! The faults a test can arm, as a client meets them. Those that belong to a row of the checklist are with it.

use serde_json::json;
use trunkline_tests::{Account, Baileys, Event, World};

#[tokio::test]
async fn stream_errors_end_with_their_status() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let linked = alice.link_baileys().await;
    let state = linked.export_state().await;
    linked.close().await;
    let baileys = world.baileys("unlucky").await;
    for (value, status) in [("503", 503), ("replaced", 440), ("device_removed", 401), ("515", 515)] {
        alice.fault("stream_error", json!({"value": value, "count": 1})).await;
        baileys.resume(&state, json!({"stay_closed": true})).await;
        baileys.expect_closed(status).await;
    }
    baileys.resume(&state, json!({})).await;
    baileys.expect_open().await;
    world.finish().await;
}

#[tokio::test]
async fn a_dropped_connection_is_noticed_and_mended() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    alice.drop_connection(1).await;
    desk.expect_closed(428).await;
    bob.phone().send_text(&alice, "while cut off").await;
    desk.reconnect().await;
    desk.expect_text("while cut off").await;
    world.finish().await;
}

#[tokio::test]
async fn a_frozen_connection_thaws_and_loses_nothing() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    alice.freeze_connection(1).await;
    bob.phone().send_text(&alice, "into the ice").await;
    let arrived = |event: &Event| matches!(event, Event::Message(message) if !message.key.from_me);
    desk.expect_none("a message through the ice", arrived).await;
    alice.thaw_connection(1).await;
    desk.expect_text("into the ice").await;
    world.finish().await;
}

#[tokio::test]
async fn a_connection_that_drops_before_the_ack_has_delivered() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    alice.fault("drop_before_ack", json!({"count": 1})).await;
    let sent = desk.send_text(&bob, "taken in, not acknowledged").await;
    desk.expect_closed(428).await;
    let arrived = bob.phone().expect_text("taken in, not acknowledged").await;
    assert_eq!((&arrived["id"], &arrived["deliveries"]), (&json!(sent.key.id), &json!(1)));
    world.finish().await;
}

#[tokio::test]
async fn withheld_answers_delay_but_do_not_prevent_a_login() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let linked = alice.link_baileys().await;
    let state = linked.export_state().await;
    linked.close().await;
    for value in ["encrypt/count", "encrypt/digest", "passive/active"] {
        alice.fault("withhold_iq", json!({"value": value, "count": 1})).await;
    }
    let baileys = world.baileys("patient").await;
    baileys.resume(&state, json!({"query_timeout_ms": 300})).await;
    baileys.expect_open().await;
    assert_eq!(world.control().get("/stats").await["faults"], json!([]), "not every fault struck");
    world.finish().await;
}

#[tokio::test]
async fn slow_connections_still_work() {
    let world = World::start().await;
    world.control().fault("delay", json!({"value": "40"})).await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    desk.send_text(&bob, "by snail").await;
    bob.phone().expect_text("by snail").await;
    world.finish().await;
}

/// Messages in each direction at once; enough for several frames to share a segment.
const BURST: usize = 60;

#[tokio::test]
async fn a_burst_in_both_directions_arrives_whole_and_in_order() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    desk.send_text(&bob, "ready?").await;
    laptop.expect_text("ready?").await;
    laptop.send_text(&alice, "ready").await;
    desk.expect_text("ready").await;
    let (from_desk, from_laptop) = exchange_burst((&desk, &alice), (&laptop, &bob)).await;
    assert_eq!(laptop.expect_texts(BURST).await, from_desk);
    assert_eq!(desk.expect_texts(BURST).await, from_laptop);
    world.finish().await;
}

/// Both sides open a session with the other at the same time, and retries settle it. Baileys then asks the sender
/// and its own phone for what it could not read and may show both answers, so nothing is said here of repetitions.
#[tokio::test]
async fn a_burst_between_strangers_arrives_whole() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let (from_desk, from_laptop) = exchange_burst((&desk, &alice), (&laptop, &bob)).await;
    for (device, texts) in [(&laptop, from_desk), (&desk, from_laptop)] {
        for text in texts {
            device.expect_text(&text).await;
        }
    }
    world.finish().await;
}

type Side<'a> = (&'a Baileys, &'a Account);

/// Each device sends its burst to the other account, both at once; returns what they sent.
async fn exchange_burst(one: Side<'_>, other: Side<'_>) -> (Vec<String>, Vec<String>) {
    let texts =
        |(_, account): Side<'_>| (0..BURST).map(|n| format!("{} {n}", account.name())).collect::<Vec<_>>();
    let send = async |from: Side<'_>, to: Side<'_>, texts: &[String]| {
        for text in texts {
            from.0.send_text(to.1, text).await;
        }
    };
    let (first, second) = (texts(one), texts(other));
    tokio::join!(send(one, other, &first), send(other, one, &second));
    (first, second)
}
