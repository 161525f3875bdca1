//! One account, several devices: what one of them sends, the others show.

use serde_json::json;
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn what_the_phone_types_is_an_event() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for to in [bob.pn_jid(), bob.lid_jid()] {
        let text = format!("typed on the phone to {}", to.split_once('@').expect("a JID").1);
        let id = alice.phone().send_text(&to, &text).await;
        let copy = shop.expect_text(&text).await;
        assert_eq!((&copy.data["from_me"], &copy.data["wa_id"]), (&json!(true), &json!(id)));
        assert!(bob.is(copy.data["chat"]["id"].as_str().expect("an id")), "{}", copy.data);
        assert!(alice.is(copy.data["sender"]["id"].as_str().expect("an id")), "{}", copy.data);
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn what_the_gateway_sends_shows_up_on_the_accounts_other_devices() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, desk) = (gateway.link(&alice).await, alice.link_baileys().await);
    let sent = shop.send_text(&bob, "from the shop, for all to see").await;
    let copy = desk.expect_own_text("from the shop, for all to see").await;
    assert_eq!(copy.key.id, sent.wa_id);
    assert!(bob.is(&copy.key.chat.unwrap_or_default()));
    alice.phone().expect("its own copy", |message| message["id"] == json!(sent.wa_id)).await;
    bob.phone().expect_text("from the shop, for all to see").await;

    let from_desk = desk.send_text(&bob, "from the desk, for all to see").await;
    let copy = shop.expect_text("from the desk, for all to see").await;
    assert_eq!((&copy.data["from_me"], &copy.data["wa_id"]), (&json!(true), &json!(from_desk.key.id)));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_new_device_of_either_side_gets_the_next_message() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    shop.send_text(&bob, "device lists are known now").await;
    laptop.expect_text("device lists are known now").await;

    let (tablet, desk) = (bob.link_baileys().await, alice.link_baileys().await);
    // The stream is ordered: what comes after the notification finds the new lists.
    bob.phone().send_text(&alice, "there are more of us").await;
    shop.expect_text("there are more of us").await;
    shop.send_text(&bob, "then this is for all").await;
    tablet.expect_text("then this is for all").await;
    laptop.expect_text("then this is for all").await;
    desk.expect_own_text("then this is for all").await;
    gateway.finish().await;
    world.finish().await;
}
