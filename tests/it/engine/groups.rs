//! Text in groups, made by Baileys and by a phone, both ways.

use serde_json::json;
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn text_goes_both_ways_in_a_group_that_baileys_made() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Walkers", &[&alice, &carol]).await;

    let sent = laptop.send_text(&group, "who comes along?").await;
    let received = shop.expect_text("who comes along?").await;
    assert_eq!((&received.data["is_group"], &received.data["wa_id"]), (&json!(true), &json!(sent.key.id)));
    assert_eq!(received.data["chat"]["id"], group.id);
    assert!(bob.is(received.data["sender"]["id"].as_str().expect("an id")), "{}", received.data);

    let answer = shop.send_text(&group, "the shop comes along").await;
    let arrived = laptop.expect_text("the shop comes along").await;
    assert_eq!((&arrived.key.id, &arrived.key.chat), (&answer.wa_id, &Some(group.id.clone())));
    assert!(alice.is(&arrived.key.participant.unwrap_or_default()));
    carol.phone().expect_text("the shop comes along").await;
    shop.expect_status(&answer, "delivered").await;
    // The second message of each needs no new key.
    shop.send_text(&group, "and brings a cake").await;
    laptop.expect_text("and brings a cake").await;
    laptop.send_text(&group, "then so do I").await;
    shop.expect_text("then so do I").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn text_goes_both_ways_in_groups_that_a_phone_made() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    for addressing in ["lid", "pn"] {
        let wish = json!({"creator": bob.pn(), "subject": addressing, "participants": [alice.pn()],
            "addressing_mode": addressing});
        let made = world.control().post("/groups", wish).await;
        let gid = made["gid"].as_str().expect("an id").to_owned();
        let greeting = format!("hello in the {addressing} group");
        bob.phone().send_text(&gid, &greeting).await;
        let received = shop.expect_text(&greeting).await;
        assert_eq!(received.data["chat"]["id"], gid);
        let answer = format!("an answer in the {addressing} group");
        shop.send_text(&gid, &answer).await;
        laptop.expect_text(&answer).await;
        bob.phone().expect_text(&answer).await;
        let from_laptop = format!("a companion in the {addressing} group");
        laptop.send_text(&gid, &from_laptop).await;
        shop.expect_text(&from_laptop).await;
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_newcomer_reads_the_next_message() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let tablet = carol.link_baileys().await;
    let group = laptop.create_group("Walkers", &[&alice]).await;
    laptop.send_text(&group, "before she came").await;
    shop.expect_text("before she came").await;
    shop.send_text(&group, "only for the two of us").await;
    laptop.expect_text("only for the two of us").await;

    laptop.change_members(&group, "add", &[&carol]).await;
    let added = shop
        .expect("a new member", |event| (event.data["change"] == "add").then(|| event.data.clone()))
        .await;
    assert_eq!(added["group"]["id"], group.id);
    shop.send_text(&group, "welcome to the group").await;
    tablet.expect_text("welcome to the group").await;
    laptop.expect_text("welcome to the group").await;
    assert_eq!(tablet.further_texts(), Vec::<String>::new());
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_group_of_strangers_refuses_the_message() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Without Alice", &[&carol]).await;
    let sent = shop.send_text(&group, "may I come in?").await;
    assert_eq!(shop.expect_failed(&sent).await, "not_a_member");
    gateway.finish().await;
    world.finish().await;
}
