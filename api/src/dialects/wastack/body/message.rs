//! Messages: one body for every type, whose members are those of its type.

use std::collections::BTreeMap;

use trunkline_model::limits::{CARDS_MAX, LIST_ROWS_MAX, MENTIONS_MAX, POLL_OPTIONS_MAX};
use trunkline_model::message::{
    Buttons, Choice, ContactCard, ContactFields, Content, LinkPreview, ListMenu, ListSection, Location,
    MediaKind, MenuForm, Poll, Text,
};
use trunkline_model::{Address, Failure};

use super::when::read_when;
use super::{anybody, needed, person, text};
use crate::dialects::file;
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::fields::{Base64, First, Object, Problems};
use crate::json::send::{PendingFile, Upload, is_idempotency_key};
use crate::limits::WASTACK_BULK_MAX;

loose! {
    /// A message. `type` says what it is, and which members it has; `text` when it is left out.
    SendBody {
        /// The device that sends; may be left out by an app that is bound to one.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Who gets it: a phone number with its country code, or a WhatsApp id.
        to: [to, phone, number, receiver, chatId] Loose<String>,
        /// `text`, `location`, `contact`, `poll`, `reaction`, `template`, `buttons`, `list`, or the kind of a file.
        kind: [r#type, messageType] Loose<String>,
        /// The text.
        text: [text, message, body] Loose<String>,
        /// Whether the first link in the text is shown with a card.
        link_preview: [linkPreview, link_preview] Loose<bool>,
        /// The kind of the file.
        media_kind: [mediaType, media_type] Loose<String>,
        /// Where the file is.
        media_url: [mediaUrl, url, media_url] Loose<String>,
        /// Where the file is, in an object.
        media: [media] Object<MediaBody>,
        /// The file, in base64.
        base64: [base64] Base64,
        /// The text under a file.
        caption: [caption] Loose<String>,
        /// Name of a document.
        file_name: [fileName, filename, file_name] Loose<String>,
        /// Type of the file.
        mime_type: [mimeType, mimetype, mime_type] Loose<String>,
        /// Whether it can be looked at once.
        view_once: [viewOnce, view_once] Loose<bool>,
        /// Degrees north.
        latitude: [latitude, lat] Loose<f64>,
        /// Degrees east.
        longitude: [longitude, lng, lon] Loose<f64>,
        /// Name of a place.
        name: [name] Loose<String>,
        /// Address of a place.
        address: [address] Loose<String>,
        /// Contact cards.
        contacts: [contacts] First<Object<CardBody>, { CARDS_MAX + 1 }>,
        /// A contact card as vCard text.
        vcard: [vcard, vCard] Loose<String>,
        /// What a poll asks.
        question: [question] Loose<String>,
        /// What can be answered.
        options: [options] First<Loose<String>, { POLL_OPTIONS_MAX + 1 }>,
        /// How many answers one may give.
        selectable: [selectableCount, selectable_count] Loose<u32>,
        /// The message that is reacted to: a transaction, or WhatsApp's id of it.
        message_id: [messageId, message_id, transactionId] Loose<String>,
        /// The emoji; empty takes the reaction back.
        emoji: [emoji, reaction] Emoji,
        /// Id of a template.
        template_id: [templateId, template_id] Loose<String>,
        /// Its name, in the place of the id.
        template_name: [templateName, template_name] Loose<String>,
        /// Values of its variables.
        variables: [variables] BTreeMap<String, Loose<String>>,
        /// Buttons below the text.
        buttons: [buttons] First<Object<ChoiceBody>, { LIST_ROWS_MAX + 1 }>,
        /// Sections of a list.
        sections: [sections] First<Object<SectionBody>, { LIST_ROWS_MAX + 1 }>,
        /// What opens the list.
        button: [buttonText, button, title] Loose<String>,
        /// Small text below.
        footer: [footer] Loose<String>,
        /// The message that it answers: a transaction, or WhatsApp's id of it.
        reply_to: [replyTo, reply_to, quotedMessageId] Loose<String>,
        /// Who wrote that one, or the one that is reacted to; needed in a group for messages that are not known any more.
        sender: [senderId, participant] Loose<String>,
        /// People named in the text.
        mentions: [mentions] First<Loose<String>, { MENTIONS_MAX + 1 }>,
        /// When it is sent; now when it is left out.
        schedule_at: [scheduleAt, scheduledAt, schedule_at, scheduled_at] Loose<String>,
        /// Time zone of a time without an offset.
        timezone: [timezone] Loose<String>,
        /// How it is sent again and again; of a schedule.
        recurrence: [recurrence] Object<RecurrenceBody>,
        /// The same as a cron expression of five fields.
        cron: [cron] Loose<String>,
        /// The caller's own name of it: repeated, it is the same message.
        correlation: [correlationId, correlation_id] Loose<String>,
    }
}

loose! {
    /// How a message is sent again and again.
    RecurrenceBody {
        /// `once`, `daily`, `weekly` or `monthly`.
        frequency: [frequency] Loose<String>,
        /// Every so many of them.
        interval: [interval] Loose<u32>,
        /// Not after this time.
        until: [until] Loose<String>,
        /// So many times at the most.
        count: [count] Loose<u32>,
    }
}

loose! {
    /// Where a file is.
    MediaBody {
        /// The address.
        url: [url, link] Loose<String>,
        /// The file, in base64.
        base64: [base64] Base64,
        /// Its name.
        file_name: [fileName, filename] Loose<String>,
        /// Its type.
        mime_type: [mimeType, mimetype] Loose<String>,
    }
}

loose! {
    /// A contact card.
    CardBody {
        /// The whole name.
        name: [fullName, name, displayName] Loose<String>,
        /// The number.
        phone: [phone, phoneNumber, number] Loose<String>,
        /// Where they work.
        organization: [organization] Loose<String>,
        /// E-mail address.
        email: [email] Loose<String>,
        /// The card as vCard text.
        vcard: [vcard, vCard] Loose<String>,
    }
}

loose! {
    /// A button, or a row of a list.
    ChoiceBody {
        /// What comes back when it is chosen; its title when left out.
        id: [id, rowId, buttonId] Loose<String>,
        /// What it says.
        title: [title, text, label] Loose<String>,
        /// More about it.
        description: [description] Loose<String>,
    }
}

loose! {
    /// A section of a list.
    SectionBody {
        /// Its title.
        title: [title] Loose<String>,
        /// Its rows.
        rows: [rows] First<Object<ChoiceBody>, { LIST_ROWS_MAX + 1 }>,
    }
}

loose! {
    /// Messages, each as it would be sent alone.
    BulkBody {
        /// The device that sends those that name none.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// The messages.
        messages: [messages] First<Object<SendBody>, { WASTACK_BULK_MAX + 1 }>,
        /// Pause between two of them, in milliseconds.
        delay_ms: [delayMs, delay_ms, delay] Loose<u32>,
    }
}

/// An emoji; unlike other texts it says something when it is empty.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub(crate) struct Emoji(String);

impl crate::dialects::loose::Given for Emoji {}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Media(MediaKind),
    Location,
    Contact,
    Poll,
    Reaction,
    Template,
    Buttons,
    List,
}

