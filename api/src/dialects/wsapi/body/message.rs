//! Messages that are to be sent.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::MENTIONS_MAX;
use trunkline_model::message::{
    ContactCard, ContactFields, Content, Lane, LinkCard, LinkPreview, Location, Media, MediaKind, MediaShow,
    MediaSource, Poll, Quote, SendMessage, SendOptions, Text, ValidateSend,
};
use trunkline_model::{Address, Failure, FieldError};

use super::lasting_seconds;
use crate::dialects::wsapi::{anybody, given, jid, wrong};
use crate::json::fields::{Base64, First, Problems};
use crate::json::instance::is_http_url;
use crate::json::send::{Draft, NOT_STORED_YET, PendingFile, is_mime_type};
use crate::limits::MEDIA_URL_BYTES_MAX;

/// What every message may say of itself.
#[derive(Default)]
struct Around {
    to: String,
    mentions: Option<First<String, { MENTIONS_MAX + 1 }>>,
    reply_to: Option<String>,
    reply_to_sender_id: Option<String>,
    is_forwarded: Option<bool>,
    ephemeral_expiration: Option<String>,
}

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($field:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name {
            /// WhatsApp id of the chat, or a phone number.
            to: String,
            /// WhatsApp ids of people named in the text.
            mentions: Option<First<String, { MENTIONS_MAX + 1 }>>,
            /// WhatsApp's id of the message that it answers.
            reply_to: Option<String>,
            /// Who wrote that one; needed in a group.
            reply_to_sender_id: Option<String>,
            /// Whether it is shown as forwarded.
            is_forwarded: Option<bool>,
            /// When it disappears: `off`, `24h`, `7d`, `90d`.
            ephemeral_expiration: Option<String>,
            $($field)*
        }

        impl $name {
            fn around(&mut self) -> Around {
                Around {
                    to: std::mem::take(&mut self.to),
                    mentions: self.mentions.take(),
                    reply_to: self.reply_to.take(),
                    reply_to_sender_id: self.reply_to_sender_id.take(),
                    is_forwarded: self.is_forwarded,
                    ephemeral_expiration: self.ephemeral_expiration.take(),
                }
            }
        }
    };
}

message! {
    /// A text.
    TextBody {
        /// The text.
        text: Option<String>,
        /// The same; `text` comes first.
        message: Option<String>,
    }
}

message! {
    /// A file: inside, or where it is.
    MediaBody {
        /// The file, in base64.
        data: Option<Base64>,
        /// Where the file is.
        url: Option<String>,
        /// The same, in the words of the first generation; the first that is given counts.
        #[serde(flatten)]
        first: FirstGeneration,
        /// Its type.
        mime_type: Option<String>,
        /// The text under it.
        caption: Option<String>,
        /// Whether it can be looked at once.
        view_once: Option<bool>,
        /// Name of a document.
        #[serde(alias = "fileName")]
        filename: Option<String>,
    }
}

macro_rules! first_generation {
    ($($data:ident $url:ident $written:literal $alias:literal),+ $(,)?) => {
        /// Names of files, by their kinds. Clients write several, all but one of them null.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct FirstGeneration {
            $(
                /// A file of this kind, in base64.
                $data: Option<Base64>,
                /// Where a file of this kind is.
                #[serde(rename = $written, alias = $alias)]
                $url: Option<String>,
            )+
        }

        impl FirstGeneration {
            /// The file, and where it is.
            fn take(&mut self) -> (Option<Base64>, Option<String>) {
                let data = [$(self.$data.take()),+].into_iter().flatten().find(|data| !data.0.is_empty());
                let url = [$(self.$url.take()),+].into_iter().flatten().find(|url| !url.is_empty());
                (data, url)
            }
        }
    };
}

first_generation! {
    image_base64 image_url "imageURL" "imageUrl",
    video_base64 video_url "videoURL" "videoUrl",
    audio_base64 audio_url "audioURL" "audioUrl",
    voice_base64 voice_url "voiceURL" "voiceUrl",
    document_base64 document_url "documentURL" "documentUrl",
}

message! {
    /// A sticker.
    StickerBody {
        /// The WebP file, in base64.
        #[serde(alias = "stickerBase64")]
        data: Option<Base64>,
        /// Where the file is.
        #[serde(alias = "stickerURL", alias = "stickerUrl")]
        url: Option<String>,
        /// Its type.
        mime_type: Option<String>,
        /// Whether it moves.
        #[allow(dead_code, reason = "the file itself tells")]
        is_animated: Option<bool>,
    }
}

