//! Messages: what one is, the member says that it has.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::{MENTIONS_MAX, WA_MESSAGE_ID_BYTES_MAX};
use trunkline_model::message::{
    ContactCard, ContactFields, Content, Lane, Location, Media, MediaKind, MediaShow, MediaSource, Poll,
    Quote, SendMessage, SendOptions, Text, ValidateSend,
};
use trunkline_model::{Address, Failure, FieldError};

use super::{Loose, text};
use crate::dialects::aduta::{anybody, given, wrong};
use crate::json::fields::{First, Problems};
use crate::json::instance::is_http_url;
use crate::json::send::is_mime_type;
use crate::limits::MEDIA_URL_BYTES_MAX;

/// A message. The first of `poll`, `location`, `contact`, `sticker`, `document`, `audio`, `video`, `image` and `text` that is there
/// is what it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "SendMessage")]
pub(crate) struct SendBody {
    /// Digits of a phone number with its country code, or the WhatsApp id of a person, group or channel.
    to: Option<Loose>,
    /// The text; beside a file the text under it.
    text: Option<String>,
    /// A picture.
    image: Option<FileBody>,
    /// Where a picture is, in the words of WasenderAPI.
    image_url: Option<String>,
    /// A video.
    video: Option<FileBody>,
    /// Where a video is.
    video_url: Option<String>,
    /// An audio file, or a voice note.
    audio: Option<FileBody>,
    /// Where a voice note is.
    audio_url: Option<String>,
    /// A file to save.
    document: Option<FileBody>,
    /// Where a file to save is.
    document_url: Option<String>,
    /// Name of the file to save.
    file_name: Option<String>,
    /// A sticker.
    sticker: Option<FileBody>,
    /// Where a sticker is.
    sticker_url: Option<String>,
    /// A point on the map.
    location: Option<LocationBody>,
    /// A contact card.
    contact: Option<CardBody>,
    /// A poll.
    poll: Option<PollBody>,
    /// The message that it answers.
    quoted: Option<QuotedBody>,
    /// WhatsApp's id of the message that it answers.
    quoted_message_id: Option<Loose>,
    /// The same, or the number that the service gave that message.
    reply_to: Option<Loose>,
    /// Whether it can be looked at once.
    view_once: Option<bool>,
    /// People named in the text: phone numbers or WhatsApp ids.
    mentions: Option<First<Loose, { MENTIONS_MAX + 1 }>>,
}

/// A file: where it is, or that with what is said of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum FileBody {
    Url(String),
    Described(DescribedFile),
}

/// A file with what is said of it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DescribedFile {
    /// Where it is.
    url: String,
    /// The text under it.
    caption: Option<String>,
    /// Name of a file to save.
    file_name: Option<String>,
    /// Its type.
    mimetype: Option<String>,
    /// Whether an audio file is a voice note.
    ptt: Option<bool>,
    /// Whether it can be looked at once.
    view_once: Option<bool>,
}

/// A point on the map.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct LocationBody {
    /// Degrees north.
    latitude: Option<f64>,
    /// Degrees east.
    longitude: Option<f64>,
    /// Name of the place.
    name: Option<String>,
    /// Its address.
    address: Option<String>,
}

/// A contact card.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CardBody {
    /// The name on it.
    full_name: Option<String>,
    /// The same, in the words of WasenderAPI.
    name: Option<String>,
    /// The number on it.
    phone_number: Option<Loose>,
    /// The same, in the words of WasenderAPI.
    phone: Option<Loose>,
}

/// A poll.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PollBody {
    /// The question.
    name: Option<String>,
    /// The same, in the words of WasenderAPI.
    question: Option<String>,
    /// What can be chosen.
    options: Vec<String>,
    /// How many of them at the most; 1 when nothing is said.
    selectable_count: Option<u32>,
    /// Whether any number of them, in the words of WasenderAPI.
    multi_select: Option<bool>,
}

/// A message that is answered: its id, or that with its author.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum QuotedBody {
    Id(Loose),
    Described(DescribedQuote),
}

/// A message that is answered.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DescribedQuote {
    /// WhatsApp's id of it.
    message_id: Option<Loose>,
    /// The same, and who wrote it.
    key: Option<KeyBody>,
    /// Who wrote it; needed in a group, unless the session itself did.
    participant: Option<String>,
}

/// A message, as WhatsApp names it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct KeyBody {
    /// WhatsApp's id of it.
    id: Option<String>,
    /// The chat.
    remote_jid: Option<String>,
    /// Whether the session wrote it.
    #[allow(dead_code, reason = "a receipt is of others' messages, and what was quoted is looked up")]
    from_me: Option<bool>,
    /// Who wrote it, in a group.
    participant: Option<String>,
}

/// The message that another one answers, as it was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Quoted {
    /// WhatsApp's id of it, or the number that the service gave it.
    pub(crate) id: String,
    /// Who wrote it.
    pub(crate) participant: Option<String>,
}

/// New words for a message.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct EditBody {
    /// The words.
    pub(crate) text: String,
}

