//! Who comes for the events: consumers with a place of their own, and streams over all instances of an account.

use std::collections::HashSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use trunkline_tests::gateway::EventStream;
use trunkline_tests::{Gateway, GatewayEvent, World, judge};

/// Before anything happened.
const BEGINNING: &str = "2020-01-01T00:00:00Z";

/// Events as they came, each the first time only.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    events: Vec<GatewayEvent>,
}

impl Seen {
    fn add(&mut self, event: GatewayEvent) {
        if self.ids.insert(event.id.clone()) {
            self.events.push(event);
        }
    }

    fn has(&self, text: &str) -> bool {
        self.events.iter().any(|event| event.text() == Some(text))
    }

    fn of(&self, instance: &str) -> Vec<GatewayEvent> {
        self.events.iter().filter(|event| event.instance == instance).cloned().collect()
    }
}

// proves: consumers.create, consumers.list, consumers.get, consumers.events, consumers.ack, consumers.delete
#[tokio::test]
async fn a_consumer_that_goes_away_at_random_gets_every_event_once() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let consumer = gateway.add_consumer(&json!({"name": "warehouse"})).await;
    let shop = gateway.link(&alice).await;
    let mut random = StdRng::seed_from_u64(7);
    let mut seen = Seen::default();
    for number in 1..=20 {
        bob.phone().send_text(&alice, &format!("message {number}")).await;
    }
    let mut rounds = 0;
    while !seen.has("message 20") {
        rounds += 1;
        assert!(rounds < 1_000, "it comes to no end: {:#?}", seen.events);
        if rounds == 7 {
            gateway.kill9();
            gateway.restart().await;
        }
        let limit = random.random_range(1..=4);
        // Some go away in the middle, some when they have the events, and some acknowledge them.
        let patience = Duration::from_millis(if random.random_bool(0.2) { 1 } else { 20_000 });
        let Ok(pulled) = timeout(patience, consumer.pull(limit, 10_000)).await else { continue };
        assert!(pulled.events.len() <= limit);
        pulled.events.into_iter().for_each(|event| seen.add(event));
        if let Some(token) = pulled.ack.filter(|_| random.random_bool(0.6)) {
            consumer.ack(&token).await;
        }
    }
    let log = shop.all_events().await;
    assert_eq!(log[..seen.events.len()], seen.events, "the log, in its order");

    while let Some(token) = consumer.pull(100, 0).await.ack {
        consumer.ack(&token).await;
        // What comes before it is done with already.
        consumer.ack(&token).await;
    }
    let view = consumer.view().await;
    let delivered = view["counts"]["delivered"].as_u64().expect("a number");
    assert!(view["pending"] == 0 && delivered >= seen.events.len() as u64, "{view}");
    let problem =
        consumer.post("/ack", json!({"ack": "bm9uc2Vuc2U"})).await.expect_problem(422, "VALIDATION");
    assert_eq!(problem["errors"][0]["field"], "ack");
    let listed = gateway.api().get("/v1/consumers").send().await.expect(200);
    assert_eq!(listed["data"][0]["name"], "warehouse");
    consumer.ask(Method::DELETE, "", Value::Null).await.expect(204);
    consumer.ask(Method::GET, "/events", Value::Null).await.expect_problem(404, "WEBHOOK_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

// proves: events.stream
#[tokio::test]
async fn a_stream_over_all_instances_that_breaks_at_random_tells_every_event_once() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let office = gateway.link(&bob).await;
    let mut random = StdRng::seed_from_u64(11);
    let mut seen = Seen::default();
    let mut last: Option<String> = None;
    for number in 1..=12 {
        bob.phone().send_text(&alice, &format!("message {number}")).await;
        let mut stream = EventStream::open_all(gateway.api(), BEGINNING, last.as_deref()).await;
        for _ in 0..random.random_range(1..=30) {
            let Ok(Some(event)) = timeout(Duration::from_millis(200), stream.next()).await else { break };
            seen.add(event);
        }
        last = stream.last_id().map(str::to_owned).or(last);
    }
    shop.expect_logged("message 12").await;
    let logs = [shop.whole_log().await, office.whole_log().await];
    let total: usize = logs.iter().map(|(events, _)| events.len()).sum();
    let mut stream = EventStream::open_all(gateway.api(), BEGINNING, last.as_deref()).await;
    while seen.events.len() < total {
        let next = timeout(Duration::from_secs(20), stream.next()).await;
        let event = next.ok().flatten().unwrap_or_else(|| panic!("{} of {total} came", seen.events.len()));
        seen.add(event);
    }
    for (instance, (log, newest)) in [&shop, &office].into_iter().zip(logs) {
        let told = seen.of(instance.id());
        let sequences = told.iter().map(|event| event.sequence);
        assert_eq!(judge::gap_free(sequences.take(log.len()), newest), Vec::<String>::new());
        assert_eq!(told[..log.len()], log, "stream and log tell the same");
    }
    let unknown = gateway.api().get("/v1/events").header("last-event-id", "evt_1").send().await;
    unknown.expect_problem(400, "MALFORMED_REQUEST");
    gateway.finish().await;
    world.finish().await;
}

// proves: events.list/wait
#[tokio::test]
async fn a_pull_waits_for_the_first_event() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "before").await;
    shop.expect_text("before").await;
    let (_, newest) = shop.whole_log().await;
    let waiting = shop.get("/events?limit=1&wait_ms=30000");
    assert_eq!(waiting.await.expect(200)["data"][0]["type"], "instance.created", "nothing to wait for");
    let path = format!("/events?after={newest}&wait_ms=30000");
    let (told, ()) = futures_util::join!(shop.get(&path), async {
        bob.phone().send_text(&alice, "after").await;
    });
    assert_eq!(told.expect(200)["data"][0]["sequence"], newest + 1);
    gateway.finish().await;
    world.finish().await;
}

// proves: events.retention_get, events.retention_put
#[tokio::test]
async fn how_long_events_are_kept_is_the_accounts_own_and_outlives_a_restart() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let path = "/v1/events/retention";
    let standard = gateway.api().get(path).send().await.expect(200);
    assert_eq!(standard, json!({"max_age_days": null, "max_bytes_per_instance": null}));
    for (wrong, field) in [
        (json!({"max_age_days": 0, "max_bytes_per_instance": null}), "max_age_days"),
        (json!({"max_age_days": 7}), "max_bytes_per_instance"),
        (json!({"max_age_days": null, "max_bytes_per_instance": 1_000}), "max_bytes_per_instance"),
    ] {
        let refused = gateway.api().request(Method::PUT, path).json(&wrong).send().await;
        assert_eq!(refused.expect_problem(422, "VALIDATION")["errors"][0]["field"], field, "{wrong}");
    }
    let kept = json!({"max_age_days": 7, "max_bytes_per_instance": 2_097_152});
    assert_eq!(gateway.api().request(Method::PUT, path).json(&kept).send().await.expect(200), kept);
    gateway.kill9();
    gateway.restart().await;
    assert_eq!(gateway.api().get(path).send().await.expect(200), kept);
    gateway.finish().await;
    world.finish().await;
}
