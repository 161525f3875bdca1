//! A QR code in a terminal: two modules a character, dark on light whatever the terminal's colours are.

use qrcode::render::unicode::Dense1x2;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// Black on white, and back to the terminal's own colours.
const DARK_ON_LIGHT: &str = "\u{1b}[38;5;16m\u{1b}[48;5;231m";
const AS_BEFORE: &str = "\u{1b}[0m";

/// Draws a code, one line of text for two rows of modules, light border included.
///
/// # Errors
/// When the text does not fit a QR code.
pub fn draw(text: &str, coloured: bool) -> Result<String, QrError> {
    // The lowest level gives the fewest and so the largest modules; a screen has no dirt to correct.
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let renderer = |dark, light| code.render::<Dense1x2>().dark_color(dark).light_color(light).build();
    if !coloured {
        // Without colours the blocks are the light modules, for the dark background that terminals mostly have.
        return Ok(format!("{}\n", renderer(Dense1x2::Light, Dense1x2::Dark)));
    }
    let plain = renderer(Dense1x2::Dark, Dense1x2::Light);
    Ok(plain.lines().map(|line| format!("{DARK_ON_LIGHT}{line}{AS_BEFORE}\n")).collect())
}

/// Moves the cursor up over `lines` lines and clears from there on, so that a new code takes the old one's place.
pub fn erase(lines: usize) -> String {
    format!("\u{1b}[{lines}A\u{1b}[J")
}

#[cfg(test)]
mod tests {
    use qrcode::types::Color;

    use super::*;

    const TEXT: &str = "2@mQ0vJm1eHg,Yx5kq2Zl0aQh,8Xr1Yt0b,PfB1Wv4=,1";
    const QUIET: usize = 4;

    /// Reads the modules back from the characters.
    fn modules(drawn: &str, filled: Color) -> Vec<Vec<Color>> {
        let empty = if filled == Color::Dark { Color::Light } else { Color::Dark };
        let mut rows = Vec::new();
        for line in drawn.lines() {
            let pair = |character| match character {
                '█' => (filled, filled),
                '▀' => (filled, empty),
                '▄' => (empty, filled),
                ' ' => (empty, empty),
                other => panic!("{other:?} is no half block"),
            };
            let pairs: Vec<_> = line.chars().map(pair).collect();
            rows.push(pairs.iter().map(|pair| pair.0).collect());
            rows.push(pairs.iter().map(|pair| pair.1).collect());
        }
        rows
    }

    fn check(drawn: &str, filled: Color) {
        let code = QrCode::with_error_correction_level(TEXT, EcLevel::L).expect("it fits");
        let width = code.width();
        let mut rows = modules(drawn, filled);
        // An odd number of rows leaves half a line over, outside the border.
        rows.truncate(width + 2 * QUIET);
        let inner: Vec<Color> =
            rows[QUIET..QUIET + width].iter().flat_map(|row| row[QUIET..QUIET + width].to_vec()).collect();
        assert_eq!(inner, code.to_colors());
        let border = rows.iter().take(QUIET).flatten().chain(rows.iter().map(|row| &row[0]));
        assert!(border.into_iter().all(|module| *module == Color::Light), "a scanner needs the light border");
    }

    #[test]
    fn what_is_drawn_is_the_code() {
        check(&draw(TEXT, false).expect("it fits"), Color::Light);
        let coloured = draw(TEXT, true).expect("it fits");
        assert!(coloured.lines().all(|line| line.starts_with(DARK_ON_LIGHT) && line.ends_with(AS_BEFORE)));
        check(&coloured.replace(DARK_ON_LIGHT, "").replace(AS_BEFORE, ""), Color::Dark);
    }

    #[test]
    fn a_text_that_is_too_long_is_an_error() {
        assert!(draw(&"x".repeat(3_000), true).is_err());
    }
}
