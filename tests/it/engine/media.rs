//! Files both ways, every kind, every way of handing one in: what is downloaded is what was sent, byte for byte.

use std::time::Duration;

use http_body_util::Full;
use hyper::{Response, StatusCode};
use serde_json::json;
use trunkline_tests::gateway::{FileServer, WebServer};
use trunkline_tests::{Accepted, Baileys, Gateway, Media, World};

/// A file of each kind, of a length that fills no whole cipher block.
fn every_kind() -> [Media; 6] {
    [
        Media::sample("image", "image/jpeg", 70_001).captioned("a picture of nothing"),
        Media::sample("video", "video/mp4", 150_003).captioned("a film of nothing"),
        Media::sample("audio", "audio/mpeg", 40_007),
        Media::sample("voice", "audio/ogg; codecs=opus", 9_001),
        Media::sample("document", "application/pdf", 65_537),
        Media::sample("sticker", "image/webp", 12_345),
    ]
}

// proves: messages.send/image, messages.send/video, messages.send/audio, messages.send/voice, messages.send/document, messages.send/sticker
#[tokio::test]
async fn every_kind_arrives_at_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    for media in every_kind() {
        let sent = shop.send_media(&bob, &media).await;
        expect_whole(&laptop, &sent, &media).await;
        shop.expect_status(&sent, "delivered").await;
    }
    gateway.finish().await;
    world.finish().await;
}

/// Waits for the file and compares it with what was sent.
async fn expect_whole(laptop: &Baileys, sent: &Accepted, media: &Media) {
    let arrived = laptop.expect_media(media.kind).await;
    assert_eq!(arrived.key.id, sent.wa_id);
    assert_eq!(arrived.mimetype.as_deref(), Some(media.mimetype), "{}", media.kind);
    assert_eq!(arrived.text.as_deref(), media.caption, "{}", media.kind);
    assert!(laptop.download(&arrived).await == media.bytes, "the {} changed on its way", media.kind);
}

// proves: media.get
#[tokio::test]
async fn every_kind_arrives_from_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    for media in every_kind() {
        let sent = laptop.send_media(&alice, &media).await;
        let received = shop.expect_received(media.kind).await;
        assert_eq!(received.data["wa_id"], sent.key.id);
        let shown = &received.data[media.kind];
        assert_eq!(shown["mime_type"], media.mimetype, "{shown}");
        assert_eq!(shown["caption"], json!(media.caption), "{shown}");
        assert_eq!(shown["size_bytes"], media.bytes.len(), "{shown}");
        let file = shop.download(&received).await;
        assert_eq!((file.status, file.header("content-type")), (200, media.mimetype));
        assert!(file.body == media.bytes, "the {} changed on its way", media.kind);
    }
    gateway.finish().await;
    world.finish().await;
}

// proves: messages.send/upload
#[tokio::test]
async fn a_file_is_uploaded_beside_the_message() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let media = Media::sample("document", "application/pdf", 1_500_001).captioned("the long version");
    let sent = shop.upload_media(&bob, &media).await;
    expect_whole(&laptop, &sent, &media).await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_file_goes_when_no_message_waits_for_it_and_not_before() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let [sent, waiting] =
        ["image/png", "image/jpeg"].map(|mime| Media::sample("image", mime, 5_003 + mime.len()));
    let first = shop.upload_media(&bob, &sent).await;
    expect_whole(&laptop, &first, &sent).await;
    shop.expect_status(&first, "sent").await;
    shop.disconnect().await;
    shop.expect_state_because("stopped", "requested").await;
    let second = shop.upload_media(&bob, &waiting).await;
    assert_eq!(gateway.stored_files().len(), 2);

    gateway.sigterm().await;
    gateway.age_stored_files(Duration::from_secs(24 * 3_600));
    gateway.restart().await;
    // The collector works beside everything else.
    while gateway.stored_files().len() > 1 {
        shop.view().await;
    }
    shop.connect().await;
    expect_whole(&laptop, &second, &waiting).await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_file_is_fetched_from_a_url() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let media = Media::sample("image", "image/png", 33_333).captioned("fetched");
    let files = FileServer::start("image/png", media.bytes.clone());
    let sent = shop.send_media_from(&bob, &media, &files.url("picture.png")).await;
    expect_whole(&laptop, &sent, &media).await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_phone_gets_the_same_file() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let media = Media::sample("image", "image/jpeg", 20_011);
    let sent = shop.send_media(&bob, &media).await;
    let seen = bob.phone().expect("the picture", |message| message["id"] == json!(sent.wa_id)).await;
    assert_eq!(seen["media"]["bytes"], media.bytes.len(), "{seen}");

    bob.phone()
        .send(
            &alice,
            json!({"media": {"kind": "image", "base64": media.base64(),
        "mimetype": "image/jpeg", "caption": "back to you"}}),
        )
        .await;
    let received = shop.expect_received("image").await;
    assert_eq!(received.data["image"]["caption"], "back to you");
    assert!(shop.download(&received).await.body == media.bytes, "the picture changed on its way");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn what_has_no_file_has_no_download() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    bob.phone().send_text(&alice, "words and nothing else").await;
    let received = shop.expect_text("words and nothing else").await;
    for id in [format!("med_{:016x}", received.sequence), format!("med_{:016x}", 9_999), "med_1".to_owned()] {
        shop.get(&format!("/media/{id}")).await.expect_problem(404, "MEDIA_NOT_FOUND");
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn an_expired_upload_token_is_renewed() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    world.control().fault("media_auth", json!({"count": 1})).await;
    let media = Media::sample("image", "image/jpeg", 5_003);
    let sent = shop.send_media(&bob, &media).await;
    expect_whole(&laptop, &sent, &media).await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_not_found_and_a_wrong_url_fails_its_message_alone() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let media = Media::sample("image", "image/jpeg", 5_003);
    laptop.send_media(&alice, &media).await;
    let received = shop.expect_received("image").await;
    world.control().fault("media_gone", json!({})).await;
    shop.download(&received).await.expect_problem(404, "MEDIA_NOT_FOUND");
    world.control().clear_faults().await;
    assert!(shop.download(&received).await.body == media.bytes, "the picture changed on its way");

    let missing = WebServer::start(|_| {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    });
    let doomed = shop.send_media_from(&bob, &media, &format!("{}/nothing.jpg", missing.url())).await;
    assert_eq!(shop.expect_failed(&doomed).await, "media_unusable");
    let sent = shop.send_media(&bob, &media).await;
    expect_whole(&laptop, &sent, &media).await;
    gateway.finish().await;
    world.finish().await;
}
