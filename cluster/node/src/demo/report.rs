//! The outcome in numbers: one JSON object, or a table.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use hdrhistogram::Histogram;
use serde::Serialize;

use super::limits::LATENCY_US_MAX;
use super::tracker::{Counts, State};

/// The outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Numbers that were linked.
    pub paired: u64,
    /// Messages that the API accepted.
    pub accepted: u64,
    /// Messages that the service acknowledged.
    pub sent: u64,
    /// Messages that reached their recipient.
    pub delivered: u64,
    /// Messages that their recipient read.
    pub read: u64,
    /// Messages that the API reported as failed.
    pub failed: u64,
    /// Messages accepted, not reported as failed, and missing at the receiver.
    pub lost: u64,
    /// Messages that a receiver has more than once.
    pub duplicated: u64,
    /// 99 % of the requests were answered within this many milliseconds.
    pub accept_p99_ms: f64,
    /// Half of the messages were delivered within this many milliseconds of being accepted.
    pub deliver_p50_ms: f64,
    /// 99 % of them were.
    pub deliver_p99_ms: f64,
    /// From the first message to the last news of one, in seconds.
    pub seconds: f64,
}

impl Report {
    /// Takes the counts over.
    pub fn count(&mut self, counts: Counts) {
        let Counts { accepted, sent, delivered, read, failed } = counts;
        *self = Report { accepted, sent, delivered, read, failed, ..self.clone() };
    }

    /// The object that `--json` prints.
    pub fn json(&self) -> String {
        // A struct of numbers has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let ms = |ms: f64| format!("{ms:.1} ms");
        let row = [
            ("accepted", self.accepted.to_string()),
            ("sent", self.sent.to_string()),
            ("delivered", self.delivered.to_string()),
            ("read", self.read.to_string()),
            ("failed", self.failed.to_string()),
            ("lost", self.lost.to_string()),
            ("duplicated", self.duplicated.to_string()),
            ("p50 accept → delivered", ms(self.deliver_p50_ms)),
            ("p99 accept → delivered", ms(self.deliver_p99_ms)),
        ];
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        for (name, value) in row {
            table.add_row([name.to_owned(), value]);
        }
        if let Some(values) = table.column_mut(1) {
            values.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }
}

/// Latencies, kept as a histogram of microseconds.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    #[expect(clippy::expect_used, reason = "the bounds are constants that the histogram takes")]
    pub fn new() -> Latencies {
        Latencies(Histogram::new_with_bounds(1, LATENCY_US_MAX, 3).expect("1 ≤ 2 · low ≤ high, 3 digits"))
    }

    /// From accept to delivery, of every message that has both.
    pub fn of_deliveries(state: &State) -> Latencies {
        let mut latencies = Latencies::new();
        for message in state.messages.values() {
            if let (Some(accepted), Some(delivered)) = (message.accepted_at, message.delivered_at) {
                // The news of a delivery may be read before the answer that accepted the message.
                latencies.add(delivered.saturating_duration_since(accepted));
            }
        }
        latencies
    }

    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(LATENCY_US_MAX);
        self.0.saturating_record(us.max(1));
    }

    /// A quantile in milliseconds, to a tenth; 0 when there is nothing.
    pub fn ms(&self, quantile: f64) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        tenths(self.0.value_at_quantile(quantile) as f64 / 1_000.0)
    }
}

/// Rounds to a tenth.
pub fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_object_has_the_promised_members() {
        let json: serde_json::Value = serde_json::from_str(&Report::default().json()).expect("JSON");
        let mut members: Vec<&str> =
            json.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        let promised = "accept_p99_ms accepted deliver_p50_ms deliver_p99_ms delivered duplicated failed lost paired read seconds sent";
        assert_eq!(members.join(" "), promised);
    }

    #[test]
    fn the_table_shows_every_count() {
        let counts = Counts { accepted: 11, sent: 22, delivered: 33, read: 44, failed: 55 };
        let mut report = Report { lost: 66, duplicated: 77, deliver_p50_ms: 8.8, ..Report::default() };
        report.count(counts);
        let table = report.table();
        for shown in ["11", "22", "33", "44", "55", "66", "77", "8.8 ms"] {
            assert!(table.contains(shown), "{shown} is missing in\n{table}");
        }
    }

    #[test]
    fn quantiles_come_in_milliseconds() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.ms(0.5), 0.0);
        (1..=100).for_each(|ms| latencies.add(Duration::from_millis(ms)));
        let close = |quantile: f64, ms: f64| (latencies.ms(quantile) - ms).abs() <= 0.1;
        assert!(close(0.5, 50.0) && close(0.99, 99.0), "{} {}", latencies.ms(0.5), latencies.ms(0.99));
        latencies.add(Duration::from_secs(86_400));
        assert!(latencies.ms(1.0) >= 600_000.0);
    }
}
