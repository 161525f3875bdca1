//! Chats, their messages and labels: bodies and answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::chat::{ChatChange, LabelRecord, MessageRef, Mute};
use trunkline_model::command::{ChatView, LabelChanges, LabelView, StoredBody, StoredMessage};
use trunkline_model::inbound::Party;
use trunkline_model::limits::{
    HISTORY_MESSAGES_DEFAULT, HISTORY_MESSAGES_MAX, LABEL_COLOR_MAX, LABEL_ID_BYTES_MAX,
    LABEL_NAME_CHARS_MAX, RETENTION_DAYS_MAX, WA_MESSAGE_ID_BYTES_MAX,
};
use trunkline_model::{Address, Failure, InstanceId};

use super::event::Received;
use super::fields::{Problems, nullable, present};
use super::message::MessageJson;
use super::party::Person;
use super::time::{Time, read_time};

/// Changes to a chat. What is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateChat")]
pub(crate) struct UpdateChatBody {
    /// Whether it is in the archive.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    archived: Option<bool>,
    /// Whether it is pinned to the top.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    pinned: Option<bool>,
    /// Whether it is silent: for good, unless `muted_until` says until when.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    muted: Option<bool>,
    /// Silences it until then: a time in RFC 3339.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Time")]
    muted_until: Option<String>,
    /// Whether it is read. The authors are not told; `messages.read` does that.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    read: Option<bool>,
    /// Seconds after which messages disappear; 0 for never.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32")]
    disappearing_seconds: Option<u32>,
}

impl UpdateChatBody {
    /// The changes, in the order in which they are made.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong, or when there is none.
    pub(crate) fn read(self) -> Result<Vec<ChatChange>, Failure> {
        let mut problems = Problems::default();
        let mute = match (self.muted, self.muted_until) {
            (Some(false), Some(_)) => {
                problems.add("muted_until", "says until when the chat is silent, and `muted` that it is not");
                None
            }
            (_, Some(text)) => read_time(&mut problems, "muted_until", &text).map(Mute::Until),
            (Some(true), None) => Some(Mute::Always),
            (Some(false), None) => Some(Mute::Off),
            (None, None) => None,
        };
        let changes: Vec<ChatChange> = [
            self.archived.map(ChatChange::Archived),
            self.pinned.map(ChatChange::Pinned),
            mute.map(ChatChange::Muted),
            self.read.map(ChatChange::Read),
            self.disappearing_seconds.map(ChatChange::Disappearing),
        ]
        .into_iter()
        .flatten()
        .collect();
        problems.or(Some(changes))
    }
}

/// How far back the phone is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RequestHistory")]
pub(crate) struct HistoryBody {
    /// How many messages.
    #[serde(default = "default_messages")]
    #[schemars(range(min = 1, max = HISTORY_MESSAGES_MAX))]
    messages: u32,
}

fn default_messages() -> u32 {
    HISTORY_MESSAGES_DEFAULT
}

impl HistoryBody {
    /// How many messages.
    ///
    /// # Errors
    /// `VALIDATION` when it is none or too many.
    pub(crate) fn read(self) -> Result<u32, Failure> {
        let mut problems = Problems::default();
        if !(1..=HISTORY_MESSAGES_MAX).contains(&self.messages) {
            problems.add("messages", format!("is not a number from 1 to {HISTORY_MESSAGES_MAX}"));
        }
        problems.or(Some(self.messages))
    }
}

/// What the phone was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HistoryRequested")]
pub(crate) struct HistoryJson {
    /// How many messages.
    pub(crate) requested_messages: u32,
}

/// A message of a chat.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MessageOfChat")]
pub(crate) struct MessageRefBody {
    /// WhatsApp's id of it.
    #[schemars(length(min = 1, max = WA_MESSAGE_ID_BYTES_MAX))]
    wa_id: String,
    /// Whether this account wrote it.
    from_me: bool,
    /// Its author, in a group, unless this account wrote it.
    #[serde(default)]
    participant: Option<String>,
}

impl MessageRefBody {
    /// The message.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, chat: &Address) -> Result<MessageRef, Failure> {
        read_message(chat, self.wa_id, self.from_me, self.participant)
    }
}

/// A message of a chat, and whether it is starred.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StarMessage")]
pub(crate) struct StarBody {
    /// WhatsApp's id of it.
    #[schemars(length(min = 1, max = WA_MESSAGE_ID_BYTES_MAX))]
    wa_id: String,
    /// Whether this account wrote it.
    from_me: bool,
    /// Its author, in a group, unless this account wrote it.
    #[serde(default)]
    participant: Option<String>,
    /// Whether it is starred from now on.
    starred: bool,
}

impl StarBody {
    /// The message, and whether it is starred.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, chat: &Address) -> Result<(MessageRef, bool), Failure> {
        Ok((read_message(chat, self.wa_id, self.from_me, self.participant)?, self.starred))
    }
}