/// A received message that was read.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ReadBody {
    /// Which.
    key: Option<KeyBody>,
}

/// What is to be shown in a chat.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PresenceBody {
    /// WhatsApp id of the chat.
    pub(crate) jid: Option<Loose>,
    /// `composing`, `recording`, `paused`, `available` or `unavailable`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// How long, in milliseconds.
    pub(crate) delay_ms: Option<u64>,
}

impl SendBody {
    /// The message that it answers, if it answers one.
    pub(crate) fn quoted(&mut self) -> Option<Quoted> {
        let (id, participant) = match self.quoted.take() {
            Some(QuotedBody::Id(id)) => (text(Some(id)), None),
            Some(QuotedBody::Described(quote)) => {
                let (id, author) = quote.key.map_or((None, None), |key| (key.id, key.participant));
                (text(quote.message_id).or(given(id)), given(quote.participant).or(given(author)))
            }
            None => (None, None),
        };
        let id = id.or(text(self.quoted_message_id.take())).or(text(self.reply_to.take()))?;
        Some(Quoted { id, participant })
    }

    /// The message, checked. `quote` is what it answers.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(mut self, quote: Option<Quote>) -> Result<SendMessage, Failure> {
        let to = text(self.to.take()).ok_or_else(|| wrong("to", "is missing"))?;
        let to = anybody("to", &to)?;
        if to == Address::Status {
            return Err(wrong("to", "is the status, which this service does not have"));
        }
        let (member, content) = self.content()?;
        let mut problems = Problems::default();
        let mut mentions = Vec::new();
        for (index, Loose(mention)) in self.mentions.unwrap_or_default().0.iter().enumerate() {
            mentions.extend(problems.keep(format!("mentions.{index}"), mention.parse::<Address>()));
        }
        let options = SendOptions::default();
        let message =
            SendMessage { to, content, quote, mentions, options, lane: Lane::Interactive, metadata: None };
        problems
            .extend(message.problems().into_iter().map(|problem| in_our_words(member, problem)).collect());
        problems.or(Some(message))
    }

    /// What the message is, and the member that says so.
    fn content(&mut self) -> Result<(&'static str, Content), Failure> {
        if let Some(poll) = self.poll.take() {
            return Ok(("poll", Content::Poll(poll.read())));
        }
        if let Some(location) = self.location.take() {
            return Ok(("location", Content::Location(location.read()?)));
        }
        if let Some(card) = self.contact.take() {
            return Ok(("contact", Content::Contacts(vec![card.read()?])));
        }
        if let Some((member, media)) = self.file()? {
            return Ok((member, Content::Media(media)));
        }
        match given(self.text.take()) {
            Some(text) => Ok(("text", Content::Text(Text::plain(text)))),
            None => Err(wrong(
                "text",
                "is missing, and so are `image`, `video`, `audio`, `document`, `sticker`, `location`, `contact` and `poll`; give \
                 one of them",
            )),
        }
    }

    fn file(&mut self) -> Result<Option<(&'static str, Media)>, Failure> {
        let voice = |file: &DescribedFile| file.ptt == Some(true);
        let members: [(&'static str, MediaKind, Option<FileBody>, Option<String>); 5] = [
            ("sticker", MediaKind::Sticker, self.sticker.take(), self.sticker_url.take()),
            ("document", MediaKind::Document, self.document.take(), self.document_url.take()),
            ("audio", MediaKind::Audio, self.audio.take(), self.audio_url.take()),
            ("video", MediaKind::Video, self.video.take(), self.video_url.take()),
            ("image", MediaKind::Image, self.image.take(), self.image_url.take()),
        ];
        for (member, mut kind, file, url) in members {
            let mut file = match (file, given(url)) {
                (Some(FileBody::Described(file)), _) => file,
                (Some(FileBody::Url(url)), _) => DescribedFile { url, ..DescribedFile::default() },
                // WasenderAPI has no other audio than this.
                (None, Some(url)) => {
                    DescribedFile { url, ptt: Some(kind == MediaKind::Audio), ..DescribedFile::default() }
                }
                (None, None) => continue,
            };
            let once = file.view_once.or(self.view_once).unwrap_or(false);
            // What is heard once is a voice note.
            if kind == MediaKind::Audio && (voice(&file) || once) {
                kind = MediaKind::Voice;
            }
            file.caption = given(file.caption).or(given(self.text.take()));
            file.file_name = given(file.file_name).or(given(self.file_name.take()));
            file.view_once = Some(once);
            return Ok(Some((member, file.read(member, kind)?)));
        }
        Ok(None)
    }
}

