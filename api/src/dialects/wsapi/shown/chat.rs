//! Chats.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::chat::Mute;
use trunkline_model::command::{ChatView, ContactView};

use super::{id_of, lid_of};
use crate::json::time::Time;

/// A chat.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatJson {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<String>,
    is_group: bool,
    is_archived: bool,
    is_pinned: bool,
    is_muted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mute_end_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_activity: Option<Time>,
    is_read_only: bool,
    is_ephemeral: bool,
    /// Seconds after which messages disappear; 0 for never.
    ephemeral_expiration: i64,
}

impl ChatJson {
    /// A chat, and who it is with where that is known. `now_ms` is in milliseconds since the Unix epoch.
    pub(crate) fn of(view: &ChatView, person: Option<&ContactView>, now_ms: i64) -> ChatJson {
        let (is_muted, until) = match view.mute {
            Mute::Off => (false, None),
            Mute::Always => (true, None),
            Mute::Until(until_ms) => {
                (until_ms > now_ms, Some(until_ms).filter(|until_ms| *until_ms > now_ms))
            }
        };
        let subject = view.chat.name.clone().filter(|_| view.is_group);
        let disappearing_seconds = view.disappearing_seconds.unwrap_or(0);
        ChatJson {
            id: id_of(&view.chat),
            lid: lid_of(&view.chat),
            is_group: view.is_group,
            is_archived: view.archived,
            is_pinned: view.pinned,
            is_muted,
            mute_end_time: until.map(Time),
            push_name: person.and_then(|person| person.push_name.clone()),
            business_name: person.and_then(|person| person.business_name.clone()),
            full_name: subject.or_else(|| person?.full_name.clone()),
            last_activity: view.last_message_ms.map(Time),
            is_read_only: false,
            is_ephemeral: disappearing_seconds > 0,
            ephemeral_expiration: i64::from(disappearing_seconds),
        }
    }
}