fn read_message(
    chat: &Address,
    wa_id: String,
    from_me: bool,
    participant: Option<String>,
) -> Result<MessageRef, Failure> {
    let mut problems = Problems::default();
    if wa_id.is_empty() {
        problems.add("wa_id", "is empty");
    }
    problems.bound("wa_id", &wa_id, WA_MESSAGE_ID_BYTES_MAX);
    let author = participant.and_then(|text| problems.keep("participant", text.parse::<Address>()));
    if author.as_ref().is_some_and(|author| !author.is_person()) {
        problems.add("participant", "is not a person");
    }
    if matches!(chat, Address::Group(_)) && !from_me && author.is_none() {
        problems.add("participant", "is missing; in a group a message is known by its author, too");
    }
    let participant = author.filter(|_| !from_me).map(|author| Party::of_jid(&author.jid()));
    problems.or(Some(MessageRef { wa_id, from_me, participant }))
}

/// A label that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateLabel")]
pub(crate) struct CreateLabelBody {
    /// Its name.
    #[schemars(length(min = 1, max = LABEL_NAME_CHARS_MAX))]
    name: String,
    /// Number of its colour in WhatsApp's palette.
    #[serde(default)]
    #[schemars(range(min = 0, max = LABEL_COLOR_MAX))]
    color: i32,
}

impl CreateLabelBody {
    /// The label.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<LabelRecord, Failure> {
        let mut problems = Problems::default();
        check_label(&mut problems, Some(&self.name), Some(self.color));
        problems.or(Some(LabelRecord { name: self.name, color: self.color }))
    }
}

/// Changes to a label. What is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateLabel")]
pub(crate) struct UpdateLabelBody {
    /// New name.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1, max = LABEL_NAME_CHARS_MAX))]
    name: Option<String>,
    /// New colour.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "i32", range(min = 0, max = LABEL_COLOR_MAX))]
    color: Option<i32>,
}

impl UpdateLabelBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<LabelChanges, Failure> {
        let mut problems = Problems::default();
        check_label(&mut problems, self.name.as_deref(), self.color);
        problems.or(Some(LabelChanges { name: self.name, color: self.color }))
    }
}

fn check_label(problems: &mut Problems, name: Option<&str>, color: Option<i32>) {
    if let Some(name) = name {
        if name.trim().is_empty() {
            problems.add("name", "is empty");
        }
        problems.bound_chars("name", name, LABEL_NAME_CHARS_MAX);
    }
    if color.is_some_and(|color| !(0..=LABEL_COLOR_MAX).contains(&color)) {
        problems.add("color", format!("is not a number from 0 to {LABEL_COLOR_MAX}"));
    }
}

/// A label's id from a path.
pub(crate) fn label_id(text: &str) -> Option<String> {
    let well_formed =
        (1..=LABEL_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    well_formed.then(|| text.to_owned())
}

/// How long messages stay in their chats.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetRetention")]
pub(crate) struct RetentionBody {
    /// Days; null for ever.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<u32>", range(min = 1, max = RETENTION_DAYS_MAX))]
    retention_days: Option<Option<u32>>,
}

impl RetentionBody {
    /// The days.
    ///
    /// # Errors
    /// `VALIDATION` when they are none or too many.
    pub(crate) fn read(self) -> Result<Option<u32>, Failure> {
        let mut problems = Problems::default();
        let days = self.retention_days.flatten();
        if days.is_some_and(|days| !(1..=RETENTION_DAYS_MAX).contains(&days)) {
            problems.add(
                "retention_days",
                format!("is neither null nor a number from 1 to {RETENTION_DAYS_MAX}"),
            );
        }
        problems.or(Some(days))
    }
}

/// How long messages stay in their chats.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Retention")]
pub(crate) struct RetentionJson {
    /// Days; null for ever.
    pub(crate) retention_days: Option<u32>,
}

/// A chat.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Chat")]
pub(crate) struct ChatJson<'a> {
    /// The chat: its canonical id, a person's names or a group's subject.
    chat: Person<'a>,
    is_group: bool,
    /// When its newest message was written.
    last_message_at: Option<Time>,
    /// Received messages that nobody has read.
    unread: u32,
    /// Whether a person marked it as unread.
    marked_unread: bool,
    archived: bool,
    pinned: bool,
    /// Whether it is silent now.
    muted: bool,
    /// When that ends; null when it is not silent, or for good.
    muted_until: Option<Time>,
    /// Seconds after which its messages disappear; 0 for never, null when it was never told.
    disappearing_seconds: Option<u32>,
    /// Ids of its labels.
    labels: &'a [String],
}

