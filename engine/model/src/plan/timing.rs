//! When something happens: once, or again and again by a cron expression in a time zone.
//!
//! Cron follows Vixie: five fields, minutes the finest. Where clocks skip an hour, what was due in it happens right after; where
//! they repeat one, what is due at a fixed time happens once, and what is due every so often goes on in both.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::limits::{CRON_BYTES_MAX, MISSED_RUNS_COUNTED_MAX};

/// When something happens.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Timing {
    /// Once, at this time in milliseconds since the Unix epoch.
    Once(i64),
    /// By a cron expression.
    Cron {
        /// Five fields: minute, hour, day of the month, month, day of the week.
        expression: String,
        /// Name of the time zone in the IANA database.
        zone: String,
        /// Not after this time, in milliseconds since the Unix epoch.
        until_ms: Option<i64>,
        /// So many times at the most.
        runs_max: Option<u32>,
    },
}

/// Why a timing is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimingError {
    /// The time zone is not known.
    #[error("is no time zone of the IANA database, as Asia/Riyadh")]
    Zone,
    /// The expression cannot be read.
    #[error("is no cron expression of five fields: {0}")]
    Expression(String),
    /// It never comes.
    #[error("never comes")]
    Never,
}

impl TimingError {
    /// The field of a caller's body that is wrong.
    pub fn field(&self) -> &'static str {
        match self {
            TimingError::Zone => "timezone",
            TimingError::Expression(_) | TimingError::Never => "cron",
        }
    }
}

/// What has become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The time that is to happen now: the newest that is not too late.
    pub run_ms: Option<i64>,
    /// Times before that, or too late.
    pub missed: u32,
    /// The next one.
    pub next_ms: Option<i64>,
}

/// A timing that was read.
enum Clock {
    Once(i64),
    Cron { cron: Box<Cron>, zone: TimeZone, until_ms: Option<i64> },
}

impl Clock {
    /// The first time after `after_ms`.
    fn next_after(&self, after_ms: i64) -> Option<i64> {
        let (cron, zone, until_ms) = match self {
            Clock::Once(at_ms) => return (*at_ms > after_ms).then_some(*at_ms),
            Clock::Cron { cron, zone, until_ms } => (cron, zone, until_ms),
        };
        let after = Timestamp::from_millisecond(after_ms).ok()?.to_zoned(zone.clone());
        // The only failure is a search that finds nothing within the years that there are.
        let next_ms = cron.find_next_occurrence(&after, false).ok()?.timestamp().as_millisecond();
        (next_ms > after_ms && until_ms.is_none_or(|until_ms| next_ms <= until_ms)).then_some(next_ms)
    }

    /// The last time that is not after `before_ms`.
    fn newest_until(&self, before_ms: i64) -> Option<i64> {
        let (cron, zone, until_ms) = match self {
            Clock::Once(at_ms) => return (*at_ms <= before_ms).then_some(*at_ms),
            Clock::Cron { cron, zone, until_ms } => (cron, zone, until_ms),
        };
        let before_ms = until_ms.map_or(before_ms, |until_ms| until_ms.min(before_ms));
        let before = Timestamp::from_millisecond(before_ms).ok()?.to_zoned(zone.clone());
        Some(cron.find_previous_occurrence(&before, true).ok()?.timestamp().as_millisecond())
    }
}

impl Timing {
    /// Checks it.
    ///
    /// # Errors
    /// [`TimingError`].
    pub fn check(&self, now_ms: i64) -> Result<(), TimingError> {
        match self {
            Timing::Once(_) => Ok(()),
            Timing::Cron { .. } => match self.next_after(now_ms)? {
                Some(_) => Ok(()),
                None => Err(TimingError::Never),
            },
        }
    }

