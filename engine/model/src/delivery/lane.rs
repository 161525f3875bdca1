//! One endpoint's way through one instance's log.

use super::endpoint::RetrySchedule;

/// A lane's place, at rest. `after - began_after` is the sum of the counts: every event that was passed is in one of them.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LaneRecord {
    /// Sequence number of the event before the first.
    pub began_after: u64,
    /// Sequence number of the last event that is done with.
    pub after: u64,
    /// Sequence number of the last event of a replay; `None` follows the log.
    pub until: Option<u64>,
    /// What became of the events.
    pub counts: LaneCounts,
    /// The event after `after` was tried, in vain.
    pub trouble: Option<Trouble>,
}

/// What became of a lane's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LaneCounts {
    /// Taken by the endpoint.
    pub delivered: u64,
    /// Not wanted by its filter.
    pub passed_over: u64,
    /// Given up.
    pub dead: u64,
    /// Gone from the log before their turn came.
    pub expired: u64,
}

/// Attempts in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Trouble {
    /// How many.
    pub attempts: u32,
    /// When the first one failed, in milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// When the next one is due, in milliseconds since the Unix epoch.
    pub next_at_ms: i64,
}

/// What follows a failed delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is tried again when the trouble says so.
    Again,
    /// It was given up; the lane stands behind it.
    Dead {
        /// Attempts that were made.
        attempts: u32,
        /// When the first one failed, in milliseconds since the Unix epoch.
        since_ms: i64,
    },
}

impl LaneRecord {
    /// A lane that begins behind an event, and ends at one if it is a replay.
    pub fn new(began_after: u64, until: Option<u64>) -> LaneRecord {
        LaneRecord { began_after, after: began_after, until, counts: LaneCounts::default(), trouble: None }
    }

    /// Whether a replay has reached its end.
    pub fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.after >= until)
    }

    /// Events that wait, of a log whose newest event is `newest`.
    pub fn pending(&self, newest: u64) -> u64 {
        self.until.unwrap_or(newest).saturating_sub(self.after)
    }

    /// The log begins with a later event than the next one: those between are gone.
    pub fn skip_to(&mut self, first: u64) {
        let gone = first.saturating_sub(1).saturating_sub(self.after);
        if gone > 0 {
            self.counts.expired += gone;
            self.after += gone;
            self.trouble = None;
        }
    }

    /// The next event is not wanted.
    pub fn pass_over(&mut self) {
        self.after += 1;
        self.counts.passed_over += 1;
        self.trouble = None;
    }

    /// The endpoint took the next event.
    pub fn deliver(&mut self) {
        self.after += 1;
        self.counts.delivered += 1;
        self.trouble = None;
    }

    /// The next event was given up together with the one before it.
    pub fn bury(&mut self) {
        self.after += 1;
        self.counts.dead += 1;
    }

    /// The next event was tried in vain at `now_ms`. `asked_ms` is what the endpoint asked to be left alone for; `jitter` any random
    /// number.
    pub fn fail(
        &mut self,
        schedule: &RetrySchedule,
        now_ms: i64,
        asked_ms: Option<u64>,
        jitter: u32,
    ) -> Next {
        let (attempts, since_ms) = match self.trouble {
            Some(trouble) => (trouble.attempts.saturating_add(1), trouble.since_ms),
            None => (1, now_ms),
        };
        // A wall clock that was set back makes it try longer, not give up earlier.
        let tried_for_ms = u64::try_from(now_ms.saturating_sub(since_ms)).unwrap_or(0);
        match schedule.delay_ms(attempts, tried_for_ms, jitter) {
            Some(delay_ms) => {
                let delay_ms = i64::try_from(delay_ms.max(asked_ms.unwrap_or(0))).unwrap_or(i64::MAX);
                self.trouble =
                    Some(Trouble { attempts, since_ms, next_at_ms: now_ms.saturating_add(delay_ms) });
                Next::Again
            }
            None => {
                self.after += 1;
                self.counts.dead += 1;
                self.trouble = None;
                Next::Dead { attempts, since_ms }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_event_is_given_up_when_the_schedule_ends_and_the_next_begins_anew() {
        let schedule = RetrySchedule::Steps { delays_ms: vec![10, 20] };
        let mut lane = LaneRecord::new(4, None);
        assert_eq!(lane.fail(&schedule, 1_000, None, 0), Next::Again);
        assert_eq!(lane.trouble, Some(Trouble { attempts: 1, since_ms: 1_000, next_at_ms: 1_010 }));
        assert_eq!(lane.fail(&schedule, 1_010, Some(500), 0), Next::Again);
        assert_eq!(
            lane.trouble.map(|trouble| trouble.next_at_ms),
            Some(1_510),
            "what the endpoint asks for counts"
        );
        assert_eq!(lane.fail(&schedule, 1_510, None, 0), Next::Dead { attempts: 3, since_ms: 1_000 });
        assert_eq!((lane.after, lane.counts.dead, lane.trouble), (5, 1, None));
    }

    proptest! {
        #[test]
        fn every_event_that_was_passed_is_counted_once(began in 0u64..1_000, steps in proptest::collection::vec(0u8..6, 0..100)) {
            let mut lane = LaneRecord::new(began, None);
            for step in steps {
                match step {
                    0 => lane.deliver(),
                    1 => lane.pass_over(),
                    2 => lane.skip_to(lane.after + 3),
                    5 => lane.bury(),
                    3 => drop(lane.fail(&RetrySchedule::Steps { delays_ms: vec![] }, 0, None, 0)),
                    _ => drop(lane.fail(&RetrySchedule::STANDARD, 0, None, 0)),
                }
                let LaneCounts { delivered, passed_over, dead, expired } = lane.counts;
                prop_assert_eq!(lane.after - began, delivered + passed_over + dead + expired);
            }
        }
    }
}
