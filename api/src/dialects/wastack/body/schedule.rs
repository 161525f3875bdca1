//! When a schedule runs. The service says from when on and how often; a cron expression is made of that.

use jiff::Timestamp;
use trunkline_model::Failure;
use trunkline_model::limits::SCHEDULE_AHEAD_MS_MAX;
use trunkline_model::plan::Timing;

use super::message::SendBody;
use super::text;
use super::when::{read_when, time_zone};
use crate::dialects::loose::Loose;
use crate::dialects::wastack::wrong;
use crate::json::fields::Object;

/// What a body says of times.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Times {
    at: Option<String>,
    zone: Option<String>,
    cron: Option<String>,
    frequency: Option<String>,
    interval: Option<u32>,
    until: Option<String>,
    count: Option<u32>,
}

impl Times {
    /// Takes them out of a body.
    pub(crate) fn take(body: &mut SendBody) -> Times {
        let mut again = body.recurrence().unwrap_or_default();
        let Object(again) = &mut again;
        Times {
            at: text(body.schedule_at()),
            zone: text(body.timezone()),
            cron: text(body.cron()),
            frequency: text(again.frequency()),
            interval: again.interval().map(|Loose(interval)| interval),
            until: text(again.until()),
            count: again.count().map(|Loose(count)| count),
        }
    }

    /// Whether they say anything of when; a time zone does so only where there was one before.
    pub(crate) fn change(&self, before: &Timing) -> bool {
        let words = [&self.at, &self.cron, &self.frequency, &self.until];
        words.into_iter().any(Option::is_some)
            || self.interval.is_some()
            || self.count.is_some()
            || self.zone.is_some() && matches!(before, Timing::Cron { .. })
    }

    /// The timing. Of one that recurred before, what is left out stays; a time alone ends that, and a frequency begins it anew.
    ///
    /// # Errors
    /// `VALIDATION` for what is missing, is no time, or cannot be kept to.
    pub(crate) fn read(self, before: Option<&Timing>, now_ms: i64) -> Result<Timing, Failure> {
        let before = match before {
            Some(Timing::Cron { expression, zone, until_ms, runs_max }) => {
                Some((expression, zone.as_str(), *until_ms, *runs_max))
            }
            Some(Timing::Once(_)) | None => None,
        };
        let zone = self.zone.as_deref().or(before.map(|(_, zone, ..)| zone)).unwrap_or("UTC");
        let kept = before.filter(|_| self.frequency.is_none());
        let no_frequency = || wrong("frequency", "is missing");
        let at_ms = self.at.as_deref().map(|at| read_when("scheduledAt", at, Some(zone))).transpose()?;
        if at_ms.is_some_and(|at_ms| !(now_ms + 1..=now_ms + SCHEDULE_AHEAD_MS_MAX).contains(&at_ms)) {
            return Err(wrong("scheduledAt", "is over, or more than two years away"));
        }
        let expression = match (&self.cron, self.frequency.as_deref(), at_ms) {
            (Some(cron), _, _) => cron.clone(),
            (None, None, Some(_)) if kept.is_some() && (self.until.is_some() || self.count.is_some()) => {
                return Err(no_frequency());
            }
            (None, None | Some("once"), Some(at_ms)) => return Ok(Timing::Once(at_ms)),
            (None, Some(frequency), Some(at_ms)) => {
                expression(frequency, self.interval.unwrap_or(1), Clock::of(at_ms, zone)?)?
            }
            (None, _, None) => match kept {
                Some(_) if self.interval.is_some() => return Err(no_frequency()),
                Some((expression, ..)) => expression.clone(),
                None => return Err(wrong("scheduledAt", "is missing")),
            },
        };
        let until_ms =
            self.until.as_deref().map(|until| read_when("until", until, Some(zone))).transpose()?;
        let (kept_until_ms, kept_runs) = kept.map_or((None, None), |(_, _, until_ms, runs)| (until_ms, runs));
        let (until_ms, runs_max) = (until_ms.or(kept_until_ms), self.count.or(kept_runs));
        if self.count == Some(0) {
            return Err(wrong("count", "is 0"));
        }
        let timing = Timing::Cron { expression, zone: zone.to_owned(), until_ms, runs_max };
        let next = timing.next_after(now_ms).map_err(|error| wrong(error.field(), error.to_string()))?;
        let next_ms = next.ok_or_else(|| wrong("recurrence", "never comes"))?;
        // A minute is the finest of cron.
        if at_ms.is_some_and(|at_ms| next_ms < at_ms - at_ms.rem_euclid(60_000)) {
            let detail = "is later than the first time of the recurrence; it begins with the next one";
            return Err(wrong("scheduledAt", detail));
        }
        Ok(timing)
    }
}

