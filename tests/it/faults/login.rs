//! Logins that WhatsApp refuses: each reason ends in its own state, and only a proven logout costs the credentials.

use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, Instance, World};

/// Cuts the connection of an open instance whose next login is refused with this reason.
async fn refuse_next_login(alice: &Account, shop: &Instance, reason: &str) {
    alice.fault("failure", json!({"value": reason, "count": 1})).await;
    alice.drop_connection(1).await;
    shop.expect_state_because("backing_off", "connection_lost").await;
    shop.expect_state("connecting").await;
}

/// The same device still works.
async fn expect_alive(alice: &Account, shop: &Instance, bob: &Account, text: &str) {
    shop.expect_state("open").await;
    assert_eq!(alice.device(1).await["online"], true);
    let sent = shop.send_text(bob, text).await;
    shop.expect_status(&sent, "delivered").await;
}

#[tokio::test]
async fn a_service_that_is_unavailable_is_tried_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    refuse_next_login(&alice, &shop, "503").await;
    shop.expect_state_because("backing_off", "service_unavailable").await;
    assert_ne!(shop.view().await["linked"], Value::Null);
    expect_alive(&alice, &shop, &bob, "after the outage").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_locked_account_and_an_outdated_client_wait_for_an_operator() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for (code, reason) in [("403", "account_locked"), ("405", "client_outdated")] {
        refuse_next_login(&alice, &shop, code).await;
        shop.expect_state_because("parked", reason).await;
        // A restart of the process is no operator.
        gateway.kill9();
        gateway.restart().await;
        let view = shop.view().await;
        assert_eq!((&view["state"], &view["reason"]), (&json!("parked"), &json!(reason)));
        assert_ne!(view["linked"], Value::Null, "the credentials are kept");
        shop.connect().await;
        expect_alive(&alice, &shop, &bob, &format!("after {reason}")).await;
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_temporary_ban_is_respected_until_its_end() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    refuse_next_login(&alice, &shop, "402").await;
    shop.expect_state_because("restricted", "temporary_ban").await;
    let until = shop.view().await["next_attempt_at"].clone();
    assert!(until.is_string(), "the end of the ban is not published");
    gateway.kill9();
    gateway.restart().await;
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["next_attempt_at"]), (&json!("restricted"), &until));
    assert_ne!(view["linked"], Value::Null, "the credentials are kept");
    shop.act("/connect").await.expect_problem(409, "INSTANCE_STATE");
    // An operator who knows better stops it first.
    shop.disconnect().await;
    shop.expect_state("stopped").await;
    shop.connect().await;
    expect_alive(&alice, &shop, &bob, "after the ban").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_login_of_a_removed_device_is_a_logout() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    refuse_next_login(&alice, &shop, "401").await;
    shop.expect_state_because("logged_out", "device_removed").await;
    assert_eq!(shop.view().await["linked"], Value::Null);
    // The fault only said so; now the phone does it as well, and the place is free for a new device.
    alice.phone().unlink(1).await;
    shop.link(&alice).await;
    expect_sent(&shop, &bob).await;
    gateway.finish().await;
    world.finish().await;
}

async fn expect_sent(shop: &Instance, bob: &Account) {
    let sent = shop.send_text(bob, "as a new device").await;
    shop.expect_status(&sent, "delivered").await;
}

#[tokio::test]
async fn a_refused_resumption_falls_back_to_a_full_handshake() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    world.control().fault("reject_ik", json!({"count": 1})).await;
    alice.drop_connection(1).await;
    shop.expect_state("backing_off").await;
    expect_alive(&alice, &shop, &bob, "after the fallback").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn strange_framing_changes_nothing() {
    let world = World::start().await;
    for fault in ["compress", "split_frames", "coalesce_frames"] {
        world.control().fault(fault, json!({})).await;
    }
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "through a strange pipe").await;
    shop.expect_text("through a strange pipe").await;
    let sent = shop.send_text(&bob, "and back through it").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}
