//! Presence and typing, both ways.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, GatewayEvent, Instance, World};

#[tokio::test]
async fn capability_presence_set_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    laptop.subscribe(&alice).await;
    for (online, seen) in [(true, "available"), (false, "unavailable"), (true, "available")] {
        shop.ask(Method::PUT, "/presence", json!({"online": online})).await.expect(204);
        laptop.expect_presence(&alice, seen).await;
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_presence_show_typing_to_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let path = format!("/chats/{}/presence", bob.pn());
    for (state, seen) in [("composing", "composing"), ("recording", "recording"), ("paused", "available")] {
        shop.ask(Method::PUT, &path, json!({"state": state})).await.expect(204);
        laptop.expect_presence(&alice, seen).await;
    }
    shop.ask(Method::PUT, &path, json!({"state": "sleeping"})).await.expect_problem(422, "VALIDATION");
    let nowhere = shop.ask(Method::PUT, "/chats/nobody/presence", json!({"state": "paused"})).await;
    nowhere.expect_problem(404, "WHATSAPP_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

async fn expect_online(shop: &Instance, account: &Account, online: bool) {
    let told = |event: &GatewayEvent| {
        let fits = event.kind == "contact.presence_changed" && event.data["online"] == online;
        (fits && account.is(event.data["person"]["id"].as_str()?)).then_some(())
    };
    shop.expect(&format!("{} to be online: {online}", account.name()), told).await;
}

// proves: presence.unfollow
#[tokio::test]
async fn capability_presence_follow_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let tablet = carol.link_baileys().await;
    let people = json!({"people": [bob.pn_jid(), carol.pn_jid()]});
    laptop.announce("unavailable").await;
    tablet.announce("unavailable").await;
    shop.post("/presence/subscriptions", people).await.expect(204);
    expect_online(&shop, &bob, false).await;
    laptop.announce("available").await;
    expect_online(&shop, &bob, true).await;
    shop.ask(Method::DELETE, &format!("/presence/subscriptions/{}", bob.pn()), Value::Null).await.expect(204);
    // Carol's coming, which is told, is a later fact than Bob's going, which is not.
    tablet.announce("unavailable").await;
    laptop.announce("unavailable").await;
    let away = |seen: &Value| (seen["devices"][1]["available"] == json!(false)).then_some(());
    bob.wait_until("Bob to be away", away).await;
    tablet.announce("available").await;
    expect_online(&shop, &carol, true).await;
    let mut told_of_bob = shop.all_events().await.into_iter().filter(|event| {
        event.kind == "contact.presence_changed"
            && bob.is(event.data["person"]["id"].as_str().unwrap_or_default())
    });
    let last = told_of_bob.next_back().expect("Bob was seen");
    assert_eq!(last.data["online"], json!(true), "he was followed no longer");
    gateway.finish().await;
    world.finish().await;
}
