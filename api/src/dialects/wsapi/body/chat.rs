//! Chats.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::chat::Mute;
use trunkline_model::command::ChatActivity;
use trunkline_model::limits::{HISTORY_MESSAGES_DEFAULT, HISTORY_MESSAGES_MAX};

use super::lasting_seconds;
use crate::dialects::wsapi::wrong;

/// What is shown in a chat.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PresenceBody {
    /// `typing`, `recording` or `paused`.
    state: String,
}

/// After what time messages disappear.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct EphemeralBody {
    /// `off`, `24h`, `7d` or `90d`.
    #[serde(alias = "ephemeralExpiration")]
    expiration: String,
}

/// How long a chat is silent.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct MuteBody {
    /// `8h`, `1w`, `always` or `off`; null is `off`.
    duration: Option<String>,
}

/// Whether a chat is pinned.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PinChatBody {
    /// Whether it is.
    pub(crate) pinned: Option<bool>,
}

/// Whether a chat is in the archive.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ArchiveBody {
    /// Whether it is.
    pub(crate) archived: Option<bool>,
}

/// Whether a chat is read.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ReadChatBody {
    /// Whether it is.
    pub(crate) read: Option<bool>,
}

/// A wish for older messages. The phone is asked for those before the oldest that the instance has.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryBody {
    /// The oldest message that the caller has.
    pub(crate) last_message_id: String,
    /// Who wrote it.
    pub(crate) last_message_sender_id: String,
    /// How many.
    #[schemars(range(min = 1, max = 500))]
    count: Option<u32>,
}

impl PresenceBody {
    pub(crate) fn read(&self) -> Result<ChatActivity, Failure> {
        match self.state.as_str() {
            "typing" => Ok(ChatActivity::Composing),
            "recording" => Ok(ChatActivity::Recording),
            "paused" => Ok(ChatActivity::Paused),
            _ => Err(wrong("state", "is not one of typing, recording, paused")),
        }
    }
}

impl EphemeralBody {
    pub(crate) fn seconds(&self) -> Result<u32, Failure> {
        lasting_seconds("expiration", &self.expiration)
    }
}

impl MuteBody {
    /// How long from `now_ms`, in milliseconds since the Unix epoch.
    pub(crate) fn read(&self, now_ms: i64) -> Result<Mute, Failure> {
        const HOUR_MS: i64 = 3_600_000;
        match self.duration.as_deref() {
            None | Some("" | "off") => Ok(Mute::Off),
            Some("8h") => Ok(Mute::Until(now_ms + 8 * HOUR_MS)),
            Some("1w") => Ok(Mute::Until(now_ms + 7 * 24 * HOUR_MS)),
            Some("always") => Ok(Mute::Always),
            Some(_) => Err(wrong("duration", "is not one of 8h, 1w, always, off")),
        }
    }
}

impl HistoryBody {
    pub(crate) fn count(&self) -> Result<u32, Failure> {
        match self.count.unwrap_or(HISTORY_MESSAGES_DEFAULT) {
            count if (1..=HISTORY_MESSAGES_MAX).contains(&count) => Ok(count),
            _ => Err(wrong("count", format!("is not between 1 and {HISTORY_MESSAGES_MAX}"))),
        }
    }
}
