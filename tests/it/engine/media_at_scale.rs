//! Files as large as they come, and as often as they are wanted: memory does not grow with them, and WhatsApp is not asked twice.

use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, GatewayEvent, Instance, Media, World};

/// A file of the size that the node takes at the most.
const LARGE_BYTES: usize = 100 << 20;
/// Memory that sending or receiving it may take on top of what the process holds.
const EXTRA_BYTES_MAX: u64 = 8 << 20;

/// What a gateway's memory rose by at the most while `work` ran.
async fn extra_memory(gateway: &Gateway, work: impl Future<Output = ()>) -> u64 {
    let resident = gateway.resident();
    resident.forget_peak();
    let before = resident.now();
    work.await;
    resident.peak().saturating_sub(before)
}

/// Sends a document from one gateway to a number of the other, and has the other download it; what each one's memory rose by.
async fn pass(
    sending: (&Gateway, &Instance),
    receiving: (&Gateway, &Instance),
    to: &Account,
    bytes: usize,
) -> [u64; 2] {
    let media = Media::sample("document", "application/pdf", bytes);
    let sent = extra_memory(sending.0, async {
        let sent = sending.1.upload_media(to, &media).await;
        sending.1.expect_status_patiently(&sent, "sent").await;
    });
    let sent = sent.await;
    let received = receiving.1.expect_received("document").await;
    let taken = extra_memory(receiving.0, async {
        let file = receiving.1.download(&received).await;
        assert!(
            file.status == 200 && file.body == media.bytes,
            "the document changed on its way: {}",
            file.status
        );
    });
    [sent, taken.await]
}

// proves: messages.send
#[tokio::test]
async fn capability_media_get_of_a_hundred_megabytes_takes_no_memory_on_either_side() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (near, far) = (Gateway::start(&world).await, Gateway::start(&world).await);
    let (shop, customer) = (near.link(&alice).await, far.link(&bob).await);
    // The code that does it is in memory once it was used.
    pass((&near, &shop), (&far, &customer), &bob, 1_000_003).await;
    let extra = pass((&near, &shop), (&far, &customer), &bob, LARGE_BYTES).await;
    assert!(
        extra.iter().all(|bytes| *bytes < EXTRA_BYTES_MAX),
        "sending took {} KiB more, receiving {} KiB",
        extra[0] >> 10,
        extra[1] >> 10
    );
    near.finish().await;
    far.finish().await;
    world.finish().await;
}

const RECIPIENTS: usize = 1_000;

// proves: messages.send
#[tokio::test]
async fn capability_messages_send_of_one_image_to_a_thousand_people_uploads_it_once() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let made = world.control().post("/accounts/batch", json!({"count": RECIPIENTS})).await;
    let people = made.as_array().expect("accounts").clone();
    assert_eq!(people.len(), RECIPIENTS);
    let image = Media::sample("image", "image/jpeg", 20_011);
    let mut sent = Vec::with_capacity(RECIPIENTS);
    for person in &people {
        let to = format!("{}@s.whatsapp.net", person["pn"].as_str().expect("a number"));
        sent.push(shop.upload_media(&to, &image).await);
    }
    for message in &sent {
        shop.expect_status(message, "sent").await;
    }
    let stats = world.control().get("/stats").await;
    assert_eq!(stats["uploads"], 1, "{stats:#}");
    // And somebody far down the list has the picture.
    let last = people[RECIPIENTS - 1]["pn"].as_str().expect("a number");
    let opened = |inbox: &Value| {
        inbox["messages"].as_array()?.iter().find_map(|message| message["media"]["bytes"].as_u64())
    };
    let bytes = world.control().wait_for("the picture", &format!("/accounts/{last}/inbox"), opened).await;
    assert_eq!(bytes, image.bytes.len() as u64);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_media_get_in_parts_from_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let film = Media::sample("video", "video/mp4", 300_007);
    laptop.send_media(&alice, &film).await;
    let received = shop.expect_received("video").await;
    let url = received.data["video"]["url"].as_str().expect("a URL");
    let part = |range: &'static str| gateway.api().get(url).header("range", range).send();
    let downloads = || async { world.control().get("/stats").await["downloads"].as_u64().expect("a number") };
    let before = downloads().await;
    for (range, begin, end) in
        [("bytes=0-99", 0, 100), ("bytes=299000-", 299_000, 300_007), ("bytes=-7", 300_000, 300_007)]
    {
        let answer = part(range).await;
        assert_eq!(answer.status, 206, "{answer}");
        assert_eq!(answer.header("content-range"), format!("bytes {begin}-{}/300007", end - 1));
        assert!(answer.body == film.bytes[begin..end], "{range} is another part");
    }
    part("bytes=300007-").await.expect_problem(416, "RANGE_NOT_SATISFIABLE");
    assert_eq!(downloads().await, before + 1, "the file was downloaded more than once");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_media_get_asks_the_phone_for_what_the_media_host_forgot() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let image = Media::sample("image", "image/jpeg", 70_001);
    laptop.send_media(&alice, &image).await;
    let received = shop.expect_received("image").await;
    let group = laptop.create_group("Walkers", &[&alice]).await;
    let other = Media::sample("image", "image/png", 9_001);
    laptop.send_media(&group, &other).await;
    let in_group = shop.expect_received("image").await;
    alice.phone().expect("the second picture", |message| message["chat"] == json!(group.id)).await;
    let forgotten = world.control().post("/media/forget", json!({})).await;
    assert!(forgotten["files"].as_u64() >= Some(2), "{forgotten}");
    assert!(shop.download(&received).await.body == image.bytes, "another file came back");
    assert!(shop.download(&in_group).await.body == other.bytes, "another file came back");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_full_spool_refuses_files_and_nothing_else() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start_with(&world, &[("media-quota", "1")]).await;
    let shop = gateway.link(&alice).await;
    shop.disconnect().await;
    shop.expect_state_because("stopped", "requested").await;
    let fits = Media::sample("document", "application/pdf", 700_000);
    shop.upload_media(&bob, &fits).await;
    let more = Media::sample("document", "application/pdf", 700_001);
    let refused = shop.try_upload_media(&bob, &more).await;
    refused.expect_problem(507, "STORAGE_FULL");
    assert!(refused.headers.contains_key("retry-after"), "{refused}");
    assert_eq!(gateway.stored_files().len(), 1, "something was left of what was refused");
    shop.connect().await;
    shop.expect_state("open").await;
    shop.send_text(&bob, "words fit always").await;
    bob.phone().expect_text("words fit always").await;
    let arrived = |event: &GatewayEvent| (event.kind == "message.sent").then_some(());
    shop.expect("the document to be sent", arrived).await;
    gateway.finish().await;
    world.finish().await;
}
