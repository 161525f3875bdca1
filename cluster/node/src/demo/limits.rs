//! Every bound of the demo, named, with its unit.

use std::time::Duration;

/// Most numbers of one demo. Each is followed by an event stream of its own.
pub const NUMBERS_MAX: u64 = 1_000;
/// Most messages of one demo.
pub const MESSAGES_MAX: u64 = 200_000;
/// Messages that one foreign phone gets at the most, so that its inbox still holds the first at the end.
pub const MESSAGES_PER_FOREIGN_PHONE: usize = 200;
/// Numbers that are made or linked at the same time.
pub const LINKS_AT_ONCE: usize = 8;
/// Messages that are being handed in at the same time.
pub const SENDS_AT_ONCE: usize = 64;
/// Logs and inboxes that are read at the same time.
pub const READS_AT_ONCE: usize = 16;
/// Longest that linking one number may take.
pub const LINK_TIMEOUT: Duration = Duration::from_secs(90);
/// Times that one message is handed in before it counts as refused.
pub const SEND_ATTEMPTS_MAX: u32 = 6;
/// Pause before the second attempt; each further one doubles it.
pub const SEND_RETRY_AFTER: Duration = Duration::from_millis(200);
/// Longest pause between two attempts.
pub const SEND_RETRY_AFTER_MAX: Duration = Duration::from_secs(5);
/// Times in a row that a broken event stream is opened again.
pub const FOLLOW_ATTEMPTS_MAX: u32 = 20;
/// Pause before it is.
pub const FOLLOW_RETRY_AFTER: Duration = Duration::from_millis(200);
/// When nothing new was heard of any message for this long, the demo stops waiting. Longer than the engine's own wait for an
/// acknowledgement, so that a message which goes again is still seen.
pub const QUIET_MAX: Duration = Duration::from_secs(60);
/// Longest that the evidence is read again because something is missing from it.
pub const EVIDENCE_GRACE: Duration = Duration::from_secs(5);
/// Pause between two readings of the evidence.
pub const EVIDENCE_PAUSE: Duration = Duration::from_millis(250);
/// Longest that the whole demo may take.
pub const DEMO_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Longest latency that is measured, in microseconds; longer ones count as this.
pub const LATENCY_US_MAX: u64 = 600_000_000;
/// Findings of the judge that are printed.
pub const FINDINGS_SHOWN: usize = 10;
/// Pages of one event log that are read.
pub const LOG_PAGES_MAX: usize = 10_000;
