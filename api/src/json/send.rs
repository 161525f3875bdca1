//! Bodies of messages that are to be sent: `{to, type, <type>: {…}, …}` → [`SendMessage`].

mod media;
mod status;
mod text;
mod things;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::{
    CARDS_MAX, IDEMPOTENCY_KEY_BYTES_MAX, MENTIONS_MAX, SEND_BATCH_MAX, WA_MESSAGE_ID_BYTES_MAX,
};
use trunkline_model::message::{
    Audience, BlobRef, Content, Lane, MediaKind, MediaSource, Quote, SendMessage, SendOptions, ValidateSend,
};
use trunkline_model::{Address, Failure};

use self::media::MediaBody;
pub(crate) use self::media::is_mime_type;
pub(crate) use self::status::StatusBody;
use self::text::TextBody;
use self::things::{ButtonsBody, CardBody, EventBody, ListBody, LiveLocationBody, LocationBody, PollBody};
use super::fields::{First, Object, Problems, present};
use super::raw::RawObject;

/// A message: `type` names the member with its content, and may be left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SendMessage")]
pub(crate) struct SendBody {
    /// A phone number with its country code, or the WhatsApp id of a person, group or newsletter.
    to: String,
    /// Name of the member with the content.
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
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "LocationBody")]
    location: Option<Object<LocationBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "LiveLocationBody")]
    live_location: Option<Object<LiveLocationBody>>,
    /// Contact cards.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "First<CardBody, { CARDS_MAX + 1 }>")]
    contacts: Option<First<Object<CardBody>, { CARDS_MAX + 1 }>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PollBody")]
    poll: Option<Object<PollBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "EventBody")]
    event: Option<Object<EventBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ButtonsBody")]
    buttons: Option<Object<ButtonsBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ListBody")]
    list: Option<Object<ListBody>>,
    /// The message that it answers.
    #[serde(default)]
    reply_to: Option<Object<QuoteBody>>,
    /// People named in the text.
    #[serde(default)]
    mentions: First<String, { MENTIONS_MAX + 1 }>,
    /// Whether everybody in the group is mentioned.
    #[serde(default)]
    mention_all: bool,
    /// Whether it is shown as forwarded.
    #[serde(default)]
    forwarded: bool,
    /// Seconds after which it disappears.
    #[serde(default)]
    expires_in_seconds: Option<u32>,
    /// How long the chat shows that somebody is typing, or recording, before the message goes, in milliseconds.
    #[serde(default)]
    typing_ms: u32,
    /// Which lane of the outbox it takes: `otp`, `interactive`, `reply` or `bulk`.
    #[serde(default)]
    lane: Option<String>,
    /// The caller's own object, given back with every event of the message.
    #[serde(default)]
    metadata: Option<RawObject>,
    /// As the header of that name, which a batch has no room for.
    #[serde(default)]
    #[schemars(length(min = 1, max = IDEMPOTENCY_KEY_BYTES_MAX))]
    idempotency_key: Option<String>,
}

