//! Times as customers write them: with an offset, or as a clock shows them in a time zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use trunkline_model::Failure;

use crate::dialects::wastack::wrong;

/// A time in milliseconds since the Unix epoch. One without an offset is that of a clock in `zone`, or of UTC.
pub(crate) fn read_when(field: &str, text: &str, zone: Option<&str>) -> Result<i64, Failure> {
    let text = text.trim();
    let read = text.parse::<Timestamp>().ok().or_else(|| {
        let clock: DateTime = text.parse().ok()?;
        clock.to_zoned(time_zone(zone.unwrap_or("UTC"))?).ok().map(|zoned| zoned.timestamp())
    });
    let time_ms = read.map(Timestamp::as_millisecond).filter(|time_ms| *time_ms >= 0);
    time_ms.ok_or_else(|| wrong(field, "is not a time in ISO 8601, as in 2026-01-31T09:30:00Z"))
}

/// A time zone of the IANA database.
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_offset_or_a_zone() {
        let check = |text: &str, zone: Option<&str>, expected: Option<i64>| {
            assert_eq!(read_when("at", text, zone).ok(), expected, "{text}");
        };
        check("2026-01-31T09:30:00Z", None, Some(1_769_851_800_000));
        check("2026-01-31T12:30:00+03:00", Some("Asia/Kolkata"), Some(1_769_851_800_000));
        check("2026-01-31T09:30:00", None, Some(1_769_851_800_000));
        check("2026-01-31 15:00", Some("Asia/Kolkata"), Some(1_769_851_800_000));
        check("tomorrow", None, None);
        check("2026-01-31T09:30:00", Some("Nowhere/Land"), None);
        check("1960-01-31T09:30:00Z", None, None);
    }
}
