//! The body of a message that is to be sent: `{to, type, <type>: {…}, …}` → [`SendMessage`].

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::{MENTIONS_MAX, WA_MESSAGE_ID_BYTES_MAX};
use trunkline_model::message::{
    BlobRef, Content, Lane, Media, MediaKind, MediaSource, Quote, SendMessage, Text, ValidateSend,
};
use trunkline_model::{Address, Failure};

use super::fields::{Base64, First, Object, Problems, present};
use super::instance::is_http_url;
use super::raw::RawObject;
use crate::limits;

/// Body of `messages.send`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SendMessage")]
pub(crate) struct SendBody {
    to: String,
    #[serde(default, rename = "type", deserialize_with = "present")]
    #[schemars(with = "String")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "TextBody")]
    text: Option<Object<TextBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    image: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    video: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    audio: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    voice: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    document: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    sticker: Option<Object<MediaBody>>,
    #[serde(default)]
    reply_to: Option<Object<QuoteBody>>,
    #[serde(default)]
    mentions: First<String, { MENTIONS_MAX + 1 }>,
    #[serde(default)]
    lane: Option<String>,
    #[serde(default)]
    metadata: Option<RawObject>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Text")]
struct TextBody {
    body: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Media")]
struct MediaBody {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    data: Option<Base64>,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    caption: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
    #[serde(default)]
    duration_seconds: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Quote")]
struct QuoteBody {
    wa_id: String,
    #[serde(default)]
    participant: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

/// A file that comes beside the message, as a part of a multipart body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Upload {
    /// Type that the part declares.
    pub(crate) mime_type: Option<String>,
    /// Name that the part declares.
    pub(crate) file_name: Option<String>,
}

/// A message that passed every check, and the file that has to be stored before it can go.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) message: SendMessage,
    pub(crate) file: PendingFile,
}

/// Where a draft's file is now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PendingFile {
    /// There is none, or WhatsApp's side of the engine fetches it.
    Nothing,
    /// In memory.
    Inline(Bytes),
    /// Still on the wire: the multipart body's next part.
    Uploaded,
}

/// Stands where the stored file's reference goes: [`Draft::with_blob`] replaces it.
const NOT_STORED_YET: BlobRef = BlobRef { sha256: [0; 32], size_bytes: 0 };

impl Draft {
    /// The message, its file being stored.
    pub(crate) fn with_blob(mut self, blob: BlobRef) -> SendMessage {
        if let Content::Media(media) = &mut self.message.content {
            media.source = MediaSource::Blob(blob);
        }
        self.message
    }
}

impl SendBody {
    /// Checks everything that can be checked without the engine.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(mut self, upload: Option<Upload>) -> Result<Draft, Failure> {
        let mut problems = Problems::default();
        let to = problems.keep("to", self.to.parse::<Address>());
        let content = self.take_content(&mut problems, upload);
        let quote = self.reply_to.take().map(|Object(quote)| quote.read(&mut problems));
        let mentions = read_mentions(&mut problems, &self.mentions.0);
        let lane = self.lane.as_deref().map_or(Some(Lane::Interactive), Lane::parse);
        if lane.is_none() {
            problems.add("lane", one_of(Lane::ALL.map(Lane::as_str)));
        }
        let draft = match (to, content, lane) {
            (Some(to), Some((content, file)), Some(lane)) => {
                let message = SendMessage {
                    to,
                    content,
                    quote,
                    mentions,
                    lane,
                    metadata: self.metadata.map(|raw| raw.0),
                };
                problems.extend(message.problems());
                Some(Draft { message, file })
            }
            _ => None,
        };
        problems.or(draft)
    }

    fn take_content(
        &mut self,
        problems: &mut Problems,
        upload: Option<Upload>,
    ) -> Option<(Content, PendingFile)> {
        let mut members = Vec::new();
        let text = self.text.take();
        if text.is_some() {
            members.push("text");
        }
        let mut media = None;
        for (kind, body) in [
            (MediaKind::Image, self.image.take()),
            (MediaKind::Video, self.video.take()),
            (MediaKind::Audio, self.audio.take()),
            (MediaKind::Voice, self.voice.take()),
            (MediaKind::Document, self.document.take()),
            (MediaKind::Sticker, self.sticker.take()),
        ] {
            if let Some(Object(body)) = body {
                members.push(kind.as_str());
                media = Some((kind, body));
            }
        }
        if !self.type_agrees(problems, &members) {
            return None;
        }
        match (text, media) {
            (Some(_), _) if upload.is_some() => {
                problems.add("file", "does not belong to a text message");
                None
            }
            (Some(Object(text)), _) => Some((Content::Text(Text { body: text.body }), PendingFile::Nothing)),
            (None, Some((kind, body))) => body.read(problems, kind, upload),
            (None, None) => None,
        }
    }

    /// Whether there is exactly one content member, and `type`, where given, names it.
    fn type_agrees(&self, problems: &mut Problems, members: &[&str]) -> bool {
        let kinds = ["text", "image", "video", "audio", "voice", "document", "sticker"];
        match (self.kind.as_deref(), members) {
            (Some(kind), _) if !kinds.contains(&kind) => problems.add("type", one_of(kinds)),
            (Some(kind), []) => problems.add(kind, "is missing; `type` says that the message has it"),
            (None, []) => {
                problems.add("type", format!("is missing, and so is the content; {}", one_of(kinds)))
            }
            (Some(kind), [member]) if kind != *member => {
                problems.add("type", format!("says `{kind}`, but the content is in `{member}`"));
            }
            (_, [_]) => return true,
            (_, [first, second, ..]) => {
                problems.add(*second, format!("stands beside `{first}`; a message has one content"))
            }
        }
        false
    }
}

