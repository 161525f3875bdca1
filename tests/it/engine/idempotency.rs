//! Requests that are repeated, and requests that wait.

use serde_json::json;
use trunkline_tests::{Accepted, Gateway, World};

#[tokio::test]
async fn the_same_key_and_body_is_the_same_message() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let body = shop.text_body(&bob, "asked for more than once");
    let send = || shop.sending(&body).header("idempotency-key", "order-17").send();
    // Two at the same time, one later, one after a restart.
    let (first, second) = tokio::join!(send(), send());
    let third = send().await;
    gateway.kill9();
    gateway.restart().await;
    let fourth = send().await;
    let answers = [first, second, third, fourth];
    let messages: Vec<Accepted> = answers.iter().map(Accepted::of).collect();
    for (answer, message) in answers.iter().zip(&messages) {
        answer.expect(202);
        assert_eq!((&message.id, &message.wa_id), (&messages[0].id, &messages[0].wa_id));
    }
    let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == "true").count();
    assert_eq!(replayed, 3, "all but one are replays");

    let last = shop.send_text(&bob, "the end of it").await;
    laptop.expect_text("asked for more than once").await;
    laptop.expect_text("the end of it").await;
    assert_eq!(laptop.further_texts(), Vec::<String>::new());
    let listed = shop.get("/messages").await.expect(200);
    let ids: Vec<_> =
        listed["data"].as_array().expect("a page").iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, [&json!(last.id), &json!(messages[0].id)]);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_conflict() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let first = shop.text_body(&bob, "the first wording");
    let second = shop.text_body(&bob, "the second wording");
    let keyed = |body| shop.sending(body).header("idempotency-key", "order-18").send();
    keyed(&first).await.expect(202);
    keyed(&second).await.expect_problem(409, "IDEMPOTENCY_CONFLICT");
    // Another key, another message.
    shop.sending(&second).header("idempotency-key", "order-19").send().await.expect(202);
    bob.phone().expect_text("the first wording").await;
    bob.phone().expect_text("the second wording").await;
    assert_eq!(bob.phone().inbox().await.len(), 2);
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.list
#[tokio::test]
async fn a_request_can_wait_until_it_is_sent() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let waiting = |text: &str, query: &str| {
        let path = shop.path(&format!("/messages?{query}"));
        gateway.api().post(&path, &shop.text_body(&bob, text))
    };
    let sent = waiting("waited for until sent", "wait=sent").send().await.expect(200);
    assert!(["sent", "delivered"].contains(&sent["status"].as_str().expect("a status")), "{sent}");
    let accepted = waiting("not waited for at all", "wait=accepted").send().await.expect(202);
    assert_eq!(accepted["status"], "pending");

    shop.disconnect().await;
    shop.expect_state("stopped").await;
    let in_vain = waiting("waited for in vain", "wait=sent&timeout_ms=300").send().await.expect(202);
    assert_eq!(in_vain["status"], "pending");
    waiting("never accepted", "timeout_ms=300").send().await.expect_problem(400, "MALFORMED_REQUEST");
    gateway.finish().await;
    world.finish().await;
}
