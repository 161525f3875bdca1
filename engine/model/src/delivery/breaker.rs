//! The breaker of an endpoint: when it fails again and again, whoever its events belong to, it is left alone for a while, and then
//! tried with one delivery.

use crate::retry::{Backoff, Jitter};

/// Failures in a row that open the breaker.
pub const FAILURES_TO_OPEN: u32 = 10;
/// How long it stays open: longer each time.
pub const OPEN_BACKOFF: Backoff =
    Backoff { base_ms: 2_000, cap_ms: 300_000, attempts_max: None, jitter: Jitter::Added(20) };

/// The breaker. Times are any clock's that does not go back, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    /// Failures in a row.
    failures: u32,
    /// Times that it opened since the last success.
    openings: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        until_ms: u64,
    },
    /// One delivery is on its way to find out.
    HalfOpen,
}

/// How a breaker shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum BreakerState {
    /// Deliveries go out.
    Closed,
    /// None does.
    Open,
    /// One does.
    HalfOpen,
}

impl BreakerState {
    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half_open",
        }
    }
}

/// Whether a delivery may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Go,
    /// Not before this time.
    NotBefore {
        /// By the clock of [`Breaker::ask`], in milliseconds.
        ms: u64,
    },
    /// Not before the one that is under way has ended.
    AfterProbe,
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker { state: State::Closed, failures: 0, openings: 0 }
    }
}

impl Breaker {
    /// Asks for leave to begin a delivery at `now_ms`. Of an open breaker whose time is over, the first to ask gets it.
    pub fn ask(&mut self, now_ms: u64) -> Leave {
        match self.state {
            State::Closed => Leave::Go,
            State::Open { until_ms } if now_ms >= until_ms => {
                self.state = State::HalfOpen;
                Leave::Go
            }
            State::Open { until_ms } => Leave::NotBefore { ms: until_ms },
            State::HalfOpen => Leave::AfterProbe,
        }
    }

    /// A delivery was taken.
    pub fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// A delivery failed at `now_ms`. `jitter` is any random number.
    pub fn failed(&mut self, now_ms: u64, jitter: u32) {
        self.failures = self.failures.saturating_add(1);
        let opens = match self.state {
            State::Closed => self.failures >= FAILURES_TO_OPEN,
            State::HalfOpen => true,
            // Began before it opened.
            State::Open { .. } => false,
        };
        if opens {
            self.openings = self.openings.saturating_add(1);
            self.state = State::Open { until_ms: now_ms + OPEN_BACKOFF.spread_ms(self.openings, jitter) };
        }
    }

    /// The delivery that was to find out ended without an answer of the endpoint: the next one finds out.
    pub fn undecided(&mut self, now_ms: u64) {
        if self.state == State::HalfOpen {
            self.state = State::Open { until_ms: now_ms };
        }
    }

    /// How it stands.
    pub fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> (Breaker, u64) {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(breaker.ask(0), Leave::Go);
            breaker.failed(0, 0);
        }
        match breaker.ask(0) {
            Leave::NotBefore { ms } => (breaker, ms),
            other => panic!("not open: {other:?}"),
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let mut breaker = Breaker::default();
        for round in 0..100 {
            if round % FAILURES_TO_OPEN == 0 {
                breaker.succeeded()
            } else {
                breaker.failed(0, 0)
            }
            assert_eq!(breaker.ask(0), Leave::Go, "round {round}");
        }
        opened();
    }

    #[test]
    fn one_probe_decides() {
        let (mut breaker, until_ms) = opened();
        assert_eq!(breaker.ask(until_ms), Leave::Go);
        assert_eq!(breaker.ask(until_ms), Leave::AfterProbe);
        breaker.failed(until_ms, 0);
        let Leave::NotBefore { ms } = breaker.ask(until_ms) else { panic!("it is open again") };
        assert!(ms - until_ms > until_ms, "longer than the first time");
        assert_eq!(breaker.ask(ms), Leave::Go);
        breaker.succeeded();
        assert_eq!((breaker.ask(ms), breaker.ask(ms)), (Leave::Go, Leave::Go));
    }

    #[test]
    fn failures_of_deliveries_that_began_before_do_not_prolong_it() {
        let (mut breaker, until_ms) = opened();
        breaker.failed(until_ms - 1, 0);
        assert_eq!(breaker.ask(until_ms), Leave::Go);
        breaker.undecided(until_ms);
        assert_eq!(breaker.ask(until_ms), Leave::Go, "the next one finds out");
    }
}
