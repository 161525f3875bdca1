//! What happens while the gateway is down: the service keeps it, the restart brings it once and in order, and what was
//! accepted before goes out after.

use serde_json::json;
use trunkline_tests::gateway::Delivery;
use trunkline_tests::{Gateway, GatewayEvent, Instance, OfflineMode, SimulatorConfig, Webhook, World, judge};

/// Texts sent while the gateway is down; more than the primer of pull mode.
const BACKLOG: usize = 25;

#[tokio::test]
async fn a_pushed_backlog_comes_once_and_in_order() {
    backlog(SimulatorConfig::default()).await;
}

#[tokio::test]
async fn a_pulled_backlog_comes_once_and_in_order() {
    backlog(SimulatorConfig { offline: OfflineMode::Pull, ..SimulatorConfig::default() }).await;
}

async fn backlog(config: SimulatorConfig) {
    let world = World::start_with(config).await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let hook = Webhook::start();
    gateway.add_webhook(&hook.with(json!({"events": ["message.received"]}))).await;
    laptop.send_text(&alice, "before it went down").await;
    shop.expect_text("before it went down").await;
    alice.expect_settled(1).await;
    gateway.sigterm().await;

    let missed: Vec<String> = (0..BACKLOG).map(|number| format!("while it was down, {number}")).collect();
    for text in &missed {
        laptop.send_text(&alice, text).await;
    }
    gateway.restart().await;
    shop.expect_state("open").await;
    laptop.send_text(&alice, "now that it is back").await;
    shop.expect_text("now that it is back").await;
    expect_backlog(&shop, &missed).await;
    alice.expect_settled(1).await;

    // Confirmed once, never seen again.
    gateway.sigterm().await;
    gateway.restart().await;
    shop.expect_state("open").await;
    laptop.send_text(&alice, "and back once more").await;
    shop.expect_text("and back once more").await;
    expect_backlog(&shop, &missed).await;
    hook.expect_text("and back once more").await;
    let delivered: Vec<GatewayEvent> = hook.deliveries().iter().map(Delivery::event).cloned().collect();
    assert_eq!(texts(&delivered, true), missed, "the webhook was told once, and that they were missed");
    gateway.finish().await;
    world.finish().await;
}

/// The log holds the backlog once, in order and marked; the rest is live.
async fn expect_backlog(shop: &Instance, missed: &[String]) {
    let (events, newest) = shop.whole_log().await;
    assert_eq!(judge::gap_free(events.iter().map(|event| event.sequence), newest), Vec::<String>::new());
    assert_eq!(texts(&events, true), missed, "what is marked as missed");
    assert!(texts(&events, false).iter().all(|text| !missed.contains(text)), "live and missed at once");
}

fn texts(events: &[GatewayEvent], backfilled: bool) -> Vec<String> {
    let of_this_sort = events.iter().filter(|event| event.backfilled == backfilled);
    of_this_sort.filter_map(GatewayEvent::text).map(str::to_owned).collect()
}

#[tokio::test]
async fn receipts_that_were_missed_count_too() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let sent = shop.send_text(&bob, "read it when I am away").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.sigterm().await;
    bob.phone().read(&alice, &[&sent.wa_id]).await;
    gateway.restart().await;
    shop.expect_status(&sent, "read").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn what_was_accepted_offline_goes_out_in_order() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    shop.disconnect().await;
    shop.expect_state_because("stopped", "requested").await;
    let texts: Vec<String> =
        (0..5).map(|number| format!("accepted without a connection, {number}")).collect();
    let mut sent = Vec::new();
    for text in &texts {
        sent.push(shop.send_text(&bob, text).await);
    }
    assert_eq!(shop.view().await["outbox_depth"], 5);
    gateway.sigterm().await;
    gateway.restart().await;
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["outbox_depth"]), (&"stopped".into(), &5.into()), "{view}");
    shop.connect().await;
    shop.expect_state("open").await;
    assert_eq!(laptop.expect_texts(5).await, texts);
    for message in &sent {
        shop.expect_status(message, "sent").await;
    }
    assert_eq!(shop.view().await["outbox_depth"], 0);
    gateway.finish().await;
    world.finish().await;
}
