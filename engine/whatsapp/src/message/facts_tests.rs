use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use ogg::{PacketWriteEndInfo, PacketWriter};

use super::*;
use crate::limits::{STICKER_SIDE_PIXELS, WAVEFORM_VALUES};

fn file(kind: MediaKind, bytes: Bytes) -> MediaUpload {
    let size_bytes = bytes.len() as u64;
    let open = Box::new(|| Ok(Box::new(io::empty()) as Box<dyn io::Read + Send>));
    MediaUpload { kind, open, size_bytes, sealed_path: None, sealed: true }.with(bytes)
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, format).expect("it encodes");
    bytes.into_inner().into()
}

/// An Ogg/Opus file of so many packets of 20 ms, each larger than the one before.
fn opus(packets: usize) -> Bytes {
    let mut file = Vec::new();
    let mut writer = PacketWriter::new(Cursor::new(&mut file));
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&312_u16.to_le_bytes());
    head.extend_from_slice(&[0; 7]);
    writer.write_packet(head, 1, PacketWriteEndInfo::EndPage, 0).expect("written");
    writer.write_packet(b"OpusTags".to_vec(), 1, PacketWriteEndInfo::EndPage, 0).expect("written");
    for number in 0..packets {
        let end = if number + 1 == packets {
            PacketWriteEndInfo::EndStream
        } else {
            PacketWriteEndInfo::NormalPacket
        };
        let position = 312 + (number as u64 + 1) * 960;
        writer.write_packet(vec![1; 10 + number % 200], 1, end, position).expect("written");
    }
    drop(writer);
    file.into()
}

#[test]
fn a_picture_has_a_size_and_a_small_twin() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let prepared = prepare(&file(MediaKind::Image, picture(640, 320, format))).expect("prepared");
        assert_eq!((prepared.facts.width, prepared.facts.height), (Some(640), Some(320)), "{format:?}");
        let small = prepared.facts.thumbnail_jpeg.expect("a thumbnail");
        assert!(small.starts_with(&[0xff, 0xd8]) && small.len() < 8_192, "{} bytes", small.len());
        assert!(prepared.made.is_none());
    }
}

#[test]
fn what_cannot_be_read_goes_as_it_is() {
    let cut = picture(64, 64, ImageFormat::Png).slice(..40);
    for (kind, bytes) in [
        (MediaKind::Image, Bytes::from_static(b"no picture")),
        (MediaKind::Image, cut),
        (MediaKind::Sticker, Bytes::from_static(b"no sticker")),
        (MediaKind::Document, Bytes::from_static(b"%PDF")),
        (MediaKind::Audio, Bytes::new()),
    ] {
        let prepared = prepare(&file(kind, bytes)).expect("prepared");
        assert!(prepared.made.is_none(), "{kind:?}");
        assert_eq!(prepared.facts, MediaFacts::default(), "{kind:?}");
    }
}

#[test]
fn a_picture_becomes_a_sticker() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let prepared = prepare(&file(MediaKind::Sticker, picture(30, 60, format))).expect("prepared");
        let (webp, mime_type) = prepared.made.expect("made anew");
        assert_eq!(mime_type, "image/webp");
        let side = Some(STICKER_SIDE_PIXELS);
        assert_eq!((prepared.facts.width, prepared.facts.height), (side, side));
        let again = prepare(&file(MediaKind::Sticker, webp)).expect("prepared");
        assert!(again.made.is_none(), "a WebP stays as it is");
        assert_eq!((again.facts.width, again.facts.animated), (side, false));
    }
}

#[test]
fn a_sticker_that_moves_says_so_in_its_header() {
    let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
    webp.push(0b10);
    webp.extend_from_slice(&[0; 9]);
    assert!(prepare(&file(MediaKind::Sticker, webp.into())).expect("prepared").facts.animated);
}

#[test]
fn a_voice_note_has_a_length_and_a_shape() {
    for (packets, seconds) in [(1, 1), (50, 1), (51, 2), (500, 10)] {
        let prepared = prepare(&file(MediaKind::Voice, opus(packets))).expect("prepared");
        assert_eq!(prepared.facts.duration_seconds, Some(seconds), "{packets} packets");
        let shape = prepared.facts.waveform.expect("a shape");
        assert_eq!(shape.len(), WAVEFORM_VALUES);
        assert!(shape.iter().all(|value| *value <= 100));
    }
    let shape =
        prepare(&file(MediaKind::Voice, opus(128))).expect("prepared").facts.waveform.expect("a shape");
    assert_eq!((shape[0], shape[63]), (0, 100), "it grows like the packets: {shape:?}");
}

#[test]
fn a_voice_note_of_another_format_is_refused_or_made_anew() {
    let refused = prepare(&file(MediaKind::Voice, Bytes::from_static(b"no sound"))).expect_err("no sound");
    assert!(matches!(refused.reason(), "voice_not_opus" | "media_unusable"), "{refused:?}");
    assert!(!refused.is_retryable());
}
