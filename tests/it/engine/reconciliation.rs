//! The books of the events: what was committed is what endpoints took, passed over, gave up, lost to retention, or still wait for.

use serde_json::json;
use trunkline_tests::gateway::Metrics;
use trunkline_tests::{Gateway, Webhook, World};

/// What became of the events of the live lanes.
const ENDS: [&str; 4] = ["delivered", "passed_over", "dead", "expired"];

/// Events that a kind of endpoint accounts for, those that wait included.
fn accounted(metrics: &Metrics, target: &str) -> f64 {
    let labels = [&format!("target=\"{target}\"")[..], "lane=\"live\""];
    let ended = ENDS.iter().map(|end| metrics.sum(&format!("trunkline_events_{end}_total"), &labels));
    ended.sum::<f64>() + metrics.sum("trunkline_events_pending", &labels)
}

fn committed(metrics: &Metrics) -> f64 {
    metrics.sum("trunkline_events_committed_total", &[])
}

#[tokio::test]
async fn committed_is_delivered_passed_over_dead_and_pending() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    let retry = json!({"base_ms": 100, "cap_ms": 200, "give_up_after_seconds": 1});
    let settings = json!({"events": ["message.received"], "retry": retry});
    let webhook = gateway.add_webhook(&hook.with(settings)).await;
    let consumer = gateway.add_consumer(&json!({})).await;
    let shop = gateway.link(&alice).await;
    for number in 1..=5 {
        bob.phone().send_text(&alice, &format!("taken {number}")).await;
    }
    hook.expect_text("taken 5").await;
    hook.refuse_next(&[500; 200]);
    bob.phone().send_text(&alice, "given up").await;
    shop.expect_event("webhook.paused").await;
    for number in 1..=3 {
        bob.phone().send_text(&alice, &format!("waits {number}")).await;
    }
    shop.expect_logged("waits 3").await;
    let pulled = consumer.pull(4, 0).await;
    consumer.ack(&pulled.ack.expect("a token")).await;

    // What waits is counted now and then: until the count is a new one the sums may be of different times.
    let agree = |metrics: &Metrics| {
        let committed = committed(metrics);
        let waiting = metrics.sum("trunkline_events_pending", &["target=\"http\""]);
        waiting >= 3.0 && accounted(metrics, "http") == committed && accounted(metrics, "pull") == committed
    };
    let metrics = gateway.until_metrics("books that agree", agree).await;
    let of = |name: &str, target: &str| metrics.sum(name, &[&format!("target=\"{target}\"")]);
    let (log, newest) = shop.whole_log().await;
    assert_eq!(committed(&metrics), newest as f64);
    assert_eq!(of("trunkline_events_delivered_total", "http"), 5.0);
    assert_eq!(of("trunkline_events_dead_total", "http"), 1.0);
    assert_eq!(of("trunkline_events_delivered_total", "pull"), 4.0);
    assert_eq!(of("trunkline_events_pending", "pull"), log.len() as f64 - 4.0);
    assert_eq!(of("trunkline_event_delivery_lag_seconds_count", "http"), 5.0);
    // The same books, as the API shows them.
    let view = webhook.view().await;
    let counted = ENDS.iter().filter_map(|end| view["counts"][end].as_u64()).sum::<u64>();
    assert_eq!(counted + view["pending"].as_u64().expect("a number"), newest, "{view}");
    gateway.finish().await;
    world.finish().await;
}
