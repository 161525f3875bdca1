//! Somebody whom a campaign writes to.
//!
//! ```text
//! Pending ──claim (which instance; on disk)──▶ Claimed ──its outbox has it──▶ Queued ──▶ Sent | Failed | Suppressed
//! ```
//!
//! The instance is on disk before it is asked, and is asked under a key made of campaign and place. So whoever goes on after a
//! crash asks the same instance under the same key: it takes the message once.

use std::collections::BTreeMap;

use crate::id::{CampaignId, InstanceId, MessageId};
use crate::limits::IDEMPOTENCY_TTL_MS;
use crate::message::MessageStatus;

/// Where somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum RecipientState {
    /// Nothing was done yet.
    Pending,
    /// An instance was chosen; whether it has the message is not known here.
    Claimed,
    /// The message is in the instance's outbox.
    Queued,
    /// WhatsApp has the message.
    Sent,
    /// It was refused.
    Failed,
    /// He is on the suppression list.
    Suppressed,
    /// The campaign was ended before.
    Cancelled,
}

impl RecipientState {
    /// Every state.
    pub const ALL: [RecipientState; 7] = [
        RecipientState::Pending,
        RecipientState::Claimed,
        RecipientState::Queued,
        RecipientState::Sent,
        RecipientState::Failed,
        RecipientState::Suppressed,
        RecipientState::Cancelled,
    ];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            RecipientState::Pending => "pending",
            RecipientState::Claimed => "claimed",
            RecipientState::Queued => "queued",
            RecipientState::Sent => "sent",
            RecipientState::Failed => "failed",
            RecipientState::Suppressed => "suppressed",
            RecipientState::Cancelled => "cancelled",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<RecipientState> {
        RecipientState::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing follows.
    pub fn is_settled(self) -> bool {
        !matches!(self, RecipientState::Pending | RecipientState::Claimed | RecipientState::Queued)
    }
}

/// Somebody at rest.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct RecipientRecord {
    /// Digits of the phone number.
    pub phone: String,
    /// Values of the template's variables.
    pub variables: BTreeMap<String, String>,
    /// Where he stands.
    pub state: RecipientState,
    /// Who sends.
    pub instance: Option<InstanceId>,
    /// The message.
    pub message: Option<MessageId>,
    /// Why it failed: the public reason word or error code.
    pub error: Option<String>,
    /// When he came to this state, in milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// A reason of a message that was given up because of the suppression list.
pub const SUPPRESSED: &str = "suppressed";

impl RecipientRecord {
    /// Somebody new.
    pub fn new(phone: String, variables: BTreeMap<String, String>, now_ms: i64) -> RecipientRecord {
        RecipientRecord {
            phone,
            variables,
            state: RecipientState::Pending,
            instance: None,
            message: None,
            error: None,
            since_ms: now_ms,
        }
    }

    /// The key under which an instance takes the message once, and no second time.
    pub fn key(campaign: CampaignId, number: u32) -> String {
        format!("{campaign}/{number}")
    }

    fn to(&mut self, state: RecipientState, now_ms: i64) {
        (self.state, self.since_ms) = (state, now_ms);
    }

    /// An instance is chosen.
    pub fn claim(&mut self, instance: InstanceId, now_ms: i64) {
        debug_assert_eq!(self.state, RecipientState::Pending);
        self.instance = Some(instance);
        self.to(RecipientState::Claimed, now_ms);
    }

    /// Whether the instance may be asked, for the first time or again: not when it may have forgotten the key.
    pub fn may_be_handed(&self, now_ms: i64) -> bool {
        let safe_ms = i64::try_from(IDEMPOTENCY_TTL_MS / 2).unwrap_or(i64::MAX);
        self.state == RecipientState::Claimed && now_ms.saturating_sub(self.since_ms) < safe_ms
    }

    /// The instance has the message.
    pub fn queued(&mut self, message: MessageId, now_ms: i64) {
        self.message = Some(message);
        self.to(RecipientState::Queued, now_ms);
    }

    /// The instance does not take the message, and never will.
    pub fn refused(&mut self, error: &str, now_ms: i64) {
        let suppressed = error.eq_ignore_ascii_case(SUPPRESSED) || error == "RECIPIENT_SUPPRESSED";
        self.error = Some(error.to_owned());
        self.to(if suppressed { RecipientState::Suppressed } else { RecipientState::Failed }, now_ms);
    }

    /// The instance was not asked, and another one may be: only for somebody whom it certainly does not have.
    pub fn released(&mut self, now_ms: i64) {
        self.instance = None;
        self.to(RecipientState::Pending, now_ms);
    }

    /// What became of the message. Gives whether that is settled.
    pub fn heard(&mut self, status: MessageStatus, error: Option<&str>, now_ms: i64) -> bool {
        match status {
            MessageStatus::Failed => self.refused(error.unwrap_or("failed"), now_ms),
            status if status.is_settled() => self.to(RecipientState::Sent, now_ms),
            _ => return false,
        }
        true
    }

    /// The campaign was ended.
    pub fn cancel(&mut self, now_ms: i64) {
        self.to(RecipientState::Cancelled, now_ms);
    }
}
