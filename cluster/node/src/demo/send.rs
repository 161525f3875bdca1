//! The workload: hands every planned message in through the HTTP API, and waits until there is no more to hear of them.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep, timeout};

use super::limits::{QUIET_MAX, SEND_ATTEMPTS_MAX, SEND_RETRY_AFTER, SEND_RETRY_AFTER_MAX, SENDS_AT_ONCE};
use super::plan::{Planned, Recipient};
use super::town::Person;
use super::tracker::{Counts, State, Step, Tracker};
use crate::client::{Api, ApiError};

/// What sending needs.
pub struct Sending<'a> {
    /// The node.
    pub api: &'a Api,
    /// Its instances, by number.
    pub instances: &'a [String],
    /// Who holds the linked numbers.
    pub people: &'a [Person],
    /// The others.
    pub foreign: &'a [Person],
    /// Where answers are noted.
    pub tracker: &'a Tracker,
    /// Makes this demo's idempotency keys its own.
    pub seed: u64,
}

/// What became of handing one message in.
#[derive(Debug)]
pub struct HandedIn {
    /// Its position in the plan.
    pub index: usize,
    /// The API's id of it, or why it was refused.
    pub outcome: Result<String, String>,
    /// How long the API took to answer 202.
    pub took: Duration,
}

impl Sending<'_> {
    /// Hands everything in.
    pub async fn send_all(&self, plan: &[Planned]) -> Vec<HandedIn> {
        let sends = plan.iter().enumerate().map(|(index, message)| self.send(index, message));
        stream::iter(sends).buffer_unordered(SENDS_AT_ONCE).collect().await
    }

    async fn send(&self, index: usize, message: &Planned) -> HandedIn {
        let instance = &self.instances[message.from];
        let to = match message.to {
            Recipient::Number(number) => &self.people[number].pn,
            Recipient::Foreign(number) => &self.foreign[number].pn,
        };
        let key = format!("demo-{:016x}-{index}", self.seed);
        let mut pause = SEND_RETRY_AFTER;
        let mut attempt = 1;
        loop {
            let began = Instant::now();
            match self.api.send_text(instance, to, &message.text, &key).await {
                Ok(accepted) => {
                    let now = Instant::now();
                    self.tracker.accepted(&accepted.id, now);
                    return HandedIn { index, outcome: Ok(accepted.id), took: now - began };
                }
                // The idempotency key makes the repetition harmless, whatever became of the first attempt.
                Err(error) if error.is_retryable() && attempt < SEND_ATTEMPTS_MAX => {
                    sleep(asked_pause(&error).unwrap_or(pause).min(SEND_RETRY_AFTER_MAX)).await;
                    pause *= 2;
                    attempt += 1;
                }
                Err(error) => {
                    return HandedIn { index, outcome: Err(error.to_string()), took: began.elapsed() };
                }
            }
        }
    }

    /// Waits until every accepted message has come as far as it can: read by a foreign phone, delivered to and in the log of a
    /// linked number, or failed. Gives up when nothing new is heard for [`QUIET_MAX`]; says whether it waited to the end.
    pub async fn wait_until_settled(&self, plan: &[Planned], handed_in: &[HandedIn]) -> bool {
        let goal = Goal::of(plan, handed_in);
        loop {
            let heard = self.tracker.look(heard);
            let news = self.tracker.wait_for(|state| match goal.is_reached(state) {
                true => Some(true),
                false => (self::heard(state) != heard).then_some(false),
            });
            match timeout(QUIET_MAX, news).await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(_) => return false,
            }
        }
    }
}

/// How far every accepted message can come.
struct Goal<'a> {
    accepted: Vec<(&'a str, &'a Planned)>,
    to_foreign: u64,
}

impl<'a> Goal<'a> {
    fn of(plan: &'a [Planned], handed_in: &'a [HandedIn]) -> Goal<'a> {
        let accepted: Vec<(&str, &Planned)> = handed_in
            .iter()
            .filter_map(|handed| Some((handed.outcome.as_deref().ok()?, plan.get(handed.index)?)))
            .collect();
        let to_foreign =
            accepted.iter().filter(|(_, message)| matches!(message.to, Recipient::Foreign(_))).count();
        Goal { to_foreign: to_foreign as u64, accepted }
    }

    fn is_reached(&self, state: &State) -> bool {
        let counts = state.counts;
        // Looked at after every event, so the sums come first; they are exact unless messages failed.
        counts.delivered + counts.failed >= self.accepted.len() as u64
            && counts.read + counts.failed >= self.to_foreign
            && self.accepted.iter().all(|(id, message)| is_settled(state, id, message))
    }
}

/// Grows with everything that is heard of messages.
fn heard(state: &State) -> u64 {
    let Counts { accepted: _, sent, delivered, read, failed } = state.counts;
    sent + delivered + read + failed + state.received.len() as u64
}

fn is_settled(state: &State, id: &str, message: &Planned) -> bool {
    match (state.step_of(id), message.to) {
        (Step::Failed, _) => true,
        (step, Recipient::Foreign(_)) => step >= Step::Read,
        (step, Recipient::Number(_)) => step >= Step::Delivered && state.received.contains(&message.text),
    }
}

fn asked_pause(error: &ApiError) -> Option<Duration> {
    match error {
        ApiError::Refused { retry_after_seconds, .. } => retry_after_seconds.map(Duration::from_secs),
        _ => None,
    }
}
