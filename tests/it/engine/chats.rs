//! Chats and their messages as an instance keeps them: listed, paged, searched, filled up from the phone, kept for so long.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, Instance, World};

/// The texts of a page of messages.
fn texts(page: &Value) -> Vec<&str> {
    let entries = page["data"].as_array().expect("a page");
    entries.iter().map(|entry| entry["text"].as_str().unwrap_or_default()).collect()
}

/// Every page of a list, by cursors.
async fn pages(shop: &Instance, path: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("{path}{cursor}")).await.expect(200);
        found.push(page.clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

// proves: chats.list, chats.get, chats.messages, messages.search
#[tokio::test]
async fn capability_chats_list_shows_what_baileys_wrote_and_what_was_sent() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    carol.phone().send_text(&alice, "an older chat").await;
    shop.expect_text("an older chat").await;
    for text in ["the first invoice", "and a second one"] {
        laptop.send_text(&alice, text).await;
        shop.expect_text(text).await;
    }
    let answer = shop.send_text(&bob, "here is your Invoice").await;
    shop.expect_status(&answer, "sent").await;

    let chats = shop.get("/chats?limit=1").await.expect(200);
    let newest = &chats["data"][0];
    assert_eq!(newest["chat"]["id"], bob.pn_jid(), "{chats}");
    assert_eq!(newest["chat"]["phone"], format!("+{}", bob.pn()));
    assert!(newest["chat"]["lid"].is_string(), "{newest}");
    assert_eq!((&newest["unread"], &newest["chat"]["name"]), (&json!(2), &json!("Bob")));
    let all = pages(&shop, "/chats?limit=1").await;
    let ids: Vec<&Value> =
        all.iter().filter_map(|page| page["data"].get(0)).map(|chat| &chat["chat"]["id"]).collect();
    assert_eq!(ids, [&json!(bob.pn_jid()), &json!(carol.pn_jid())]);
    let one = shop.get(&format!("/chats/{}", bob.lid_jid())).await.expect(200);
    assert_eq!(one["chat"]["id"], newest["chat"]["id"], "a LID leads to the same chat");
    assert_eq!(shop.get("/chats/15550000000").await.expect(404)["code"], "CHAT_NOT_FOUND");

    let path = format!("/chats/{}/messages", bob.pn());
    let messages = shop.get(&path).await.expect(200);
    assert_eq!(texts(&messages), ["here is your Invoice", "and a second one", "the first invoice"]);
    assert_eq!(messages["data"][0]["sent"]["id"], answer.id);
    assert_eq!(messages["data"][1]["received"]["sender"]["id"], bob.pn_jid());
    let paged = pages(&shop, &format!("{path}?limit=2")).await;
    assert_eq!(paged.iter().flat_map(texts).collect::<Vec<_>>(), texts(&messages));
    let written_at = messages["data"][1]["time"].as_str().expect("a time");
    let earlier = shop.get(&format!("{path}?until={written_at}")).await.expect(200);
    assert!(!texts(&earlier).contains(&"and a second one"), "{earlier}");
    let future = shop.get(&format!("{path}?since=2100-01-01T00:00:00Z")).await.expect(200);
    assert_eq!(texts(&future), Vec::<&str>::new());

    let found = shop.get("/messages/search?text=INVOICE").await.expect(200);
    assert_eq!(texts(&found), ["here is your Invoice", "the first invoice"]);
    let found = shop.get(&format!("/messages/search?text=chat&chat={}", bob.pn())).await.expect(200);
    assert_eq!(texts(&found), Vec::<&str>::new());
    let found = shop.get(&format!("/messages/search?text=second&chat={}", bob.pn())).await.expect(200);
    assert_eq!(texts(&found), ["and a second one"]);

    // Reading takes the mark away, here and for the author.
    let wa_ids: Vec<&str> = messages["data"].as_array().expect("a page")[1..]
        .iter()
        .filter_map(|it| it["wa_id"].as_str())
        .collect();
    shop.mark_read(&bob.pn_jid(), &wa_ids).await;
    let read = shop.get(&format!("/chats/{}", bob.pn())).await.expect(200);
    assert_eq!(read["unread"], 0);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn chats_survive_a_power_cut_and_a_group_gets_its_subject() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Walkers", &[&alice]).await;
    laptop.send_text(&group, "who comes along?").await;
    shop.expect_text("who comes along?").await;
    shop.get(&format!("/groups/{}", group.id)).await.expect(200);
    gateway.kill9();
    gateway.restart().await;
    let chat = shop.get(&format!("/chats/{}", group.id)).await.expect(200);
    assert_eq!((&chat["chat"]["name"], &chat["is_group"]), (&json!("Walkers"), &json!(true)));
    assert_eq!(chat["unread"], 1);
    shop.expect_state("open").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_chats_history_is_asked_of_the_phone() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    for text in ["long ago", "a while ago"] {
        bob.phone().send_text(&alice, text).await;
        alice.phone().expect_text(text).await;
    }
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let path = format!("/chats/{}", bob.pn());
    let refused = shop.post(&format!("{path}/history"), json!({})).await;
    assert_eq!(refused.expect(404)["code"], "CHAT_NOT_FOUND");
    bob.phone().send_text(&alice, "just now").await;
    shop.expect_text("just now").await;
    let asked = shop.post(&format!("{path}/history"), json!({"messages": 10})).await.expect(202);
    assert_eq!(asked["requested_messages"], 10);
    for text in ["long ago", "a while ago"] {
        let event = shop.expect_text(text).await;
        assert!(event.backfilled, "{event:?}");
    }
    let messages = shop.get(&format!("{path}/messages")).await.expect(200);
    // WhatsApp tells times in whole seconds, and all of this happened within one.
    let mut found = texts(&messages);
    found.sort_unstable();
    assert_eq!(found, ["a while ago", "just now", "long ago"]);
    let chat = shop.get(&path).await.expect(200);
    assert_eq!(chat["unread"], 1, "the past is no news");
    gateway.finish().await;
    world.finish().await;
}

// proves: retention.get, retention.set
#[tokio::test]
async fn capability_retention_set_is_kept() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    assert_eq!(shop.get("/retention").await.expect(200)["retention_days"], Value::Null);
    let put = |days: Value| {
        let request = gateway.api().request(reqwest::Method::PUT, &shop.path("/retention"));
        request.json(&json!({"retention_days": days})).send()
    };
    assert_eq!(put(json!(30)).await.expect(200)["retention_days"], 30);
    assert_eq!(shop.get("/retention").await.expect(200)["retention_days"], 30);
    assert_eq!(put(json!(0)).await.expect(422)["code"], "VALIDATION");
    assert_eq!(put(Value::Null).await.expect(200)["retention_days"], Value::Null);
    assert_eq!(shop.get("/retention").await.expect(200)["retention_days"], Value::Null);
    gateway.finish().await;
    world.finish().await;
}