impl Kind {
    /// That of a content.
    pub(crate) fn of(content: &Content) -> Option<Kind> {
        Kind::parse(content.kind())
    }

    fn parse(word: &str) -> Option<Kind> {
        Some(match word {
            "text" | "plain-text" | "chat" => Kind::Text,
            "ptt" => Kind::Media(MediaKind::Voice),
            "location" => Kind::Location,
            "contact" | "contacts" | "vcard" => Kind::Contact,
            "poll" => Kind::Poll,
            "reaction" => Kind::Reaction,
            "template" => Kind::Template,
            "buttons" => Kind::Buttons,
            "list" => Kind::List,
            other => Kind::Media(MediaKind::parse(other)?),
        })
    }
}

/// A message that was read, as far as that needs nobody else.
#[derive(Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) to: Address,
    pub(crate) said: Said,
    /// The message that it answers, and who wrote that.
    pub(crate) reply_to: Option<String>,
    pub(crate) sender: Option<Address>,
    pub(crate) mentions: Vec<Address>,
    /// When it is sent, in milliseconds since the Unix epoch.
    pub(crate) at_ms: Option<i64>,
    pub(crate) correlation: Option<String>,
}

/// What a message says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// This.
    Content(Content, PendingFile),
    /// An emoji to a message.
    Reaction { message: String, emoji: String },
    /// What a template makes of these values.
    Template { template: String, variables: BTreeMap<String, String> },
}

impl SendBody {
    /// The same to a chat that the path names.
    pub(crate) fn to_chat(mut self, chat: &str) -> SendBody {
        while self.to().is_some() {}
        SendBody { to: Some(Loose(chat.to_owned())), ..self }
    }

    /// The same to a chat, where it names none.
    pub(crate) fn or_to_chat(mut self, chat: &str) -> SendBody {
        let to = self.to().unwrap_or_else(|| Loose(chat.to_owned()));
        SendBody { to: Some(to), ..self }
    }

