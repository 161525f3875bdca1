//! Lanes: the bulk messages of a shard's numbers take turns, and what somebody waits for does not wait for them.

use serde_json::{Value, json};
use trunkline_tests::{Accepted, Account, Gateway, Instance, World, judge};

/// Bulk messages of each number: several times what may be unacknowledged, were they not acknowledged meanwhile.
const BULK: usize = 60;

#[tokio::test]
async fn bulk_of_two_numbers_goes_whole_and_in_order_and_holds_up_nobody() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (carol, dave) = (world.account("Carol").await, world.account("Dave").await);
    let gateway = Gateway::start(&world).await;
    let (shop, clinic) = (gateway.link(&alice).await, gateway.link(&bob).await);
    let in_lane = |instance: &Instance, lane: &str, to: &Account, text: &str| {
        let mut body = instance.text_body(to, text);
        body["lane"] = json!(lane);
        body
    };
    let texts = |who: &str| (0..BULK).map(|n| format!("{who} has a sale, part {n}")).collect::<Vec<_>>();
    let (of_shop, of_clinic) = (texts("the shop"), texts("the clinic"));
    let floods = async |instance: &Instance, texts: &[String]| {
        let mut last = None;
        for text in texts {
            last = Some(instance.send(in_lane(instance, "bulk", &carol, text)).await);
        }
        last.expect("there are some")
    };
    let (last_of_shop, last_of_clinic) = tokio::join!(floods(&shop, &of_shop), floods(&clinic, &of_clinic));
    let code: Accepted = shop.send(in_lane(&shop, "otp", &dave, "your code is 2468")).await;
    shop.expect_status(&code, "delivered").await;
    shop.expect_status(&last_of_shop, "delivered").await;
    clinic.expect_status(&last_of_clinic, "delivered").await;

    let received: Vec<String> = carol.phone().inbox().await.iter().filter_map(text).collect();
    for sent in [&of_shop, &of_clinic] {
        assert_eq!(judge::in_order(sent, &received), Vec::<String>::new());
    }
    assert_eq!(received.len(), 2 * BULK, "something came twice");
    gateway.finish().await;
    world.finish().await;
}

fn text(message: &Value) -> Option<String> {
    message["text"].as_str().map(str::to_owned)
}
