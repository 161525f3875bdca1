//! Every bound of the benchmarks, named, with its unit.

use std::time::Duration;

/// Lines of a child's output that may wait to be read.
pub const CHILD_LINES_MAX: usize = 4_096;
/// A child must announce itself within this time.
pub const CHILD_START_TIMEOUT: Duration = Duration::from_secs(120);
/// A child that was asked to stop is killed after this time.
pub const CHILD_STOP_TIMEOUT: Duration = Duration::from_secs(60);
/// One request to a control interface or to the API may take this long.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Numbers that are being linked at once.
pub const LINKS_AT_ONCE: usize = 48;
/// One number must be linked within this time.
pub const LINK_TIMEOUT: Duration = Duration::from_secs(180);
/// How often a state that nobody announces is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);
/// All numbers of a fleet must be open within this time after a start.
pub const OPEN_TIMEOUT: Duration = Duration::from_secs(600);
/// After the last number opened, memory is read this much later: logins leave work behind.
pub const SETTLE: Duration = Duration::from_secs(20);
/// The same, in a quick run.
pub const SETTLE_QUICK: Duration = Duration::from_secs(1);
/// All sent messages must be acknowledged within this time after the last was accepted.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(600);
/// A peer that receives nothing for so long, while messages are on their way to it, will not receive the rest.
pub const QUIET_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest latency that a histogram holds, in microseconds.
pub const LATENCY_US_MAX: u64 = 600_000_000;
/// Significant digits of a histogram.
pub const LATENCY_DIGITS: u8 = 3;
/// Bytes of an HTTP answer that the load generator keeps.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Lines of a child's log that are shown when it fails.
pub const LAST_WORDS: usize = 8;
