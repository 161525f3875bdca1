//! Webhooks that fail: left alone when they ask for it, given up, paused, replayed, and none in the way of another.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Delivery, Endpoint};
use trunkline_tests::{Gateway, Instance, Webhook, World};

/// What every webhook here asks for.
fn messages() -> Value {
    json!({"events": ["message.received"]})
}

#[tokio::test]
async fn an_endpoint_that_asks_to_be_left_alone_is() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    gateway.link(&alice).await;
    let hook = Webhook::start();
    gateway.add_webhook(&hook.with(messages())).await;
    hook.refuse_next_for(2);
    bob.phone().send_text(&alice, "later, please").await;
    hook.expect_text("later, please").await;
    let [refused, taken] = &hook.deliveries()[..] else { panic!("{:#?}", hook.deliveries()) };
    let waited = taken.at - refused.at;
    // Its own first delay is a tenth of a second.
    assert!(waited > Duration::from_millis(1_900), "it came back after {waited:?}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_paused_and_the_log_says_so() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let (hook, witness) = (Webhook::start(), Webhook::start());
    let webhook = gateway.add_webhook(&hook.with(messages())).await;
    gateway.add_webhook(&witness.with(json!({"events": ["webhook.*"]}))).await;
    hook.refuse_next(&[410]);
    bob.phone().send_text(&alice, "into the void").await;
    let told = shop.expect_event("webhook.paused").await;
    assert_eq!(told, json!({"webhook": webhook.id(), "reason": "gone"}));
    let seen = witness.expect("the pause", |delivery| delivery.event().kind == "webhook.paused").await;
    assert_eq!(seen.event().data, told);
    let view = webhook.view().await;
    assert_eq!((&view["status"], &view["pause"]["reason"]), (&json!("paused"), &json!("gone")));
    // It waits, and is not lost.
    webhook.post("/resume", Value::Null).await.expect(200);
    hook.expect_text("into the void").await;
    gateway.finish().await;
    world.finish().await;
}

/// A webhook that gave up one text, was paused for it, and was resumed.
async fn with_a_dead_letter(
    gateway: &Gateway,
    (shop, hook): (&Instance, &Webhook),
    say: impl AsyncFn(&str),
) -> Endpoint {
    let retry = json!({"base_ms": 100, "cap_ms": 200, "give_up_after_seconds": 1});
    let settings = json!({"events": ["message.received"], "retry": retry});
    let webhook = gateway.add_webhook(&hook.with(settings)).await;
    hook.refuse_next(&[500; 200]);
    say("given up").await;
    let told = shop.expect_event("webhook.paused").await;
    assert_eq!(told, json!({"webhook": webhook.id(), "reason": "failing"}));
    hook.refuse_no_more();
    say("waits for better times").await;
    shop.expect_text("waits for better times").await;
    webhook.post("/resume", Value::Null).await.expect(200);
    hook.expect_text("waits for better times").await;
    webhook.until_nothing_waits().await;
    assert_eq!(hook.taken_texts(), ["waits for better times"]);
    webhook
}

// proves: webhooks.dead_letters, webhooks.replay
#[tokio::test]
async fn what_was_given_up_is_kept_and_replayed() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let hook = Webhook::start();
    let say = async |text: &str| {
        bob.phone().send_text(&alice, text).await;
    };
    let webhook = with_a_dead_letter(&gateway, (&shop, &hook), say).await;
    let letters = webhook.get("/dead-letters").await;
    let [letter] = &letters["data"].as_array().expect("a list")[..] else { panic!("{letters}") };
    assert_eq!(letter["event"]["data"]["text"]["body"], "given up");
    assert_eq!((&letter["id"], &letter["outcome"]), (&letter["event"]["id"], &json!("refused")));
    assert!(letter["attempts"].as_u64() > Some(1), "{letter}");
    assert_eq!(webhook.view().await["counts"]["dead"], 1);

    let replayed = |texts: &[&str], count: usize| {
        let taken = hook.taken_texts();
        let after = taken[taken.len() - count..].to_vec();
        assert_eq!(after, texts);
    };
    let replay = async |body: Value, texts: &[&str]| {
        let before = hook.taken_texts().len();
        let answer = webhook.post("/replay", body).await.expect(202);
        assert_eq!(
            answer["events"].as_u64().map(|count| count >= texts.len() as u64),
            Some(true),
            "{answer}"
        );
        hook.expect("the replay", |_| hook.taken_texts().len() >= before + texts.len()).await;
        replayed(texts, texts.len());
    };
    replay(json!({"dead_letters": true}), &["given up"]).await;
    let is_replay = |delivery: &Delivery| {
        delivery.texts() == ["given up"] && delivery.header("trunkline-replay") == "true"
    };
    hook.expect("a delivery that says what it is", is_replay).await;
    replay(json!({"events": [letter["id"]]}), &["given up"]).await;
    let both = ["given up", "waits for better times"];
    replay(json!({"instance": shop.id(), "after": 0}), &both).await;
    let day = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
    replay(day, &both).await;
    let empty = json!({"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z", "instance": shop.id()});
    assert_eq!(webhook.post("/replay", empty).await.expect(202)["events"], 0);
    gateway.finish().await;
    world.finish().await;
}

/// Endpoints that answer at once, beside one that does not.
const QUICK: usize = 99;

