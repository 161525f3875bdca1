//! Bodies about messages that are there already: reactions, edits, deletions, pins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{MessageView, ReceiptView};
use trunkline_model::limits::POLL_OPTIONS_MAX;
use trunkline_model::message::{
    Content, Edit, Keep, Lane, MediaKind, MessageRef, MessageStatus, Pin, PollVote, Reaction, SendMessage,
    SendOptions, ValidateSend,
};
use trunkline_model::{Address, ErrorCode, Failure};

use super::fields::{First, Problems};
use super::party::Person;
use super::time::Time;

/// How long a message stays pinned unless told otherwise, in seconds: a week, as in WhatsApp's own clients.
const PIN_SECONDS_DEFAULT: u32 = 7 * 86_400;

macro_rules! about {
    ($(#[$doc:meta])* $name:ident, $schema:literal, mine: $mine:literal { $($field:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(rename = $schema)]
        pub(crate) struct $name {
            /// The chat of the message: a phone number, or the WhatsApp id of a person or group.
            chat: String,
            /// WhatsApp's id of the message.
            wa_id: String,
            /// Whether this number wrote the message.
            #[serde(default)]
            from_me: Option<bool>,
            /// Who wrote it, in a group.
            #[serde(default)]
            participant: Option<String>,
            $($field)*
        }

        impl $name {
            fn target(&self, problems: &mut Problems) -> Option<(Address, MessageRef)> {
                let chat = problems.keep("chat", self.chat.parse::<Address>())?;
                let participant = match &self.participant {
                    Some(text) => Some(problems.keep("participant", text.parse::<Address>())?),
                    None => None,
                };
                // Who names another author says that it is not an own message.
                let from_me = self.from_me.unwrap_or($mine && participant.is_none());
                Some((chat, MessageRef { wa_id: self.wa_id.clone(), from_me, participant }))
            }
        }
    };
}

about! {
    /// A reaction to a message.
    ReactBody, "React", mine: false {
        /// The emoji; empty takes the reaction back.
        emoji: String,
    }
}

about! {
    /// A message to be deleted for everyone.
    RevokeBody, "DeleteForEveryone", mine: true {}
}

about! {
    /// A message to be pinned in its chat, or not any more.
    PinBody, "PinMessage", mine: false {
        /// Whether it is pinned.
        #[serde(default = "yes")]
        pinned: bool,
        /// How long, in seconds.
        #[serde(default)]
        duration_seconds: Option<u32>,
    }
}

about! {
    /// A message to be kept in a chat whose messages disappear, or not any more.
    KeepBody, "KeepMessage", mine: false {
        /// Whether it is kept.
        #[serde(default = "yes")]
        kept: bool,
    }
}

fn yes() -> bool {
    true
}

/// A message of this content, checked.
fn checked(mut problems: Problems, about: Option<(Address, Content)>) -> Result<SendMessage, Failure> {
    let message = about.map(|(to, content)| {
        let message = message(to, content);
        problems.extend(message.problems());
        message
    });
    problems.or(message)
}

fn message(to: Address, content: Content) -> SendMessage {
    SendMessage {
        to,
        content,
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    }
}

/// A vote in a poll of a chat.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Vote")]
pub(crate) struct VoteBody {
    /// The chat of the poll: a phone number, or the WhatsApp id of a person or group.
    chat: String,
    /// WhatsApp's id of the poll, which this number sent or got.
    wa_id: String,
    /// The options chosen, as the poll names them; none takes the vote back.
    options: First<String, { POLL_OPTIONS_MAX + 1 }>,
}

impl VoteBody {
    /// The message.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SendMessage, Failure> {
        let mut problems = Problems::default();
        let chat = problems.keep("chat", self.chat.parse::<Address>());
        let vote = PollVote { poll_wa_id: self.wa_id, options: self.options.0 };
        checked(problems, chat.map(|to| (to, Content::PollVote(vote))))
    }
}

impl ReactBody {
    /// The message.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SendMessage, Failure> {
        let mut problems = Problems::default();
        let target = self.target(&mut problems);
        let emoji = self.emoji;
        checked(problems, target.map(|(to, target)| (to, Content::Reaction(Reaction { target, emoji }))))
    }
}

impl RevokeBody {
    /// The message.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SendMessage, Failure> {
        let mut problems = Problems::default();
        let target = self.target(&mut problems);
        checked(problems, target.map(|(to, target)| (to, Content::Revoke(target))))
    }
}

