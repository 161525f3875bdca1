//! Messages.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer};
use trunkline_model::limits::MENTIONS_MAX;
use trunkline_model::message::{
    Content, Lane, Media, MediaKind, MediaShow, MediaSource, Quote, SendMessage, SendOptions, Text,
    ValidateSend,
};
use trunkline_model::{Address, Failure, FieldError};

use super::first;
use crate::dialects::loose::Loose;
use crate::dialects::wasaas::{chat, wrong};
use crate::dialects::word::{Word, Words, said, values};
use crate::json::fields::{Base64, First, Object, Problems};
use crate::json::instance::is_http_url;
use crate::json::send::{Draft, NOT_STORED_YET, PendingFile, is_mime_type};
use crate::limits::{MEDIA_URL_BYTES_MAX, WASAAS_BULK_MAX};

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($field:tt)* }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default, rename_all = "camelCase")]
        $(#[$doc])*
        pub(crate) struct $name {
            /// Id of the session that sends.
            session_id: Option<Word>,
            /// The same.
            session: Option<Word>,
            /// WhatsApp id of the recipient, or digits of a number.
            to: Option<Word>,
            /// The same.
            chat_id: Option<Word>,
            /// WhatsApp's id of the message that it answers.
            quoted_message_id: Option<Word>,
            /// WhatsApp ids of people named in the text.
            mentions: Option<First<String, { MENTIONS_MAX + 1 }>>,
            $($field)*
        }

        impl $name {
            /// Id of the session.
            ///
            /// # Errors
            /// `VALIDATION` without one.
            pub(crate) fn session(&mut self) -> Result<String, Failure> {
                first([&mut self.session_id, &mut self.session]).ok_or_else(|| wrong("sessionId", "is missing"))
            }

            fn around(&mut self) -> Around {
                Around {
                    to: first([&mut self.to, &mut self.chat_id]),
                    quoted: first([&mut self.quoted_message_id]),
                    mentions: self.mentions.take().unwrap_or_default().0,
                }
            }
        }
    };
}

/// What every message may say of itself.
#[derive(Debug, Default)]
pub(crate) struct Around {
    to: Option<String>,
    quoted: Option<String>,
    mentions: Vec<String>,
}

impl Around {
    /// The message of this content, checked.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn message(self, content: Content, lane: Lane) -> Result<SendMessage, Failure> {
        let mut problems = Problems::default();
        let to = chat("to", &self.to.ok_or_else(|| wrong("to", "is missing"))?)?;
        let mut mentions = Vec::new();
        for (index, mention) in self.mentions.iter().enumerate() {
            mentions.extend(problems.keep(format!("mentions.{index}"), mention.parse::<Address>()));
        }
        let message = SendMessage {
            to,
            content,
            quote: self.quoted.map(|wa_id| Quote { wa_id, participant: None, body: None }),
            mentions,
            options: SendOptions::default(),
            lane,
            metadata: None,
        };
        problems.extend(message.problems().into_iter().map(in_our_words).collect());
        problems.or(Some(message))
    }
}

/// A problem of a message with the name that the field has here.
fn in_our_words(problem: FieldError) -> FieldError {
    let field = match problem.field.rsplit('.').next().unwrap_or_default() {
        "body" => "text".to_owned(),
        "file_name" => "fileName".to_owned(),
        "caption" => "caption".to_owned(),
        _ => problem.field.clone(),
    };
    FieldError { field, ..problem }
}

message! {
    /// A text.
    #[schemars(rename = "SendText")]
    TextBody {
        /// The text.
        text: Option<Word>,
        /// The same.
        message: Option<Word>,
    }
}

impl TextBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(mut self, lane: Lane) -> Result<SendMessage, Failure> {
        let text = first([&mut self.text, &mut self.message]);
        let text = text.ok_or_else(|| wrong("text", "is missing"))?;
        self.around().message(Content::Text(Text::plain(text)), lane)
    }
}

/// A file in base64, with or without the beginning that makes it an address (RFC 2397).
#[derive(Debug)]
pub(crate) struct Inline(Base64);

impl<'de> Deserialize<'de> for Inline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inline, D::Error> {
        struct Address;

        impl serde::de::Visitor<'_> for Address {
            type Value = Inline;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a file in base64")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Inline, E> {
                let is_address = text.starts_with("data:");
                let data = text.split_once(',').filter(|_| is_address).map_or(text, |(_, data)| data);
                Base64::deserialize(StrDeserializer::new(data)).map(Inline)
            }
        }

        deserializer.deserialize_str(Address)
    }
}

message! {
    /// A file.
    #[schemars(rename = "SendMedia")]
    MediaBody {
        /// `image`, `video`, `document` or `audio`.
        #[serde(rename = "type")]
        kind: Option<Word>,
        /// Where the file is.
        media_url: Option<Word>,
        /// The same.
        url: Option<Word>,
        /// The file itself.
        #[schemars(with = "Option<Base64>")]
        base64: Option<Inline>,
        /// The text under it.
        caption: Option<Word>,
        /// Name of a document.
        file_name: Option<Word>,
        /// The same.
        filename: Option<Word>,
        /// Its type.
        mimetype: Option<Word>,
        /// The same.
        mime_type: Option<Word>,
    }
}

