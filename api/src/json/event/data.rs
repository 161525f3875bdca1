//! The `data` member of each event type.

mod received;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use trunkline_model::InstanceId;
use trunkline_model::event::{Event, EventBody, PollVoted, StatusChange};

pub(crate) use self::received::Received;
use super::call::CallData;
use super::change::{ChatChanges, ContactChanges};
use crate::json::party::Person;
use crate::json::profile::LimitsJson;
use crate::json::raw::{RawObject, embed};
use crate::json::time::Time;

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "EventData")]
pub(super) enum Data<'a> {
    State {
        from: &'static str,
        to: &'static str,
        reason: Option<&'static str>,
    },
    Code {
        code: &'a str,
        expires_at: Time,
    },
    PasskeyRequest {
        #[schemars(with = "Option<RawObject>")]
        request: Option<&'a RawValue>,
    },
    PasskeyConfirmation {
        confirmation_code: &'a str,
    },
    Linked {
        linked: Person<'a>,
    },
    Received(Box<Received<'a>>),
    Status(Box<Status<'a>>),
    ChatPresence {
        chat: Person<'a>,
        sender: Person<'a>,
        state: &'a str,
    },
    Presence {
        person: Person<'a>,
        online: bool,
        last_seen: Option<Time>,
    },
    Group {
        group: Person<'a>,
        author: Option<Person<'a>>,
        change: &'a str,
        /// What a subject or a description is now, or whether joining takes consent (`on`, `off`); null of a description that is gone,
        /// and of other changes.
        text: Option<&'a str>,
        participants: Vec<Person<'a>>,
    },
    Limits(Box<LimitsJson<'a>>),
    Call(Box<CallData<'a>>),
    ChatChange {
        chat: Person<'a>,
        changes: Box<ChatChanges<'a>>,
    },
    ContactChange {
        person: Person<'a>,
        changes: Box<ContactChanges<'a>>,
    },
    LabelChange {
        label: &'a str,
        /// Null when it was deleted.
        name: Option<&'a str>,
        color: Option<i32>,
        deleted: bool,
    },
    PollVoted(Box<Voted<'a>>),
    Undecryptable {
        wa_id: &'a str,
        chat: Person<'a>,
        sender: Person<'a>,
        cause: &'a str,
    },
    Imported {
        source: &'a str,
        by: &'a str,
    },
    Exported {
        by: &'a str,
    },
    WebhookPaused {
        webhook: String,
        /// `failing` or `gone`.
        reason: &'static str,
    },
    Nothing {},
}

impl<'a> Data<'a> {
    pub(super) fn of(instance: InstanceId, event: &'a Event) -> Data<'a> {
        match &event.body {
            EventBody::StateChanged { from, to, reason } => Data::State {
                from: from.as_str(),
                to: to.as_str(),
                reason: reason.map(|reason| reason.as_str()),
            },
            EventBody::QrIssued { code, expires_at_ms }
            | EventBody::PairingCodeIssued { code, expires_at_ms } => {
                Data::Code { code, expires_at: Time(*expires_at_ms) }
            }
            EventBody::PasskeyRequested { request_options_json } => {
                Data::PasskeyRequest { request: embed(Some(request_options_json)) }
            }
            EventBody::PasskeyConfirmation { code } => Data::PasskeyConfirmation { confirmation_code: code },
            EventBody::Linked { account } => Data::Linked { linked: Person::of(account) },
            EventBody::MessageReceived(message) => {
                Data::Received(Box::new(Received::of(instance, event.sequence, message)))
            }
            EventBody::MessageStatus(change) => Data::Status(Box::new(Status::of(change))),
            EventBody::ChatPresence { chat, sender, state } => {
                Data::ChatPresence { chat: Person::of(chat), sender: Person::of(sender), state }
            }
            EventBody::Presence { person, online, last_seen_ms } => Data::Presence {
                person: Person::of(person),
                online: *online,
                last_seen: last_seen_ms.map(Time),
            },
            EventBody::GroupChanged { group, author, change, text, participants } => Data::Group {
                group: Person::of(group),
                author: author.as_ref().map(Person::of),
                change,
                text: text.as_deref(),
                participants: participants.iter().map(Person::of).collect(),
            },
            EventBody::LimitsChanged(limits) => Data::Limits(Box::new(LimitsJson::of(limits))),
            EventBody::Call(call) => Data::Call(Box::new(CallData::of(call))),
            EventBody::ChatChanged(changed) => Data::ChatChange {
                chat: Person::of(&changed.chat),
                changes: Box::new(ChatChanges::of(&changed.change)),
            },
            EventBody::ContactChanged(changed) => Data::ContactChange {
                person: Person::of(&changed.person),
                changes: Box::new(ContactChanges::of(&changed.change)),
            },
            EventBody::LabelChanged(changed) => Data::LabelChange {
                label: &changed.id,
                name: changed.label.as_ref().map(|label| label.name.as_str()),
                color: changed.label.as_ref().map(|label| label.color),
                deleted: changed.label.is_none(),
            },
            EventBody::PollVoted(voted) => Data::PollVoted(Box::new(Voted::of(voted))),
            EventBody::MessageUndecryptable(unread) => Data::Undecryptable {
                wa_id: &unread.wa_id,
                chat: Person::of(&unread.chat),
                sender: Person::of(&unread.sender),
                cause: &unread.cause,
            },
            EventBody::Exported { by } => Data::Exported { by },
            EventBody::Imported { source, by } => Data::Imported { source, by },
            EventBody::WebhookPaused { endpoint, reason } => {
                Data::WebhookPaused { webhook: endpoint.to_string(), reason: reason.as_str() }
            }
            EventBody::HistoryTaken => Data::Nothing {},
        }
    }
}

/// An outgoing message's new status.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatusChange")]
pub(super) struct Status<'a> {
    message: String,
    wa_id: &'a str,
    chat: Person<'a>,
    status: &'static str,
    error: Option<&'a str>,
    participant: Option<Person<'a>>,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
}

impl<'a> Status<'a> {
    fn of(change: &'a StatusChange) -> Status<'a> {
        Status {
            message: change.message.to_string(),
            wa_id: &change.wa_id,
            chat: Person::of(&change.chat),
            status: change.status.as_str(),
            error: change.error.as_deref(),
            participant: change.participant.as_ref().map(Person::of),
            metadata: embed(change.metadata.as_ref()),
        }
    }
}

/// A vote in a poll, and how the poll stands with it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PollVote")]
pub(super) struct Voted<'a> {
    /// WhatsApp's id of the poll.
    poll_wa_id: &'a str,
    /// The outgoing message that the poll is, if this number made it.
    message: Option<String>,
    chat: Person<'a>,
    voter: Person<'a>,
    from_me: bool,
    time: Time,
    /// The options chosen now; none when the vote was taken back.
    selected: &'a [String],
    /// Every option with its votes. Empty when the poll itself was never seen.
    tally: Vec<Count<'a>>,
    /// People whose vote counts now.
    voters: u32,
}

/// An option of a poll and its votes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PollCount")]
struct Count<'a> {
    option: &'a str,
    votes: u32,
}

impl<'a> Voted<'a> {
    fn of(voted: &'a PollVoted) -> Voted<'a> {
        let tally = voted.tally.iter();
        Voted {
            poll_wa_id: &voted.poll_wa_id,
            message: voted.message.map(|id| id.to_string()),
            chat: Person::of(&voted.chat),
            voter: Person::of(&voted.voter),
            from_me: voted.from_me,
            time: Time(voted.time_ms),
            selected: &voted.selected,
            tally: tally.map(|count| Count { option: &count.option, votes: count.votes }).collect(),
            voters: voted.voters,
        }
    }
}
