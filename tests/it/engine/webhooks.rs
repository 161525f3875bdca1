//! Webhooks: signed, in order, tried until they are taken, not forgotten over a restart, and as their settings say.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Delivery, WEBHOOK_SECRET};
use trunkline_tests::{Gateway, Webhook, World, judge};

// proves: webhooks.create
#[tokio::test]
async fn every_event_is_delivered_signed_and_in_order() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    gateway.add_webhook(&hook.with(json!({}))).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "for the webhook").await;
    hook.expect_text("for the webhook").await;
    let deliveries = hook.deliveries();
    let is_signed = |delivery: &Delivery| delivery.is_signed_by(WEBHOOK_SECRET) && delivery.signatures() == 1;
    assert!(deliveries.iter().all(is_signed), "a wrong signature: {deliveries:#?}");
    let pulled = shop.all_events().await;
    let newest = pulled[deliveries.len() - 1].sequence;
    let sequences = deliveries.iter().map(|delivery| delivery.event().sequence);
    assert_eq!(judge::gap_free(sequences, newest), Vec::<String>::new());
    let told: Vec<_> = deliveries.iter().map(|delivery| delivery.event().clone()).collect();
    assert_eq!(pulled[..told.len()], told, "webhook and log tell the same");
    gateway.finish().await;
    world.finish().await;
}

fn told(delivery: &Delivery) -> (String, u16) {
    (delivery.texts().join(""), delivery.answered)
}

// proves: webhooks.deliveries
#[tokio::test]
async fn a_refused_delivery_is_repeated_before_the_next_and_written_down() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let hook = Webhook::start();
    hook.refuse_next(&[500, 503]);
    let webhook = gateway.add_webhook(&hook.with(json!({"events": ["message.received"]}))).await;
    for text in ["the first delivery", "the second delivery"] {
        bob.phone().send_text(&alice, text).await;
    }
    hook.expect_text("the second delivery").await;
    let heard: Vec<(String, u16)> = hook.deliveries().iter().map(told).collect();
    let expected = [
        ("the first delivery", 500),
        ("the first delivery", 503),
        ("the first delivery", 200),
        ("the second delivery", 200),
    ];
    assert_eq!(heard, expected.map(|(text, answered)| (text.to_owned(), answered)));
    assert!(hook.deliveries().iter().all(|delivery| delivery.is_signed_by(WEBHOOK_SECRET)));

    let view = webhook.until("have told both", |view| view["counts"]["delivered"] == 2).await;
    assert_eq!((&view["breaker"], &view["status"]), (&json!("closed"), &json!("active")));
    assert_eq!(view["last_outcome"], json!({"outcome": "delivered", "status": 200, "response": null}));
    let log = webhook.get(&format!("/deliveries?instance={}", shop.id())).await;
    let attempts: Vec<_> = log["data"].as_array().expect("a list").iter().rev().map(attempt).collect();
    let (first, second) =
        (&hook.deliveries()[0].event().id.clone(), &hook.deliveries()[3].event().id.clone());
    let expected = [
        (first, 1, "refused", json!(500), json!("not now")),
        (first, 2, "refused", json!(503), json!("not now")),
        (first, 3, "delivered", json!(200), Value::Null),
        (second, 1, "delivered", json!(200), Value::Null),
    ];
    let expected = expected
        .map(|(event, number, outcome, status, response)| json!([event, number, outcome, status, response]));
    assert_eq!(attempts, expected);
    let failed = webhook.get("/deliveries?failed=true&limit=1").await;
    assert_eq!(failed["data"].as_array().map(Vec::len), Some(1), "{failed}");
    assert_eq!(attempt(&failed["data"][0])[1], 2, "the newest that failed: {failed}");
    gateway.finish().await;
    world.finish().await;
}

fn attempt(record: &Value) -> Value {
    json!([record["event"], record["attempt"], record["outcome"], record["status"], record["response"]])
}

#[tokio::test]
async fn a_restart_goes_on_where_delivery_stopped() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    gateway.add_webhook(&hook.with(json!({"events": ["message.received"]}))).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "taken before the restart").await;
    hook.expect_text("taken before the restart").await;
    // This one is refused until the process is gone.
    hook.refuse_next(&[500; 200]);
    bob.phone().send_text(&alice, "refused before the restart").await;
    shop.expect_text("refused before the restart").await;
    hook.expect("a refusal", |delivery| delivery.answered == 500).await;
    gateway.sigterm().await;
    hook.refuse_no_more();
    bob.phone().send_text(&alice, "sent during the restart").await;
    gateway.restart().await;
    hook.expect_text("sent during the restart").await;
    let expected = ["taken before the restart", "refused before the restart", "sent during the restart"];
    assert_eq!(hook.taken_texts(), expected);
    gateway.finish().await;
    world.finish().await;
}

