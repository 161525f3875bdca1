//! A message that is sent later, once or again and again.

use super::timing::Timing;
use crate::id::{InstanceId, MessageId, ScheduleId};
use crate::message::SendMessage;

/// Where a schedule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ScheduleState {
    /// It waits for its time.
    Active,
    /// It does nothing until it is resumed.
    Paused,
    /// It has run as often as it should.
    Completed,
    /// The caller ended it.
    Cancelled,
}

impl ScheduleState {
    /// Every state.
    pub const ALL: [ScheduleState; 4] =
        [ScheduleState::Active, ScheduleState::Paused, ScheduleState::Completed, ScheduleState::Cancelled];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            ScheduleState::Active => "active",
            ScheduleState::Paused => "paused",
            ScheduleState::Completed => "completed",
            ScheduleState::Cancelled => "cancelled",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<ScheduleState> {
        ScheduleState::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, ScheduleState::Completed | ScheduleState::Cancelled)
    }
}

/// A schedule at rest.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ScheduleRecord {
    /// Its id.
    pub id: ScheduleId,
    /// What people call it.
    pub name: Option<String>,
    /// Who sends.
    pub instance: InstanceId,
    /// What is sent.
    pub message: SendMessage,
    /// When.
    pub timing: Timing,
    /// How late a run may be and still happen, in seconds.
    pub grace_seconds: u32,
    /// Where it stands.
    pub state: ScheduleState,
    /// The next run, in milliseconds since the Unix epoch.
    pub next_ms: Option<i64>,
    /// Runs so far, also those that failed.
    pub runs: u32,
    /// Runs that were too late.
    pub missed: u32,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

impl ScheduleRecord {
    /// Whether a run is the last one, by count.
    pub fn is_spent(&self) -> bool {
        matches!(self.timing, Timing::Cron { runs_max: Some(max), .. } if self.runs >= max)
    }

    /// Notes what a time that was due came to, and goes on to the next one.
    pub fn ran(&mut self, ran: bool, missed: u32, next_ms: Option<i64>) {
        self.runs = self.runs.saturating_add(u32::from(ran));
        self.missed = self.missed.saturating_add(missed);
        self.next_ms = if self.is_spent() { None } else { next_ms };
        if self.next_ms.is_none() && !self.state.is_over() {
            self.state = ScheduleState::Completed;
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum RunOutcome {
    /// The message was accepted.
    Accepted(MessageId),
    /// It was refused, with this error code.
    Refused(String),
    /// It was too late, as were so many in all.
    Missed(u32),
}

/// A run at rest.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct RunRecord {
    /// When it was due, in milliseconds since the Unix epoch.
    pub due_ms: i64,
    /// When it happened, in milliseconds since the Unix epoch.
    pub ran_at_ms: i64,
    /// What it came to.
    pub outcome: RunOutcome,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Content, Lane, SendOptions, Text};

    pub(crate) fn schedule(timing: Timing) -> ScheduleRecord {
        ScheduleRecord {
            id: ScheduleId(1),
            name: None,
            instance: InstanceId(1),
            message: SendMessage {
                to: "+966501234567".parse().expect("a phone"),
                content: Content::Text(Text::plain("hi")),
                quote: None,
                mentions: Vec::new(),
                options: SendOptions::default(),
                lane: Lane::Interactive,
                metadata: None,
            },
            timing,
            grace_seconds: 60,
            state: ScheduleState::Active,
            next_ms: Some(1),
            runs: 0,
            missed: 0,
            created_at_ms: 0,
        }
    }

    #[test]
    fn a_schedule_ends_when_nothing_follows() {
        let mut once = schedule(Timing::Once(1));
        once.ran(true, 0, None);
        assert_eq!((once.state, once.runs, once.next_ms), (ScheduleState::Completed, 1, None));
        let mut twice = schedule(Timing::Cron {
            expression: "* * * * *".to_owned(),
            zone: "UTC".to_owned(),
            until_ms: None,
            runs_max: Some(2),
        });
        twice.ran(true, 0, Some(2));
        twice.ran(false, 3, Some(3));
        assert_eq!((twice.state, twice.missed, twice.next_ms), (ScheduleState::Active, 3, Some(3)));
        twice.ran(true, 0, Some(4));
        assert_eq!((twice.state, twice.next_ms), (ScheduleState::Completed, None));
    }
}
