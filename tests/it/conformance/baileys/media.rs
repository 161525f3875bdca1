//! Row 56: files, encrypted by one end and opened by the other.

use serde_json::json;
use trunkline_tests::{Media, World};

/// A file of each kind clients know.
fn files() -> [Media; 6] {
    [
        Media::sample("image", "image/jpeg", 40_000).captioned("a picture"),
        Media::sample("video", "video/mp4", 120_000).captioned("a film"),
        Media::sample("audio", "audio/mp4", 30_000),
        Media::sample("voice", "audio/ogg; codecs=opus", 20_000),
        Media::sample("document", "application/pdf", 70_001),
        Media::sample("sticker", "image/webp", 9_000),
    ]
}

#[tokio::test]
async fn row_56_files_between_clients() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    for file in files() {
        desk.send_media(&bob, &file).await;
        let received = laptop.expect_media(file.kind).await;
        assert_eq!(received.mimetype.as_deref(), Some(file.mimetype));
        assert_eq!(received.text.as_deref(), file.caption, "caption of the {}", file.kind);
        assert_eq!(received.file_length, Some(file.bytes.len() as u64));
        assert!(laptop.download(&received).await == file.bytes, "the {} changed on the way", file.kind);
    }
    world.finish().await;
}

#[tokio::test]
async fn row_56_the_phone_opens_what_clients_send() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    for file in files() {
        let sent = desk.send_media(&bob, &file).await;
        let arrived = bob.phone().expect(file.kind, |message| message["id"] == json!(sent.key.id)).await;
        let hash = ring::digest::digest(&ring::digest::SHA256, &file.bytes);
        assert_eq!(arrived["media"]["sha256"], json!(hex::encode(hash)), "{arrived:#}");
    }
    world.finish().await;
}

#[tokio::test]
async fn row_56_clients_open_what_the_phone_sends() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let laptop = bob.link_baileys().await;
    for file in files().into_iter().filter(|file| file.kind != "voice") {
        let media = json!({"kind": file.kind, "base64": file.base64(), "mimetype": file.mimetype, "caption": file.caption});
        alice.phone().send(&bob, json!({"media": media})).await;
        let received = laptop.expect_media(file.kind).await;
        assert_eq!(received.mimetype.as_deref(), Some(file.mimetype));
        assert!(laptop.download(&received).await == file.bytes, "the {} changed on the way", file.kind);
    }
    world.finish().await;
}

#[tokio::test]
async fn row_56_a_file_that_is_gone_is_reported() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    desk.send_media(&bob, &Media::sample("document", "text/plain", 100)).await;
    let received = laptop.expect_media("document").await;
    world.control().fault("media_gone", json!({})).await;
    let error = laptop.must_fail("download", json!({"message": received.key.id})).await;
    assert_eq!(error.status, Some(410), "{error:?}");
    world.finish().await;
}
