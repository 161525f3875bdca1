//! How a delivery ended, and what that leads to.

use crate::id::InstanceId;

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Outcome {
    /// `delivered`, or why not: `refused`, `timeout`, `unreachable`, `address_refused`, …
    pub word: String,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Beginning of the answer, of a refusal.
    pub snippet: Option<String>,
}

/// What an outcome leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint has it.
    Delivered,
    /// Try again, not before so many milliseconds if the endpoint said so.
    Retry {
        /// What the endpoint asked for.
        after_ms: Option<u64>,
    },
    /// The endpoint is not there any more, and says so.
    Gone,
}

impl Verdict {
    /// What an HTTP status means. `after_ms` is its `Retry-After`.
    pub fn of_status(status: u16, after_ms: Option<u64>) -> Verdict {
        match status {
            200..=299 => Verdict::Delivered,
            410 => Verdict::Gone,
            _ => Verdict::Retry { after_ms },
        }
    }
}

/// One attempt as the endpoint's delivery log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct DeliveryRecord {
    /// Position in the log of its part of the endpoint's instances.
    pub number: u64,
    /// Whose event.
    pub instance: InstanceId,
    /// Sequence number of the first event in it.
    pub sequence: u64,
    /// Events in it.
    pub events: u16,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When it began, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// How long it took, in milliseconds.
    pub latency_ms: u32,
    /// Whether it belongs to a replay.
    pub replayed: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct DeadLetterRecord {
    /// When it was given up, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Attempts that were made.
    pub attempts: u32,
    /// How the last of them ended.
    pub outcome: Outcome,
}
