//! Newsletters that Baileys and the gateway make and follow.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

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
