//! Status: who sees it, and taking one back.

use serde_json::json;
use trunkline_tests::{Event, Gateway, World};

#[tokio::test]
async fn capability_status_audience_as_the_phone_set_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let in_force = |lists: &serde_json::Value| {
        let lists = lists["data"].as_array().expect("a list").clone();
        lists.into_iter().find(|list| list["is_default"] == json!(true)).expect("one in force")
    };
    let first = shop.get("/status/audience").await.expect(200);
    assert_eq!(
        (&in_force(&first)["kind"], first["data"].as_array().map(Vec::len)),
        (&json!("contacts"), Some(3))
    );
    let audience = json!({"list": "whitelist", "people": [bob.pn()]});
    world.control().post(&format!("/accounts/{}/status-audience", alice.pn()), audience).await;
    let only = in_force(&shop.get("/status/audience").await.expect(200));
    assert_eq!(only["kind"], json!("only"));
    assert!(bob.is(only["people"][0]["id"].as_str().expect("an id")), "{only}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_status_delete_reaches_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let id = "3EB0C431C26A1916E07E";
    shop.post(&format!("/status/{id}/delete"), json!({"audience": [bob.pn_jid()]})).await.expect(204);
    let revoked = |event: &Event| match event {
        Event::Message(message) if message.protocol.as_deref() == Some("revoke") => {
            Some((message.target.clone(), message.key.chat.clone()))
        }
        _ => None,
    };
    let seen = laptop.expect("the status to be taken back", revoked).await;
    assert_eq!(seen, (Some(id.to_owned()), Some("status@broadcast".to_owned())));
    let strangers = shop.post(&format!("/status/{id}/delete"), json!({"audience": ["4930901820"]})).await;
    strangers.expect_problem(404, "WHATSAPP_NOT_FOUND");
    shop.post(&format!("/status/{id}/delete"), json!({"audience": []}))
        .await
        .expect_problem(422, "VALIDATION");
    gateway.finish().await;
    world.finish().await;
}