    /// Reading takes longer than asking: whoever asks often reads once.
    fn read(&self) -> Result<Clock, TimingError> {
        let (expression, zone, until_ms) = match self {
            Timing::Once(at_ms) => return Ok(Clock::Once(*at_ms)),
            Timing::Cron { expression, zone, until_ms, .. } => (expression, zone, *until_ms),
        };
        if expression.len() > CRON_BYTES_MAX {
            return Err(TimingError::Expression(format!("it is longer than {CRON_BYTES_MAX} bytes")));
        }
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(|_| TimingError::Zone)?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| TimingError::Expression(error.to_string()))?;
        Ok(Clock::Cron { cron: Box::new(cron), zone, until_ms })
    }

    /// The first time after `after_ms`, both in milliseconds since the Unix epoch; how often it happened so far is not looked at.
    ///
    /// # Errors
    /// [`TimingError`] when it was never checked.
    pub fn next_after(&self, after_ms: i64) -> Result<Option<i64>, TimingError> {
        Ok(self.read()?.next_after(after_ms))
    }

    /// What is to be done at `now_ms` about a time that was due at `due_ms`: of all that has become due since, the newest happens
    /// if it is at most `grace_ms` late, and the others are missed.
    ///
    /// # Errors
    /// [`TimingError`] when it was never checked.
    pub fn due(&self, due_ms: i64, now_ms: i64, grace_ms: i64) -> Result<Due, TimingError> {
        let clock = self.read()?;
        let (mut newest_ms, mut passed) = (due_ms, 0);
        let mut next_ms = clock.next_after(due_ms);
        while let Some(at_ms) = next_ms.filter(|at_ms| *at_ms <= now_ms) {
            if passed >= MISSED_RUNS_COUNTED_MAX {
                // Nobody counts minutes of years one by one.
                newest_ms = clock.newest_until(now_ms).unwrap_or(at_ms);
                passed += 1;
                next_ms = clock.next_after(now_ms);
                break;
            }
            (newest_ms, passed) = (at_ms, passed + 1);
            next_ms = clock.next_after(at_ms);
        }
        let in_time = now_ms.saturating_sub(newest_ms) <= grace_ms;
        Ok(Due { run_ms: in_time.then_some(newest_ms), missed: passed + u32::from(!in_time), next_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cron(expression: &str, zone: &str) -> Timing {
        Timing::Cron {
            expression: expression.to_owned(),
            zone: zone.to_owned(),
            until_ms: None,
            runs_max: None,
        }
    }

    fn ms(time: &str) -> i64 {
        time.parse::<Timestamp>().expect(time).as_millisecond()
    }

    fn check(expression: &str, zone: &str, after: &str, expected: &[&str]) {
        let (timing, mut at_ms) = (cron(expression, zone), ms(after));
        for expected in expected {
            let next = timing.next_after(at_ms).expect(expression);
            assert_eq!(next, Some(ms(expected)), "{expression} in {zone} after {after}: {expected}");
            at_ms = next.unwrap_or_default();
        }
    }

    #[test]
    fn cron_goes_by_the_clock_of_its_zone() {
        check(
            "30 9 * * *",
            "Asia/Riyadh",
            "2026-01-01T00:00:00Z",
            &["2026-01-01T06:30:00Z", "2026-01-02T06:30:00Z"],
        );
        check("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z"]);
        check(
            "*/15 8-9 * * MON",
            "Europe/Berlin",
            "2026-03-02T08:20:00Z",
            &["2026-03-02T08:30:00Z", "2026-03-02T08:45:00Z"],
        );
    }

    #[test]
    fn what_is_due_in_a_skipped_hour_comes_right_after_it() {
        // Berlin skips 02:00 to 03:00 on 29 March 2026.
        check(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        );
        check(
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
        );
    }

    #[test]
    fn in_a_repeated_hour_a_fixed_time_comes_once_and_an_interval_goes_on() {
        // Berlin repeats 02:00 to 03:00 on 25 October 2026: 00:00Z to 01:00Z, then 01:00Z to 02:00Z.
        check(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
        check(
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"],
        );
    }

    #[test]
    fn what_is_no_timing_says_why() {
        let refused = |timing: Timing| timing.check(0).expect_err("it is none");
        assert_eq!(refused(cron("* * * * *", "Mars/Olympus")), TimingError::Zone);
        assert_eq!(refused(cron("0 0 30 2 *", "UTC")), TimingError::Never);
        for wrong in ["", "* * * *", "* * * * * *", "61 * * * *", "nonsense", &"*,".repeat(200)] {
            assert!(matches!(refused(cron(wrong, "UTC")), TimingError::Expression(_)), "{wrong}");
        }
        assert_eq!(Timing::Once(5).next_after(5), Ok(None));
        assert_eq!(Timing::Once(5).next_after(4), Ok(Some(5)));
    }

    #[test]
    fn of_what_was_missed_the_newest_comes_if_it_is_not_too_late() {
        let hourly = cron("0 * * * *", "UTC");
        let hour_ms = 3_600_000;
        let check = |now_ms: i64, grace_ms: i64, expected: Due| {
            assert_eq!(hourly.due(hour_ms, now_ms, grace_ms), Ok(expected), "at {now_ms}");
        };
        check(hour_ms, 0, Due { run_ms: Some(hour_ms), missed: 0, next_ms: Some(2 * hour_ms) });
        check(
            4 * hour_ms + 1,
            1_000,
            Due { run_ms: Some(4 * hour_ms), missed: 3, next_ms: Some(5 * hour_ms) },
        );
        check(4 * hour_ms + 2_000, 1_000, Due { run_ms: None, missed: 4, next_ms: Some(5 * hour_ms) });
        let once = Timing::Once(10);
        assert_eq!(once.due(10, 20, 10), Ok(Due { run_ms: Some(10), missed: 0, next_ms: None }));
        assert_eq!(once.due(10, 21, 10), Ok(Due { run_ms: None, missed: 1, next_ms: None }));
        assert_eq!(
            once.due(10, 10, -1),
            Ok(Due { run_ms: None, missed: 1, next_ms: None }),
            "no grace at all"
        );
        let minutely = cron("* * * * *", "UTC");
        let years = minutely.due(60_000, 10 * 365 * 24 * hour_ms + 1, 60_000).expect("it is counted");
        assert!(
            years.missed > MISSED_RUNS_COUNTED_MAX && years.next_ms.is_some_and(|next| next > 0),
            "{years:?}"
        );
        assert_eq!(
            years.run_ms,
            Some(10 * 365 * 24 * hour_ms),
            "the newest happens, however many were missed"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn time_only_goes_on(
            minute in 0u8..60, hour in 0u8..24,
            zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
            start in 1_600_000_000_000i64..1_900_000_000_000,
        ) {
            let (timing, mut at_ms) = (cron(&format!("{minute} {hour} * * *"), zone), start);
            for _ in 0..5 {
                let next_ms = timing.next_after(at_ms).expect("it is valid").expect("there is a next day");
                prop_assert!(next_ms > at_ms && next_ms - at_ms <= 26 * 3_600_000, "{at_ms} → {next_ms}");
                at_ms = next_ms;
            }
        }

        #[test]
        fn no_text_makes_the_reader_fail(text in "[-0-9*/,LW#? A-Za-z]{0,40}", zone in "[A-Za-z/]{0,20}") {
            let _ = cron(&text, "UTC").check(1_700_000_000_000);
            let _ = cron("* * * * *", &zone).check(1_700_000_000_000);
        }
    }
}
