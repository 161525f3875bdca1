//! One message to many people.

use super::recipient::RecipientState;
use super::template::TemplateContent;
use crate::id::{CampaignId, InstanceId, TemplateId};

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum CampaignState {
    /// It is being put together.
    Draft,
    /// It starts by itself.
    Scheduled,
    /// It hands messages to the outboxes of its instances.
    Running,
    /// It hands over nothing; what was handed over goes on.
    Paused,
    /// What became of everybody's message is known.
    Completed,
    /// The caller ended it.
    Cancelled,
    /// It cannot go on: no instance of it takes messages any more.
    Failed,
}

/// What moves a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CampaignStep {
    /// The caller starts it, or its time has come.
    Start,
    /// The caller names a time.
    Schedule,
    /// The caller pauses it.
    Pause,
    /// The caller resumes it.
    Resume,
    /// The caller ends it.
    Cancel,
    /// Nobody is left.
    Finish,
    /// No instance is left.
    Fail,
}

use CampaignState as State;
use CampaignStep as Step;

/// What may follow upon what. A step without a row is refused.
const TABLE: &[(State, Step, State)] = &[
    (State::Draft, Step::Start, State::Running),
    (State::Draft, Step::Schedule, State::Scheduled),
    (State::Draft, Step::Cancel, State::Cancelled),
    (State::Scheduled, Step::Start, State::Running),
    (State::Scheduled, Step::Schedule, State::Scheduled),
    (State::Scheduled, Step::Cancel, State::Cancelled),
    // Its time came, and nobody was in it.
    (State::Scheduled, Step::Finish, State::Completed),
    (State::Running, Step::Pause, State::Paused),
    (State::Running, Step::Cancel, State::Cancelled),
    (State::Running, Step::Finish, State::Completed),
    (State::Running, Step::Fail, State::Failed),
    (State::Paused, Step::Resume, State::Running),
    (State::Paused, Step::Cancel, State::Cancelled),
];

impl CampaignState {
    /// Every state.
    pub const ALL: [CampaignState; 7] = [
        State::Draft,
        State::Scheduled,
        State::Running,
        State::Paused,
        State::Completed,
        State::Cancelled,
        State::Failed,
    ];

    /// The state that a step leads to; `None` when it is not allowed.
    pub fn on(self, step: CampaignStep) -> Option<CampaignState> {
        TABLE.iter().find(|(from, by, _)| (*from, *by) == (self, step)).map(|(_, _, to)| *to)
    }

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Paused => "paused",
            State::Completed => "completed",
            State::Cancelled => "cancelled",
            State::Failed => "failed",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<CampaignState> {
        State::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, State::Completed | State::Cancelled | State::Failed)
    }

    /// Whether people may still be added.
    pub fn takes_recipients(self) -> bool {
        matches!(self, State::Draft | State::Scheduled)
    }
}

/// How many people of a campaign are in each state; their sum is everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Counts {
    /// Nothing was done for them yet.
    pub pending: u32,
    /// An instance was chosen for them.
    pub claimed: u32,
    /// Their messages are in an outbox.
    pub queued: u32,
    /// WhatsApp has their messages.
    pub sent: u32,
    /// Their messages were refused.
    pub failed: u32,
    /// They are on the suppression list.
    pub suppressed: u32,
    /// The campaign was ended before their turn.
    pub cancelled: u32,
}

impl Counts {
    fn of(&mut self, state: RecipientState) -> &mut u32 {
        match state {
            RecipientState::Pending => &mut self.pending,
            RecipientState::Claimed => &mut self.claimed,
            RecipientState::Queued => &mut self.queued,
            RecipientState::Sent => &mut self.sent,
            RecipientState::Failed => &mut self.failed,
            RecipientState::Suppressed => &mut self.suppressed,
            RecipientState::Cancelled => &mut self.cancelled,
        }
    }

    /// Counts somebody who is new.
    pub fn add(&mut self, state: RecipientState) {
        *self.of(state) += 1;
    }

    /// Counts a change.
    pub fn moved(&mut self, from: RecipientState, to: RecipientState) {
        let before = self.of(from);
        *before = before.saturating_sub(1);
        self.add(to);
    }

    /// Everybody.
    pub fn total(&self) -> u32 {
        self.pending + self.claimed + self.queued + self.sent + self.failed + self.suppressed + self.cancelled
    }

    /// Nobody who is pending has a turn any more.
    pub fn cancel_pending(&mut self) {
        self.cancelled += std::mem::take(&mut self.pending);
    }

    /// Those whose messages are under way.
    pub fn under_way(&self) -> u32 {
        self.claimed + self.queued
    }
}

/// A campaign at rest.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CampaignRecord {
    /// Its id.
    pub id: CampaignId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub state: CampaignState,
    /// What is sent.
    pub content: TemplateContent,
    /// The template that this was taken from.
    pub template: Option<TemplateId>,
    /// Who sends, in turn.
    pub instances: Vec<InstanceId>,
    /// Most messages a minute of each instance.
    pub per_minute: Option<u32>,
    /// How many people are in each state.
    pub counts: Counts,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it starts by itself, in milliseconds since the Unix epoch.
    pub scheduled_at_ms: Option<i64>,
    /// When it started, in milliseconds since the Unix epoch.
    pub started_at_ms: Option<i64>,
    /// When it ended, in milliseconds since the Unix epoch.
    pub ended_at_ms: Option<i64>,
}

impl CampaignRecord {
    /// Takes a step. Gives whether it was allowed; nothing is changed when it was not.
    pub fn step(&mut self, step: CampaignStep, now_ms: i64) -> bool {
        let Some(to) = self.state.on(step) else { return false };
        self.state = to;
        if to == State::Running {
            self.started_at_ms.get_or_insert(now_ms);
        }
        if to.is_over() {
            self.ended_at_ms = Some(now_ms);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rows_are_about_the_same_and_ends_are_ends() {
        for (index, (from, step, _)) in TABLE.iter().enumerate() {
            let again = TABLE[index + 1..].iter().any(|(other, by, _)| (other, by) == (from, step));
            assert!(!again && !from.is_over(), "{from:?} on {step:?}");
        }
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            let leaves = TABLE.iter().any(|(from, ..)| *from == state);
            assert_eq!(leaves, !state.is_over(), "{state:?}");
        }
        assert_eq!(State::Running.on(Step::Start), None);
    }

    #[test]
    fn the_counts_keep_their_sum() {
        let mut counts = Counts::default();
        (0..5).for_each(|_| counts.add(RecipientState::Pending));
        counts.moved(RecipientState::Pending, RecipientState::Claimed);
        counts.moved(RecipientState::Claimed, RecipientState::Queued);
        counts.moved(RecipientState::Pending, RecipientState::Suppressed);
        assert_eq!((counts.total(), counts.pending, counts.under_way()), (5, 3, 1));
        counts.cancel_pending();
        assert_eq!((counts.total(), counts.pending, counts.cancelled), (5, 0, 3));
    }
}