impl MediaBody {
    fn kind(&mut self) -> Result<MediaKind, Failure> {
        let word = first([&mut self.kind]).ok_or_else(|| wrong("type", "is missing"))?;
        MediaKind::parse(&word).ok_or_else(|| wrong("type", "is not one of image, video, document, audio"))
    }

    fn source(&mut self) -> Result<(MediaSource, PendingFile), Failure> {
        let inline = self.base64.take().map(|Inline(data)| data.0).filter(|data| !data.is_empty());
        match (inline, first([&mut self.media_url, &mut self.url])) {
            (Some(data), None) => Ok((MediaSource::Blob(NOT_STORED_YET), PendingFile::Inline(data))),
            (None, Some(url)) if is_http_url(&url) && url.len() <= MEDIA_URL_BYTES_MAX => {
                Ok((MediaSource::Url(url), PendingFile::Nothing))
            }
            (None, Some(_)) => Err(wrong("mediaUrl", "is not an http or https URL with a host")),
            (None, None) => Err(wrong("mediaUrl", "is missing, and so is `base64`; give one of them")),
            (Some(_), Some(_)) => Err(wrong("base64", "stands beside `mediaUrl`; give one of them")),
        }
    }

    /// # Errors
    /// `VALIDATION` with what is wrong.
    pub(crate) fn read(mut self) -> Result<Draft, Failure> {
        let kind = self.kind()?;
        let (source, file) = self.source()?;
        let name = first([&mut self.file_name, &mut self.filename]);
        let mime_type = first([&mut self.mimetype, &mut self.mime_type]).or_else(|| {
            let of_url = match &source {
                MediaSource::Url(url) => url.split(['?', '#']).next(),
                MediaSource::Blob(_) => None,
            };
            let guessed = mime_guess::from_path(name.as_deref().or(of_url)?);
            guessed.first_raw().map(str::to_owned)
        });
        if mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            return Err(wrong("mimetype", "is not a MIME type such as image/png"));
        }
        let shows_text = matches!(kind, MediaKind::Image | MediaKind::Video | MediaKind::Document);
        let media = Media {
            kind,
            source,
            mime_type,
            caption: first([&mut self.caption]).filter(|_| shows_text),
            file_name: name.filter(|_| kind == MediaKind::Document),
            duration_seconds: None,
            show: MediaShow::default(),
        };
        let message = self.around().message(Content::Media(media), Lane::Interactive)?;
        Ok(Draft { message, file, idempotency_key: None })
    }
}

message! {
    /// What a template says.
    #[schemars(rename = "SendTemplate")]
    TemplateBody {
        /// Id or name of the template.
        template_id: Option<Word>,
        /// Values of its variables.
        variables: Option<Words>,
    }
}

impl TemplateBody {
    /// The template, its values, and the rest of the message.
    ///
    /// # Errors
    /// `VALIDATION` without a template.
    pub(crate) fn read(mut self) -> Result<(String, BTreeMap<String, String>, Around), Failure> {
        let template = first([&mut self.template_id]).ok_or_else(|| wrong("templateId", "is missing"))?;
        let variables = values(self.variables.take());
        Ok((template, variables, self.around()))
    }
}

/// Messages to many: one text for all, or each with its own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "SendBulk")]
pub(crate) struct BulkBody {
    /// Id of the session that sends.
    session_id: Option<Word>,
    /// The same.
    session: Option<Word>,
    /// WhatsApp ids or digits of numbers.
    recipients: Option<First<Word, { WASAAS_BULK_MAX + 1 }>>,
    /// The same.
    to: Option<First<Word, { WASAAS_BULK_MAX + 1 }>>,
    /// The text for all of them.
    text: Option<Word>,
    /// The same.
    message: Option<Word>,
    /// Messages with texts of their own.
    #[schemars(with = "Option<First<TextBody, { WASAAS_BULK_MAX + 1 }>>")]
    messages: Option<First<Object<TextBody>, { WASAAS_BULK_MAX + 1 }>>,
    /// Milliseconds between two messages. Not read: the outbox spreads the messages of a bulk itself.
    #[allow(dead_code, reason = "the outbox spreads the messages of a bulk itself")]
    #[schemars(with = "Option<u64>")]
    delay: Option<Word>,
}

/// A message of a bulk, and its recipient as it was given.
type OfBulk = (Option<String>, TextBody);

