//! The webhook: signed, in order, tried until it is taken, and not forgotten over a restart.

use serde_json::json;
use trunkline_tests::gateway::Delivery;
use trunkline_tests::{Gateway, Webhook, World, judge};

// proves: webhook.put
#[tokio::test]
async fn every_event_is_delivered_signed_and_in_order() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    let shop = gateway.link_with(&alice, json!({"webhook": hook.setting(&[])})).await;
    bob.phone().send_text(&alice, "for the webhook").await;
    hook.expect_text("for the webhook").await;
    let deliveries = hook.deliveries();
    assert!(deliveries.iter().all(|delivery| delivery.signed), "a wrong signature: {deliveries:#?}");
    let pulled = shop.all_events().await;
    let newest = pulled[deliveries.len() - 1].sequence;
    let sequences = deliveries.iter().map(|delivery| delivery.event.sequence);
    assert_eq!(judge::gap_free(sequences, newest), Vec::<String>::new());
    let told: Vec<_> = deliveries.into_iter().map(|delivery| delivery.event).collect();
    assert_eq!(pulled[..told.len()], told, "webhook and log tell the same");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_refused_delivery_is_repeated_before_the_next() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let hook = Webhook::start();
    hook.refuse_next(&[500, 503]);
    let set = shop.put_webhook(&hook.setting(&["message.received"])).await;
    assert_eq!(set["webhook"]["events"], json!(["message.received"]));
    assert_eq!(set["webhook"]["secret"], json!(null), "the secret is shown");
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
    assert!(hook.deliveries().iter().all(|delivery| delivery.signed));
    gateway.finish().await;
    world.finish().await;
}

fn told(delivery: &Delivery) -> (String, u16) {
    (delivery.event.text().unwrap_or_default().to_owned(), delivery.answered)
}

#[tokio::test]
async fn a_restart_goes_on_where_delivery_stopped() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let hook = Webhook::start();
    let shop = gateway.link_with(&alice, json!({"webhook": hook.setting(&["message.received"])})).await;
    bob.phone().send_text(&alice, "taken before the restart").await;
    hook.expect_text("taken before the restart").await;
    // This one is refused until the process is gone.
    hook.refuse_next(&[500; 2]);
    bob.phone().send_text(&alice, "refused before the restart").await;
    shop.expect_text("refused before the restart").await;
    hook.expect("a refusal", |delivery| delivery.answered == 500).await;
    gateway.sigterm().await;
    bob.phone().send_text(&alice, "sent during the restart").await;
    gateway.restart().await;
    hook.expect_text("sent during the restart").await;
    let taken: Vec<String> = hook
        .deliveries()
        .iter()
        .map(told)
        .filter(|(_, answered)| *answered == 200)
        .map(|(text, _)| text)
        .collect();
    let expected = ["taken before the restart", "refused before the restart", "sent during the restart"];
    assert_eq!(taken, expected);
    gateway.finish().await;
    world.finish().await;
}

// proves: webhook.delete
#[tokio::test]
async fn a_removed_webhook_hears_no_more() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (hook, next) = (Webhook::start(), Webhook::start());
    let shop = gateway.link_with(&alice, json!({"webhook": hook.setting(&["message.received"])})).await;
    bob.phone().send_text(&alice, "for the first endpoint").await;
    hook.expect_text("for the first endpoint").await;
    shop.delete_webhook().await;
    assert_eq!(shop.view().await["webhook"], json!(null));
    shop.update(json!({"webhook": next.setting(&["message.received"])})).await.expect(200);
    bob.phone().send_text(&alice, "for the second endpoint").await;
    next.expect_text("for the second endpoint").await;
    assert_eq!(hook.deliveries().len(), 1);
    gateway.finish().await;
    world.finish().await;
}
