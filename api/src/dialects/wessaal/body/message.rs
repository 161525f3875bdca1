//! Messages: to whom, and what they say as far as the body knows it. A template and a contact are looked up later.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use trunkline_model::limits::{MENTIONS_MAX, TYPING_MS_MAX};
use trunkline_model::message::{
    Audience, Content, LinkPreview, Media, MediaKind, MediaShow, MediaSource, Quote, Text,
};
use trunkline_model::{Address, Failure};

use crate::dialects::loose::Loose;
use crate::dialects::word::{Word, Words, flag, needed, number, said, values};
use crate::json::fields::{First, Object, Problems};
use crate::json::instance::is_http_url;
use crate::limits::{MEDIA_URL_BYTES_MAX, WESSAAL_BULK_MAX};

/// A body that a message is made of.
pub(crate) trait MessageBody: DeserializeOwned + Send {
    /// The message, as far as it can be read without asking anybody.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    fn read(self) -> Result<Unsent, Failure>;
}

/// A message whose recipient and template are not looked up yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unsent {
    /// Number or name of the instance.
    pub(crate) instance: String,
    pub(crate) to: To,
    pub(crate) said: Said,
    pub(crate) around: Around,
}

/// To whom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum To {
    Anybody(Address),
    /// Somebody of the address book, by number.
    Contact(u64),
    Status(Audience),
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    This(Content),
    /// What a template says.
    Template(Templated),
}

/// A template and what is put into it and beside it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Templated {
    pub(crate) number: u64,
    pub(crate) variables: BTreeMap<String, String>,
    /// What the message is, where the request says so.
    pub(crate) kind: Option<Kind>,
    pub(crate) file: File,
    pub(crate) preview: bool,
}

/// What belongs to a message whatever it says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Around {
    pub(crate) quote: Option<Quote>,
    pub(crate) mentions: Vec<Address>,
    pub(crate) mention_all: bool,
    pub(crate) typing_ms: u32,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    File(MediaKind),
}

impl Kind {
    /// Reads the service's word.
    pub(crate) fn parse(word: &str) -> Option<Kind> {
        match word {
            "text" => Some(Kind::Text),
            "image" => Some(Kind::File(MediaKind::Image)),
            "video" => Some(Kind::File(MediaKind::Video)),
            "document" => Some(Kind::File(MediaKind::Document)),
            "audio" => Some(Kind::File(MediaKind::Audio)),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::File(kind) => kind.as_str(),
        }
    }
}

/// Reads a kind, which has to be one of the service's.
pub(crate) fn kind(problems: &mut Problems, field: &str, word: Option<Word>) -> Option<Kind> {
    let kind = Kind::parse(&said(word)?);
    if kind.is_none() {
        let name = field.replace('_', " ");
        problems.add(field, format!("The selected {name} is invalid."));
    }
    kind
}

/// A file, where one goes with the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) url: Option<String>,
    pub(crate) name: Option<String>,
}

impl File {
    /// Adds what is wrong with a file of this kind.
    fn check(&self, kind: MediaKind, problems: &mut Problems) {
        let needed = format!("field is required when message type is {}", kind.as_str());
        match &self.url {
            None => problems.add("media_url", needed.as_str()),
            Some(url) => {
                problems.bound("media_url", url, MEDIA_URL_BYTES_MAX);
                if !is_http_url(url) {
                    problems.add("media_url", "field must be a valid URL");
                }
            }
        }
        if self.name.is_none() {
            problems.add("filename", needed);
        }
    }
}

/// What a message says that is of this kind.
///
/// # Errors
/// `VALIDATION` for a file that is not there, or whose address is none.
pub(crate) fn content(kind: Kind, text: String, (file, preview): (File, bool)) -> Result<Content, Failure> {
    let kind = match kind {
        Kind::File(kind) => kind,
        Kind::Text => {
            // Nothing is looked for in a text without a link.
            let has_link = text.contains("http://") || text.contains("https://");
            let preview = if preview && has_link { LinkPreview::Fetch } else { LinkPreview::None };
            return Ok(Content::Text(Text { body: text, preview, style: None }));
        }
    };
    let mut problems = Problems::default();
    file.check(kind, &mut problems);
    problems.or(Some(()))?;
    let mime_type = mime_guess::from_path(file.name.as_deref().unwrap_or_default()).first_raw();
    // WhatsApp shows no text under a sound.
    let caption = Some(text).filter(|text| kind != MediaKind::Audio && !text.is_empty());
    Ok(Content::Media(Media {
        kind,
        source: MediaSource::Url(file.url.unwrap_or_default()),
        mime_type: mime_type.map(str::to_owned),
        caption,
        file_name: file.name.filter(|_| kind == MediaKind::Document),
        duration_seconds: None,
        show: MediaShow::default(),
    }))
}

