//! Text in the body of a message.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::message::{LinkCard, LinkPreview, Text, TextFont, TextStyle};

use super::one_of;
use crate::json::fields::{Base64, Object, Problems, present};

/// A text, with the card of a link in it where one is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Text")]
pub(super) struct TextBody {
    /// The text, with WhatsApp's own markup.
    body: String,
    /// Whether a card is made from the page of the first link in the text.
    #[serde(default)]
    preview: bool,
    /// The card to show instead.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "CardBody")]
    card: Option<Object<CardBody>>,
}

/// The card of a link.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LinkCard")]
struct CardBody {
    /// The link, as it stands in the text.
    url: String,
    /// Title of the page.
    title: String,
    /// What the page says of itself.
    #[serde(default)]
    description: Option<String>,
    /// A small JPEG, in base64.
    #[serde(default)]
    thumbnail: Option<Base64>,
}

impl TextBody {
    pub(super) fn read(self, problems: &mut Problems) -> Text {
        let preview = match (self.preview, self.card) {
            (true, Some(_)) => {
                problems.add("text.card", "stands beside `preview`; give one or the other");
                LinkPreview::None
            }
            (true, None) => LinkPreview::Fetch,
            (false, Some(Object(card))) => LinkPreview::Given(LinkCard {
                url: card.url,
                title: card.title,
                description: card.description,
                thumbnail_jpeg: card.thumbnail.map(|jpeg| jpeg.0.to_vec()),
            }),
            (false, None) => LinkPreview::None,
        };
        Text { body: self.body, preview, style: None }
    }
}

/// A text on a status, with its colours.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StatusText")]
pub(super) struct StatusTextBody {
    /// The text.
    body: String,
    /// Background, `#RRGGBB`.
    #[serde(default)]
    background: Option<String>,
    /// Colour of the text, `#RRGGBB`.
    #[serde(default)]
    color: Option<String>,
    /// Font.
    #[serde(default)]
    font: Option<String>,
}

/// WhatsApp's green.
const BACKGROUND: u32 = 0xff1e_6e4f;
const WHITE: u32 = 0xffff_ffff;

impl StatusTextBody {
    pub(super) fn read(self, problems: &mut Problems) -> Text {
        let font = match self.font.as_deref() {
            None => TextFont::System,
            Some(word) => TextFont::parse(word).unwrap_or_else(|| {
                problems.add("text.font", one_of(TextFont::ALL.map(TextFont::as_str)));
                TextFont::System
            }),
        };
        let style = TextStyle {
            background_argb: color(problems, "text.background", self.background.as_deref(), BACKGROUND),
            text_argb: color(problems, "text.color", self.color.as_deref(), WHITE),
            font,
        };
        Text { body: self.body, preview: LinkPreview::None, style: Some(style) }
    }
}

/// `#RRGGBB` as `0xffRRGGBB`.
fn color(problems: &mut Problems, field: &str, text: Option<&str>, default: u32) -> u32 {
    let Some(text) = text else { return default };
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
    match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(rgb) => 0xff00_0000 | rgb,
        None => {
            problems.add(field, "is not a colour such as #1E6E4F");
            default
        }
    }
}