impl BulkBody {
    /// The session, and each message with its recipient as it was given.
    ///
    /// # Errors
    /// `VALIDATION` when there is no session, or no recipients, or too many.
    pub(crate) fn read(mut self) -> Result<(String, Vec<OfBulk>), Failure> {
        let session = first([&mut self.session_id, &mut self.session]);
        let session = session.ok_or_else(|| wrong("sessionId", "is missing"))?;
        let text = first([&mut self.text, &mut self.message]).map(Loose);
        let people = self.recipients.or(self.to).unwrap_or_default().0;
        let mut bodies: Vec<TextBody> = people
            .into_iter()
            .map(|to| TextBody { to: Some(to), text: text.clone(), ..TextBody::default() })
            .collect();
        for Object(message) in self.messages.unwrap_or_default().0 {
            let has_text = said(message.text.clone()).or(said(message.message.clone())).is_some();
            let text = if has_text { message.text } else { text.clone() };
            bodies.push(TextBody { text, ..message });
        }
        match bodies.len() {
            0 => Err(wrong("recipients", "is missing, and so is `messages`; give one of them")),
            1..=WASAAS_BULK_MAX => {
                let recipient = |body: &TextBody| said(body.to.clone().or_else(|| body.chat_id.clone()));
                Ok((session, bodies.into_iter().map(|body| (recipient(&body), body)).collect()))
            }
            _ => Err(wrong("recipients", format!("has more than {WASAAS_BULK_MAX} people"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(body: Value) -> Result<SendMessage, Failure> {
        let body: TextBody = serde_json::from_value(body).expect("it is a body");
        body.read(Lane::Interactive)
    }

    /// The example of the reference.
    #[test]
    fn the_text_of_the_reference_is_read() {
        let body = json!({
            "sessionId": "your-session-id", "to": "5511999999999@s.whatsapp.net", "text": "Hello from WASaaS!",
        });
        let mut read: TextBody = serde_json::from_value(body.clone()).expect("it is a body");
        assert_eq!(read.session().expect("it is there"), "your-session-id");
        let message = text(body).expect("it is in order");
        assert_eq!(message.to.jid(), "5511999999999@s.whatsapp.net");
        assert_eq!(message.content, Content::Text(Text::plain("Hello from WASaaS!")));
    }

    #[test]
    fn other_names_and_plain_digits_are_read_and_what_is_missing_is_named() {
        let body =
            json!({"session": "s", "chatId": 5511999999999_u64, "message": "hi", "quotedMessageId": "3EB0"});
        let message = text(body).expect("it is in order");
        assert_eq!(message.to.jid(), "5511999999999@s.whatsapp.net");
        assert_eq!(message.quote.map(|quote| quote.wa_id).as_deref(), Some("3EB0"));
        let check = |body: Value, field: &str| {
            let failure = text(body).expect_err("it is refused");
            assert_eq!(failure.fields[0].field, field);
        };
        check(json!({"to": "5511999999999"}), "text");
        check(json!({"text": "hi"}), "to");
        check(json!({"text": "hi", "to": "status@broadcast"}), "to");
        check(json!({"text": "hi", "to": "5511999999999", "mentions": ["nobody"]}), "mentions.0");
    }

    #[test]
    fn a_file_is_inside_or_somewhere() {
        let read = |body: Value| {
            let mut whole = json!({"to": "5511999999999", "type": "image"});
            whole.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
            serde_json::from_value::<MediaBody>(whole).expect("it is a body").read()
        };
        let there =
            read(json!({"url": "https://example.com/a.png?x=1", "caption": "look"})).expect("in order");
        let Content::Media(media) = there.message.content else { panic!("it is a file") };
        assert_eq!((media.mime_type.as_deref(), media.caption.as_deref()), (Some("image/png"), Some("look")));
        for data in ["aGk=", "data:image/png;base64,aGk="] {
            let inside = read(json!({"base64": data})).expect("it is in order");
            assert_eq!(inside.file, PendingFile::Inline("hi".into()), "{data}");
        }
        let refused = |body: Value| read(body).expect_err("it is refused").fields[0].field.clone();
        assert_eq!(refused(json!({})), "mediaUrl");
        assert_eq!(refused(json!({"mediaUrl": "a.png"})), "mediaUrl");
        assert_eq!(refused(json!({"mediaUrl": "https://a.b/c", "base64": "aGk="})), "base64");
        assert_eq!(refused(json!({"type": "gif", "mediaUrl": "https://a.b/c"})), "type");
    }

    #[test]
    fn a_bulk_is_one_text_for_all_or_one_for_each() {
        let read = |body: Value| serde_json::from_value::<BulkBody>(body).expect("it is a body").read();
        let texts = |body: Value| -> Vec<String> {
            let (_, bodies) = read(body).expect("it is in order");
            let message = |(_, body): OfBulk| body.read(Lane::Bulk).expect("in order");
            bodies.into_iter().map(message).filter_map(|message| message.text().map(str::to_owned)).collect()
        };
        let all = json!({"sessionId": "s", "recipients": ["5511999999999", "5511888888888"], "text": "hi"});
        assert_eq!(texts(all), ["hi", "hi"]);
        let each = json!({
            "sessionId": "s", "text": "hi",
            "messages": [{"to": "5511999999999", "text": "you"}, {"to": "5511888888888"}],
        });
        assert_eq!(texts(each), ["you", "hi"]);
        for (body, field) in [
            (json!({"recipients": ["1"]}), "sessionId"),
            (json!({"sessionId": "s"}), "recipients"),
            (json!({"sessionId": "s", "to": vec!["1"; WASAAS_BULK_MAX + 1]}), "recipients"),
        ] {
            assert_eq!(read(body).expect_err("it is refused").fields[0].field, field);
        }
    }
}