// proves: webhooks.delete, webhooks.list
#[tokio::test]
async fn a_deleted_webhook_hears_no_more() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (hook, next) = (Webhook::start(), Webhook::start());
    let webhook = gateway.add_webhook(&hook.with(json!({"events": ["message.received"]}))).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "for the first webhook").await;
    hook.expect_text("for the first webhook").await;
    webhook.ask(Method::DELETE, "", Value::Null).await.expect(204);
    webhook.ask(Method::GET, "", Value::Null).await.expect_problem(404, "WEBHOOK_NOT_FOUND");
    let second = gateway.add_webhook(&next.with(json!({"instances": [shop.id()]}))).await;
    let listed = gateway.api().get("/v1/webhooks").send().await.expect(200);
    let ids: Vec<_> =
        listed["data"].as_array().expect("a list").iter().map(|view| view["id"].clone()).collect();
    assert_eq!(ids, [second.id()]);
    bob.phone().send_text(&alice, "for the second webhook").await;
    next.expect_text("for the second webhook").await;
    assert_eq!(hook.deliveries().len(), 1);
    let first = next.deliveries()[0].event().clone();
    assert_eq!(first.text(), Some("for the second webhook"), "what was before it was made is not told");
    gateway.finish().await;
    world.finish().await;
}

// proves: webhooks.get, webhooks.update
#[tokio::test]
async fn a_webhook_hears_of_what_it_asked_for() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let other = gateway.create_instance(json!({"name": "other"})).await;
    let (typed, elsewhere, by_kind) = (Webhook::start(), Webhook::start(), Webhook::start());
    gateway.add_webhook(&typed.with(json!({"events": ["message.*"]}))).await;
    gateway.add_webhook(&elsewhere.with(json!({"instances": ["other"]}))).await;
    let kinds = gateway
        .add_webhook(&by_kind.with(json!({"chat_kinds": ["group"], "events": ["message.received"]})))
        .await;

    bob.phone().send_text(&alice, "a direct message").await;
    typed.expect_text("a direct message").await;
    other.connect().await;
    let theirs = elsewhere.expect("the other instance", |delivery| !delivery.events.is_empty()).await;
    assert_eq!(theirs.event().instance, other.id());

    kinds
        .until("have passed it over", |view| {
            view["counts"]["passed_over"].as_u64() >= Some(1) && view["pending"] == 0
        })
        .await;
    let changed = kinds.change(json!({"chat_kinds": ["direct"], "name": "direct", "concurrency": 1})).await;
    assert_eq!((&changed["chat_kinds"], &changed["name"]), (&json!(["direct"]), &json!("direct")));
    assert_eq!((&changed["url"], &changed["concurrency"]), (&json!(by_kind.url()), &json!(1)));
    bob.phone().send_text(&alice, "another direct message").await;
    by_kind.expect_text("another direct message").await;
    assert_eq!(by_kind.taken_texts(), ["another direct message"]);
    assert!(by_kind.deliveries()[0].is_signed_by(WEBHOOK_SECRET), "a change keeps the secret");
    assert!(typed.deliveries().iter().all(|delivery| delivery.event().kind.starts_with("message.")));
    assert!(elsewhere.deliveries().iter().all(|delivery| delivery.event().instance == other.id()));
    shop.disconnect().await;
    gateway.finish().await;
    world.finish().await;
}

