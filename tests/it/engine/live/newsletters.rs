//! Newsletters that Baileys and the gateway make and follow.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Accepted, Baileys, Gateway, Instance, Media, Message, World};

// proves: newsletters.preview, newsletters.list, newsletters.get, newsletters.mute, newsletters.unfollow
#[tokio::test]
async fn capability_newsletters_follow_one_that_baileys_made() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let made = laptop
        .must("newsletter_create", json!({"name": "Street News", "description": "All that happens"}))
        .await;
    let (id, invite) = (made["id"].as_str().expect("an id"), made["invite"].as_str().expect("a code"));
    let link = format!("https://whatsapp.com/channel/{invite}");
    let shown = shop.post("/newsletters/preview", json!({"invite": link})).await.expect(200);
    assert_eq!(
        (&shown["id"], &shown["name"], &shown["role"]),
        (&json!(id), &json!("Street News"), &json!("guest"))
    );
    assert_eq!((&shown["link"], &shown["description"]), (&json!(link), &json!("All that happens")));
    assert_eq!(shop.get("/newsletters").await.expect(200)["data"], json!([]));

    shop.act(&format!("/newsletters/{id}/follow")).await.expect(204);
    let listed = shop.get("/newsletters").await.expect(200);
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][0]["role"]),
        (&json!(id), &json!("subscriber")),
        "{listed}"
    );
    let seen = laptop.must("newsletter_metadata", json!({"type": "jid", "key": id})).await;
    assert_eq!(seen["thread_metadata"]["subscribers_count"], json!("2"), "{seen}");
    for muted in [true, false] {
        shop.ask(Method::PUT, &format!("/newsletters/{id}/mute"), json!({"muted": muted})).await.expect(204);
        assert_eq!(shop.get(&format!("/newsletters/{id}")).await.expect(200)["muted"], json!(muted));
    }
    shop.act(&format!("/newsletters/{id}/unfollow")).await.expect(204);
    assert_eq!(shop.get(&format!("/newsletters/{id}")).await.expect(200)["role"], json!("guest"));
    shop.ask(Method::DELETE, &format!("/newsletters/{id}"), Value::Null)
        .await
        .expect_problem(403, "WHATSAPP_FORBIDDEN");
    gateway.finish().await;
    world.finish().await;
}

// proves: newsletters.update, newsletters.delete
#[tokio::test]
async fn capability_newsletters_create_one_that_baileys_sees() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let made = shop
        .post("/newsletters", json!({"name": "Shop News", "description": "New things"}))
        .await
        .expect(201);
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!((&made["role"], &made["followers"]), (&json!("owner"), &json!(1)));
    let look = || laptop.must("newsletter_metadata", json!({"type": "jid", "key": id}));
    assert_eq!(look().await["thread_metadata"]["name"]["text"], json!("Shop News"));
    laptop.must("newsletter_follow", json!({"newsletter": id})).await;
    assert_eq!(shop.get(&format!("/newsletters/{id}")).await.expect(200)["followers"], json!(2));
    let changed = shop
        .ask(Method::PATCH, &format!("/newsletters/{id}"), json!({"name": "Shop Weekly"}))
        .await
        .expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Shop Weekly"), &json!("New things")));
    assert_eq!(look().await["thread_metadata"]["name"]["text"], json!("Shop Weekly"));
    shop.ask(Method::DELETE, &format!("/newsletters/{id}"), Value::Null).await.expect(204);
    shop.get(&format!("/newsletters/{id}")).await.expect_problem(404, "WHATSAPP_NOT_FOUND");
    laptop.must_fail("newsletter_metadata", json!({"type": "jid", "key": id})).await;
    gateway.finish().await;
    world.finish().await;
}

