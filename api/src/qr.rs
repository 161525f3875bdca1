//! The QR code on show, drawn.

use qrcode::render::{svg, unicode};
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use trunkline_model::{ErrorCode, Failure};

use crate::limits::{QR_MODULE_PIXELS, QR_QUIET_MODULES};

/// How a QR code is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The text inside, for callers that draw it themselves.
    Text,
    /// Drawn with block characters, for a dark terminal.
    Terminal,
    /// A PNG picture.
    Png,
    /// An SVG picture.
    Svg,
}

impl Format {
    pub(crate) fn parse(word: &str) -> Option<Format> {
        match word {
            "text" => Some(Format::Text),
            "terminal" => Some(Format::Terminal),
            "png" => Some(Format::Png),
            "svg" => Some(Format::Svg),
            _ => None,
        }
    }

    /// The first format that an `Accept` header names, in the caller's order; weights are not read. `None` when it names
    /// none of them.
    pub(crate) fn accepted(accept: &str) -> Option<Format> {
        accept.split(',').find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
            "image/png" | "image/*" => Some(Format::Png),
            "image/svg+xml" => Some(Format::Svg),
            "text/plain" | "text/*" => Some(Format::Text),
            _ => None,
        })
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Text | Format::Terminal => "text/plain; charset=utf-8",
            Format::Png => "image/png",
            Format::Svg => "image/svg+xml",
        }
    }
}

/// Draws a code.
///
/// # Errors
/// `INTERNAL` when the text does not fit a QR code, which no pairing text comes near.
pub(crate) fn draw(text: &str, format: Format) -> Result<Vec<u8>, Failure> {
    let failed = |_| Failure::new(ErrorCode::Internal, "The QR code cannot be drawn.");
    if format == Format::Text {
        return Ok(text.as_bytes().to_vec());
    }
    // The lowest level gives the fewest and so the largest modules; a screen has no dirt to correct.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).map_err(failed)?;
    match format {
        Format::Text => Ok(text.as_bytes().to_vec()),
        Format::Terminal => Ok(code
            .render::<unicode::Dense1x2>()
            .dark_color(unicode::Dense1x2::Light)
            .light_color(unicode::Dense1x2::Dark)
            .build()
            .into_bytes()),
        Format::Svg => Ok(code.render::<svg::Color>().min_dimensions(256, 256).build().into_bytes()),
        Format::Png => {
            png(&code).map_err(|_| Failure::new(ErrorCode::Internal, "The QR code cannot be drawn."))
        }
    }
}

/// One grey byte a pixel, each module a square, light border all around.
fn png(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let modules = code.width();
    let side = (modules + 2 * QR_QUIET_MODULES) * QR_MODULE_PIXELS;
    let mut pixels = vec![u8::MAX; side * side];
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Light {
            continue;
        }
        let left = (index % modules + QR_QUIET_MODULES) * QR_MODULE_PIXELS;
        let top = (index / modules + QR_QUIET_MODULES) * QR_MODULE_PIXELS;
        for row in top..top + QR_MODULE_PIXELS {
            let start = row * side + left;
            pixels[start..start + QR_MODULE_PIXELS].fill(0);
        }
    }
    let side = side as u32;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_shows_the_modules_of_the_code() {
        let code = QrCode::with_error_correction_level("2@abc", EcLevel::L).expect("it fits");
        let bytes = draw("2@abc", Format::Png).expect("it fits");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("it is a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it is small")];
        let side = reader.next_frame(&mut pixels).expect("it has a frame").width as usize;
        assert_eq!(side, (code.width() + 2 * QR_QUIET_MODULES) * QR_MODULE_PIXELS);
        let drawn = (0..code.width() * code.width()).map(|index| {
            let x = (index % code.width() + QR_QUIET_MODULES) * QR_MODULE_PIXELS + QR_MODULE_PIXELS / 2;
            let y = (index / code.width() + QR_QUIET_MODULES) * QR_MODULE_PIXELS + QR_MODULE_PIXELS / 2;
            if pixels[y * side + x] == 0 { Color::Dark } else { Color::Light }
        });
        assert!(drawn.eq(code.to_colors()));
    }

    #[test]
    fn the_accept_header_chooses() {
        let check = |accept: &str, expected| assert_eq!(Format::accepted(accept), expected, "{accept}");
        check("image/avif,image/webp,image/png;q=0.9", Some(Format::Png));
        check("image/svg+xml", Some(Format::Svg));
        check("text/plain; charset=utf-8", Some(Format::Text));
        check("application/json", None);
    }
}
