//! A message to as many people as a group holds.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, GatewayEvent, World};

/// Members beside the gateway's number.
const PEOPLE: usize = 1_024;

/// Longest wait for the first of them to have the message, in milliseconds: the service takes no longer one.
const DELIVERY_MS_MAX: u64 = 120_000;

// proves: messages.send
#[tokio::test]
async fn a_message_reaches_each_of_a_thousand_and_twenty_four_members_once() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let people =
        world.control().post("/accounts/batch", json!({"count": PEOPLE, "first_pn": "4930000000001"})).await;
    let people: Vec<String> = people
        .as_array()
        .expect("accounts")
        .iter()
        .filter_map(|one| one["pn"].as_str())
        .map(str::to_owned)
        .collect();
    assert_eq!(people.len(), PEOPLE);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let wish = json!({"creator": alice.pn(), "subject": "Everybody", "participants": people});
    let made = world.control().post("/groups", wish).await;
    let group = made["gid"].as_str().expect("an id").to_owned();
    let told = |event: &GatewayEvent| (event.data["group"]["id"] == group.as_str()).then_some(());
    shop.expect("the group", told).await;

    let sent = shop.send_text(&group, "a word to everybody").await;
    for pn in &people {
        // Asked until it is there: a thousand sessions take their time in an unoptimised build.
        let inbox = format!("/accounts/{pn}/inbox?received=1&wait_ms={DELIVERY_MS_MAX}");
        let inbox = world.control().get(&inbox).await;
        let texts: Vec<&Value> =
            inbox["messages"].as_array().expect("messages").iter().map(|m| &m["text"]).collect();
        assert_eq!(texts, [&json!("a word to everybody")], "{pn}");
        assert_eq!(inbox["duplicates"], json!(0), "{pn}");
    }
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}
