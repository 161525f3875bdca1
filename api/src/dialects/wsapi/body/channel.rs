//! Newsletters and status.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::message::{
    Audience, Content, Lane, MediaKind, SendMessage, SendOptions, Text, TextFont, TextStyle, ValidateSend,
};
use trunkline_model::{Address, Failure};

use super::message::Wanted;
use crate::dialects::wsapi::{given, wrong};
use crate::json::fields::{Base64, Problems};
use crate::json::send::{Draft, PendingFile};

/// A newsletter that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CreateBody {
    /// Its name.
    pub(crate) name: String,
    /// Its description.
    pub(crate) description: Option<String>,
    /// Its picture, in base64, which is not taken.
    pub(crate) picture: Option<String>,
}

/// Changes to a newsletter.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct UpdateBody {
    /// Its new name.
    pub(crate) name: Option<String>,
    /// Its new description.
    pub(crate) description: Option<String>,
}

/// Whether a newsletter is followed.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SubscriptionBody {
    /// Whether it is.
    pub(crate) subscribed: bool,
}

/// Whether a newsletter is silent.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct MuteBody {
    /// Whether it is.
    pub(crate) mute: Option<bool>,
}

/// A text on the status.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StatusTextBody {
    /// The text.
    text: String,
}

/// A file on the status.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusMediaBody {
    /// The file, in base64.
    data: Option<Base64>,
    /// Where the file is.
    url: Option<String>,
    /// Its type.
    mime_type: Option<String>,
    /// The text under it.
    caption: Option<String>,
}

/// White on WhatsApp's green.
const STYLE: TextStyle =
    TextStyle { background_argb: 0xff1e_6e4f, text_argb: 0xffff_ffff, font: TextFont::System };

impl StatusTextBody {
    pub(crate) fn read(self) -> Result<Draft, Failure> {
        if self.text.is_empty() {
            return Err(wrong("text", "is empty"));
        }
        let text = Text { style: Some(STYLE), ..Text::plain(self.text) };
        status(Content::Text(text), PendingFile::Nothing)
    }
}

impl StatusMediaBody {
    pub(crate) fn read(self, kind: MediaKind) -> Result<Draft, Failure> {
        let wanted = Wanted {
            data: self.data,
            url: self.url,
            mime_type: self.mime_type,
            caption: given(self.caption).filter(|_| kind != MediaKind::Audio),
            ..Wanted::default()
        };
        let (media, file) = wanted.read(kind)?;
        status(Content::Media(media), file)
    }
}

/// A status for the account's contacts.
fn status(content: Content, file: PendingFile) -> Result<Draft, Failure> {
    let mut problems = Problems::default();
    let message = SendMessage {
        to: Address::Status,
        content,
        quote: None,
        mentions: Vec::new(),
        options: SendOptions { audience: Audience::Contacts, ..SendOptions::default() },
        lane: Lane::Interactive,
        metadata: None,
    };
    problems.extend(message.problems());
    problems.or(Some(Draft { message, file, idempotency_key: None }))
}