/// The message that another one answers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Quote")]
struct QuoteBody {
    /// WhatsApp's id of it.
    wa_id: String,
    /// Who wrote it; in a chat of two the other person, unless told otherwise.
    #[serde(default)]
    participant: Option<String>,
    /// Its text, shown above the answer.
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
    pub(crate) idempotency_key: Option<String>,
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
pub(crate) const NOT_STORED_YET: BlobRef = BlobRef { sha256: [0; 32], size_bytes: 0 };

impl Draft {
    /// The message, its file being stored.
    pub(crate) fn with_blob(mut self, blob: BlobRef) -> Draft {
        if let Content::Media(media) = &mut self.message.content {
            media.source = MediaSource::Blob(blob);
        }
        self
    }
}

/// A body that a draft is made of.
pub(crate) trait DraftBody: serde::de::DeserializeOwned + Send {
    /// Checks everything that can be checked without the engine.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    fn read(self, upload: Option<Upload>) -> Result<Draft, Failure>;
}

impl DraftBody for SendBody {
    fn read(mut self, upload: Option<Upload>) -> Result<Draft, Failure> {
        let mut problems = Problems::default();
        let mut to = problems.keep("to", self.to.parse::<Address>());
        if to.take_if(|to| *to == Address::Status).is_some() {
            problems.add("to", "is the status, which has an operation of its own: `status.post`");
        }
        let content = self.take_content(&mut problems, upload);
        let quote = self.reply_to.take().map(|Object(quote)| quote.read(&mut problems));
        let mentions = read_mentions(&mut problems, &self.mentions.0);
        let lane = read_lane(&mut problems, self.lane.as_deref());
        check_key(&mut problems, self.idempotency_key.as_deref());
        let draft = match (to, content, lane) {
            (Some(to), Some((content, file)), Some(lane)) => {
                let options = SendOptions {
                    mention_all: self.mention_all,
                    forwarded: self.forwarded,
                    expires_in_seconds: self.expires_in_seconds,
                    typing_ms: self.typing_ms,
                    audience: Audience::default(),
                };
                let metadata = self.metadata.map(|raw| raw.0);
                let message = SendMessage { to, content, quote, mentions, options, lane, metadata };
                problems.extend(message.problems());
                Some(Draft { message, file, idempotency_key: self.idempotency_key })
            }
            _ => None,
        };
        problems.or(draft)
    }
}

/// A content as it was given, under the name of its member.
type Given = (&'static str, Box<dyn FnOnce(&mut Problems, Option<Upload>) -> Option<(Content, PendingFile)>>);

impl SendBody {
    fn take_content(
        &mut self,
        problems: &mut Problems,
        upload: Option<Upload>,
    ) -> Option<(Content, PendingFile)> {
        let mut given = self.take_rest();
        given.extend(self.take_files());
        let members: Vec<&str> = given.iter().map(|(member, _)| *member).collect();
        if !type_agrees(problems, self.kind.as_deref(), &members) {
            return None;
        }
        let (member, read) = given.pop()?;
        if upload.is_some() && MediaKind::parse(member).is_none() {
            problems.add("file", format!("does not belong to a message of type {member}"));
            return None;
        }
        read(problems, upload)
    }

    fn take_files(&mut self) -> Vec<Given> {
        let files = [
            (MediaKind::Image, self.image.take()),
            (MediaKind::Video, self.video.take()),
            (MediaKind::Audio, self.audio.take()),
            (MediaKind::Voice, self.voice.take()),
            (MediaKind::Document, self.document.take()),
            (MediaKind::Sticker, self.sticker.take()),
        ];
        let mut given: Vec<Given> = Vec::new();
        for (kind, body) in files {
            if let Some(Object(body)) = body {
                given.push((
                    kind.as_str(),
                    Box::new(move |problems, upload| body.read(problems, kind, upload)),
                ));
            }
        }
        given
    }

    fn take_rest(&mut self) -> Vec<Given> {
        let mut given: Vec<Given> = Vec::new();
        macro_rules! take {
            ($($member:ident => |$body:ident, $problems:ident| $content:expr;)*) => { $(
                if let Some($body) = self.$member.take() {
                    given.push((stringify!($member), Box::new(move |$problems, _| {
                        Some(($content, PendingFile::Nothing))
                    })));
                }
            )* };
        }
        take! {
            text => |body, problems| Content::Text(body.0.read(problems));
            location => |body, _problems| Content::Location(body.0.read());
            live_location => |body, problems| Content::LiveLocation(body.0.read(problems));
            contacts => |body, problems| Content::Contacts(things::read_cards(problems, body));
            poll => |body, _problems| Content::Poll(body.0.read());
            event => |body, problems| Content::Event(body.0.read(problems)?);
            buttons => |body, problems| Content::Buttons(body.0.read(problems));
            list => |body, problems| Content::List(body.0.read(problems));
        }
        given
    }
}

/// What a message that is sent can be.
const KINDS: [&str; 14] = [
    "text",
    "image",
    "video",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "live_location",
    "contacts",
    "poll",
    "event",
    "buttons",
    "list",
];

/// Whether there is exactly one content member, and `type`, where given, names it.
fn type_agrees(problems: &mut Problems, kind: Option<&str>, members: &[&str]) -> bool {
    match (kind, members) {
        (Some(kind), _) if !KINDS.contains(&kind) => problems.add("type", one_of(KINDS)),
        (Some(kind), []) => problems.add(kind, "is missing; `type` says that the message has it"),
        (None, []) => problems.add("type", format!("is missing, and so is the content; {}", one_of(KINDS))),
        (Some(kind), [member]) if kind != *member => {
            problems.add("type", format!("says `{kind}`, but the content is in `{member}`"));
        }
        (_, [_]) => return true,
        (_, [first, second, ..]) => {
            problems.add(*second, format!("stands beside `{first}`; a message has one content"));
        }
    }
    false
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

/// Messages to be sent in one go; each stands for itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SendMessages")]
pub(crate) struct BatchBody {
    /// The messages, in the order in which they go within each chat.
    #[schemars(length(min = 1))]
    messages: First<Object<SendBody>, { SEND_BATCH_MAX + 1 }>,
}

impl BatchBody {
    /// The messages: drafts of the right ones, and what is wrong with the others.
    ///
    /// # Errors
    /// `VALIDATION` when there are none or too many.
    pub(crate) fn read(self) -> Result<Vec<Result<Draft, Failure>>, Failure> {
        let mut problems = Problems::default();
        let count = self.messages.0.len();
        if !(1..=SEND_BATCH_MAX).contains(&count) {
            problems.add("messages", format!("has not 1 to {SEND_BATCH_MAX} messages"));
        }
        problems.or(Some(()))?;
        Ok(self.messages.0.into_iter().map(|Object(message)| message.read(None)).collect())
    }
}

pub(super) fn read_lane(problems: &mut Problems, word: Option<&str>) -> Option<Lane> {
    let lane = word.map_or(Some(Lane::Interactive), Lane::parse);
    if lane.is_none() {
        problems.add("lane", one_of(Lane::ALL.map(Lane::as_str)));
    }
    lane
}

fn check_key(problems: &mut Problems, key: Option<&str>) {
    if key.is_some_and(|key| !is_idempotency_key(key.as_bytes())) {
        let most = IDEMPOTENCY_KEY_BYTES_MAX;
        problems.add("idempotency_key", format!("is not 1 to {most} visible ASCII characters"));
    }
}

/// Whether bytes can be an idempotency key.
pub(crate) fn is_idempotency_key(key: &[u8]) -> bool {
    (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic)
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

pub(super) fn one_of<const N: usize>(words: [&str; N]) -> String {
    format!("is not one of {}", words.join(", "))
}
