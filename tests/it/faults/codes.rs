//! Codes that nobody scans.

use std::time::Duration;

use serde_json::json;
use trunkline_tests::{Gateway, World};

/// The first code is on show for 60 s, five more for 20 s each; the engine's own timer rings after 180 s.
const CODES_END_WITHIN: Duration = Duration::from_secs(200);

#[tokio::test]
async fn codes_that_nobody_scans_run_out() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    shop.connect().await;
    let first = shop.expect_qr().await;
    let change = shop.expect_state_within("new", CODES_END_WITHIN).await;
    assert_eq!(change["reason"], "codes_expired", "{change}");
    let shown = shop.all_events().await.iter().filter(|event| event.kind == "instance.qr").count();
    assert_eq!(shown, 6, "codes shown");
    shop.get("/qr").await.expect_problem(409, "INSTANCE_STATE");
    shop.connect().await;
    shop.expect_state("awaiting_scan").await;
    let fresh = shop.get("/qr?format=text").await;
    assert_ne!(fresh.body, first.as_bytes());
    alice.phone().scan(&String::from_utf8_lossy(&fresh.body)).await;
    shop.expect_state("open").await;
    gateway.finish().await;
    world.finish().await;
}
