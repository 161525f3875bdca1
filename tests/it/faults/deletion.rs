//! A deletion that is cut short is finished by the next start.

use serde_json::json;
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn a_kill_while_an_instance_is_deleted_ends_in_its_deletion() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link_with(&alice, json!({"name": "shop"})).await;
    let sent = shop.send_text(&bob, "soon forgotten").await;
    shop.expect_status(&sent, "delivered").await;
    // The deletion waits for an answer to its logout, which does not come before the kill.
    world.control().fault("withhold_iq", json!({"value": "md/remove-companion-device"})).await;
    tokio::select! {
        answer = shop.delete() => panic!("the logout was not withheld: {answer}"),
        _ = shop.expect_state("deleted") => {}
    }
    shop.act("/connect").await.expect_problem(409, "INSTANCE_STATE");
    gateway.kill9();
    world.control().clear_faults().await;
    gateway.restart().await;
    for path in ["", "/events", "/messages"] {
        shop.get(path).await.expect_problem(404, "INSTANCE_NOT_FOUND");
    }
    let listed = gateway.api().get("/v1/instances").send().await.expect(200);
    assert_eq!(listed["data"], json!([]));
    // The name is free again, and a later start finds nothing left to do.
    gateway.link_with(&alice, json!({"name": "shop"})).await;
    let finished = |log: &str| log.matches("finished a deletion that was cut short").count();
    assert_eq!(finished(&gateway.log()), 1, "{}", gateway.log());
    gateway.kill9();
    gateway.restart().await;
    let again = gateway.api().get("/v1/instances/shop").send().await.expect(200);
    assert_ne!(again["id"], shop.id());
    assert_eq!(finished(&gateway.log()), 1);
    let message = gateway.api().get(&format!("/v1/messages/{}", sent.id)).send().await;
    message.expect_problem(404, "MESSAGE_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}