// proves: webhooks.test
#[tokio::test]
async fn a_test_is_delivered_once_with_the_webhooks_own_headers() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    let webhook = gateway.add_webhook(&hook.with(json!({"headers": {"X-Tenant": "4711"}}))).await;
    assert_eq!(webhook.view().await["header_names"], json!(["X-Tenant"]));
    let tested = webhook.post("/test", Value::Null).await.expect(200);
    assert_eq!((&tested["outcome"], &tested["status"]), (&json!("delivered"), &json!(200)));
    hook.refuse_next(&[401]);
    let refused = webhook.post("/test", Value::Null).await.expect(200);
    assert_eq!(
        (&refused["outcome"], &refused["status"], &refused["response"]),
        (&json!("refused"), &json!(401), &json!("not now"))
    );
    let [first, _] = &hook.deliveries()[..] else { panic!("{:#?}", hook.deliveries()) };
    assert_eq!(first.header("x-tenant"), "4711");
    assert!(first.is_signed_by(WEBHOOK_SECRET));
    let body: Value = serde_json::from_slice(&first.body).expect("it is JSON");
    assert_eq!((&body["type"], &body["data"]["webhook"]), (&json!("webhook.test"), &json!(webhook.id())));
    // Names of its own stay; a secret that nobody gave is made up, shown once, and signs.
    let made = gateway.api().post("/v1/webhooks", &json!({"url": hook.url()})).send().await.expect(201);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    gateway.api().keep_private(&secret);
    let path = format!("/v1/webhooks/{}", made["id"].as_str().expect("an id"));
    assert_eq!(gateway.api().get(&path).send().await.expect(200).get("secret"), None);
    gateway.api().request(Method::POST, &format!("{path}/test")).send().await.expect(200);
    assert!(hook.deliveries()[2].is_signed_by(&secret));
    gateway.finish().await;
    world.finish().await;
}

// proves: webhooks.pause, webhooks.resume
#[tokio::test]
async fn what_waited_during_a_pause_comes_together_in_a_batch() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let hook = Webhook::start();
    let batch = json!({"events_max": 3, "wait_ms": 50});
    let webhook =
        gateway.add_webhook(&hook.with(json!({"events": ["message.received"], "batch": batch}))).await;
    let paused = webhook.post("/pause", Value::Null).await.expect(200);
    assert_eq!((&paused["status"], &paused["pause"]["reason"]), (&json!("paused"), &json!("requested")));
    let texts = ["one", "two", "three", "four"];
    for text in texts {
        bob.phone().send_text(&alice, text).await;
        shop.expect_text(text).await;
    }
    gateway.sigterm().await;
    gateway.restart().await;
    let still = webhook.view().await;
    assert_eq!((&still["status"], &still["counts"]["delivered"]), (&json!("paused"), &json!(0)));
    assert_eq!(hook.deliveries().len(), 0);
    let resumed = webhook.post("/resume", Value::Null).await.expect(200);
    assert_eq!((&resumed["status"], &resumed["pause"]), (&json!("active"), &Value::Null));
    hook.expect_text("four").await;
    assert_eq!(hook.taken_texts(), texts);
    let first = &hook.deliveries()[0];
    assert!(first.is_batch && first.texts() == texts[..3], "{first:?}");
    assert!(hook.deliveries().iter().all(|delivery| delivery.is_signed_by(WEBHOOK_SECRET)));
    gateway.finish().await;
    world.finish().await;
}

// proves: webhooks.rotate_secret
#[tokio::test]
async fn a_replaced_secret_signs_beside_the_new_one_for_a_while() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    let webhook = gateway.add_webhook(&hook.with(json!({}))).await;
    let rotate = async |overlap_seconds: u64| {
        let body = json!({"overlap_seconds": overlap_seconds});
        let answer = webhook.post("/rotate-secret", body).await.expect(200);
        let secret = answer["secret"].as_str().expect("a secret").to_owned();
        gateway.api().keep_private(&secret);
        (secret, answer["old_secret_until"].is_string())
    };
    let (fresh, overlaps) = rotate(3_600).await;
    assert!(overlaps && webhook.view().await["old_secret_until"].is_string());
    gateway.create_instance(json!({})).await;
    let during = hook.expect("an event", |delivery| !delivery.events.is_empty()).await;
    assert_eq!(during.signatures(), 2);
    assert!(during.is_signed_by(WEBHOOK_SECRET) && during.is_signed_by(&fresh));

    let (newest, overlaps) = rotate(0).await;
    assert!(!overlaps && webhook.view().await["old_secret_until"].is_null());
    let second = gateway.create_instance(json!({})).await;
    let of_second = |delivery: &Delivery| delivery.events.iter().any(|event| event.instance == second.id());
    let after = hook.expect("an event of the second", of_second).await;
    assert_eq!(after.signatures(), 1);
    assert!(after.is_signed_by(&newest) && !after.is_signed_by(&fresh));
    gateway.finish().await;
    world.finish().await;
}