impl PinBody {
    /// The message.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SendMessage, Failure> {
        let mut problems = Problems::default();
        let target = self.target(&mut problems);
        if self.duration_seconds == Some(0) || (!self.pinned && self.duration_seconds.is_some()) {
            problems.add("duration_seconds", "belongs to a pin, and is more than 0");
        }
        let seconds = self.duration_seconds.unwrap_or(PIN_SECONDS_DEFAULT);
        let duration_seconds = if self.pinned { seconds } else { 0 };
        checked(problems, target.map(|(to, target)| (to, Content::Pin(Pin { target, duration_seconds }))))
    }
}

impl KeepBody {
    /// The message.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SendMessage, Failure> {
        let mut problems = Problems::default();
        let target = self.target(&mut problems);
        let keep = self.kept;
        checked(problems, target.map(|(to, target)| (to, Content::Keep(Keep { target, keep }))))
    }
}

/// New words for a message of this number: its text, or the caption of its file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EditMessage")]
pub(crate) struct EditBody {
    /// The new words.
    #[schemars(length(min = 1))]
    body: String,
}

impl EditBody {
    /// The same in code.
    pub(crate) fn of(body: String) -> EditBody {
        EditBody { body }
    }

    /// The message that changes `earlier`.
    ///
    /// # Errors
    /// `VALIDATION` when the words are wrong, or the message has none that could be changed.
    pub(crate) fn read(self, earlier: &MessageView) -> Result<SendMessage, Failure> {
        edit(earlier, self.body)
    }
}

/// The message that gives `earlier` new words.
///
/// # Errors
/// `VALIDATION` when the words are wrong, or the message has none that could be changed.
pub(crate) fn edit(earlier: &MessageView, body: String) -> Result<SendMessage, Failure> {
    must_be_on_whatsapp(earlier)?;
    let caption_of = match earlier.kind.as_str() {
        "text" => None,
        "image" => Some(MediaKind::Image),
        "video" => Some(MediaKind::Video),
        "document" => Some(MediaKind::Document),
        kind => {
            let detail = format!("A message of type `{kind}` has no words that can be changed.");
            return Err(Failure::new(ErrorCode::Validation, detail));
        }
    };
    let content = Content::Edit(Edit { wa_id: earlier.wa_id.clone(), body, caption_of });
    after(earlier, content)
}

/// The message that deletes `earlier` for everyone.
///
/// # Errors
/// `VALIDATION` when it is itself about another message.
pub(crate) fn revoke(earlier: &MessageView) -> Result<SendMessage, Failure> {
    must_be_on_whatsapp(earlier)?;
    if ["edit", "revoke", "pin", "keep", "reaction", "poll_vote"].contains(&earlier.kind.as_str()) {
        let detail =
            format!("What a `{}` did cannot be deleted; delete the message that it is about.", earlier.kind);
        return Err(Failure::new(ErrorCode::Validation, detail));
    }
    let target = MessageRef { wa_id: earlier.wa_id.clone(), from_me: true, participant: None };
    after(earlier, Content::Revoke(target))
}

/// Refuses what would be about a message that WhatsApp neither has nor will have.
fn must_be_on_whatsapp(earlier: &MessageView) -> Result<(), Failure> {
    if earlier.status == MessageStatus::Failed {
        let detail = "The message failed: nobody has it, so there is nothing to change.";
        return Err(Failure::new(ErrorCode::Validation, detail));
    }
    Ok(())
}

/// A message about an earlier one, in its lane: while that waits, this waits behind it.
fn after(earlier: &MessageView, content: Content) -> Result<SendMessage, Failure> {
    let message = checked(Problems::default(), Some((chat_of(earlier)?, content)))?;
    Ok(SendMessage { lane: earlier.lane, ..message })
}

fn chat_of(earlier: &MessageView) -> Result<Address, Failure> {
    let unreadable = |_| Failure::new(ErrorCode::Internal, "The chat of the message cannot be read.");
    earlier.to.parse::<Address>().map_err(unreadable)
}

/// What one recipient's device told about a message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Receipt")]
pub(crate) struct ReceiptJson<'a> {
    /// Who.
    person: Person<'a>,
    /// Number of the device, where it was told; 0 is the phone.
    device: Option<u16>,
    /// When it had the message.
    delivered_at: Option<Time>,
    /// When it was read.
    read_at: Option<Time>,
    /// When it was played.
    played_at: Option<Time>,
}

impl<'a> ReceiptJson<'a> {
    pub(crate) fn of(view: &'a ReceiptView) -> ReceiptJson<'a> {
        ReceiptJson {
            person: Person::of(&view.person),
            device: view.device,
            delivered_at: view.delivered_at_ms.map(Time),
            read_at: view.read_at_ms.map(Time),
            played_at: view.played_at_ms.map(Time),
        }
    }
}
