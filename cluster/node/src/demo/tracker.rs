//! What is known of numbers and messages while the demo runs. Lives on one thread; whoever waits looks again at every news.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use tokio::sync::watch;
use tokio::time::Instant;

use crate::client::Event;

/// Shared by what sends, what follows and what shows.
pub struct Tracker {
    state: RefCell<State>,
    news: watch::Sender<()>,
}

/// Everything that was heard.
#[derive(Debug, Default)]
pub struct State {
    /// By position.
    pub numbers: Vec<Number>,
    /// By the API's message id.
    pub messages: HashMap<String, Sent>,
    /// Texts that linked numbers received.
    pub received: HashSet<String>,
    /// How far the messages are.
    pub counts: Counts,
    /// Why messages failed, by reason.
    pub failures: BTreeMap<String, u64>,
    /// An event stream that cannot be followed any more: why.
    pub broken: Option<String>,
}

/// A number that is being linked.
#[derive(Debug, Default)]
pub struct Number {
    /// The newest QR code.
    pub qr: Option<String>,
    /// Type of the last event about its state.
    pub last: String,
    /// The reason in that event.
    pub reason: Option<String>,
}

/// An outgoing message.
#[derive(Debug, Default)]
pub struct Sent {
    /// When the API answered.
    pub accepted_at: Option<Instant>,
    /// When its recipient had it.
    pub delivered_at: Option<Instant>,
    step: Step,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Accepted, or not even that.
    #[default]
    Pending,
    /// The service has it.
    Sent,
    /// The recipient has it.
    Delivered,
    /// The recipient has read it.
    Read,
    /// It will not be sent.
    Failed,
}

/// Messages that reached at least this step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered 202.
    pub accepted: u64,
    /// Acknowledged by the service.
    pub sent: u64,
    /// Delivered.
    pub delivered: u64,
    /// Read.
    pub read: u64,
    /// Failed.
    pub failed: u64,
}

impl Tracker {
    /// Nothing heard yet of so many numbers.
    pub fn new(numbers: usize) -> Tracker {
        let mut state = State::default();
        state.numbers.resize_with(numbers, Number::default);
        Tracker { state: RefCell::new(state), news: watch::Sender::new(()) }
    }

    /// Looks at what is known now.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// Waits until `look` finds what it looks for.
    pub async fn wait_for<T>(&self, look: impl Fn(&State) -> Option<T>) -> T {
        let mut news = self.news.subscribe();
        loop {
            if let Some(found) = self.look(&look) {
                return found;
            }
            // The sender lives as long as `self`.
            let _ = news.changed().await;
        }
    }

    /// Waits for any news.
    pub async fn news(&self) {
        let _ = self.news.subscribe().changed().await;
    }

    /// Notes an answer of the API.
    pub fn accepted(&self, message: &str, at: Instant) {
        let mut state = self.state.borrow_mut();
        state.counts.accepted += 1;
        state.messages.entry(message.to_owned()).or_default().accepted_at = Some(at);
        self.tell(state);
    }

    /// Notes an event of a number.
    pub fn heard(&self, number: usize, event: Event, at: Instant) {
        let mut state = self.state.borrow_mut();
        state.hear(number, event, at);
        self.tell(state);
    }

    /// Notes that a number cannot be followed any more.
    pub fn broke(&self, why: String) {
        let mut state = self.state.borrow_mut();
        state.broken = Some(why);
        self.tell(state);
    }

    fn tell(&self, state: std::cell::RefMut<'_, State>) {
        drop(state);
        self.news.send_replace(());
    }
}

impl State {
    fn hear(&mut self, number: usize, event: Event, at: Instant) {
        let Event { kind, data, .. } = event;
        match (kind.as_str(), data.message) {
            ("instance.qr", _) => {
                if let Some(number) = self.numbers.get_mut(number) {
                    number.qr = data.code;
                }
            }
            ("message.sent", Some(message)) => self.advance(message, Step::Sent, at),
            ("message.delivered", Some(message)) => self.advance(message, Step::Delivered, at),
            ("message.read" | "message.played", Some(message)) => self.advance(message, Step::Read, at),
            ("message.failed", Some(message)) => {
                *self.failures.entry(data.error.unwrap_or_else(|| "unknown".to_owned())).or_default() += 1;
                self.advance(message, Step::Failed, at);
            }
            ("message.received", _) if !data.from_me => self.received.extend(data.text.map(|text| text.body)),
            (other, _) if other.starts_with("instance.") => {
                if let Some(number) = self.numbers.get_mut(number) {
                    number.last = kind;
                    number.reason = data.reason;
                }
            }
            _ => {}
        }
    }

    /// A later step counts for those before it as well: receipts may overtake acknowledgements.
    fn advance(&mut self, message: String, to: Step, at: Instant) {
        let sent = self.messages.entry(message).or_default();
        let from = sent.step;
        if to <= from {
            return;
        }
        sent.step = to;
        if to == Step::Failed {
            self.counts.failed += 1;
            return;
        }
        for (step, count) in [
            (Step::Sent, &mut self.counts.sent),
            (Step::Delivered, &mut self.counts.delivered),
            (Step::Read, &mut self.counts.read),
        ] {
            *count += u64::from(from < step && step <= to);
        }
        if from < Step::Delivered && to >= Step::Delivered {
            sent.delivered_at = Some(at);
        }
    }

    /// How far a message is.
    pub fn step_of(&self, message: &str) -> Step {
        self.messages.get(message).map_or(Step::Pending, |sent| sent.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, data: serde_json::Value) -> Event {
        serde_json::from_value(serde_json::json!({ "sequence": 1, "type": kind, "data": data }))
            .expect("an event")
    }

    #[test]
    fn steps_count_once_in_any_order() {
        let check = |kinds: &[&str], expected: Counts| {
            let tracker = Tracker::new(1);
            for kind in kinds {
                tracker.heard(0, event(kind, serde_json::json!({ "message": "msg_1" })), Instant::now());
            }
            assert_eq!(tracker.look(|state| state.counts), expected, "{kinds:?}");
        };
        let all = Counts { sent: 1, delivered: 1, read: 1, ..Counts::default() };
        check(&["message.pending"], Counts::default());
        check(&["message.sent"], Counts { sent: 1, ..Counts::default() });
        check(&["message.sent", "message.delivered", "message.read"], all);
        check(&["message.read", "message.delivered", "message.sent", "message.read"], all);
        check(
            &["message.processing", "message.failed", "message.failed"],
            Counts { failed: 1, ..Counts::default() },
        );
    }

    #[test]
    fn a_received_text_counts_unless_it_is_our_own() {
        let tracker = Tracker::new(1);
        let data = |from_me: bool| serde_json::json!({ "from_me": from_me, "text": { "body": "hello" }, "message": null });
        tracker.heard(0, event("message.received", data(true)), Instant::now());
        assert!(tracker.look(|state| state.received.is_empty()));
        tracker.heard(0, event("message.received", data(false)), Instant::now());
        assert!(tracker.look(|state| state.received.contains("hello")));
    }

    #[test]
    fn the_newest_code_and_state_of_a_number_are_kept() {
        let tracker = Tracker::new(2);
        tracker.heard(1, event("instance.qr", serde_json::json!({ "code": "2@a" })), Instant::now());
        tracker.heard(1, event("instance.closed", serde_json::json!({ "reason": "silent" })), Instant::now());
        tracker.look(|state| {
            let number = &state.numbers[1];
            assert_eq!((number.qr.as_deref(), number.last.as_str()), (Some("2@a"), "instance.closed"));
            assert_eq!(number.reason.as_deref(), Some("silent"));
        });
    }
}