/// The instance and the recipient, as every message names them.
#[derive(Debug, Default)]
pub(crate) struct Addressed {
    pub(crate) instance: Option<Word>,
    pub(crate) recipient: Option<Word>,
    pub(crate) contact_id: Option<Word>,
}

impl Addressed {
    pub(crate) fn read(self, problems: &mut Problems) -> Option<(String, To)> {
        let instance = needed(problems, "instance", self.instance);
        let contact = number(problems, "contact_id", (self.contact_id, "field must be an integer"));
        let to = match (said(self.recipient), contact) {
            (Some(text), _) => recipient(problems, "recipient", &text).map(To::Anybody),
            (None, Some(contact)) => Some(To::Contact(contact)),
            (None, None) => {
                problems.add("recipient", "field is required when contact id is not present");
                None
            }
        };
        Some((instance?, to?))
    }
}

/// A recipient; the status has an operation of its own.
pub(crate) fn recipient(problems: &mut Problems, field: &str, text: &str) -> Option<Address> {
    let address = problems.keep(field, text.parse::<Address>())?;
    if address == Address::Status {
        problems.add(field, "is the status; use send-status");
        return None;
    }
    Some(address)
}

/// A message that is quoted, by the key that WhatsApp's own clients give it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct QuotedBody {
    #[schemars(with = "KeyBody")]
    key: Option<Object<KeyBody>>,
}

/// The key of a message.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct KeyBody {
    /// WhatsApp's id of it.
    id: Option<Word>,
    /// Who wrote it, in a group.
    participant: Option<Word>,
}

impl QuotedBody {
    pub(crate) fn read(self, problems: &mut Problems) -> Option<Quote> {
        let key = self.key.unwrap_or_default().0;
        let wa_id = needed(problems, "quoted.key.id", key.id)?;
        let participant = said(key.participant);
        let participant =
            participant.and_then(|author| problems.keep("quoted.key.participant", author.parse::<Address>()));
        Some(Quote { wa_id, participant, body: None })
    }
}

/// How long the chat shows that somebody is typing before the message goes.
pub(crate) fn delay(problems: &mut Problems, word: Option<Word>) -> u32 {
    let delay_ms = number(problems, "delay", (word, "field must be an integer")).unwrap_or(0);
    if delay_ms > TYPING_MS_MAX {
        problems.add("delay", format!("field must not be greater than {TYPING_MS_MAX}"));
    }
    delay_ms
}

/// Body of `messages/send`, and of each message of `messages/send-bulk`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SendMessage")]
pub(crate) struct SendBody {
    /// Number or name of the instance; of a bulk, that of the bulk.
    pub(crate) instance: Option<Word>,
    /// A phone number with its country code, or a WhatsApp id.
    pub(crate) recipient: Option<Word>,
    /// Somebody of the address book, instead of a recipient.
    #[schemars(with = "Option<u64>")]
    pub(crate) contact_id: Option<Word>,
    /// `text`, `image`, `video`, `document` or `audio`.
    message_type: Option<Word>,
    /// The text, or the one under a file.
    content: Option<Word>,
    /// Where the file is.
    media_url: Option<Word>,
    /// Its name.
    filename: Option<Word>,
    /// A template, instead of the text.
    #[schemars(with = "Option<u64>")]
    pub(crate) template_id: Option<Word>,
    /// Values of its variables.
    pub(crate) template_variables: Option<Words>,
    /// Milliseconds before it goes, in which the chat shows that somebody is typing.
    #[schemars(with = "Option<u32>")]
    delay: Option<Word>,
    #[schemars(with = "Option<QuotedBody>")]
    quoted: Option<Object<QuotedBody>>,
    /// Whether a text shows the card of its link; true when left out.
    #[schemars(with = "Option<bool>")]
    link_preview: Option<Word>,
    /// People named in the text, by WhatsApp id.
    mentioned: Option<First<String, { MENTIONS_MAX + 1 }>>,
    /// Whether everybody in the group is.
    #[schemars(with = "Option<bool>")]
    mentions_everyone: Option<Word>,
}

