//! NATS JetStream and RabbitMQ as places that events go to: each event is there, in order, whatever ends and begins again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trunkline_tests::broker::{BROKER_PASSWORD, BROKER_USER, Broker, BrokerKind, Published};
use trunkline_tests::{Gateway, GatewayEvent, Instance, World, judge};

/// Messages that wait for a broker to come back: enough for parcels of every size.
const BACKLOG: usize = 150;

/// What consumers make of the live messages: each event once.
fn told(published: &[Published]) -> Vec<GatewayEvent> {
    let mut seen = BTreeSet::new();
    let live = published.iter().filter(|message| !message.replayed);
    live.filter_map(|message| message.event.clone()).filter(|event| seen.insert(event.id.clone())).collect()
}

/// The broker holds the instance's log from the beginning on, in order, and each message says what it is.
async fn holds_the_log(broker: &Broker, shop: &Instance) -> Vec<Published> {
    let published = broker.published().await;
    let told = told(&published);
    let newest = told.last().map_or(0, |event| event.sequence);
    let sequences = told.iter().map(|event| event.sequence);
    assert_eq!(judge::gap_free(sequences, newest), Vec::<String>::new());
    let logged = shop.all_events().await;
    assert_eq!(logged[..told.len()], told, "broker and log tell the same");
    for message in &published {
        let Some(event) = &message.event else { continue };
        assert_eq!((&message.event_id, &message.to), (&event.id, &Broker::place_of(event)), "{message:?}");
    }
    published
}

async fn every_event_is_there_in_order(kind: BrokerKind) {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    gateway.api().keep_private(BROKER_PASSWORD);
    let mut broker = Broker::start(kind, world.directory()).await;
    broker.make_destination().await;
    let webhook = gateway.add_webhook(&broker.with(json!({}))).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "before everything").await;
    broker.expect_text("before everything").await;

    broker.kill9();
    for number in 0..BACKLOG {
        bob.phone().send_text(&alice, &format!("{number} while the broker is down")).await;
    }
    let last = format!("{} while the broker is down", BACKLOG - 1);
    shop.expect_text(&last).await;
    broker.restart().await;
    broker.expect_text(&last).await;

    gateway.kill9();
    bob.phone().send_text(&alice, "while the gateway is down").await;
    gateway.restart().await;
    let last = broker.expect_text("while the gateway is down").await;

    webhook.until_nothing_waits().await;
    let published = holds_the_log(&broker, &shop).await;
    if kind == BrokerKind::Nats {
        let ids: Vec<&str> = published.iter().map(|message| message.message_id.as_str()).collect();
        let once: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), once.len(), "the stream holds something twice: {ids:?}");
    }
    let again = last.event.expect("it was looked for by its text").id;
    let begun = webhook.post("/replay", json!({"events": [again]})).await;
    assert_eq!(begun.expect(202), json!({"events": 1}));
    let replayed = broker.expect("the replay", |message| message.replayed).await;
    assert_eq!(replayed.event_id, again);
    assert_eq!(replayed.event.map(|event| event.id), Some(again));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_stream_holds_every_event_in_order() {
    every_event_is_there_in_order(BrokerKind::Nats).await;
}

#[tokio::test]
async fn a_queue_holds_every_event_in_order() {
    every_event_is_there_in_order(BrokerKind::RabbitMq).await;
}

