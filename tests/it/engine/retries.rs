//! When a ciphertext cannot be read: the reader asks again, the writer sends again, the person sees it once.

use serde_json::json;
use trunkline_tests::{Gateway, GatewayEvent, Stanza, World};

#[tokio::test]
async fn baileys_asks_again_and_gets_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    shop.send_text(&bob, "while all is well").await;
    laptop.expect_text("while all is well").await;
    laptop.send_text(&alice, "all is well").await;
    shop.expect_text("all is well").await;
    // A session that was answered carries no pre-key: what comes next cannot be read without it.
    laptop.forget_sessions().await;
    let sent = shop.send_text(&bob, "after the memory was lost").await;
    let arrived = laptop.expect_text("after the memory was lost").await;
    assert_eq!(arrived.key.id, sent.wa_id);
    shop.send_text(&bob, "and all is well again").await;
    laptop.expect_text("and all is well again").await;
    assert_eq!(laptop.further_texts(), Vec::<String>::new());
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn baileys_asks_again_in_a_group_and_gets_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Forgetful", &[&alice]).await;
    laptop.send_text(&group, "the group is open").await;
    shop.expect_text("the group is open").await;
    shop.send_text(&group, "with its key").await;
    laptop.expect_text("with its key").await;
    laptop.forget_sender_keys().await;
    let sent = shop.send_text(&group, "without its key").await;
    let arrived = laptop.expect_text("without its key").await;
    assert_eq!(arrived.key.id, sent.wa_id);
    gateway.finish().await;
    world.finish().await;
}

/// Baileys believes in a session that it told nobody about, so the gateway cannot read it and asks.
#[tokio::test]
async fn the_gateway_asks_again_and_gets_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    laptop.send_text(&alice, "the first of a session").await;
    shop.expect_text("the first of a session").await;
    shop.send_text(&bob, "answered, so it stands").await;
    laptop.expect_text("answered, so it stands").await;
    let settled = laptop.export_state().await;

    // The number is linked anew: another identity behind the same address, of which the laptop's session knows nothing.
    shop.act("/logout").await.expect(200);
    shop.expect_state("logged_out").await;
    laptop.close().await;
    laptop.expect_closed(0).await;
    shop.link(&alice).await;
    let revived = world.baileys("with an old session").await;
    revived.resume(&settled, json!({})).await;
    revived.expect_open().await;
    revived.watch("receipt").await;
    let sent = revived.send_text(&alice, "in words of the old session").await;
    let asked = |receipt: &Stanza| receipt.attr("type") == "retry" && receipt.attr("id") == sent.key.id;
    revived.expect_stanza("a retry receipt", asked).await;
    let received = shop.expect_text("in words of the old session").await;
    assert_eq!(received.data["wa_id"], sent.key.id);
    let unread = |event: &GatewayEvent| {
        let told = event.kind == "message.undecryptable" && event.data["wa_id"] == json!(sent.key.id);
        told.then(|| event.data["cause"].clone())
    };
    assert_eq!(shop.expect("the message that could not be read", unread).await, "undecryptable");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_session_opens_without_one_time_keys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    world.control().fault("no_one_time_keys", json!({})).await;
    shop.send_text(&bob, "no key to spare for you").await;
    laptop.expect_text("no key to spare for you").await;
    laptop.send_text(&alice, "nor is there for you").await;
    shop.expect_text("nor is there for you").await;
    gateway.finish().await;
    world.finish().await;
}
