//! The event log: pulled, streamed, resumed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::timeout;
use trunkline_tests::gateway::EventStream;
use trunkline_tests::{Gateway, GatewayEvent, World, judge};

// proves: events.list
#[tokio::test]
async fn a_stream_resumes_where_it_stopped() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let mut stream = EventStream::open(gateway.api(), shop.id(), None).await;
    bob.phone().send_text(&alice, "before the stream broke").await;
    let mut seen = read_until(&mut stream, "before the stream broke").await;
    drop(stream);
    bob.phone().send_text(&alice, "while nobody listened").await;
    shop.expect_text("while nobody listened").await;

    let last = seen.last().expect("an event").id.clone();
    let mut stream = EventStream::open(gateway.api(), shop.id(), Some(&last)).await;
    seen.extend(read_until(&mut stream, "while nobody listened").await);
    // An orderly stop ends the stream; the position outlives the process.
    gateway.sigterm().await;
    while let Some(event) = stream.next().await {
        seen.push(event);
    }
    gateway.restart().await;
    shop.expect_state("open").await;
    bob.phone().send_text(&alice, "after the restart").await;
    let last = seen.last().expect("an event").id.clone();
    let mut stream = EventStream::open(gateway.api(), shop.id(), Some(&last)).await;
    seen.extend(read_until(&mut stream, "after the restart").await);

    let pulled = shop.all_events().await;
    let newest = pulled[seen.len() - 1].sequence;
    assert_eq!(judge::gap_free(seen.iter().map(|event| event.sequence), newest), Vec::<String>::new());
    assert_eq!(pulled[..seen.len()], seen, "stream and pull tell the same");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_stream_that_breaks_at_random_tells_every_event_once() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let (mut random, mut seen): (StdRng, Vec<GatewayEvent>) = (StdRng::seed_from_u64(13), Vec::new());
    for number in 1..=12 {
        bob.phone().send_text(&alice, &format!("message {number}")).await;
        if number == 6 {
            gateway.kill9();
            gateway.restart().await;
        }
        let last = seen.last().map(|event| event.id.clone());
        let mut stream = EventStream::open(gateway.api(), shop.id(), last.as_deref()).await;
        for _ in 0..random.random_range(0..=4) {
            let Ok(Some(event)) = timeout(Duration::from_millis(200), stream.next()).await else { break };
            seen.push(event);
        }
    }
    let last = seen.last().map(|event| event.id.clone());
    let mut stream = EventStream::open(gateway.api(), shop.id(), last.as_deref()).await;
    while !seen.iter().any(|event| event.text() == Some("message 12")) {
        seen.push(stream.next().await.expect("the stream goes on"));
    }
    let log = shop.all_events().await;
    assert_eq!(log[..seen.len()], seen, "nothing twice, nothing left out");
    gateway.finish().await;
    world.finish().await;
}

async fn read_until(stream: &mut EventStream, text: &str) -> Vec<GatewayEvent> {
    let mut read = Vec::new();
    loop {
        let event = stream.next().await.expect("the stream goes on");
        let found = event.text() == Some(text);
        read.push(event);
        if found {
            return read;
        }
    }
}

// proves: events.list
#[tokio::test]
async fn pages_and_positions_agree() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "the last of the log").await;
    shop.expect_text("the last of the log").await;
    let (all, newest) = shop.whole_log().await;
    assert_eq!(all[0].kind, "instance.created");
    assert_eq!(judge::gap_free(all.iter().map(|event| event.sequence), newest), Vec::<String>::new());

    let mut by_twos = Vec::new();
    let mut cursor = String::new();
    while by_twos.len() < all.len() {
        let page = shop.get(&format!("/events?limit=2{cursor}")).await.expect(200);
        let events = page["data"].as_array().expect("a page").clone();
        assert!((1..=2).contains(&events.len()), "{page}");
        by_twos.extend(events.into_iter().map(|event| event["id"].clone()));
        cursor = format!("&cursor={}", page["next_cursor"].as_str().expect("a cursor"));
    }
    let ids: Vec<_> = all.iter().map(|event| event.id.clone()).collect();
    assert_eq!(by_twos[..ids.len()], ids);

    let third = shop.get("/events?after=2&limit=1").await.expect(200);
    assert_eq!(third["data"][0]["id"], all[2].id);
    let newest = shop.view().await["newest_event"].as_u64().expect("a number");
    assert!(newest >= all.len() as u64);
    shop.get("/events?after=1&cursor=x").await.expect_problem(400, "MALFORMED_REQUEST");
    gateway.finish().await;
    world.finish().await;
}
