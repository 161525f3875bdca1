//! What changed of a chat or person: an object that has the changed things alone.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::chat::{ChatChange, ContactChange, MessageRef, Mute};

use crate::json::chat::until;
use crate::json::party::Person;
use crate::json::time::Time;

/// What changed of a chat. Members that did not change are left out.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "ChatChanges")]
#[serde(default)]
pub(super) struct ChatChanges<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<bool>,
    /// When the silence ends, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    muted_until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disappearing_seconds: Option<u32>,
    /// Id of a label that was put on.
    #[serde(skip_serializing_if = "Option::is_none")]
    label_added: Option<&'a str>,
    /// Id of a label that was taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    label_removed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_starred: Option<ChangedMessage<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_unstarred: Option<ChangedMessage<'a>>,
    /// A message that was deleted for this account alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deleted: Option<ChangedMessage<'a>>,
    /// All its messages were deleted for this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    cleared: Option<bool>,
    /// The chat was deleted for this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
}

/// The message that somebody did something to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangedMessage")]
struct ChangedMessage<'a> {
    wa_id: &'a str,
    from_me: bool,
    participant: Option<Person<'a>>,
}

impl<'a> ChangedMessage<'a> {
    fn of(message: &'a MessageRef) -> ChangedMessage<'a> {
        ChangedMessage {
            wa_id: &message.wa_id,
            from_me: message.from_me,
            participant: message.participant.as_ref().map(Person::of),
        }
    }
}

impl<'a> ChatChanges<'a> {
    pub(super) fn of(change: &'a ChatChange) -> ChatChanges<'a> {
        let mut changes = ChatChanges::default();
        match change {
            ChatChange::Archived(archived) => changes.archived = Some(*archived),
            ChatChange::Pinned(pinned) => changes.pinned = Some(*pinned),
            ChatChange::Muted(mute) => {
                changes.muted = Some(*mute != Mute::Off);
                changes.muted_until = until(*mute);
            }
            ChatChange::Read(read) => changes.read = Some(*read),
            ChatChange::Disappearing(seconds) => changes.disappearing_seconds = Some(*seconds),
            ChatChange::Labelled { label, on: true } => changes.label_added = Some(label),
            ChatChange::Labelled { label, on: false } => changes.label_removed = Some(label),
            ChatChange::Starred { message, on } => {
                let message = Some(ChangedMessage::of(message));
                *(if *on { &mut changes.message_starred } else { &mut changes.message_unstarred }) = message;
            }
            ChatChange::MessageDeleted(message) => {
                changes.message_deleted = Some(ChangedMessage::of(message));
            }
            ChatChange::Cleared => changes.cleared = Some(true),
            ChatChange::Deleted => changes.deleted = Some(true),
        }
        changes
    }
}

/// What changed of a person. Members that did not change are left out; null says that there is none any more.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "ContactChanges")]
#[serde(default)]
pub(super) struct ContactChanges<'a> {
    /// Name that this account saved it under.
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<Option<&'a str>>,
    /// The first part of that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<Option<&'a str>>,
    /// Name that it gave itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    push_name: Option<&'a str>,
    /// Id of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_id: Option<Option<&'a str>>,
    /// Its "about" text.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    /// Whether this account blocks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<bool>,
}

impl<'a> ContactChanges<'a> {
    pub(super) fn of(change: &'a ContactChange) -> ContactChanges<'a> {
        let mut changes = ContactChanges::default();
        match change {
            ContactChange::Saved { full_name, first_name } => {
                changes.full_name = Some(full_name.as_deref());
                changes.first_name = Some(first_name.as_deref());
            }
            ContactChange::Named(name) => changes.push_name = Some(name),
            ContactChange::Picture(id) => changes.picture_id = Some(id.as_deref()),
            ContactChange::About(text) => changes.about = Some(text),
            ContactChange::Blocked(blocked) => changes.blocked = Some(*blocked),
        }
        changes
    }
}
