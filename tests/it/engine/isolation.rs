//! Two numbers in one gateway: neither sees anything of the other.

use trunkline_tests::{Gateway, GatewayEvent, World};

#[tokio::test]
async fn two_numbers_talk_and_keep_their_own_books() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, clinic) = (gateway.link(&alice).await, gateway.link(&bob).await);
    let there = shop.send_text(&bob, "from shop to clinic").await;
    clinic.expect_text("from shop to clinic").await;
    let back = clinic.send_text(&alice, "from clinic to shop").await;
    shop.expect_text("from clinic to shop").await;
    shop.expect_status(&there, "delivered").await;
    clinic.expect_status(&back, "delivered").await;

    for (instance, own, foreign) in [(&shop, &there, &back), (&clinic, &back, &there)] {
        instance.message(own).await;
        let path = format!("/messages/{}", foreign.id);
        instance.get(&path).await.expect_problem(404, "MESSAGE_NOT_FOUND");
        let listed = instance.get("/messages").await.expect(200);
        let entries = listed["data"].as_array().expect("a page");
        assert!(matches!(entries.as_slice(), [only] if only["id"] == own.id), "{listed}");
        let events = instance.all_events().await;
        assert!(events.iter().all(|event| event.instance == instance.id()), "an event of the other");
        assert_eq!(events.iter().filter_map(GatewayEvent::text).count(), 1);
        assert!(events.iter().all(|event| event.status_of(&foreign.id).is_none()), "a status of the other");
    }
    // A position in one log means nothing in the other.
    let event = shop.all_events().await.pop().expect("an event");
    let stream = gateway.api().get(&clinic.path("/events")).header("accept", "text/event-stream");
    stream.header("last-event-id", &event.id).send().await.expect_problem(400, "MALFORMED_REQUEST");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn the_end_of_one_number_is_not_felt_by_the_other() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, clinic) = (gateway.link(&alice).await, gateway.link(&bob).await);
    alice.phone().unlink(1).await;
    shop.expect_state_because("logged_out", "device_removed").await;
    shop.delete().await.expect(204);
    let sent = clinic.send_text(&carol, "business as usual").await;
    clinic.expect_status(&sent, "delivered").await;
    let states = clinic.all_events().await.iter().filter(|event| event.data["from"] == "open").count();
    assert_eq!(states, 0, "the other number lost its connection");
    gateway.finish().await;
    world.finish().await;
}
