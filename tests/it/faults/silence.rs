//! A peer that keeps the socket open and says nothing.

use std::time::Duration;

use trunkline_tests::{Gateway, World};

/// The protocol library pings every 15 to 30 s and gives up 20 s after a ping that nobody answers; the engine itself calls
/// 90 s without a frame dead, looking every 30 s.
const SILENCE_NOTICED_WITHIN: Duration = Duration::from_secs(130);

#[tokio::test]
async fn a_frozen_peer_is_left_and_found_again() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    alice.freeze_connection(1).await;
    bob.phone().send_text(&alice, "into the ice").await;
    let sent = shop.send_text(&bob, "out of the ice").await;
    let change = shop.expect_state_within("backing_off", SILENCE_NOTICED_WITHIN).await;
    assert_eq!(change["reason"], "silent", "{change}");
    shop.expect_state("open").await;
    shop.expect_text("into the ice").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}
