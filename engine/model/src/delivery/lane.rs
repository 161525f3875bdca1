//! One endpoint's way through one instance's log.

use super::endpoint::RetrySchedule;

/// A lane's place, at rest. `after - began_after` is the sum of the counts: every event that was passed is in one of them. Where a
/// replay leaves events out, its beginning moves along.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LaneRecord {
    /// Sequence number of the event before the first.
    pub began_after: u64,
    /// Sequence number of the last event that is done with.
    pub after: u64,
    /// Sequence number of the last event of a replay's stretch; `None` follows the log.
    pub until: Option<u64>,
    /// The stretches of a replay that come after this one, the next one last.
    pub rest: Vec<Stretch>,
    /// What became of the events.
    pub counts: LaneCounts,
    /// The event after `after` was tried, in vain.
    pub trouble: Option<Trouble>,
}

/// Events `after < sequence <= until` of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Stretch {
    /// Sequence number of the event before the first.
    pub after: u64,
    /// Sequence number of the last one.
    pub until: u64,
}

impl Stretch {
    /// How many events that are.
    pub fn events(self) -> u64 {
        self.until.saturating_sub(self.after)
    }
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
    /// A lane that follows the log behind an event.
    pub fn live(began_after: u64) -> LaneRecord {
        LaneRecord {
            began_after,
            after: began_after,
            until: None,
            rest: Vec::new(),
            counts: LaneCounts::default(),
            trouble: None,
        }
    }

    /// A lane that tells stretches of the log again, which come in order. `None` without any.
    pub fn replay(mut stretches: Vec<Stretch>) -> Option<LaneRecord> {
        stretches.reverse();
        let Stretch { after, until } = stretches.pop()?;
        Some(LaneRecord { until: Some(until), rest: stretches, ..LaneRecord::live(after) })
    }

    /// Whether a replay has reached its end.
    pub fn is_over(&self) -> bool {
        self.rest.is_empty() && self.until.is_some_and(|until| self.after >= until)
    }

    /// Events that wait, of a log whose newest event is `newest`.
    pub fn pending(&self, newest: u64) -> u64 {
        let later: u64 = self.rest.iter().map(|stretch| stretch.events()).sum();
        self.until.unwrap_or(newest).saturating_sub(self.after) + later
    }

    /// The log begins with a later event than the next one: those between are gone.
    pub fn skip_to(&mut self, first: u64) {
        let last_gone = first.saturating_sub(1);
        while last_gone > self.after && !self.is_over() {
            let reached = self.until.map_or(last_gone, |until| until.min(last_gone));
            self.counts.expired += reached - self.after;
            self.moved_to(reached);
        }
    }

    /// The next event is not wanted.
    pub fn pass_over(&mut self) {
        self.counts.passed_over += 1;
        self.moved_to(self.after + 1);
    }

    /// The endpoint took the next event.
    pub fn deliver(&mut self) {
        self.counts.delivered += 1;
        self.moved_to(self.after + 1);
    }

    fn moved_to(&mut self, sequence: u64) {
        (self.after, self.trouble) = (sequence, None);
        while self.until.is_some_and(|until| self.after >= until)
            && let Some(Stretch { after, until }) = self.rest.pop()
        {
            // What lies between is not asked for, so it is in no count.
            self.began_after += after.saturating_sub(self.after);
            (self.after, self.until) = (after.max(self.after), Some(until));
        }
    }

    /// Nobody tried before `started_at_ms`, because nobody was there: that time does not count against the endpoint.
    pub fn forgive_absence(&mut self, started_at_ms: i64) {
        if let Some(trouble) = &mut self.trouble
            && trouble.next_at_ms < started_at_ms
        {
            trouble.since_ms = trouble.since_ms.saturating_add(started_at_ms - trouble.next_at_ms);
            trouble.next_at_ms = started_at_ms;
        }
    }

    /// Somebody says at `changed_at_ms` that the endpoint works now: what failed before does not count.
    pub fn forgive_past(&mut self, changed_at_ms: i64) {
        self.trouble = self.trouble.filter(|trouble| trouble.since_ms >= changed_at_ms);
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
                self.counts.dead += 1;
                self.moved_to(self.after + 1);
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
        let mut lane = LaneRecord::live(4);
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

    #[test]
    fn a_replay_goes_from_stretch_to_stretch() {
        let stretch = |after, until| Stretch { after, until };
        let told = |lane: &mut LaneRecord| {
            let mut told = Vec::new();
            while !lane.is_over() {
                told.push(lane.after + 1);
                lane.deliver();
            }
            told
        };
        let stretches = vec![stretch(2, 3), stretch(6, 8), stretch(9, 10)];
        let mut lane = LaneRecord::replay(stretches.clone()).expect("a replay");
        assert_eq!((lane.pending(100), told(&mut lane)), (4, vec![3, 7, 8, 10]));
        assert_eq!((lane.pending(100), lane.after - lane.began_after, lane.counts.delivered), (0, 4, 4));
        // The log begins with its eighth event now.
        let mut lane = LaneRecord::replay(stretches).expect("a replay");
        lane.skip_to(8);
        assert_eq!((lane.counts.expired, told(&mut lane)), (2, vec![8, 10]));
        assert_eq!(lane.after - lane.began_after, lane.counts.expired + lane.counts.delivered);
        let mut lane = LaneRecord::replay(vec![stretch(2, 3)]).expect("a replay");
        lane.skip_to(50);
        assert_eq!((lane.is_over(), lane.counts.expired, lane.after), (true, 1, 3));
        assert_eq!(LaneRecord::replay(Vec::new()), None);
    }

    #[test]
    fn time_in_which_nobody_tried_does_not_count() {
        let trouble = Trouble { attempts: 3, since_ms: 1_000, next_at_ms: 5_000 };
        let mut lane = LaneRecord { trouble: Some(trouble), ..LaneRecord::live(0) };
        lane.forgive_absence(4_000);
        assert_eq!(lane.trouble, Some(trouble), "it was not due yet");
        lane.forgive_absence(65_000);
        let later = Trouble { attempts: 3, since_ms: 61_000, next_at_ms: 65_000 };
        assert_eq!(lane.trouble, Some(later));
        lane.forgive_absence(65_000);
        assert_eq!(lane.trouble, Some(later), "once");
        lane.forgive_past(61_000);
        assert_eq!(lane.trouble, Some(later));
        lane.forgive_past(61_001);
        assert_eq!(lane.trouble, None);
    }

    proptest! {
        #[test]
        fn every_event_that_was_passed_is_counted_once(began in 0u64..1_000, steps in proptest::collection::vec(0u8..5, 0..100)) {
            let mut lane = LaneRecord::live(began);
            for step in steps {
                match step {
                    0 => lane.deliver(),
                    1 => lane.pass_over(),
                    2 => lane.skip_to(lane.after + 3),
                    3 => drop(lane.fail(&RetrySchedule::Steps { delays_ms: vec![] }, 0, None, 0)),
                    _ => drop(lane.fail(&RetrySchedule::STANDARD, 0, None, 0)),
                }
                let LaneCounts { delivered, passed_over, dead, expired } = lane.counts;
                prop_assert_eq!(lane.after - began, delivered + passed_over + dead + expired);
            }
        }
    }
}