#[tokio::test]
async fn a_slow_endpoint_delays_no_other() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    gateway.link(&alice).await;
    let slow = Webhook::start();
    slow.hold();
    gateway.add_webhook(&slow.with(messages())).await;
    let quick: Vec<Webhook> = (0..QUICK).map(|_| Webhook::start()).collect();
    for webhook in &quick {
        gateway.add_webhook(&webhook.with(messages())).await;
    }
    let texts: Vec<String> = (1..=8).map(|number| format!("message {number}")).collect();
    for text in &texts {
        bob.phone().send_text(&alice, text).await;
    }
    for webhook in &quick {
        webhook.expect_text("message 8").await;
        assert_eq!(webhook.taken_texts(), texts);
    }
    assert_eq!(slow.deliveries().len(), 1, "the next one waits for the answer to this one");
    slow.let_go();
    slow.expect_text("message 8").await;
    assert_eq!(slow.taken_texts(), texts);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn what_was_changed_during_a_delivery_holds_for_the_next() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let (old, new) = (Webhook::start(), Webhook::start());
    let webhook = gateway.add_webhook(&old.with(messages())).await;
    let say = async |text: &str| {
        bob.phone().send_text(&alice, text).await;
        shop.expect_text(text).await;
    };
    old.hold();
    say("first").await;
    old.expect("the first", |delivery| delivery.texts() == ["first"]).await;
    say("second").await;
    // Nothing happens after it is resumed, but the end of the delivery that was under way all the time.
    webhook.post("/pause", Value::Null).await.expect(200);
    webhook.post("/resume", Value::Null).await.expect(200);
    old.let_go();
    old.expect_text("second").await;

    old.hold();
    say("third").await;
    old.expect("the third", |delivery| delivery.texts() == ["third"]).await;
    webhook.change(json!({"url": new.url(), "events": ["message.received", "message.sent"]})).await;
    say("fourth").await;
    let sent = shop.send_text(&bob, "a status of its own").await;
    shop.expect_status(&sent, "delivered").await;
    old.let_go();
    new.expect_text("fourth").await;
    let told = new.expect("a status", |delivery| delivery.event().kind == "message.sent").await;
    assert_eq!(told.event().data["message"], json!(sent.id));
    assert_eq!(old.taken_texts(), ["first", "second", "third"]);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn an_instance_that_is_added_is_heard_from_then_on() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let customer = world.account("Customer").await;
    let gateway = Gateway::start(&world).await;
    let (shop, office) = (gateway.link(&alice).await, gateway.link(&bob).await);
    let hook = Webhook::start();
    let settings = json!({"events": ["message.received"], "instances": [shop.id()]});
    let webhook = gateway.add_webhook(&hook.with(settings)).await;
    customer.phone().send_text(&bob, "before").await;
    office.expect_text("before").await;
    webhook.change(json!({"instances": [shop.id(), office.id()]})).await;
    customer.phone().send_text(&bob, "after").await;
    hook.expect_text("after").await;
    assert_eq!(hook.taken_texts(), ["after"]);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_kill_loses_no_delivery() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let hook = Webhook::start();
    gateway.add_webhook(&hook.with(messages())).await;
    let mut texts = Vec::new();
    for round in 0..3 {
        for number in 0..4 {
            let text = format!("message {number} of round {round}");
            bob.phone().send_text(&alice, &text).await;
            texts.push(text);
        }
        shop.expect_logged(&texts[texts.len() - 1]).await;
        gateway.kill9();
        gateway.restart().await;
    }
    hook.expect_text("message 3 of round 2").await;
    let mut seen = std::collections::HashSet::new();
    let deliveries = hook.deliveries();
    let events = deliveries.iter().map(Delivery::event).filter(|event| seen.insert(event.id.clone()));
    let told: Vec<_> = events.filter_map(|event| event.text()).collect();
    assert_eq!(told, texts, "each once, in order, after what came twice is left out");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn wrong_settings_make_no_webhook() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let url = "http://127.0.0.1:9/";
    let wrong = [
        (json!({}), "url"),
        (json!({"url": "ftp://x"}), "url"),
        (json!({"url": url, "urls": 1}), "urls"),
        (json!({"url": url, "secret": "short"}), "secret"),
        (json!({"url": url, "events": ["x"]}), "events.0"),
        (json!({"url": url, "instances": ["nobody"]}), "instances.0"),
        (json!({"url": url, "headers": {"Host": "x"}}), "headers.Host"),
        (json!({"url": url, "subject": "x"}), "subject"),
        (json!({"url": "nats://127.0.0.1", "type": "nats"}), "subject"),
    ];
    for (body, field) in wrong {
        let problem =
            gateway.api().post("/v1/webhooks", &body).send().await.expect_problem(422, "VALIDATION");
        assert_eq!(problem["errors"][0]["field"], field, "{body} → {problem}");
    }
    assert_eq!(gateway.api().get("/v1/webhooks").send().await.expect(200)["data"], json!([]));
    let consumer = gateway.add_consumer(&json!({})).await;
    let path = format!("/v1/webhooks/{}", consumer.id());
    let as_webhook = |method: Method, rest: &str| gateway.api().request(method, &format!("{path}{rest}"));
    as_webhook(Method::GET, "").send().await.expect_problem(404, "WEBHOOK_NOT_FOUND");
    for rest in ["/test", "/pause", "/resume"] {
        as_webhook(Method::POST, rest).send().await.expect_problem(409, "WEBHOOK_STATE");
    }
    as_webhook(Method::DELETE, "").send().await.expect_problem(404, "WEBHOOK_NOT_FOUND");
    consumer.view().await;
    let hook = gateway.add_webhook(&json!({"url": url})).await;
    let pulled = gateway.api().get(&format!("/v1/consumers/{}/events", hook.id())).send().await;
    pulled.expect_problem(409, "WEBHOOK_STATE");
    gateway.finish().await;
    world.finish().await;
}
