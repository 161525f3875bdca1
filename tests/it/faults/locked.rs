//! An account that WhatsApp locks keeps its credentials: it may be unlocked.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn a_locked_account_is_parked_and_keeps_its_link() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let end = format!("/connections/{}/end", alice.device_jid(1));
    world.control().post(&end, json!({"error": "403"})).await;
    shop.expect_state_because("parked", "account_locked").await;
    assert_ne!(shop.view().await["linked"], Value::Null);
    // Unlocked, the same device goes on.
    shop.connect().await;
    shop.expect_state("open").await;
    let sent = shop.send_text(&bob, "unlocked again").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}
