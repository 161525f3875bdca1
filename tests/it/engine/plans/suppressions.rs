//! Who wants no bulk messages.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, Instance, World};

fn bulk(shop: &Instance, to: &Account, text: &str) -> Value {
    let mut body = shop.text_body(to, text);
    body["lane"] = json!("bulk");
    body
}

// proves: suppressions.list, suppressions.get, suppressions.remove
#[tokio::test]
async fn capability_suppressions_add_keeps_bulk_away_and_nothing_else() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let people = json!({"people": [bob.pn()], "note": "asked by phone"});
    gateway.api().post("/v1/suppressions", &people).send().await.expect(200);
    gateway.kill9();
    gateway.restart().await;
    shop.expect_state("open").await;
    shop.sending(&bulk(&shop, &bob, "a sale")).send().await.expect_problem(409, "RECIPIENT_SUPPRESSED");
    shop.send_text(&bob, "your order").await;
    bob.phone().expect_text("your order").await;
    let listed = gateway.api().get("/v1/suppressions").send().await.expect(200);
    assert_eq!(listed["data"][0]["phone"], bob.pn(), "{listed}");
    let path = format!("/v1/suppressions/{}", bob.pn());
    assert_eq!(gateway.api().get(&path).send().await.expect(200)["reason"], "requested");
    gateway.api().request(Method::DELETE, &path).send().await.expect(204);
    gateway.api().request(Method::DELETE, &path).send().await.expect_problem(404, "SUPPRESSION_NOT_FOUND");
    shop.send(bulk(&shop, &bob, "another sale")).await;
    bob.phone().expect_text("another sale").await;
    gateway.finish().await;
    world.finish().await;
}

// proves: suppressions.settings
#[tokio::test]
async fn capability_suppressions_settings_put_a_word_of_the_account_opts_its_sender_out() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let before = gateway.api().get("/v1/suppression-settings").send().await.expect(200);
    assert_eq!(before["lanes"], json!(["bulk"]));
    let settings = json!({"words": ["إلغاء", "Arrêt"], "lanes": ["interactive", "bulk"]});
    let put = gateway.api().request(Method::PUT, "/v1/suppression-settings").json(&settings).send().await;
    put.expect(200);
    gateway.kill9();
    gateway.restart().await;
    shop.expect_state("open").await;
    bob.phone().send_text(&alice, "stop").await;
    bob.phone().send_text(&alice, " ARRET! ").await;
    shop.expect_text(" ARRET! ").await;
    // The wish is on disk before its message is an event.
    let listed = gateway.api().get("/v1/suppressions").send().await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(
        (&listed["data"][0]["reason"], &listed["data"][0]["instance"]),
        (&json!("opted_out"), &json!(shop.id()))
    );
    shop.sending(&bulk(&shop, &bob, "a sale")).send().await.expect_problem(409, "RECIPIENT_SUPPRESSED");
    shop.sending(&shop.text_body(&bob, "an order")).send().await.expect_problem(409, "RECIPIENT_SUPPRESSED");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_that_waited_does_not_go_to_somebody_who_opted_out_meanwhile() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    shop.disconnect().await;
    shop.expect_state("stopped").await;
    let waiting = shop.send(bulk(&shop, &bob, "a sale that waits")).await;
    gateway.api().post("/v1/suppressions", &json!({"people": [bob.pn()]})).send().await.expect(200);
    shop.connect().await;
    assert_eq!(shop.expect_failed(&waiting).await, "suppressed");
    shop.send_text(&bob, "the end").await;
    bob.phone().expect_text("the end").await;
    assert_eq!(bob.phone().inbox().await.len(), 1);
    gateway.finish().await;
    world.finish().await;
}