impl<'a> ChatJson<'a> {
    pub(crate) fn of(view: &'a ChatView) -> ChatJson<'a> {
        ChatJson {
            chat: Person::of(&view.chat),
            is_group: view.is_group,
            last_message_at: view.last_message_ms.map(Time),
            unread: view.unread,
            marked_unread: view.marked_unread,
            archived: view.archived,
            pinned: view.pinned,
            muted: view.mute != Mute::Off,
            muted_until: until(view.mute),
            disappearing_seconds: view.disappearing_seconds,
            labels: &view.labels,
        }
    }
}

/// The end of a silence that has one.
pub(crate) fn until(mute: Mute) -> Option<Time> {
    match mute {
        Mute::Until(until_ms) => Some(Time(until_ms)),
        Mute::Off | Mute::Always => None,
    }
}

/// A label.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Label")]
pub(crate) struct LabelJson<'a> {
    id: &'a str,
    name: &'a str,
    /// Number of its colour in WhatsApp's palette.
    color: i32,
}

impl<'a> LabelJson<'a> {
    pub(crate) fn of(view: &'a LabelView) -> LabelJson<'a> {
        LabelJson { id: &view.id, name: &view.label.name, color: view.label.color }
    }
}

/// A message in a chat. One of `received` and `sent` holds it whole.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StoredMessage")]
pub(crate) struct StoredMessageJson<'a> {
    /// `received` or `sent`.
    direction: &'static str,
    /// WhatsApp's id of it.
    wa_id: &'a str,
    /// When it was written.
    time: Time,
    /// `text`, `image`, …
    #[serde(rename = "type")]
    kind: &'a str,
    /// Its text: of a text message, or under a file.
    text: Option<&'a str>,
    starred: bool,
    /// The message that arrived, as its event tells it; also one that another device of the account sent.
    received: Option<Received<'a>>,
    /// The message that this instance sent.
    sent: Option<MessageJson<'a>>,
}

impl<'a> StoredMessageJson<'a> {
    pub(crate) fn of(instance: InstanceId, stored: &'a StoredMessage) -> StoredMessageJson<'a> {
        let StoredMessage { time_ms, starred, text, message } = stored;
        let (direction, wa_id, kind, received, sent) = match message {
            StoredBody::Received { sequence, message } => {
                let received = Received::of(instance, *sequence, message);
                ("received", message.wa_id.as_str(), received.kind(), Some(received), None)
            }
            StoredBody::Sent(view) => {
                ("sent", view.wa_id.as_str(), view.kind.as_str(), None, Some(MessageJson::of(view)))
            }
        };
        StoredMessageJson {
            direction,
            wa_id,
            time: Time(*time_ms),
            kind,
            text: text.as_deref(),
            starred: *starred,
            received,
            sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse::parse;

    #[test]
    fn a_change_says_what_it_changes() {
        let check = |json: &str, expected: Option<&[ChatChange]>| {
            let read = parse::<UpdateChatBody>(json.as_bytes()).and_then(UpdateChatBody::read);
            assert_eq!(read.ok().as_deref(), expected, "{json}");
        };
        check("{}", Some(&[]));
        check(
            r#"{"archived":true,"read":false}"#,
            Some(&[ChatChange::Archived(true), ChatChange::Read(false)]),
        );
        check(r#"{"muted":true}"#, Some(&[ChatChange::Muted(Mute::Always)]));
        check(r#"{"muted":false}"#, Some(&[ChatChange::Muted(Mute::Off)]));
        let until = [ChatChange::Muted(Mute::Until(1_893_456_000_000))];
        check(r#"{"muted_until":"2030-01-01T00:00:00Z"}"#, Some(&until));
        check(r#"{"muted":true,"muted_until":"2030-01-01T00:00:00Z"}"#, Some(&until));
        check(r#"{"muted":false,"muted_until":"2030-01-01T00:00:00Z"}"#, None);
        check(r#"{"muted_until":"tomorrow"}"#, None);
        check(r#"{"archived":null}"#, None);
        check(r#"{"surprise":1}"#, None);
    }

    #[test]
    fn a_message_of_a_group_names_its_author() {
        let group: Address = "120363021033254949@g.us".parse().expect("a group");
        let person: Address = "966501234567".parse().expect("a person");
        let read = |json: &str, chat: &Address| {
            parse::<MessageRefBody>(json.as_bytes()).and_then(|body| body.read(chat)).is_ok()
        };
        assert!(read(r#"{"wa_id":"A","from_me":false}"#, &person));
        assert!(read(r#"{"wa_id":"A","from_me":true}"#, &group));
        assert!(!read(r#"{"wa_id":"A","from_me":false}"#, &group));
        assert!(read(r#"{"wa_id":"A","from_me":false,"participant":"1@lid"}"#, &group));
        assert!(!read(r#"{"wa_id":"","from_me":true}"#, &person));
    }

    #[test]
    fn ids_of_labels_are_words() {
        assert_eq!(label_id("3").as_deref(), Some("3"));
        assert_eq!(label_id("a b"), None);
        assert_eq!(label_id(""), None);
        assert_eq!(label_id(&"1".repeat(LABEL_ID_BYTES_MAX + 1)), None);
    }
}