impl MediaBody {
    fn read(
        self,
        problems: &mut Problems,
        kind: MediaKind,
        upload: Option<Upload>,
    ) -> Option<(Content, PendingFile)> {
        let member = kind.as_str();
        self.check_extras(problems, kind);
        let uploaded = upload.is_some();
        let upload = upload.unwrap_or_default();
        let declared_name = self.file_name.or_else(|| upload.file_name.as_deref().map(last_segment));
        let mime_type = self
            .mime_type
            .or(upload.mime_type)
            .or_else(|| declared_name.as_deref().and_then(guess_mime_type));
        let source = match (self.url, self.data, uploaded) {
            (Some(url), None, false) => {
                problems.bound(&format!("{member}.url"), &url, limits::MEDIA_URL_BYTES_MAX);
                if !is_http_url(&url) {
                    problems.add(format!("{member}.url"), "is not an http or https URL with a host");
                }
                Some((MediaSource::Url(url), PendingFile::Nothing))
            }
            (None, Some(data), false) if data.0.is_empty() => {
                problems.add(format!("{member}.data"), "is empty");
                None
            }
            (None, Some(data), false) => {
                Some((MediaSource::Blob(NOT_STORED_YET), PendingFile::Inline(data.0)))
            }
            (None, None, true) => Some((MediaSource::Blob(NOT_STORED_YET), PendingFile::Uploaded)),
            (None, None, false) => {
                problems.add(
                    format!("{member}.url"),
                    "is missing; give `url`, or `data` in base64, or send the file as multipart/form-data",
                );
                None
            }
            _ => {
                problems.add(
                    format!("{member}.data"),
                    "stands beside another source; give `url`, `data` or a `file` part, and only one of them",
                );
                None
            }
        };
        let (source, file) = source?;
        let media = Media {
            kind,
            source,
            mime_type,
            caption: self.caption,
            file_name: declared_name.filter(|_| kind == MediaKind::Document),
            duration_seconds: self.duration_seconds,
        };
        Some((Content::Media(media), file))
    }

    /// Refuses what WhatsApp would not show with this kind: a field that has no effect is a mistake.
    fn check_extras(&self, problems: &mut Problems, kind: MediaKind) {
        use MediaKind::{Audio, Document, Image, Video, Voice};
        let member = kind.as_str();
        let mut only = |given: bool, field: &str, kinds: &[MediaKind]| {
            if given && !kinds.contains(&kind) {
                problems.add(format!("{member}.{field}"), format!("does not go with {member}"));
            }
        };
        only(self.caption.is_some(), "caption", &[Image, Video, Document]);
        only(self.file_name.is_some(), "file_name", &[Document]);
        only(self.duration_seconds.is_some(), "duration_seconds", &[Audio, Voice, Video]);
        if self.mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            problems.add(format!("{member}.mime_type"), "is not a MIME type such as image/png");
        }
        if self.file_name.as_deref().is_some_and(has_path_or_control) {
            problems.add(format!("{member}.file_name"), "has a path separator or a control character");
        }
    }
}

impl QuoteBody {
    fn read(self, problems: &mut Problems) -> Quote {
        if self.wa_id.is_empty() {
            problems.add("reply_to.wa_id", "is empty; give WhatsApp's id of the message");
        }
        problems.bound("reply_to.wa_id", &self.wa_id, WA_MESSAGE_ID_BYTES_MAX);
        if let Some(text) = &self.text {
            problems.bound("reply_to.text", text, trunkline_model::limits::TEXT_BYTES_MAX);
        }
        let participant = self.participant.and_then(|participant| {
            let address = problems.keep("reply_to.participant", participant.parse::<Address>())?;
            if !address.is_person() {
                problems.add("reply_to.participant", "is not a person");
            }
            Some(address)
        });
        Quote { wa_id: self.wa_id, participant, body: self.text }
    }
}

fn read_mentions(problems: &mut Problems, mentions: &[String]) -> Vec<Address> {
    let mut people = Vec::new();
    for (index, mention) in mentions.iter().enumerate() {
        let field = format!("mentions.{index}");
        if let Some(address) = problems.keep(field.as_str(), mention.parse::<Address>()) {
            if address.is_person() {
                people.push(address);
            } else {
                problems.add(field, "is not a person");
            }
        }
    }
    people
}

fn one_of<const N: usize>(words: [&str; N]) -> String {
    format!("is not one of {}", words.join(", "))
}

fn guess_mime_type(file_name: &str) -> Option<String> {
    mime_guess::from_path(file_name).first_raw().map(str::to_owned)
}

/// Some clients send a whole path as the file's name.
fn last_segment(file_name: &str) -> String {
    file_name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect()
}

fn has_path_or_control(file_name: &str) -> bool {
    file_name.contains(['/', '\\']) || file_name.contains(char::is_control)
}

/// Whether a text has the form of a MIME type (RFC 6838, 4.2), with or without parameters.
pub(crate) fn is_mime_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.len() <= limits::MIME_TYPE_BYTES_MAX
        && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        && essence.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}
