//! Rows 1–9: from the first byte to the first stanza.

use serde_json::{Value, json};
use trunkline_tests::{SimulatorConfig, World};

#[tokio::test]
async fn row_01_prologue_opens_a_connection() {
    let world = World::start().await;
    let baileys = world.baileys("anybody").await;
    baileys.connect(json!({})).await;
    baileys.expect_qr().await;
    assert_eq!(world.control().get("/stats").await["handshakes_xx"], json!(1));
    world.finish().await;
}

#[tokio::test]
async fn row_02_edge_routing_comes_before_the_prologue_of_the_next_connection() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let routing = baileys.must("routing_info", json!({})).await;
    assert_ne!(routing["base64"], json!(""), "the service sent no routing information");

    let before = edge_routed(&world).await;
    baileys.reconnect().await;
    baileys.expect_closed(0).await;
    baileys.expect_open().await;
    assert_eq!(edge_routed(&world).await, before + 1);
    world.finish().await;
}

async fn edge_routed(world: &World) -> u64 {
    world.control().get("/stats").await["edge_routed"].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn row_03_frames_split_over_messages() {
    link_and_talk_with("split_frames").await;
}

#[tokio::test]
async fn row_03_several_frames_in_one_message() {
    link_and_talk_with("coalesce_frames").await;
}

#[tokio::test]
async fn row_09_compressed_stanzas() {
    link_and_talk_with("compress").await;
}

/// A whole life under a fault that clients must not notice.
async fn link_and_talk_with(fault: &str) {
    let world = World::start().await;
    world.control().fault(fault, json!({})).await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let baileys = alice.link_baileys().await;
    baileys.send_text(&bob, "there").await;
    bob.phone().expect_text("there").await;
    bob.phone().send_text(&alice, "and back").await;
    baileys.expect_text("and back").await;
    world.finish().await;
}

#[tokio::test]
async fn row_04_strict_client_accepts_the_certificate_chain() {
    let world = World::start().await;
    let plain = world.baileys("plain").await;
    plain.connect(json!({})).await;
    plain.expect_qr().await;
    world.finish().await;
}

#[tokio::test]
async fn row_04_the_same_over_tls() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = world.baileys("Alice's desk").await;
    desk.link_with_tls(&alice).await;
    desk.send_text(&bob, "sealed twice").await;
    bob.phone().expect_text("sealed twice").await;
    world.finish().await;
}

#[tokio::test]
async fn row_05_strict_client_refuses_another_root() {
    let world = World::start().await;
    let baileys = world.baileys("careful").await;
    let other_root = World::start_with(SimulatorConfig { seed: 2, ..SimulatorConfig::default() }).await;
    baileys.connect_trusting(other_root.root_public_key_hex()).await;
    let (_, reason) = baileys.expect_closed_somehow().await;
    assert!(reason.contains("certificate signature invalid"), "closed for another reason: {reason}");
    let gave_up = |stats: &Value| (stats["handshakes_failed"] == json!(1)).then_some(());
    world.control().wait_for("an unfinished handshake", "/stats", gave_up).await;
    other_root.finish().await;
    world.finish().await;
}