    /// Whether it says what it is.
    pub(crate) fn names_kind(&self) -> bool {
        self.r#type.is_some() || self.messageType.is_some()
    }

    /// Whether it has anything of a message but its chat.
    pub(crate) fn has_content(&self) -> bool {
        let words = [&self.text, &self.message, &self.body, &self.r#type, &self.messageType];
        let files = [&self.mediaUrl, &self.url, &self.media_url, &self.caption, &self.vcard, &self.question];
        let templates = [&self.templateId, &self.template_id, &self.templateName, &self.template_name];
        words.into_iter().chain(files).chain(templates).any(Option::is_some)
            || self.media.is_some()
            || self.base64.is_some()
            || self.latitude.is_some()
            || self.contacts.is_some()
            || self.buttons.is_some()
            || self.sections.is_some()
    }

    /// The message; its kind is that of the row, where the row has one.
    ///
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn read(mut self, kind: Option<Kind>, upload: Option<Upload>) -> Result<Wanted, Failure> {
        let to = anybody("to", &needed("to", self.to())?)?;
        if to == Address::Status {
            return Err(wrong("to", "is the status, which is not written to"));
        }
        let kind = match (kind, text(self.kind())) {
            (Some(kind), _) => kind,
            (None, Some(word)) => Kind::parse(&word).ok_or_else(|| wrong("type", "is no type of a message"))?,
            (None, None) => Kind::Text,
        };
        let sender = text(self.sender()).map(|sender| person("senderId", &sender)).transpose()?;
        let zone = text(self.timezone());
        let at = text(self.schedule_at());
        let at_ms = at.map(|at| read_when("scheduleAt", &at, zone.as_deref())).transpose()?;
        let correlation = text(self.correlation());
        if correlation.as_ref().is_some_and(|id| !is_idempotency_key(id.as_bytes())) {
            return Err(wrong("correlationId", "is not 1 to 255 visible ASCII characters"));
        }
        Ok(Wanted {
            to,
            mentions: read_mentions(self.mentions())?,
            reply_to: text(self.reply_to()),
            said: self.said(kind, upload)?,
            sender,
            at_ms,
            correlation,
        })
    }

    /// Reads the kind of the file of a body that may hold any.
    pub(crate) fn read_media(mut self, upload: Option<Upload>) -> Result<Wanted, Failure> {
        let word = needed("mediaType", self.media_kind().or_else(|| self.kind()))?;
        match Kind::parse(&word) {
            Some(kind @ Kind::Media(_)) => self.read(Some(kind), upload),
            _ => Err(wrong("mediaType", "is not one of image, video, audio, voice, document, sticker")),
        }
    }

    fn said(mut self, kind: Kind, upload: Option<Upload>) -> Result<Said, Failure> {
        let content = match kind {
            Kind::Text => self.read_text()?,
            Kind::Media(kind) => {
                let (content, file) = self.file(kind, upload)?;
                return Ok(Said::Content(content, file));
            }
            Kind::Location => self.place()?,
            Kind::Contact => self.cards()?,
            Kind::Poll => Content::Poll(Poll {
                question: needed("question", self.question())?,
                options: list(self.options()).into_iter().map(|Loose(option)| option).collect(),
                selectable: self.selectable().map_or(1, |Loose(count)| count),
            }),
            Kind::Buttons => Content::Buttons(Buttons {
                body: needed("text", self.text())?,
                footer: text(self.footer()),
                buttons: choices("buttons", list(self.buttons()))?,
                form: MenuForm::Numbered,
            }),
            Kind::List => self.menu()?,
            Kind::Reaction => {
                let message = needed("messageId", self.message_id())?;
                let Emoji(emoji) = self.emoji().ok_or_else(|| wrong("emoji", "is missing"))?;
                return Ok(Said::Reaction { message, emoji });
            }
            Kind::Template => {
                let template = needed("templateId", self.template_id().or_else(|| self.template_name()))?;
                let variables = values(self.variables());
                return Ok(Said::Template { template, variables });
            }
        };
        Ok(Said::Content(content, PendingFile::Nothing))
    }

    fn read_text(&mut self) -> Result<Content, Failure> {
        let body = needed("text", self.text())?;
        let preview = match self.link_preview() {
            Some(Loose(true)) => LinkPreview::Fetch,
            _ => LinkPreview::None,
        };
        Ok(Content::Text(Text { body, preview, style: None }))
    }

    fn file(&mut self, kind: MediaKind, upload: Option<Upload>) -> Result<(Content, PendingFile), Failure> {
        let mut inner = self.media().unwrap_or_default().0;
        let wanted = file::Wanted {
            data: self.base64().or_else(|| inner.base64()),
            url: text(self.media_url().or_else(|| inner.url())),
            upload,
            mime_type: text(self.mime_type().or_else(|| inner.mime_type())),
            caption: text(self.caption().or_else(|| self.text())),
            file_name: text(self.file_name().or_else(|| inner.file_name())),
            view_once: self.view_once().is_some_and(|Loose(once)| once),
        };
        let (media, file) = wanted.read(kind, ("mediaUrl", "base64"))?;
        if kind == MediaKind::Document && media.file_name.is_none() {
            return Err(wrong("fileName", "is missing"));
        }
        Ok((Content::Media(media), file))
    }

    fn place(&mut self) -> Result<Content, Failure> {
        let degrees = |field: &str, given: Option<Loose<f64>>, most: f64| match given {
            // Ten millionths of a degree: about a centimetre.
            Some(Loose(degrees)) if degrees.abs() <= most => Ok((degrees * 1e7).round() as i64),
            Some(_) => Err(wrong(field, format!("is not between -{most} and {most}"))),
            None => Err(wrong(field, "is missing")),
        };
        Ok(Content::Location(Location {
            latitude_e7: degrees("latitude", self.latitude(), 90.0)?,
            longitude_e7: degrees("longitude", self.longitude(), 180.0)?,
            name: text(self.name()),
            address: text(self.address()),
            url: None,
        }))
    }

    fn cards(&mut self) -> Result<Content, Failure> {
        let no_card = |field: &str| wrong(field, "is no vCard with a name");
        if let Some(vcard) = text(self.vcard()) {
            let card = ContactCard::of_vcard(vcard).ok_or_else(|| no_card("vcard"))?;
            return Ok(Content::Contacts(vec![card]));
        }
        let mut cards = Vec::new();
        for (index, Object(mut card)) in list(self.contacts()).into_iter().enumerate() {
            let field = |name: &str| format!("contacts.{index}.{name}");
            if let Some(vcard) = text(card.vcard()) {
                cards.push(ContactCard::of_vcard(vcard).ok_or_else(|| no_card(&field("vcard")))?);
                continue;
            }
            let name = needed(&field("fullName"), card.name())?;
            let phone = anybody(&field("phone"), &needed(&field("phone"), card.phone())?)?;
            let phone = phone.phone().ok_or_else(|| wrong(&field("phone"), "is not a phone number"))?;
            cards.push(ContactCard::of(ContactFields {
                name,
                phones: vec![phone.to_owned()],
                organization: text(card.organization()),
                email: text(card.email()),
                url: None,
            }));
        }
        if cards.is_empty() {
            return Err(wrong("contacts", "is missing, and so is `vcard`; give one of them"));
        }
        Ok(Content::Contacts(cards))
    }

    fn menu(&mut self) -> Result<Content, Failure> {
        let mut sections = Vec::new();
        for (index, Object(mut section)) in list(self.sections()).into_iter().enumerate() {
            let rows = choices(&format!("sections.{index}.rows"), list(section.rows()))?;
            sections.push(ListSection { title: text(section.title()), rows });
        }
        Ok(Content::List(ListMenu {
            body: needed("text", self.text())?,
            footer: text(self.footer()),
            button: text(self.button()).unwrap_or_else(|| "Menu".to_owned()),
            sections,
            form: MenuForm::Numbered,
        }))
    }
}

/// The items of a list that may be left out.
pub(crate) fn list<T, const KEPT: usize>(given: Option<First<T, KEPT>>) -> Vec<T> {
    given.map(|First(items)| items).unwrap_or_default()
}

/// Values of variables as texts.
pub(crate) fn values(given: Option<BTreeMap<String, Loose<String>>>) -> BTreeMap<String, String> {
    given.unwrap_or_default().into_iter().map(|(name, Loose(value))| (name, value)).collect()
}

/// Buttons, or rows.
pub(crate) fn choices(field: &str, given: Vec<Object<ChoiceBody>>) -> Result<Vec<Choice>, Failure> {
    let read = |(index, Object(mut choice)): (usize, Object<ChoiceBody>)| {
        let title = needed(&format!("{field}.{index}.title"), choice.title())?;
        let id = text(choice.id()).unwrap_or_else(|| title.clone());
        Ok(Choice { id, title, description: text(choice.description()) })
    };
    given.into_iter().enumerate().map(read).collect()
}

fn read_mentions(
    given: Option<First<Loose<String>, { MENTIONS_MAX + 1 }>>,
) -> Result<Vec<Address>, Failure> {
    let mut problems = Problems::default();
    let mut people = Vec::new();
    for (index, Loose(mention)) in list(given).into_iter().enumerate() {
        people.extend(problems.keep(format!("mentions.{index}"), mention.parse::<Address>()));
    }
    problems.or(Some(people))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, kind: Option<Kind>) -> Result<Wanted, Failure> {
        let body: SendBody = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        body.read(kind, None)
    }