/// Nobody takes the events yet. `why` is a part of what the server says of that.
async fn what_has_no_place_waits(kind: BrokerKind, why: &str) {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let broker = Broker::start(kind, world.directory()).await;
    let patient = gateway.add_webhook(&broker.with(json!({}))).await;
    let only_messages = json!({"events": ["message.received"], "retry": {"delays_seconds": [1]}});
    let impatient = gateway.add_webhook(&broker.with(only_messages)).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "for nobody yet").await;
    shop.expect_text("for nobody yet").await;

    let given_up = impatient.until("give up", |view| view["counts"]["dead"] == 1).await;
    assert_eq!(given_up["last_outcome"]["outcome"], "refused", "{given_up}");
    let letters = impatient.get("/dead-letters").await;
    let letter = &letters["data"][0];
    let said = letter["response"].as_str().unwrap_or_default();
    assert!(letter["outcome"] == "refused" && said.contains(why), "{letter}");
    let waiting = patient.view().await;
    assert_eq!(waiting["last_outcome"]["outcome"], "refused", "{waiting}");
    assert!(waiting["pending"].as_u64() > Some(1) && waiting["counts"]["dead"] == 0, "{waiting}");
    let newest = shop.all_events().await.len();

    broker.make_destination().await;
    broker.expect_text("for nobody yet").await;
    patient.until_nothing_waits().await;
    assert!(holds_the_log(&broker, &shop).await.len() >= newest);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn events_wait_for_a_stream_that_takes_them() {
    what_has_no_place_waits(BrokerKind::Nats, "no stream takes the subject").await;
}

#[tokio::test]
async fn events_wait_for_an_exchange_that_takes_them() {
    what_has_no_place_waits(BrokerKind::RabbitMq, "NOT_FOUND - no exchange").await;
}

async fn says_what_is_wrong(kind: BrokerKind) {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut broker = Broker::start(kind, world.directory()).await;
    broker.make_destination().await;
    let wrong = broker.with(json!({"password": "another one"}));
    let webhook = gateway.add_webhook(&wrong).await;
    let tested = async || webhook.post("/test", Value::Null).await.expect(200);
    let told = tested().await;
    assert_eq!(told["outcome"], "unauthorized", "{told}");
    webhook.change(json!({"username": BROKER_USER, "password": BROKER_PASSWORD})).await;
    let told = tested().await;
    assert_eq!(told["outcome"], "delivered", "{told}");
    let message = broker.expect("the test", |message| message.event.is_none()).await;
    assert!(message.message_id.starts_with("test_") && message.message_id == message.event_id, "{message:?}");
    if kind == BrokerKind::RabbitMq {
        webhook.change(json!({"routing_key": "of-nobody"})).await;
        let told = tested().await;
        assert_eq!((&told["outcome"], &told["response"]), (&json!("refused"), &json!("312 NO_ROUTE")));
    }
    broker.kill9();
    let told = tested().await;
    assert_eq!(told["outcome"], "unreachable", "{told}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_nats_server_that_refuses_is_quoted() {
    says_what_is_wrong(BrokerKind::Nats).await;
}

#[tokio::test]
async fn a_rabbitmq_server_that_refuses_is_quoted() {
    says_what_is_wrong(BrokerKind::RabbitMq).await;
}

#[tokio::test]
async fn brokers_inside_are_not_reached() {
    let world = World::start().await;
    let gateway = Gateway::start_with(&world, &[("allow-private-fetch", "false")]).await;
    let nats = |url: &str| json!({"type": "nats", "url": url, "subject": "events"});
    let rabbitmq = |url: &str| {
        let at = json!({"type": "rabbitmq", "url": url, "exchange": "", "routing_key": "events"});
        let mut body = at;
        (body["username"], body["password"]) = (json!("somebody"), json!("something"));
        body
    };
    for body in [nats("nats://127.0.0.1:4222"), nats("tls://[::1]"), rabbitmq("amqp://10.0.0.1/%2f")] {
        let refused = gateway.api().post("/v1/webhooks", &body).send().await;
        let problem = refused.expect_problem(422, "VALIDATION");
        assert_eq!(problem["errors"][0]["field"], "url", "{body}: {problem}");
    }
    for body in [nats("nats://localhost:1"), rabbitmq("amqp://localhost:1")] {
        let told = gateway.add_webhook(&body).await.post("/test", Value::Null).await.expect(200);
        assert_eq!(told["outcome"], "address_refused", "{body}: {told}");
    }
    gateway.finish().await;
    world.finish().await;
}
