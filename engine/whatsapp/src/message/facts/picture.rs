//! Pictures: sizes, thumbnails, stickers.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbaImage};
use trunkline_model::record::MediaFacts;

use super::Prepared;
use crate::limits::{
    PICTURE_DECODED_BYTES_MAX, PICTURE_SIDE_PIXELS_MAX, STICKER_SIDE_PIXELS, THUMBNAIL_QUALITY,
    THUMBNAIL_SIDE_PIXELS,
};

/// Size and thumbnail of a picture; nothing of what is no picture, or is too large to be opened here.
pub(super) fn facts(bytes: &[u8]) -> MediaFacts {
    let Some((picture, _)) = open(bytes) else { return MediaFacts::default() };
    MediaFacts {
        width: Some(picture.width()),
        height: Some(picture.height()),
        thumbnail_jpeg: small_jpeg(&picture),
        ..MediaFacts::default()
    }
}

fn open(bytes: &[u8]) -> Option<(DynamicImage, ImageFormat)> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(PICTURE_SIDE_PIXELS_MAX);
    limits.max_image_height = Some(PICTURE_SIDE_PIXELS_MAX);
    limits.max_alloc = Some(PICTURE_DECODED_BYTES_MAX);
    reader.limits(limits);
    let format = reader.format()?;
    Some((reader.decode().ok()?, format))
}

fn small_jpeg(picture: &DynamicImage) -> Option<Vec<u8>> {
    let small = picture.thumbnail(THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS).into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, THUMBNAIL_QUALITY).encode_image(&small).ok()?;
    Some(jpeg)
}

/// A sticker is a WebP; a PNG or JPEG becomes one, in a square that phones expect. What is a WebP already stays as it is, and
/// so does what cannot be read.
pub(super) fn sticker(bytes: &[u8]) -> Prepared {
    if is_webp(bytes) {
        return Prepared::as_it_is(webp_facts(bytes));
    }
    match open(bytes).and_then(|(picture, _)| squared_webp(&picture)) {
        Some(webp) => {
            let facts = MediaFacts {
                width: Some(STICKER_SIDE_PIXELS),
                height: Some(STICKER_SIDE_PIXELS),
                ..MediaFacts::default()
            };
            Prepared { made: Some((webp.into(), "image/webp")), facts }
        }
        None => Prepared::default(),
    }
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

/// Size of a WebP, and whether it moves: the second bit of the flags in its extended header (WebP container specification).
fn webp_facts(bytes: &[u8]) -> MediaFacts {
    const ANIMATION: u8 = 0b10;
    let extended = bytes.get(12..16) == Some(b"VP8X");
    let animated = extended && bytes.get(20).is_some_and(|flags| flags & ANIMATION != 0);
    let size = ImageReader::with_format(Cursor::new(bytes), ImageFormat::WebP).into_dimensions().ok();
    MediaFacts {
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        animated,
        ..MediaFacts::default()
    }
}

/// The picture in the middle of a transparent square, as WebP without loss.
fn squared_webp(picture: &DynamicImage) -> Option<Vec<u8>> {
    let fitted =
        picture.resize(STICKER_SIDE_PIXELS, STICKER_SIDE_PIXELS, image::imageops::FilterType::Triangle);
    let mut square = RgbaImage::new(STICKER_SIDE_PIXELS, STICKER_SIDE_PIXELS);
    let (left, top) =
        ((STICKER_SIDE_PIXELS - fitted.width()) / 2, (STICKER_SIDE_PIXELS - fitted.height()) / 2);
    image::imageops::overlay(&mut square, &fitted.into_rgba8(), left.into(), top.into());
    let mut webp = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut webp);
    encoder
        .encode(&square, STICKER_SIDE_PIXELS, STICKER_SIDE_PIXELS, image::ExtendedColorType::Rgba8)
        .ok()?;
    Some(webp)
}
