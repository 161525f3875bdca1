//! Uploaded files in a bucket: moto's, which somebody else wrote, and which checks the signature of every request.

use reqwest::Method;
use serde_json::json;
use trunkline_tests::gateway::Metrics;
use trunkline_tests::{Accepted, Account, BucketServer, Gateway, Instance, Media, World};

/// A file of the size that the node takes at the most.
const LARGE_BYTES: usize = 100 << 20;
/// Memory that taking it, and sending it after a restart, may need on top of what the process holds.
const EXTRA_BYTES_MAX: u64 = 12 << 20;
/// Longer than a file stays that no message names, in seconds.
const LONG: u64 = 2 * 3_600;

/// What a gateway's memory rose by at the most while `work` ran.
async fn extra_memory(gateway: &Gateway, work: impl Future<Output = ()>) -> u64 {
    let resident = gateway.resident();
    resident.forget_peak();
    let before = resident.now();
    work.await;
    resident.peak().saturating_sub(before)
}

async fn stop_number(shop: &Instance) {
    shop.disconnect().await;
    shop.expect_state_because("stopped", "requested").await;
}

fn clear_cache(gateway: &Gateway) {
    for file in gateway.stored_files() {
        std::fs::remove_file(file).expect("the file can be removed");
    }
    assert_eq!(gateway.stored_files().len(), 0);
}

/// Waits until the collection, which begins with the start of a gateway, left one of two objects: that of this size in bytes.
async fn expect_only(bucket: &BucketServer, kept: u64) {
    loop {
        let sizes: Vec<u64> = bucket.objects().await.into_iter().map(|(_, bytes)| bytes).collect();
        if sizes == [kept] {
            return;
        }
        assert!(sizes.len() == 2, "what was to stay went: {sizes:?}");
        tokio::task::yield_now().await;
    }
}

// proves: messages.send
#[tokio::test]
async fn a_document_comes_out_of_the_bucket_after_the_disk_lost_it() {
    let world = World::start().await;
    let (alice, carol, bob) =
        (world.account("Alice").await, world.account("Carol").await, world.account("Bob").await);
    let bucket = BucketServer::start(&world).await;
    let mut gateway = Gateway::start_with(&world, &bucket.settings()).await;
    let far = Gateway::start(&world).await;
    gateway.api().keep_private(bucket.secret());
    let (shop, desk) = (gateway.link(&alice).await, gateway.link(&carol).await);
    let customer = far.link(&bob).await;
    stop_number(&shop).await;
    stop_number(&desk).await;
    // The code that does it is in memory once it was used: the desk's file is for that.
    let small = Media::sample("document", "application/pdf", 6_000_001);
    let first = desk.upload_media(&bob, &small).await;
    let large = Media::sample("document", "application/pdf", LARGE_BYTES);
    let mut second = None;
    let taken = extra_memory(&gateway, async { second = Some(shop.upload_media(&bob, &large).await) }).await;
    let mut sizes: Vec<u64> = bucket.objects().await.into_iter().map(|(_, bytes)| bytes).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [small.bytes.len() as u64, LARGE_BYTES as u64]);
    assert_eq!(bucket.unfinished_uploads().await, 0);

    gateway.sigterm().await;
    clear_cache(&gateway);
    gateway.restart().await;
    expect_sent(&desk, &first).await;
    let sent = extra_memory(&gateway, expect_sent(&shop, &second.expect("accepted"))).await;
    for media in [&small, &large] {
        let received = customer.expect_received("document").await;
        assert!(customer.download(&received).await.body == media.bytes, "another file arrived");
    }
    eprintln!("taking {} KiB, sending {} KiB", taken >> 10, sent >> 10);
    assert!(
        taken < EXTRA_BYTES_MAX && sent < EXTRA_BYTES_MAX,
        "taking the file needed {} KiB more, sending it {} KiB",
        taken >> 10,
        sent >> 10
    );
    gateway.finish().await;
    far.finish().await;
    world.finish().await;
}

async fn expect_sent(number: &Instance, waiting: &Accepted) {
    number.connect().await;
    number.expect_state("open").await;
    number.expect_status_patiently(waiting, "sent").await;
}