    #[test]
    fn every_type_is_read_by_its_own_members_and_their_other_names() {
        let check = |json: &str, kind: &str| {
            let wanted = read(json, None).unwrap_or_else(|failure| panic!("{json}: {failure}"));
            assert_eq!(wanted.to.jid(), "919876543210@s.whatsapp.net", "{json}");
            let read = match &wanted.said {
                Said::Content(content, _) => content.kind(),
                Said::Reaction { .. } => "reaction",
                Said::Template { .. } => "template",
            };
            assert_eq!(read, kind, "{json}");
        };
        check(r#"{"to":"919876543210","text":"hi"}"#, "text");
        check(r#"{"phone":"+91 98765 43210","message":"hi","type":"plain-text"}"#, "text");
        check(r#"{"number":919876543210,"body":"hi"}"#, "text");
        check(r#"{"to":"919876543210","type":"image","mediaUrl":"https://example.org/a.png"}"#, "image");
        check(r#"{"to":"919876543210","type":"video","media":{"url":"https://example.org/a.mp4"}}"#, "video");
        check(r#"{"to":"919876543210","type":"ptt","base64":"T2dnUw=="}"#, "voice");
        check(r#"{"to":"919876543210","type":"document","url":"https://e.org/a","filename":"a.pdf"}"#, "document");
        check(r#"{"to":"919876543210","type":"location","latitude":"12.97","longitude":77.59}"#, "location");
        check(r#"{"to":"919876543210","type":"contact","contacts":[{"fullName":"A","phone":"919876543211"}]}"#, "contacts");
        check(r#"{"to":"919876543210","type":"poll","question":"q","options":["a","b"]}"#, "poll");
        check(r#"{"to":"919876543210","type":"reaction","messageId":"txn_1","emoji":""}"#, "reaction");
        check(r#"{"to":"919876543210","type":"template","templateName":"t","variables":{"n":1}}"#, "template");
        check(r#"{"to":"919876543210","type":"buttons","text":"t","buttons":[{"title":"yes"}]}"#, "buttons");
        check(r#"{"to":"919876543210","type":"list","text":"t","sections":[{"rows":[{"title":"a"}]}]}"#, "list");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let check = |json: &str, field: &str| {
            let failure = read(json, None).expect_err(json);
            let named: Vec<&str> = failure.fields.iter().map(|problem| problem.field.as_str()).collect();
            assert_eq!(named, [field], "{json}");
        };
        check(r#"{"text":"hi"}"#, "to");
        check(r#"{"to":"status@broadcast","text":"hi"}"#, "to");
        check(r#"{"to":"919876543210"}"#, "text");
        check(r#"{"to":"919876543210","type":"fax"}"#, "type");
        check(r#"{"to":"919876543210","type":"image"}"#, "mediaUrl");
        check(r#"{"to":"919876543210","type":"document","url":"https://e.org/a"}"#, "fileName");
        check(r#"{"to":"919876543210","type":"location","latitude":91,"longitude":0}"#, "latitude");
        check(r#"{"to":"919876543210","type":"contact"}"#, "contacts");
        check(r#"{"to":"919876543210","type":"reaction","messageId":"x"}"#, "emoji");
        check(r#"{"to":"919876543210","text":"hi","scheduleAt":"later"}"#, "scheduleAt");
        check(r#"{"to":"919876543210","text":"hi","correlationId":"a b"}"#, "correlationId");
        check(r#"{"to":"919876543210","text":"hi","mentions":["x"]}"#, "mentions.0");
    }

    #[test]
    fn a_path_that_names_the_chat_comes_before_the_body() {
        let body: SendBody = serde_json::from_str(r#"{"phone":"919876543210","text":"hi"}"#).expect("a body");
        let wanted = body.to_chat("120363021033254949@g.us").read(None, None).expect("a message");
        assert_eq!(wanted.to.jid(), "120363021033254949@g.us");
    }
}
