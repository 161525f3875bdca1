//! A backlog whose batches, as the protocol library hands them over, are larger than a batch of the store.

use trunkline_tests::{Gateway, GatewayEvent, World, judge};

/// Together a little more than 4 MiB, the most that the protocol library gathers.
const TEXTS: usize = 68;
const TEXT_BYTES: usize = 64 << 10;

#[tokio::test]
async fn a_large_backlog_is_taken_in_whole() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    laptop.send_text(&alice, "before it went down").await;
    shop.expect_text("before it went down").await;
    alice.expect_settled(1).await;
    gateway.sigterm().await;
    let missed: Vec<String> =
        (0..TEXTS).map(|number| format!("{number:02} {}", "x".repeat(TEXT_BYTES - 3))).collect();
    for text in &missed {
        laptop.send_text(&alice, text).await;
    }
    gateway.restart().await;
    shop.expect_logged(&missed[TEXTS - 1]).await;
    let (events, newest) = shop.whole_log().await;
    assert_eq!(judge::gap_free(events.iter().map(|event| event.sequence), newest), Vec::<String>::new());
    let came: Vec<&str> =
        events.iter().filter(|event| event.backfilled).filter_map(GatewayEvent::text).collect();
    // Short in the message of a failure: the number is at the front.
    let short = |text: &str| (text.len(), text[..2].to_owned());
    let expected: Vec<_> = missed.iter().map(|text| short(text)).collect();
    assert_eq!(came.into_iter().map(short).collect::<Vec<_>>(), expected);
    alice.expect_settled(1).await;
    gateway.finish().await;
    world.finish().await;
}