#[tokio::test]
async fn a_file_that_no_message_needs_leaves_the_bucket() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let bucket = BucketServer::start(&world).await;
    let mut gateway = Gateway::start_with(&world, &bucket.settings()).await;
    let shop = gateway.link(&alice).await;
    let sent = Media::sample("document", "application/pdf", 30_001);
    let accepted = shop.upload_media(&bob, &sent).await;
    shop.expect_status_patiently(&accepted, "sent").await;
    stop_number(&shop).await;
    let waiting = Media::sample("document", "application/pdf", 40_001);
    shop.upload_media(&bob, &waiting).await;
    assert_eq!(bucket.objects().await.len(), 2);
    bucket.age(LONG).await;
    gateway.sigterm().await;
    clear_cache(&gateway);
    gateway.restart().await;
    // The file that a message waits for stays.
    expect_only(&bucket, 40_001).await;
    gateway.finish().await;
    world.finish().await;
}

/// Puts a file at a public address; its id, and the word in the address.
async fn publish(gateway: &Gateway, media: &Media) -> (String, String) {
    let request = gateway.api().request(Method::POST, "/v1/files");
    let made = request.body("application/pdf", media.bytes.clone()).send().await.expect(201);
    let text = |member: &str| made[member].as_str().unwrap_or_else(|| panic!("no {member}: {made}"));
    let word = text("url").rsplit('/').next().expect("a word").to_owned();
    gateway.api().keep_private(&word);
    (text("id").to_owned(), word)
}