impl SendBody {
    pub(crate) fn has_content(&self) -> bool {
        said(self.content.clone()).is_some()
    }

    fn around(&mut self, problems: &mut Problems) -> Around {
        let mut mentions = Vec::new();
        for (index, mention) in self.mentioned.take().unwrap_or_default().0.iter().enumerate() {
            mentions.extend(problems.keep(format!("mentioned.{index}"), mention.parse::<Address>()));
        }
        Around {
            quote: self.quoted.take().and_then(|Object(quoted)| quoted.read(problems)),
            mentions,
            mention_all: flag(problems, "mentions_everyone", self.mentions_everyone.take()).unwrap_or(false),
            typing_ms: delay(problems, self.delay.take()),
        }
    }
}

impl MessageBody for SendBody {
    fn read(mut self) -> Result<Unsent, Failure> {
        let mut problems = Problems::default();
        let addressed = Addressed {
            instance: self.instance.take(),
            recipient: self.recipient.take(),
            contact_id: self.contact_id.take(),
        };
        let addressed = addressed.read(&mut problems);
        let around = self.around(&mut problems);
        let kind = kind(&mut problems, "message_type", self.message_type.take());
        let preview = flag(&mut problems, "link_preview", self.link_preview.take()).unwrap_or(true);
        let file = File { url: said(self.media_url.take()), name: said(self.filename.take()) };
        let template = number(&mut problems, "template_id", (self.template_id, "field must be an integer"));
        if let (Some(Kind::File(kind)), None) = (kind, template) {
            file.check(kind, &mut problems);
        }
        let text = said(self.content);
        if template.is_none() && text.is_none() {
            problems.add("content", "field is required when template id is not present");
        }
        let (instance, to) = problems.or(addressed)?;
        let said = match template {
            Some(number) => {
                let variables = values(self.template_variables);
                Said::Template(Templated { number, variables, kind, file, preview })
            }
            None => {
                let text = text.unwrap_or_default();
                Said::This(content(kind.unwrap_or(Kind::Text), text, (file, preview))?)
            }
        };
        Ok(Unsent { instance, to, said, around })
    }
}

/// Body of `messages/send-bulk`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SendBulk")]
pub(crate) struct BulkBody {
    /// Number or name of the instance that sends all of them.
    instance: Option<Word>,
    /// A template for those that have no text of their own.
    #[schemars(with = "Option<u64>")]
    template_id: Option<Word>,
    /// Values of variables; those of a message come first.
    template_variables: Option<Words>,
    #[schemars(length(min = 1))]
    messages: Option<First<Object<SendBody>, { WESSAAL_BULK_MAX + 1 }>>,
}

impl BulkBody {
    /// The instance, and the messages with what they share.
    ///
    /// # Errors
    /// `VALIDATION` when there is no instance, or no messages, or too many.
    pub(crate) fn read(self) -> Result<(String, Vec<SendBody>), Failure> {
        let mut problems = Problems::default();
        let instance = needed(&mut problems, "instance", self.instance);
        let messages = self.messages.unwrap_or_default().0;
        match messages.len() {
            0 => problems.add("messages", "is missing"),
            1..=WESSAAL_BULK_MAX => {}
            _ => {
                let most = format!("field must not have more than {WESSAAL_BULK_MAX} items");
                problems.add("messages", most);
            }
        }
        let instance = problems.or(instance)?;
        let shared = self.template_variables.unwrap_or_default();
        let complete = |Object(mut message): Object<SendBody>| {
            message.instance = Some(Loose(instance.clone()));
            if message.template_id.is_none() && !message.has_content() {
                message.template_id.clone_from(&self.template_id);
            }
            let mut variables = shared.clone();
            variables.extend(message.template_variables.take().unwrap_or_default());
            SendBody { template_variables: Some(variables), ..message }
        };
        let messages = messages.into_iter().map(complete).collect();
        Ok((instance, messages))
    }
}

#[cfg(test)]
mod tests;