// proves: newsletters.react
#[tokio::test]
async fn capability_newsletters_messages_that_baileys_posted() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let made = laptop.must("newsletter_create", json!({"name": "Street News"})).await;
    let id = made["id"].as_str().expect("an id").to_owned();
    shop.act(&format!("/newsletters/{id}/follow")).await.expect(204);
    for number in 1..=3 {
        let text = format!("news number {number}");
        laptop.send_text(&id, &text).await;
        let received = shop.expect_text(&text).await;
        assert_eq!(received.data["chat"]["id"], json!(id), "{}", received.data);
    }
    let posts = format!("/newsletters/{id}/messages");
    let page = shop.get(&format!("{posts}?limit=2")).await.expect(200);
    let texts = |page: &Value| {
        let posts = page["data"].as_array().expect("a list");
        posts.iter().filter_map(|post| post["text"].as_str()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(texts(&page), ["news number 3", "news number 2"], "{page}");
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let rest = shop.get(&format!("{posts}?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((texts(&rest), &rest["next_cursor"]), (vec!["news number 1".to_owned()], &Value::Null));

    let number = page["data"][0]["number"].as_u64().expect("a number");
    let reaction = format!("{posts}/{number}/reaction");
    let react = |emoji: &str| shop.ask(Method::POST, &reaction, json!({"emoji": emoji}));
    react("👍").await.expect(204);
    let seen = laptop.must("newsletter_messages", json!({"newsletter": id, "count": 1})).await;
    assert!(seen.to_string().contains("👍"), "{seen}");
    assert_eq!(shop.get(&posts).await.expect(200)["data"][0]["reactions"], json!({"👍": 1}));
    react("").await.expect(204);
    assert_eq!(shop.get(&posts).await.expect(200)["data"][0]["reactions"], json!({}));
    shop.ask(Method::POST, &format!("{posts}/9/reaction"), json!({"emoji": "👍"}))
        .await
        .expect_problem(404, "WHATSAPP_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

/// A newsletter of the shop's that the laptop follows.
async fn followed(shop: &Instance, laptop: &Baileys) -> String {
    let made = shop.post("/newsletters", json!({"name": "Shop News"})).await.expect(201);
    let id = made["id"].as_str().expect("an id").to_owned();
    laptop.must("newsletter_follow", json!({"newsletter": id})).await;
    id
}

async fn post_arrives(laptop: &Baileys, sent: &Accepted, newsletter: &str) -> Message {
    let wanted = |message: &Message| message.key.id == sent.wa_id;
    let arrived = laptop.expect_message("the post", wanted).await;
    assert_eq!(arrived.key.chat.as_deref(), Some(newsletter));
    arrived
}

// proves: messages.send/newsletter
#[tokio::test]
async fn capability_messages_send_newsletter_posts_reach_baileys_and_a_second_number() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let follower = gateway.link(&carol).await;
    let id = followed(&shop, &laptop).await;
    follower.act(&format!("/newsletters/{id}/follow")).await.expect(204);

    let sent = shop.send_text(&id, "new hours").await;
    assert_eq!(post_arrives(&laptop, &sent, &id).await.text.as_deref(), Some("new hours"));
    shop.expect_status(&sent, "sent").await;
    assert_eq!(follower.expect_text("new hours").await.data["chat"]["id"], json!(id));
    for media in [
        Media::sample("image", "image/jpeg", 40_001).captioned("the new shelf"),
        Media::sample("video", "video/mp4", 60_001),
        Media::sample("document", "application/pdf", 300_001),
    ] {
        let sent = shop.upload_media(&id, &media).await;
        let arrived = post_arrives(&laptop, &sent, &id).await;
        assert_eq!((arrived.kind.as_str(), arrived.text.as_deref()), (media.kind, media.caption));
        assert!(arrived.facts.get("mediaKey").is_none(), "a post is not encrypted: {:?}", arrived.facts);
        shop.expect_status(&sent, "sent").await;
        let received = follower.expect_received(media.kind).await;
        assert!(follower.download(&received).await.body == media.bytes, "the {} changed", media.kind);
    }
    let posts = shop.get(&format!("/newsletters/{id}/messages")).await.expect(200);
    assert_eq!(posts["data"].as_array().map(Vec::len), Some(4), "{posts}");
    let refused = follower.send_text(&id, "mine").await;
    assert_eq!(follower.expect_failed(&refused).await, "whatsapp_403");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_newsletter_takes_text_and_files_and_says_so() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let to = "120363000000000001@newsletter";
    let text = json!({"body": "x"});
    for (path, body, field) in [
        ("", json!({"to": to, "poll": {"question": "?", "options": ["a", "b"]}}), "type"),
        ("", json!({"to": to, "text": text, "reply_to": {"wa_id": "A"}}), "reply_to"),
        ("", json!({"to": to, "text": text, "typing_ms": 5}), "typing_ms"),
        ("", json!({"to": to, "text": text, "expires_in_seconds": 60}), "expires_in_seconds"),
        ("", json!({"to": to, "image": {"data": "aaaa", "view_once": true}}), "image.view_once"),
        ("/react", json!({"chat": to, "wa_id": "A", "emoji": "x"}), "chat"),
        ("/pin", json!({"chat": to, "wa_id": "A"}), "chat"),
    ] {
        let answer = shop.post(&format!("/messages{path}"), body).await;
        let problem = answer.expect_problem(422, "VALIDATION");
        assert_eq!(problem["errors"][0]["field"], json!(field), "{problem}");
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_post_whose_acknowledgement_was_lost_is_posted_once() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let id = followed(&shop, &laptop).await;
    alice.fault("drop_before_ack", json!({"count": 1})).await;
    let sent = shop.send_text(&id, "only once").await;
    post_arrives(&laptop, &sent, &id).await;
    gateway.kill9();
    gateway.restart().await;
    shop.expect_status(&sent, "sent").await;
    let posts = laptop.must("newsletter_messages", json!({"newsletter": id, "count": 10})).await;
    let posts = posts["content"][0]["content"][0]["content"].as_array().expect("posts").clone();
    assert_eq!((posts.len(), &posts[0]["attrs"]["id"]), (1, &json!(sent.wa_id)), "{posts:?}");
    gateway.finish().await;
    world.finish().await;
}
