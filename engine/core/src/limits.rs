//! Every bound of the engine, named, with its unit.

use std::time::Duration;

use trunkline_model::message::Window;

/// Commands and session events that may wait in front of one instance.
pub const INSTANCE_CREDITS: usize = 256;
/// Commands that may wait in front of one shard.
pub const SHARD_CREDITS: usize = 8_192;
/// When a caller that met a full queue should come back, in milliseconds.
pub const BUSY_RETRY_AFTER_MS: u64 = 250;
/// Longest that a caller waits for an instance's answer.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Messages that one instance may have accepted and not settled.
pub const OUTBOX_DEPTH_MAX: usize = 200_000;
/// Hand-overs and unacknowledged messages of one instance.
pub const SEND_WINDOW: Window = Window { handing_max: 4, unacknowledged_max: 64 };
/// Longest that one hand-over may take, media upload included.
pub const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(180);
/// A message that WhatsApp has not acknowledged after this many milliseconds goes again, under the same id.
pub const ACK_TIMEOUT_MS: u64 = 45_000;
/// Longest that opening a stored session may take.
pub const SESSION_OPEN_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest that an orderly stop of a session may take before it is cut.
pub const SESSION_STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest that WhatsApp may take to confirm a logout.
pub const LOGOUT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often an open instance's progress is checked, in milliseconds.
pub const PROGRESS_CHECK_MS: u64 = 30_000;
/// An open connection on which nothing arrived for this long is dead, in milliseconds. The protocol library pings every
/// 15 to 30 s.
pub const SILENCE_MAX_MS: u64 = 90_000;
/// A connection that lasted this long clears the back-off, in milliseconds.
pub const STABLE_AFTER_MS: u64 = 30_000;
/// How long a restriction of unknown length is respected, in milliseconds.
pub const RESTRICTION_DEFAULT_MS: u64 = 24 * 3_600_000;
/// Granularity of the shard's timers.
pub const TIMER_TICK: Duration = Duration::from_millis(50);
/// Instances that a shard connects in one tick after a restart of the process.
pub const RESUMES_PER_TICK: usize = 25;
/// Length of that tick.
pub const RESUME_TICK: Duration = Duration::from_millis(100);
/// Expired entries that one sweep removes from one instance.
pub const SWEEP_MAX: usize = 512;
/// How often an instance sweeps, in milliseconds.
pub const SWEEP_EVERY_MS: u64 = 600_000;
/// Events that the webhook reads ahead.
pub const WEBHOOK_PAGE: usize = 64;
/// Longest that a webhook endpoint may take to answer.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest that fetching a media URL may take.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(120);
/// Most redirects that a media URL may take, each checked again.
pub const FETCH_REDIRECTS_MAX: usize = 3;
/// Longest that an orderly shutdown of the engine may take.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);
/// How often the watch thread looks at the shards.
pub const WATCH_TICK: Duration = Duration::from_millis(50);
/// A shard whose loop has not turned for this long is reported as stalled, in milliseconds.
pub const STALL_REPORT_MS: u64 = 2_000;
/// A shard whose loop has not turned for this long ends the process, in milliseconds.
pub const STALL_FATAL_MS: u64 = 120_000;
/// How often a shard says that its loop turns.
pub const HEARTBEAT_EVERY: Duration = Duration::from_millis(100);
/// Bytes of a copied chunk of a blob.
pub const BLOB_BUFFER_BYTES: usize = 64 * 1024;

const _: () = assert!(STALL_REPORT_MS < STALL_FATAL_MS);
const _: () = assert!(SEND_WINDOW.handing_max <= SEND_WINDOW.unacknowledged_max);
const _: () = assert!(PROGRESS_CHECK_MS < SILENCE_MAX_MS);
