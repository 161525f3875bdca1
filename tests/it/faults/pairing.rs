//! Kills in the middle of a pairing.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn a_kill_while_a_code_is_on_show_leads_back_to_the_beginning() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    shop.connect().await;
    shop.expect_qr().await;
    gateway.kill9();
    gateway.restart().await;
    let view = shop.view().await;
    assert_eq!((&view["state"], &view["linked"]), (&json!("new"), &Value::Null));
    shop.get("/qr").await.expect_problem(409, "INSTANCE_STATE");
    shop.connect().await;
    // The first code went with the process; this is another one.
    shop.link_here(&alice).await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_kill_right_after_the_phone_accepted_keeps_the_link() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    for moment in ["pairing", "syncing"] {
        let shop = gateway.create_instance(json!({})).await;
        shop.connect().await;
        let qr = shop.expect_qr().await;
        alice.phone().scan(&qr).await;
        shop.expect_state(moment).await;
        gateway.kill9();
        gateway.restart().await;
        shop.expect_state("open").await;
        assert_eq!(shop.view().await["linked"]["phone"], format!("+{}", alice.pn()));
        let sent = shop.send_text(&bob, &format!("killed while {moment}")).await;
        shop.expect_status(&sent, "delivered").await;
        bob.phone().send_text(&alice, &format!("hello after {moment}")).await;
        shop.expect_text(&format!("hello after {moment}")).await;
    }
    gateway.finish().await;
    world.finish().await;
}