/// What a clock shows.
#[derive(Debug, Clone, Copy)]
struct Clock {
    minute: i8,
    hour: i8,
    day: i8,
    month: i8,
    /// 0 is Sunday.
    weekday: i8,
}

impl Clock {
    fn of(at_ms: i64, zone: &str) -> Result<Clock, Failure> {
        let zone = time_zone(zone).ok_or_else(|| wrong("timezone", "is no time zone, as Asia/Kolkata"))?;
        let at = Timestamp::from_millisecond(at_ms).map_err(|_| wrong("scheduledAt", "is no time"))?;
        let at = at.to_zoned(zone);
        Ok(Clock {
            minute: at.minute(),
            hour: at.hour(),
            day: at.day(),
            month: at.month(),
            weekday: at.weekday().to_sunday_zero_offset(),
        })
    }
}

/// Months of a year.
const MONTHS: u32 = 12;

fn expression(frequency: &str, interval: u32, clock: Clock) -> Result<String, Failure> {
    let Clock { minute, hour, day, month, weekday } = clock;
    match (frequency, interval) {
        ("daily", 1) => Ok(format!("{minute} {hour} * * *")),
        ("weekly", 1) => Ok(format!("{minute} {hour} * * {weekday}")),
        ("monthly", 1) => Ok(format!("{minute} {hour} {day} * *")),
        // The same months every year.
        ("monthly", interval) if interval > 0 && MONTHS.is_multiple_of(interval) => {
            let first = u32::from(month.unsigned_abs()) - 1;
            let mut months: Vec<u32> =
                (0..MONTHS / interval).map(|step| (first + step * interval) % MONTHS + 1).collect();
            months.sort_unstable();
            let months: Vec<String> = months.iter().map(u32::to_string).collect();
            Ok(format!("{minute} {hour} {day} {} *", months.join(",")))
        }
        ("daily" | "weekly" | "monthly", _) => {
            Err(wrong("interval", "cannot be kept to; give the times as a cron expression in `cron`"))
        }
        _ => Err(wrong("frequency", "is not one of once, daily, weekly, monthly")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half past nine in the morning of 31 January 2026, a Saturday, in UTC.
    const NOW_MS: i64 = 1_769_851_800_000;

    fn read(json: &str) -> Result<Timing, Failure> {
        let mut body: SendBody = serde_json::from_str(json).expect(json);
        Times::take(&mut body).read(None, NOW_MS)
    }

    #[test]
    fn recurrences_become_cron_expressions() {
        let check = |json: &str, expected: &str| match read(json) {
            Ok(Timing::Cron { expression, .. }) => assert_eq!(expression, expected, "{json}"),
            other => panic!("{json}: {other:?}"),
        };
        check(r#"{"scheduledAt":"2026-02-01T08:00:00Z","recurrence":{"frequency":"daily"}}"#, "0 8 * * *");
        check(
            r#"{"scheduledAt":"2026-02-01T08:00","timezone":"Asia/Kolkata","recurrence":{"frequency":"weekly"}}"#,
            "0 8 * * 0",
        );
        check(
            r#"{"scheduledAt":"2026-02-03T08:00Z","recurrence":{"frequency":"monthly","interval":4}}"#,
            "0 8 3 2,6,10 *",
        );
        check(r#"{"cron":"0 9 * * MON","timezone":"Asia/Kolkata"}"#, "0 9 * * MON");
        // What says nothing beside a cron expression is no reason to refuse it.
        check(r#"{"cron":"0 9 * * *","recurrence":{"interval":1,"count":5}}"#, "0 9 * * *");
        assert_eq!(read(r#"{"scheduledAt":"2026-02-01T08:00:00Z"}"#), Ok(Timing::Once(1_769_932_800_000)));
    }

    #[test]
    fn a_change_keeps_what_it_leaves_out() {
        let cron = |expression: &str, zone: &str, runs_max| Timing::Cron {
            expression: expression.to_owned(),
            zone: zone.to_owned(),
            until_ms: Some(NOW_MS + 31_536_000_000),
            runs_max,
        };
        let before = cron("0 9 * * *", "Asia/Kolkata", Some(5));
        let times = |json: &str| -> Times { Times::take(&mut serde_json::from_str(json).expect(json)) };
        let check = |json: &str, expected: Timing| {
            assert!(times(json).change(&before), "{json}");
            assert_eq!(times(json).read(Some(&before), NOW_MS).expect(json), expected, "{json}");
        };
        check(r#"{"cron":"0 10 * * *"}"#, cron("0 10 * * *", "Asia/Kolkata", Some(5)));
        check(r#"{"timezone":"UTC"}"#, cron("0 9 * * *", "UTC", Some(5)));
        check(r#"{"recurrence":{"count":7}}"#, cron("0 9 * * *", "Asia/Kolkata", Some(7)));
        check(r#"{"scheduledAt":"2026-02-01T08:00:00Z"}"#, Timing::Once(1_769_932_800_000));
        check(
            r#"{"scheduledAt":"2026-02-01T08:00:00","recurrence":{"frequency":"daily"}}"#,
            Timing::Cron {
                expression: "0 8 * * *".to_owned(),
                zone: "Asia/Kolkata".to_owned(),
                until_ms: None,
                runs_max: None,
            },
        );
        for json in [
            r#"{"recurrence":{"interval":2}}"#,
            r#"{"scheduledAt":"2026-02-01T08:00:00Z","recurrence":{"count":3}}"#,
        ] {
            let refused = times(json).read(Some(&before), NOW_MS).expect_err(json);
            assert_eq!(refused.fields[0].field, "frequency", "{json}");
        }
        assert!(!times(r#"{"timezone":"UTC","text":"t"}"#).change(&Timing::Once(NOW_MS)));
        assert!(!times(r#"{"text":"t"}"#).change(&before));
    }

    #[test]
    fn what_cannot_be_kept_to_is_refused() {
        let check = |json: &str, field: &str| {
            assert_eq!(read(json).expect_err(json).fields[0].field, field, "{json}");
        };
        check("{}", "scheduledAt");
        check(r#"{"scheduledAt":"2026-01-31T09:00:00Z"}"#, "scheduledAt");
        check(r#"{"scheduledAt":"2026-02-20T08:00:00Z","recurrence":{"frequency":"daily"}}"#, "scheduledAt");
        check(
            r#"{"scheduledAt":"2026-02-01T08:00:00Z","recurrence":{"frequency":"daily","interval":3}}"#,
            "interval",
        );
        check(r#"{"scheduledAt":"2026-02-01T08:00:00Z","recurrence":{"frequency":"hourly"}}"#, "frequency");
        check(r#"{"cron":"every day"}"#, "cron");
        check(r#"{"cron":"0 9 * * *","timezone":"Mars/Olympus"}"#, "timezone");
        check(r#"{"cron":"0 9 * * *","recurrence":{"count":0}}"#, "count");
    }
}