message! {
    /// A contact card.
    ContactBody {
        /// Name on the card.
        display_name: Option<String>,
        /// The card.
        #[serde(alias = "vCard")]
        vcard: Option<String>,
    }
}

message! {
    /// A point on the map.
    LocationBody {
        /// Degrees north.
        #[schemars(range(min = -90.0, max = 90.0))]
        latitude: Option<f64>,
        /// Degrees east.
        #[schemars(range(min = -180.0, max = 180.0))]
        longitude: Option<f64>,
        /// Name of the place.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
        /// What it links to.
        url: Option<String>,
    }
}

message! {
    /// A text with the card of a link.
    LinkBody {
        /// The text.
        text: String,
        /// The link.
        url: String,
        /// Title on the card; without one the card is made from the page.
        title: Option<String>,
        /// Description on the card.
        description: Option<String>,
        /// A small JPEG, in base64.
        jpeg_thumbnail: Option<Base64>,
    }
}

message! {
    /// A poll.
    PollBody {
        /// The question.
        name: String,
        /// What can be chosen.
        options: Vec<String>,
        /// How many of them at the most.
        selectable_count: Option<u32>,
    }
}

impl Around {
    /// The message of this content, checked.
    fn draft(self, content: Content, file: PendingFile) -> Result<Draft, Failure> {
        let mut problems = Problems::default();
        let to = anybody("to", &self.to)?;
        if to == Address::Status {
            return Err(wrong("to", "is the status; post to /status/text"));
        }
        let mut mentions = Vec::new();
        for (index, mention) in self.mentions.unwrap_or_default().0.iter().enumerate() {
            mentions.extend(problems.keep(format!("mentions.{index}"), mention.parse::<Address>()));
        }
        let participant =
            given(self.reply_to_sender_id).map(|sender| jid("replyToSenderId", &sender)).transpose()?;
        let quote = given(self.reply_to).map(|wa_id| Quote { wa_id, participant, body: None });
        let lasting = given(self.ephemeral_expiration);
        let lasting = lasting.map(|word| lasting_seconds("ephemeralExpiration", &word)).transpose()?;
        let options = SendOptions {
            forwarded: self.is_forwarded.unwrap_or(false),
            expires_in_seconds: lasting.filter(|seconds| *seconds > 0),
            ..SendOptions::default()
        };
        let message =
            SendMessage { to, content, quote, mentions, options, lane: Lane::Interactive, metadata: None };
        problems.extend(message.problems().into_iter().map(in_our_words).collect());
        problems.or(Some(Draft { message, file, idempotency_key: None }))
    }
}

/// A problem of a message with the name that the field has here.
fn in_our_words(problem: FieldError) -> FieldError {
    let name = problem.field.rsplit('.').find(|part| !part.bytes().all(|b| b.is_ascii_digit()));
    let field = match name.unwrap_or_default() {
        "body" => "text",
        "file_name" => "filename",
        "question" => "name",
        "selectable" => "selectableCount",
        "view_once" => "viewOnce",
        "expires_in_seconds" => "ephemeralExpiration",
        "thumbnail" => "jpegThumbnail",
        "wa_id" => "replyTo",
        "participant" => "replyToSenderId",
        other => other,
    };
    FieldError { field: field.to_owned(), ..problem }
}

impl TextBody {
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let body = given(self.text.take())
            .or(given(self.message.take()))
            .ok_or_else(|| wrong("text", "is missing"))?;
        self.around().draft(Content::Text(Text::plain(body)), PendingFile::Nothing)
    }
}

impl MediaBody {
    pub(crate) fn read(mut self, kind: MediaKind) -> Result<Draft, Failure> {
        let filename = given(self.filename.take());
        if kind == MediaKind::Document && filename.is_none() {
            return Err(wrong("filename", "is missing"));
        }
        let shows_once = [MediaKind::Image, MediaKind::Video, MediaKind::Voice].contains(&kind);
        let shown = [MediaKind::Image, MediaKind::Video, MediaKind::Document].contains(&kind);
        let (data, url) = self.first.take();
        let wanted = Wanted {
            data: self.data.take().filter(|data| !data.0.is_empty()).or(data),
            url: given(self.url.take()).or(url),
            mime_type: self.mime_type.take(),
            caption: given(self.caption.take()).filter(|_| shown),
            file_name: filename.filter(|_| kind == MediaKind::Document),
            // Other kinds are never shown once, and clients say so of all of them.
            view_once: self.view_once.unwrap_or(false) && shows_once,
        };
        let (media, file) = wanted.read(kind)?;
        self.around().draft(Content::Media(media), file)
    }
}