#[tokio::test]
async fn a_public_file_comes_out_of_the_bucket_until_it_is_taken_back() {
    let world = World::start().await;
    let bucket = BucketServer::start(&world).await;
    let mut gateway = Gateway::start_with(&world, &bucket.settings()).await;
    let stays = Media::sample("document", "application/pdf", 80_001);
    let (_, word) = publish(&gateway, &stays).await;
    let (id, gone) = publish(&gateway, &Media::sample("document", "application/pdf", 90_001)).await;
    assert_eq!(bucket.objects().await.len(), 2);
    gateway.api().request(Method::DELETE, &format!("/v1/files/{id}")).send().await.expect(204);
    bucket.age(LONG).await;
    gateway.sigterm().await;
    clear_cache(&gateway);
    gateway.restart().await;
    expect_only(&bucket, 80_001).await;
    let visit = async |word: &str| gateway.api().get(&format!("/files/{word}")).key(None).send().await;
    let found = visit(&word).await;
    assert_eq!(found.status, 200, "{found}");
    assert!(found.body == stays.bytes, "another file came");
    visit(&gone).await.expect_problem(404, "FILE_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn nothing_is_accepted_while_the_bucket_cannot_be_reached() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut bucket = BucketServer::start(&world).await;
    let gateway = Gateway::start_with(&world, &bucket.settings()).await;
    let shop = gateway.link(&alice).await;
    bucket.pause().await;
    let media = Media::sample("document", "application/pdf", 50_001);
    let refused = shop.try_upload_media(&bob, &media).await;
    refused.expect_problem(503, "UNAVAILABLE");
    assert!(refused.headers.contains_key("retry-after"), "{refused}");
    assert_eq!(shop.get("/messages").await.expect(200)["data"], json!([]));
    shop.send_text(&bob, "words need no bucket").await;
    bob.phone().expect_text("words need no bucket").await;
    bucket.resume().await;
    let accepted = shop.upload_media(&bob, &media).await;
    shop.expect_status_patiently(&accepted, "sent").await;
    assert_eq!(bucket.objects().await.len(), 1);
    assert_eq!(files_of(&world, &bob).await, 1, "what was refused was sent nevertheless");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn the_disk_is_a_cache_that_gives_up_what_the_bucket_has() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let bucket = BucketServer::start(&world).await;
    let mut settings = bucket.settings().to_vec();
    settings.push(("media-quota", "1"));
    let gateway = Gateway::start_with(&world, &settings).await;
    let (shop, friend) = (gateway.link(&alice).await, bob.link_baileys().await);
    stop_number(&shop).await;
    let files: Vec<Media> =
        (0..3).map(|index| Media::sample("document", "application/pdf", 700_000 + index)).collect();
    for media in &files {
        shop.upload_media(&bob, media).await;
    }
    assert_eq!((bucket.objects().await.len(), gateway.stored_files().len()), (3, 1));
    shop.connect().await;
    shop.expect_state("open").await;
    for media in &files {
        let received = friend.expect_media("document").await;
        assert!(friend.download(&received).await == media.bytes, "another file arrived");
    }
    gateway.finish().await;
    world.finish().await;
}

/// Messages with a file that reached somebody's phone.
async fn files_of(world: &World, account: &Account) -> usize {
    let inbox = world.control().get(&format!("/accounts/{}/inbox", account.pn())).await;
    let messages = inbox["messages"].as_array().expect("messages");
    messages.iter().filter(|message| message["media"].is_object()).count()
}

/// Waits until the gateway counts requests to the bucket of this kind.
async fn expect_counted(gateway: &Gateway, operation: &str, outcome: &str) {
    let labels = [&format!("operation=\"{operation}\"")[..], &format!("outcome=\"{outcome}\"")];
    let is_counted = |metrics: &Metrics| metrics.sum("trunkline_media_bucket_requests_total", &labels) > 0.0;
    gateway.until_metrics("the request to the bucket", is_counted).await;
}

#[tokio::test]
async fn a_message_waits_for_a_file_that_the_bucket_does_not_give() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut bucket = BucketServer::start(&world).await;
    let gateway = Gateway::start_with(&world, &bucket.settings()).await;
    let (shop, friend) = (gateway.link(&alice).await, bob.link_baileys().await);
    stop_number(&shop).await;
    let media = Media::sample("image", "image/jpeg", 60_001);
    let waiting = shop.upload_media(&bob, &media).await;
    bucket.pause().await;
    clear_cache(&gateway);
    shop.connect().await;
    shop.expect_state("open").await;
    expect_counted(&gateway, "fetch", "failed").await;
    bucket.resume().await;
    shop.expect_status_patiently(&waiting, "sent").await;
    let received = friend.expect_media("image").await;
    assert!(friend.download(&received).await == media.bytes, "another file arrived");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_secret_is_told_to_the_operator_and_nothing_is_accepted() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let bucket = BucketServer::start(&world).await;
    let wrong = world.directory().join("wrong.secret");
    std::fs::write(&wrong, "not-the-secret-of-this-bucket").expect("written");
    let mut settings = bucket.settings().to_vec();
    settings.push(("media-s3-secret-key-file", wrong.to_str().expect("UTF-8")));
    let gateway = Gateway::start_with(&world, &settings).await;
    gateway.api().keep_private("not-the-secret-of-this-bucket");
    let shop = gateway.link(&alice).await;
    let media = Media::sample("document", "application/pdf", 50_001);
    shop.try_upload_media(&bob, &media).await.expect_problem(503, "UNAVAILABLE");
    assert_eq!(bucket.objects().await.len(), 0);
    assert!(gateway.log().contains("the bucket for media failed"), "{}", gateway.log());
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn nothing_is_accepted_when_the_bucket_goes_in_the_middle_of_a_file() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let bucket = BucketServer::start(&world).await;
    let gateway = Gateway::start_with(&world, &bucket.settings()).await;
    let shop = gateway.link(&alice).await;
    let large = Media::sample("document", "application/pdf", LARGE_BYTES);
    let killed = async {
        while bucket.unfinished_uploads().await == 0 {
            tokio::task::yield_now().await;
        }
        bucket.kill();
    };
    let (refused, ()) = tokio::join!(shop.try_upload_media(&bob, &large), killed);
    refused.expect_problem(503, "UNAVAILABLE");
    assert!(refused.headers.contains_key("retry-after"), "{refused}");
    assert_eq!(shop.get("/messages").await.expect(200)["data"], json!([]));
    shop.send_text(&bob, "words need no bucket").await;
    bob.phone().expect_text("words need no bucket").await;
    assert_eq!(files_of(&world, &bob).await, 0, "what was refused was sent nevertheless");
    gateway.finish().await;
    world.finish().await;
}
