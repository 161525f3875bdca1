//! The memory governor end to end: a number gives back what its chats took, by a short break that loses nothing.

use trunkline_tests::{Gateway, GatewayEvent, World};

/// So many chats take a client above what one may hold.
const WRITERS: usize = 20;

#[tokio::test]
async fn a_heavy_quiet_number_is_reconnected_and_loses_nothing() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start_with(&world, &[("client-quiet", "1")]).await;
    let shop = gateway.link(&alice).await;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let writer = world.account(&format!("Writer {number}")).await;
        let text = format!("hello from writer {number}");
        writer.phone().send_text(&alice, &text).await;
        shop.expect_text(&text).await;
        writers.push(writer);
    }
    shop.expect_state_because("backing_off", "recycled").await;
    // While it is away, a message waits in the outbox and another one at the service.
    let sent = shop.send_text(&writers[0], "one moment, please").await;
    writers[1].phone().send_text(&alice, "are you still there?").await;
    shop.expect_text("are you still there?").await;
    shop.expect_status(&sent, "delivered").await;
    writers[0].phone().expect_text("one moment, please").await;
    let events = shop.all_events().await;
    let recycled = events.iter().filter(|event| event.data["reason"] == "recycled").count();
    assert_eq!(recycled, 1, "once in an hour");
    assert_eq!(events.iter().filter_map(GatewayEvent::text).count(), WRITERS + 1);
    gateway.finish().await;
    world.finish().await;
}