impl StickerBody {
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let wanted = Wanted {
            data: self.data.take(),
            url: self.url.take(),
            mime_type: self.mime_type.take(),
            ..Wanted::default()
        };
        let (media, file) = wanted.read(MediaKind::Sticker)?;
        self.around().draft(Content::Media(media), file)
    }
}

/// A file as a body gives it.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) data: Option<Base64>,
    pub(crate) url: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) caption: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) view_once: bool,
}

impl Wanted {
    /// The file, and what of it is in memory.
    ///
    /// # Errors
    /// `VALIDATION` unless there is exactly one source and it is in order.
    pub(crate) fn read(self, kind: MediaKind) -> Result<(Media, PendingFile), Failure> {
        let data = self.data.filter(|data| !data.0.is_empty());
        let (source, file) = match (data, given(self.url)) {
            (Some(data), None) => (MediaSource::Blob(NOT_STORED_YET), PendingFile::Inline(data.0)),
            (None, Some(url)) if is_http_url(&url) && url.len() <= MEDIA_URL_BYTES_MAX => {
                (MediaSource::Url(url), PendingFile::Nothing)
            }
            (None, Some(_)) => return Err(wrong("url", "is not an http or https URL with a host")),
            (None, None) => return Err(wrong("data", "is missing, and so is `url`; give one of them")),
            (Some(_), Some(_)) => return Err(wrong("data", "stands beside `url`; give one of them")),
        };
        let mime_type = given(self.mime_type).or_else(|| {
            let guessed = mime_guess::from_path(self.file_name.as_deref()?);
            guessed.first_raw().map(str::to_owned)
        });
        if mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            return Err(wrong("mimeType", "is not a MIME type such as image/png"));
        }
        let media = Media {
            kind,
            source,
            mime_type,
            caption: self.caption,
            file_name: self.file_name,
            duration_seconds: None,
            show: MediaShow { view_once: self.view_once, gif: false, video_note: false },
        };
        Ok((media, file))
    }
}

impl ContactBody {
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let name = given(self.display_name.take());
        let card = match (given(self.vcard.take()), name) {
            (Some(vcard), name) => {
                let card =
                    ContactCard::of_vcard(vcard).ok_or_else(|| wrong("vcard", "is no vCard with a name"))?;
                ContactCard { name: name.unwrap_or(card.name), vcard: card.vcard }
            }
            (None, Some(name)) => ContactCard::of(ContactFields { name, ..ContactFields::default() }),
            (None, None) => {
                return Err(wrong("displayName", "is missing, and so is `vcard`; give one of them"));
            }
        };
        self.around().draft(Content::Contacts(vec![card]), PendingFile::Nothing)
    }
}

impl LocationBody {
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let degrees = |field: &str, degrees: Option<f64>, most: f64| match degrees.unwrap_or(0.0) {
            // Ten millionths of a degree: about a centimetre.
            degrees if degrees.abs() <= most => Ok((degrees * 1e7).round() as i64),
            _ => Err(wrong(field, format!("is not between -{most} and {most}"))),
        };
        let place = Location {
            latitude_e7: degrees("latitude", self.latitude, 90.0)?,
            longitude_e7: degrees("longitude", self.longitude, 180.0)?,
            name: given(self.name.take()),
            address: given(self.address.take()),
            url: given(self.url.take()),
        };
        self.around().draft(Content::Location(place), PendingFile::Nothing)
    }
}

impl LinkBody {
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let (text, url) = (std::mem::take(&mut self.text), std::mem::take(&mut self.url));
        if !is_http_url(&url) {
            return Err(wrong("url", "is not an http or https URL with a host"));
        }
        // The card belongs to a link in the text; a text without it gets it at its end.
        let body = if text.contains(&url) { text } else { format!("{text}\n{url}") };
        let preview = match given(self.title.take()) {
            Some(title) => LinkPreview::Given(LinkCard {
                url,
                title,
                description: given(self.description.take()),
                thumbnail_jpeg: self.jpeg_thumbnail.take().map(|jpeg| jpeg.0.to_vec()),
            }),
            None => LinkPreview::Fetch,
        };
        self.around().draft(Content::Text(Text { body, preview, style: None }), PendingFile::Nothing)
    }
}

impl PollBody {
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let poll = Poll {
            question: std::mem::take(&mut self.name),
            options: std::mem::take(&mut self.options),
            selectable: self.selectable_count.unwrap_or(1),
        };
        self.around().draft(Content::Poll(poll), PendingFile::Nothing)
    }
}
