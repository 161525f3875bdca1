//! Many numbers lose their connection together: the process restarts, or the service drops all of them. They come back in
//! order and at a pace, and everybody can see how far they are.

use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, Instance, World};

/// More than pass at one moment when the rate is one a second.
const NUMBERS: usize = 8;
const SLOW: [(&str, &str); 1] = [("reconnect-rate", "1")];

async fn linked_numbers(world: &World, gateway: &Gateway) -> Vec<(Account, Instance)> {
    let mut numbers = Vec::new();
    for index in 0..NUMBERS {
        let account = world.account(&format!("Number {index}")).await;
        let instance = gateway.link(&account).await;
        numbers.push((account, instance));
    }
    numbers
}

async fn node(gateway: &Gateway) -> Value {
    gateway.api().get("/v1/node").send().await.expect(200)
}

#[tokio::test]
async fn after_a_restart_queued_work_comes_first_and_the_rest_follows_at_the_rate() {
    let world = World::start().await;
    let bob = world.account("Bob").await;
    let mut gateway = Gateway::start_with(&world, &SLOW).await;
    let numbers = linked_numbers(&world, &gateway).await;
    let (busy_account, busy) = &numbers[0];
    // What the service says comes late: the message stays in the outbox.
    busy_account.fault("delay", json!({"value": "60000"})).await;
    let sent = busy.send_text(&bob, "in the outbox").await;
    // Without its work the busy number would come last: all others were active later.
    for (index, (account, instance)) in numbers.iter().enumerate().skip(1) {
        bob.phone().send_text(account, &format!("news {index}")).await;
        instance.expect_text(&format!("news {index}")).await;
    }
    gateway.kill9();
    world.control().clear_faults().await;
    gateway.restart().await;

    busy.expect_state("open").await;
    let status = node(&gateway).await;
    let resume = &status["resume"];
    assert_eq!((&resume["total"], &resume["done"]), (&json!(NUMBERS), &json!(false)), "{resume}");
    let waiting = resume["waiting"].as_u64().expect("a count");
    assert!(waiting >= 1, "the busy number was not among the first: {resume}");
    busy.expect_status(&sent, "delivered").await;
    for (_, instance) in &numbers[1..] {
        instance.expect_state("open").await;
    }
    let status = node(&gateway).await;
    assert_eq!(
        status["resume"],
        json!({"total": NUMBERS, "waiting": 0, "connecting": 0, "open": NUMBERS, "failed": 0,
               "failed_by_reason": {}, "done": true})
    );
    assert_eq!(status["instances"], json!({"open": NUMBERS}));
    assert_eq!(status["shards"][0]["instances"], json!(NUMBERS));
    assert!(status["open_files"]["used"].as_u64() < status["open_files"]["limit"].as_u64(), "{status}");
    let log = gateway.log();
    assert!(
        log.contains("the numbers come back online") && log.contains("the numbers are back online"),
        "{log}"
    );
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn numbers_that_fall_together_come_back_at_the_rate() {
    let world = World::start().await;
    let gateway = Gateway::start_with(&world, &SLOW).await;
    let numbers = linked_numbers(&world, &gateway).await;
    for (account, _) in &numbers {
        account.drop_connection(1).await;
    }
    for (_, instance) in &numbers {
        instance.expect_state_because("backing_off", "connection_lost").await;
        instance.expect_state("open").await;
    }
    let metrics = gateway.metrics().await;
    for kind in ["kind=\"idle\"", "kind=\"asked\""] {
        assert_eq!(metrics.sum("trunkline_reconnect_turns_total", &[kind]), NUMBERS as f64, "{metrics:?}");
    }
    gateway.finish().await;
    world.finish().await;
}
