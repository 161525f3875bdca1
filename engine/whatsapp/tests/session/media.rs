//! Files both ways.

use std::io::{Cursor, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use trunkline_model::inbound::{InboundContent, InboundMedia};
use trunkline_model::message::SendMessage;
use trunkline_model::message::{BlobRef, Content, Media, MediaKind, MediaShow, MediaSource};
use trunkline_whatsapp::{AttachedMedia, Beside, MediaUpload, SessionError};

use super::support::{ADA, Gateway, Line, OURS, Service, id, text};

fn file(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

/// A file that this kind may have: a voice note is Ogg/Opus.
fn file_of(kind: MediaKind, bytes: usize) -> Vec<u8> {
    if kind != MediaKind::Voice {
        return file(bytes);
    }
    let mut voice = Vec::new();
    let mut writer = ogg::PacketWriter::new(std::io::Cursor::new(&mut voice));
    let packets = [b"OpusHead\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), b"OpusTags".to_vec(), file(bytes)];
    for packet in packets {
        writer.write_packet(packet, 1, ogg::PacketWriteEndInfo::EndPage, 960).expect("written");
    }
    drop(writer);
    voice
}

fn media(kind: MediaKind) -> SendMessage {
    let content = Content::Media(Media {
        kind,
        source: MediaSource::Blob(BlobRef { sha256: [0; 32], size_bytes: 0 }),
        mime_type: None,
        caption: Some("look".into()),
        file_name: Some("plan.pdf".into()),
        duration_seconds: Some(3),
        show: MediaShow::default(),
    });
    SendMessage { content, ..text(ADA, "") }
}

async fn received(gateway: &Gateway, count: usize) -> InboundMedia {
    match gateway.inbox.wait(count).await.pop().expect("a message").content {
        InboundContent::Media(media) => media,
        other => panic!("no file: {other:?}"),
    }
}

async fn send(line: &mut Line, number: u8, kind: MediaKind, plain: &[u8]) {
    let (bytes, size_bytes) = (plain.to_vec(), plain.len() as u64);
    // Every other one is encrypted on disk.
    let dir = tempfile::tempdir().expect("a directory");
    let sealed_path = number.is_multiple_of(2).then(|| dir.path().join("sealed"));
    let open = move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn Read + Send>);
    let upload = MediaUpload { kind, open: Box::new(open), size_bytes, sealed_path, sealed: true };
    let file = line.session.upload(upload).await.expect("uploaded");
    let attached = AttachedMedia { file, mime_type: None, sealed: true };
    line.session
        .send(&id(number), &media(kind), Beside { media: Some(attached), ..Beside::default() })
        .await
        .expect("handed over");
    assert_eq!(line.acknowledged(&id(number)).await, None);
}

async fn download(line: &Line, media: &InboundMedia) -> Result<Vec<u8>, SessionError> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let into = file.reopen().expect("opened again");
    let found = line.session.download(media, into, 100_000).await?;
    let bytes = std::fs::read(file.path()).expect("read");
    let hash = ring::digest::digest(&ring::digest::SHA256, &bytes);
    assert_eq!((&found.sha256[..], found.size_bytes), (hash.as_ref(), bytes.len() as u64));
    Ok(bytes)
}

#[tokio::test]
async fn files_of_every_kind_go_out() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    for (number, kind) in MediaKind::ALL.into_iter().enumerate() {
        send(&mut line, number as u8, kind, &file_of(kind, 1_000 + number)).await;
    }
    let messages = service.inbox(ADA, MediaKind::ALL.len()).await;
    for (number, (message, kind)) in messages.iter().zip(MediaKind::ALL).enumerate() {
        let hash = ring::digest::digest(&ring::digest::SHA256, &file_of(kind, 1_000 + number));
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(message.to_string().contains(&hash), "{kind:?} {message}");
    }
}

#[tokio::test]
async fn files_come_in_and_open() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let line = gateway.link(&service).await;
    for (count, bytes) in [(1, 0), (2, 1), (3, 70_000)] {
        let sent = json!({"kind": "image", "base64": STANDARD.encode(file(bytes)), "mimetype": "image/png"});
        service.post(&format!("/accounts/{ADA}/send"), json!({"to": OURS, "media": sent})).await;
        let media = received(&gateway, count).await;
        assert_eq!((media.kind, media.mime_type.as_deref()), (MediaKind::Image, Some("image/png")));
        assert_eq!(download(&line, &media).await.expect("downloads"), file(bytes));
    }
}

#[tokio::test]
async fn files_that_cannot_be_had_say_why() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let line = gateway.link(&service).await;
    let sent = json!({"kind": "document", "base64": STANDARD.encode(file(99)), "mimetype": "a/b"});
    service.post(&format!("/accounts/{ADA}/send"), json!({"to": OURS, "media": sent})).await;
    let media = received(&gateway, 1).await;

    let large = InboundMedia { size_bytes: Some(u64::MAX), ..media.clone() };
    assert!(matches!(download(&line, &large).await, Err(SessionError::MediaUnusable(_))));
    let gone = InboundMedia { direct_path: "/v/nowhere.enc".into(), ..media.clone() };
    let missing = download(&line, &gone).await;
    assert!(matches!(missing, Err(SessionError::MediaGone)), "{missing:?}");
    let wrong_key = InboundMedia { media_key: vec![9; 32], ..media.clone() };
    let broken = download(&line, &wrong_key).await;
    assert!(matches!(broken, Err(SessionError::MediaUnusable(_))), "{broken:?}");
    let other_file = InboundMedia { file_sha256: vec![9; 32], ..media.clone() };
    let other = download(&line, &other_file).await;
    assert!(matches!(other, Err(SessionError::MediaUnusable(_))), "{other:?}");
    line.session.stop().await;
    assert!(matches!(download(&line, &media).await, Err(SessionError::NotConnected)));
}
