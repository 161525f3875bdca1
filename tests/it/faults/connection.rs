//! An open connection ends: cut, restarted, replaced, or because the phone unlinked the device.

use serde_json::{Value, json};
use trunkline_tests::judge::{Sighting, as_shown, exactly_once};
use trunkline_tests::{Account, Event, Gateway, World};

#[tokio::test]
async fn a_dropped_socket_is_mended_and_nothing_is_lost() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    alice.drop_connection(1).await;
    shop.expect_state_because("backing_off", "connection_lost").await;
    laptop.send_text(&alice, "into the broken line").await;
    let sent = shop.send_text(&bob, "out of the broken line").await;
    for state in ["connecting", "syncing", "open"] {
        shop.expect_state(state).await;
    }
    shop.expect_text("into the broken line").await;
    laptop.expect_text("out of the broken line").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_whose_ack_was_lost_is_sent_again_under_its_id() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    world.control().fault("drop_before_ack", json!({"device": alice.device_jid(1), "count": 1})).await;
    let first = shop.send_text(&bob, "taken in, not acknowledged").await;
    shop.expect_state_because("backing_off", "connection_lost").await;
    shop.expect_state("open").await;
    shop.expect_status(&first, "sent").await;
    let last = shop.send_text(&bob, "the one after it").await;
    laptop.expect("the one after it", |event| text_in(event).filter(|seen| seen.id == last.wa_id)).await;
    let delivered = laptop.untaken(text_in);
    let sent = [first.with_text("taken in, not acknowledged")];
    assert_eq!(exactly_once(&sent, &as_shown(&delivered)), Vec::<String>::new());
    gateway.finish().await;
    world.finish().await;
}

fn text_in(event: &Event) -> Option<Sighting> {
    match event {
        Event::Message(message) if !message.key.from_me => {
            message.text.as_deref().map(|text| Sighting::new(&message.key.id, text))
        }
        _ => None,
    }
}

/// Stream errors that mean "come again", with the reason each has.
const COME_AGAIN: [(&str, &str); 2] = [("515", "stream_restart"), ("503", "service_unavailable")];

#[tokio::test]
async fn an_open_stream_that_the_service_ends_is_opened_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for (code, reason) in COME_AGAIN {
        end_stream(&world, &alice, code).await;
        shop.expect_state_because("backing_off", reason).await;
        shop.expect_state("open").await;
    }
    let sent = shop.send_text(&bob, "after two restarts").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}

/// The service ends the connection of the account's gateway with this stream error.
async fn end_stream(world: &World, account: &Account, error: &str) {
    let path = format!("/connections/{}/end", account.device_jid(1));
    world.control().post(&path, json!({"error": error})).await;
}

#[tokio::test]
async fn a_stream_that_the_service_ends_at_the_login_is_opened_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for (code, reason) in COME_AGAIN {
        alice.fault("stream_error", json!({"value": code, "count": 1})).await;
        alice.drop_connection(1).await;
        shop.expect_state_because("backing_off", "connection_lost").await;
        shop.expect_state_because("backing_off", reason).await;
        shop.expect_state("open").await;
    }
    let sent = shop.send_text(&bob, "after two more restarts").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_stream_that_another_client_took_is_not_fought_for() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    end_stream(&world, &alice, "replaced").await;
    shop.expect_state_because("conflict", "replaced").await;
    assert_eq!(alice.device(1).await["online"], false);
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["reason"]), (&json!("conflict"), &json!("replaced")));
    assert_ne!(view["linked"], Value::Null, "the link is kept");
    // Accepted meanwhile, sent when somebody asks for the stream back.
    let sent = shop.send_text(&bob, "for better days").await;
    assert_eq!(shop.message(&sent).await["status"], "pending");
    shop.connect().await;
    shop.expect_state("open").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn an_unlinked_device_is_logged_out_and_can_be_linked_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let body = shop.text_body(&bob, "not from this device");
    alice.phone().unlink(1).await;
    shop.expect_state_because("logged_out", "device_removed").await;
    shop.sending(&body).send().await.expect_problem(409, "INSTANCE_NOT_LINKED");
    // It stays so over a restart: there is nothing to come back with.
    gateway.kill9();
    gateway.restart().await;
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["linked"]), (&json!("logged_out"), &Value::Null));
    shop.link(&alice).await;
    let sent = shop.send_text(&bob, "from a new device").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}