impl DescribedFile {
    fn read(self, member: &str, kind: MediaKind) -> Result<Media, Failure> {
        if !is_http_url(&self.url) || self.url.len() > MEDIA_URL_BYTES_MAX {
            return Err(wrong(&format!("{member}.url"), "is not an http or https URL with a host"));
        }
        let path = || url::Url::parse(&self.url).ok().map(|url| url.path().to_owned());
        let last = || path()?.rsplit('/').next().map(str::to_owned);
        let is_document = kind == MediaKind::Document;
        let named = self.file_name.clone().or_else(last).filter(|name| !name.is_empty());
        let file_name = is_document.then(|| named.unwrap_or_else(|| "file".to_owned()));
        let mime_type = given(self.mimetype).or_else(|| {
            let guessed = mime_guess::from_path(file_name.as_deref()?);
            guessed.first_raw().map(str::to_owned)
        });
        if mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            return Err(wrong(&format!("{member}.mimetype"), "is not a MIME type such as image/png"));
        }
        let shown = [MediaKind::Image, MediaKind::Video, MediaKind::Document].contains(&kind);
        let shows_once = [MediaKind::Image, MediaKind::Video, MediaKind::Voice].contains(&kind);
        Ok(Media {
            kind,
            source: MediaSource::Url(self.url),
            mime_type,
            caption: self.caption.filter(|_| shown),
            file_name,
            duration_seconds: None,
            show: MediaShow {
                view_once: self.view_once == Some(true) && shows_once,
                gif: false,
                video_note: false,
            },
        })
    }
}

impl LocationBody {
    fn read(self) -> Result<Location, Failure> {
        let degrees = |field: &str, degrees: Option<f64>, most: f64| match degrees {
            // Ten millionths of a degree: about a centimetre.
            Some(degrees) if degrees.abs() <= most => Ok((degrees * 1e7).round() as i64),
            Some(_) => Err(wrong(field, format!("is not between -{most} and {most}"))),
            None => Err(wrong(field, "is missing")),
        };
        Ok(Location {
            latitude_e7: degrees("location.latitude", self.latitude, 90.0)?,
            longitude_e7: degrees("location.longitude", self.longitude, 180.0)?,
            name: given(self.name),
            address: given(self.address),
            url: None,
        })
    }
}

impl CardBody {
    fn read(self) -> Result<ContactCard, Failure> {
        let name = given(self.full_name).or(given(self.name));
        let name = name.ok_or_else(|| wrong("contact.fullName", "is missing"))?;
        let phone = text(self.phone_number).or(text(self.phone));
        let phone = phone.ok_or_else(|| wrong("contact.phoneNumber", "is missing"))?;
        let address = anybody("contact.phoneNumber", &phone)?;
        let digits = address.phone().ok_or_else(|| wrong("contact.phoneNumber", "is not a phone number"))?;
        Ok(ContactCard::of(ContactFields {
            name,
            phones: vec![digits.to_owned()],
            ..ContactFields::default()
        }))
    }
}

impl PollBody {
    fn read(self) -> Poll {
        let selectable = match (self.selectable_count, self.multi_select) {
            (Some(count), _) => count,
            (None, Some(true)) => 0,
            (None, _) => 1,
        };
        let question = given(self.name).or(given(self.question)).unwrap_or_default();
        Poll { question, options: self.options, selectable }
    }
}

/// A problem of a message with the name that the field has here.
fn in_our_words(member: &str, problem: FieldError) -> FieldError {
    let parts: Vec<&str> = problem.field.split('.').collect();
    let last = parts.iter().rfind(|part| !part.bytes().all(|b| b.is_ascii_digit())).copied();
    let field = match (parts.first().copied().unwrap_or_default(), last.unwrap_or_default()) {
        ("to" | "mentions", _) => problem.field.clone(),
        (_, "reply_to") => "quoted".to_owned(),
        (_, "wa_id") => "quoted.messageId".to_owned(),
        (_, "participant") => "quoted.participant".to_owned(),
        ("text", _) => "text".to_owned(),
        (_, "file_name") => format!("{member}.fileName"),
        (_, "mime_type") => format!("{member}.mimetype"),
        (_, "view_once") => "viewOnce".to_owned(),
        (_, "question") => "poll.name".to_owned(),
        (_, "selectable") => "poll.selectableCount".to_owned(),
        (_, last) => format!("{member}.{last}"),
    };
    FieldError { field, ..problem }
}

impl ReadBody {
    /// The chat, the author in a group, and WhatsApp's id.
    ///
    /// # Errors
    /// `VALIDATION` with the field that is wrong.
    pub(crate) fn read(self) -> Result<(Address, Option<Address>, String), Failure> {
        let key = self.key.ok_or_else(|| wrong("key", "is missing"))?;
        let id = given(key.id).ok_or_else(|| wrong("key.id", "is missing"))?;
        if id.len() > WA_MESSAGE_ID_BYTES_MAX {
            return Err(wrong("key.id", "is too long"));
        }
        let chat = given(key.remote_jid).ok_or_else(|| wrong("key.remoteJid", "is missing"))?;
        let chat = anybody("key.remoteJid", &chat)?;
        let author = given(key.participant).map(|author| anybody("key.participant", &author)).transpose()?;
        match (&chat, author) {
            (Address::Group(_), None) => {
                Err(wrong("key.participant", "is missing; a message of a group is somebody's"))
            }
            (Address::Group(_), author) => Ok((chat, author, id)),
            _ => Ok((chat, None, id)),
        }
    }
}
