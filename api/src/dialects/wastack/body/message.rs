//! Messages: one body for every type, whose members are those of its type.

mod content;

use std::collections::BTreeMap;

use trunkline_model::limits::{CARDS_MAX, LIST_ROWS_MAX, MENTIONS_MAX, POLL_OPTIONS_MAX};
use trunkline_model::message::{Content, MediaKind};
use trunkline_model::{Address, Failure};

pub(crate) use self::content::choices;
use super::when::read_when;
use super::{anybody, needed, person, text};
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
    pub(crate) around: Around,
    /// When it is sent, in milliseconds since the Unix epoch.
    pub(crate) at_ms: Option<i64>,
}

/// What a message has beside its content.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Around {
    /// The message that it answers.
    pub(crate) reply_to: Option<String>,
    /// Who wrote that one, or the one that is reacted to.
    pub(crate) sender: Option<Address>,
    pub(crate) mentions: Option<Vec<Address>>,
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
    pub(crate) fn in_chat(mut self, chat: &str) -> SendBody {
        self.to();
        SendBody { to: Some(Loose(chat.to_owned())), ..self }
    }

    /// Takes who gets it out of the body.
    ///
    /// # Errors
    /// `VALIDATION` for what nobody is written to by.
    pub(crate) fn recipient(&mut self) -> Result<Option<Address>, Failure> {
        let to = text(self.to()).map(|to| anybody("to", &to)).transpose()?;
        match to {
            Some(Address::Status) => Err(wrong("to", "is the status, which is not written to")),
            to => Ok(to),
        }
    }

    /// Takes what it says beside its content out of the body.
    ///
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn around(&mut self) -> Result<Around, Failure> {
        let sender = text(self.sender()).map(|sender| person("senderId", &sender)).transpose()?;
        let correlation = text(self.correlation());
        if correlation.as_ref().is_some_and(|id| !is_idempotency_key(id.as_bytes())) {
            return Err(wrong("correlationId", "is not 1 to 255 visible ASCII characters"));
        }
        let mentions = self.mentions().map(read_mentions).transpose()?;
        Ok(Around { reply_to: text(self.reply_to()), sender, mentions, correlation })
    }

    /// Takes the kind that it names out of the body.
    ///
    /// # Errors
    /// `VALIDATION`.
    pub(crate) fn named_kind(&mut self) -> Result<Option<Kind>, Failure> {
        let parse = |word: String| Kind::parse(&word).ok_or_else(|| wrong("type", "is no type of a message"));
        text(self.kind()).map(parse).transpose()
    }

    /// Takes when it is sent out of the body.
    fn at_ms(&mut self) -> Result<Option<i64>, Failure> {
        let zone = text(self.timezone());
        let at = text(self.schedule_at());
        at.map(|at| read_when("scheduleAt", &at, zone.as_deref())).transpose()
    }

    /// The message; its kind is that of the row, where the row has one.
    ///
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn read(mut self, kind: Option<Kind>, upload: Option<Upload>) -> Result<Wanted, Failure> {
        let to = self.recipient()?.ok_or_else(|| wrong("to", "is missing"))?;
        let kind = match kind {
            Some(kind) => kind,
            None => self.named_kind()?.unwrap_or(Kind::Text),
        };
        let (around, at_ms) = (self.around()?, self.at_ms()?);
        Ok(Wanted { to, said: self.said(kind, upload)?, around, at_ms })
    }

    /// Reads the kind of the file of a body that may hold any.
    pub(crate) fn read_media(mut self, upload: Option<Upload>) -> Result<Wanted, Failure> {
        let word = needed("mediaType", self.media_kind().or_else(|| self.kind()))?;
        match Kind::parse(&word) {
            Some(kind @ Kind::Media(_)) => self.read(Some(kind), upload),
            _ => Err(wrong("mediaType", "is not one of image, video, audio, voice, document, sticker")),
        }
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

fn read_mentions(First(given): First<Loose<String>, { MENTIONS_MAX + 1 }>) -> Result<Vec<Address>, Failure> {
    let mut problems = Problems::default();
    let mut people = Vec::new();
    for (index, Loose(mention)) in given.into_iter().enumerate() {
        people.extend(problems.keep(format!("mentions.{index}"), mention.parse::<Address>()));
    }
    problems.or(Some(people))
}

#[cfg(test)]
mod tests;
