//! Every bound of the engine, named, with its unit.

use std::time::Duration;

use trunkline_model::message::{Kept, Window};

use crate::credits::Places;

/// Commands that may wait in front of one instance; bulk messages leave places for what somebody waits for.
pub(crate) const INSTANCE_CREDITS: Places = Places { all: 256, bulk: 192 };
/// Commands that may wait in front of one shard, likewise.
pub(crate) const SHARD_CREDITS: Places = Places { all: 8_192, bulk: 6_144 };
/// Session events that may wait in front of one instance.
pub const SESSION_EVENT_CREDITS: usize = 256;
/// Commands that an instance takes from its lanes before what WhatsApp and the shard say has its turn.
pub const CALLS_PER_TURN: usize = 8;
/// Messages that an instance's actor handles before it lets the rest of the shard run.
pub const MESSAGES_PER_POLL: u32 = 8;
/// Letters for which a quiet instance's lane keeps memory.
pub const IDLE_LANE_LETTERS: usize = 8;
/// When a caller that met a full queue should come back, in milliseconds.
pub const BUSY_RETRY_AFTER_MS: u64 = 250;
/// When a caller that met a full outbox should come back, in milliseconds: places are made at the number's own pace.
pub const OUTBOX_FULL_RETRY_AFTER_MS: u64 = 10_000;
/// Longest that a caller waits for an instance's answer.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Message numbers that a bucket takes from disk at a time.
pub const MESSAGE_NUMBERS_LEASED: u64 = 64;
/// Messages that one instance may have accepted and not settled.
pub const OUTBOX_DEPTH_MAX: usize = 200_000;
/// Hand-overs and unacknowledged messages of one instance.
///
/// Of both, a part is kept from bulk messages, so that one of another lane finds a place at once.
pub const SEND_WINDOW: Window =
    Window { handing_max: 4, unacknowledged_max: 64, kept: Kept { handing: 1, unacknowledged: 16 } };
/// Hand-overs that an instance prepares before it lets the rest of the shard run.
pub const HAND_OVERS_PER_POLL: u32 = 4;
/// Pages of the stored outbox that are read before the rest of the shard runs.
pub const OUTBOX_PAGES_PER_POLL: u32 = 1;
/// Statuses of one receipt that are written before the rest of the shard runs.
pub const RECEIPTS_PER_POLL: u32 = 16;
/// Pages of messages that a filtered list looks through before the rest of the shard runs.
pub const LIST_PAGES_PER_POLL: u32 = 1;
/// Longest that one hand-over may take, media upload included.
pub const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(180);
/// A message that WhatsApp has not acknowledged after this many milliseconds goes again, under the same id.
pub const ACK_TIMEOUT_MS: u64 = 45_000;
/// Longest that opening a stored session may take.
pub const SESSION_OPEN_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest that an orderly stop of a session may take before it is cut.
pub const SESSION_STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the webhook of an instance has to take the news of its deletion.
pub const FAREWELL_TIMEOUT: Duration = Duration::from_secs(10);
/// How often is looked whether it has.
pub const FAREWELL_POLL: Duration = Duration::from_millis(50);
/// Longest that WhatsApp may take to confirm a logout.
pub const LOGOUT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often an open instance's progress is checked, in milliseconds.
pub const PROGRESS_CHECK_MS: u64 = 30_000;
/// An open connection on which nothing arrived for this long is dead, in milliseconds. The protocol library pings every
/// 15 to 30 s.
pub const SILENCE_MAX_MS: u64 = 90_000;
/// A connection that lasted this long clears the back-off, in milliseconds.
pub const STABLE_AFTER_MS: u64 = 30_000;
/// Granularity of the shard's timers.
pub const TIMER_TICK: Duration = Duration::from_millis(50);
/// Timers that ring before the rest of the shard runs.
pub const TIMERS_PER_POLL: u32 = 64;
/// Numbers that may connect at one moment after a quiet time, in milliseconds of the configured rate: what the thread that gives
/// turns may sleep over without losing turns.
pub const TURN_BURST_MS: u32 = 200;
/// At least so many numbers may connect at one moment, however low the rate.
pub const TURN_BURST_MIN: u32 = 5;
/// Numbers of one shard that may be logging in at a time. One whose service is silent holds its place until its exit timer.
pub const LOGINS_PER_SHARD: usize = 256;
/// How far the connections that people ask for may run ahead of the rate, in milliseconds of it.
pub const TURN_ADVANCE_MS: u32 = 5_000;
/// At least so many connections may be asked for at one moment, however low the rate.
pub const TURN_ADVANCE_MIN: u32 = 50;
/// Largest rate that can be configured, in numbers a second.
pub const RECONNECT_RATE_MAX: u32 = 100_000;
/// How often the log hears how far a restart has come, in milliseconds.
pub const PROGRESS_EVERY_MS: u64 = 5_000;
/// After so many percent of the numbers the log hears of it, too.
pub const PROGRESS_PERCENT: usize = 10;
/// Expired entries that one sweep removes from one instance.
pub const SWEEP_MAX: usize = 512;
/// Pause before the next sweep of an instance that has more to remove, in milliseconds.
pub const SWEEP_AGAIN_MS: u64 = 1_000;
/// About how many bytes of received messages go into one batch.
pub const INBOUND_BATCH_BYTES: usize = 1 << 20;
/// A received message above this size, in bytes, is stored without its content.
pub const INBOUND_MESSAGE_BYTES_MAX: usize = 3 << 20;
/// Messages that one question for a list looks at, however few of them it finds.
pub const LIST_SCAN_MAX: usize = 2_000;
/// Events that one search without a chat looks at, however few of them it finds.
pub const SEARCH_SCAN_MAX: usize = 5_000;
/// By how much WhatsApp's clock may be ahead of ours for a search to look far enough back, in milliseconds.
pub const SEARCH_CLOCK_SKEW_MS: i64 = 24 * 3_600 * 1_000;
/// Chats that one step of the retention looks at.
pub const RETENTION_CHATS_PER_SWEEP: usize = 64;
/// Events that one step of a log's retention removes.
pub const TRIM_MAX: usize = 512;
/// Events that one step looks at to find where those begin that fit into the bytes of the retention.
pub const TRIM_SCAN_MAX: usize = 2_048;
/// How often an instance sweeps, in milliseconds.
pub const SWEEP_EVERY_MS: u64 = 600_000;
/// An instance in a state that needs no actor, and with nothing under way, loses it after this long, in milliseconds.
pub const DORMANT_AFTER_MS: u64 = 60_000;
/// How often a shard looks after its dormant instances.
pub const DORMANT_TICK: Duration = Duration::from_secs(1);
/// Dormant instances of a shard that are swept in one tick.
pub const DORMANT_SWEEPS: usize = 32;
/// Events that the webhook reads ahead.
pub const WEBHOOK_PAGE: usize = 64;
/// Events of a log that a lane goes through before others of its endpoint have their turn.
pub const LANE_EVENTS_PER_TURN: usize = 256;
/// How often a busy lane writes its place down, in milliseconds: what a crash may repeat.
pub const LANE_SAVE_EVERY_MS: u64 = 250;
/// A lane whose log or place cannot be read is looked at again after this long, in milliseconds.
pub const LANE_RETRY_MS: u64 = 5_000;
/// Longest that an endpoint's own wish to be left alone counts, in milliseconds: an hour.
pub const RETRY_AFTER_MAX_MS: u64 = 3_600_000;
/// What is kept of the answer of an endpoint that refuses, in bytes.
pub const SNIPPET_BYTES_MAX: usize = 256;
/// Deliveries that are kept of an endpoint, for the instances of each partition.
pub const DELIVERIES_KEPT: usize = 256;
/// How long an endpoint without work keeps its connections.
pub const RUNNER_LINGER: Duration = Duration::from_secs(20);
/// Longest that a runner waits before it looks around.
pub const RUNNER_WAIT_MAX: Duration = Duration::from_secs(60);
/// Instances that are looked at before the rest of the shard runs.
pub const WALK_PER_POLL: u32 = 32;
/// How often a shard counts what waits for endpoints.
pub const PENDING_CENSUS_EVERY: Duration = Duration::from_secs(10);
/// Deliveries of a shard that are under way at a time, of all endpoints together; each holds a socket.
pub const DELIVERIES_PER_SHARD_MAX: usize = 512;
/// Connections of a shard to message brokers; each holds a socket, and to RabbitMQ a thread.
pub const BROKER_LINKS_PER_SHARD_MAX: usize = 64;
/// Sockets that the deliveries of a shard hold at the most.
pub const DELIVERY_SOCKETS_PER_SHARD_MAX: usize = DELIVERIES_PER_SHARD_MAX + BROKER_LINKS_PER_SHARD_MAX;
/// Attempts after which the events of a batch go one by one.
pub const BATCH_ATTEMPTS_MAX: u32 = 3;
/// Places of a new endpoint that are written in one batch.
pub const LANES_PER_BATCH: usize = 1_000;
/// Replays of one log that one endpoint may have under way.
pub const REPLAYS_PER_LOG_MAX: usize = 64;
/// Events of the time before an instance was online that one replay takes up.
pub const BACKFILLED_PER_REPLAY: usize = 100_000;
/// Dead letters that one replay takes up.
pub const DEAD_LETTERS_PER_REPLAY: usize = 10_000;
/// Pages of a log that one pull looks through.
pub const PULL_PAGES_PER_INSTANCE: usize = 16;
/// Events of one instance that the stream of an account gives at a time.
pub const FOLLOW_PAGE: usize = 64;
/// Streams of accounts that may be open on a node.
pub const FOLLOWERS_MAX: usize = 1_024;
/// Events of one instance that a broker has not confirmed.
pub const BROKER_EVENTS_IN_FLIGHT: usize = 64;
/// Addresses of a broker's name that are tried.
pub const BROKER_ADDRESSES_MAX: usize = 4;
/// How often a connection to a broker on which nothing happens is looked after.
pub const BROKER_PING: Duration = Duration::from_secs(30);
/// How long a broker may take to see a connection off.
pub const BROKER_CLOSE_MAX: Duration = Duration::from_secs(5);
/// Messages of one endpoint and shard that NATS has not confirmed: further lanes wait.
pub const NATS_ACKS_IN_FLIGHT: usize = 1_024;
/// Messages that wait to be written to a connection to NATS.
pub const NATS_COMMANDS_QUEUED: usize = 64;
/// Confirmations of NATS that wait to be read.
pub const NATS_REPLIES_QUEUED: usize = 1_024;
/// What a connection to NATS reads at a time, in bytes: confirmations are short.
pub const NATS_READ_BYTES: u16 = 8 << 10;
/// Largest frame on a connection to RabbitMQ, in bytes. The client keeps room for 32 of them in either direction: 1 MiB.
pub const AMQP_FRAME_BYTES_MAX: u32 = 16 << 10;
/// Channels of such a connection: one carries events, one is the connection's own.
pub const AMQP_CHANNELS_MAX: u16 = 2;
/// Failed attempts of one delivery after which, and after each further so many, a warning is logged.
pub const WEBHOOK_WARN_ATTEMPTS: u32 = 5;
/// Longest that fetching a media URL may take.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(120);
/// Most redirects that a media URL may take, each checked again.
pub const FETCH_REDIRECTS_MAX: usize = 3;
/// Longest that an orderly shutdown of the engine may take.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest that the end of a shard's thread is waited for before its store is closed without it.
pub const SHARD_JOIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the watch thread looks at the shards.
pub const WATCH_TICK: Duration = Duration::from_millis(50);
/// A shard whose loop has not turned for this long has a stall, which is counted and logged, in milliseconds.
pub const STALL_MIN_MS: u64 = 250;
/// A shard whose loop has not turned for this long is reported as stalled, in milliseconds.
pub const STALL_REPORT_MS: u64 = 2_000;
/// A shard whose loop has not turned for this long ends the process, in milliseconds.
pub const STALL_FATAL_MS: u64 = 120_000;
/// How often a shard says that its loop turns.
pub const HEARTBEAT_EVERY: Duration = Duration::from_millis(50);
/// A poll that takes at least this long goes into the histogram of slow polls.
pub const SLOW_POLL: Duration = Duration::from_millis(1);
/// A poll that takes at least this long is logged.
pub const SLOW_POLL_WARN: Duration = Duration::from_millis(100);
/// How often a shard logs a slow poll at most.
pub const SLOW_POLL_WARN_EVERY: Duration = Duration::from_secs(10);
/// How often the memory governor of a shard looks around.
pub const GOVERNOR_TICK: Duration = Duration::from_secs(1);
/// Clients whose memory is asked for in one tick.
pub const GOVERNOR_SAMPLES: usize = 128;
/// Longest that a client may take to add up its memory.
pub const GOVERNOR_SAMPLE_TIMEOUT: Duration = Duration::from_secs(5);
/// Clients that the governor recycles in one tick: a login costs about a millisecond of the shard.
pub const GOVERNOR_RECYCLES: usize = 16;
/// Memory that the clients of one shard may hold by the governor's estimate, in bytes, unless configured.
pub const MEMORY_BUDGET_BYTES: u64 = 2 << 30;
/// Under this share of the budget, in percent, a shard that was over it takes bulk messages and media again.
pub const MEMORY_EASED_PERCENT: u64 = 95;
/// When a caller that was turned away for want of memory should come back, in milliseconds.
pub const MEMORY_RETRY_AFTER_MS: u64 = 5_000;
/// A client whose estimate is above this is recycled once it is quiet, in bytes: an idle one's memory and a few chats.
pub const CLIENT_SOFT_BYTES: u64 = 128 << 10;
/// A client is not worth recycling for less than this above [`trunkline_whatsapp::limits::CLIENT_BASE_BYTES`], in bytes.
pub const RECLAIM_MIN_BYTES: u64 = 32 << 10;
/// How long nothing may have happened to a number before it counts as quiet, in milliseconds.
pub const QUIET_MS: u64 = 5 * 60_000;
/// The same while the shard is over its budget, in milliseconds.
pub const QUIET_PRESSED_MS: u64 = 60_000;
/// A number is not recycled twice within this time, in milliseconds.
pub const RECYCLE_AGAIN_MS: u64 = 3_600_000;
/// From the end of a recycled connection to its successor, in milliseconds: the old client writes what it holds.
pub const RECYCLE_PAUSE_MS: u64 = 1_000;
/// When a caller should come back who met as many uploads as may be under way, in milliseconds.
pub const UPLOADS_RETRY_AFTER_MS: u64 = 1_000;
/// How long an uploaded file stays although no message names it: longer than a request takes from its file to its message.
pub const BLOB_GRACE: Duration = Duration::from_secs(3_600);
/// Pause between two collections of uploaded files that no message needs.
pub const BLOB_SWEEP_EVERY: Duration = Duration::from_secs(900);
/// Files that one collection looks at, 32 bytes of memory each.
pub const BLOBS_SWEPT_MAX: usize = 1 << 18;
/// Messages of a batch that share one commit.
pub const ACCEPT_CHUNK_MESSAGES: usize = 128;
/// Bytes of messages after which a batch's next commit begins.
pub const ACCEPT_CHUNK_BYTES: usize = 1 << 20;
/// How much of a page is read for the card of a link, in bytes.
pub const PREVIEW_PAGE_BYTES_MAX: usize = 512 << 10;
/// Largest picture of a page that is made smaller for the card of a link, in bytes.
pub const PREVIEW_PICTURE_BYTES_MAX: usize = 2 << 20;
/// A page, or its picture, may take this long.
pub const PREVIEW_TIMEOUT: Duration = Duration::from_secs(5);
/// Media files that a shard uploads at a time; each holds a thread that may block. Further ones wait for a turn.
pub const UPLOADS_PER_SHARD_MAX: usize = 8;
/// Media files that a shard downloads at a time, likewise.
pub const DOWNLOADS_PER_SHARD_MAX: usize = 8;
/// A file up to this size, in bytes, is encrypted in memory; a larger one on disk.
pub const SEALED_IN_MEMORY_BYTES_MAX: u64 = 256 << 10;
/// How long messages may name an upload at the most, in milliseconds, where the media hosts do not say.
pub const UPLOADED_MEDIA_TTL_MS: u64 = 24 * 3_600 * 1_000;
/// An upload serves no new message so long before the media hosts forget it, in milliseconds: recipients come later.
pub const UPLOADED_MEDIA_MARGIN_MS: u64 = 24 * 3_600 * 1_000;
/// Disk that media files may take, in bytes, unless configured.
pub const MEDIA_QUOTA_BYTES: u64 = 10 << 30;
/// When a caller should come back who met a full media spool, in milliseconds.
pub const STORAGE_FULL_RETRY_AFTER_MS: u64 = 60_000;
/// Bytes of one part of a file on its way into the bucket: the least that services take for any but the last.
pub const BUCKET_PART_BYTES: usize = 5 << 20;
/// Files that move between disk and bucket at a time, each with a part in memory; further ones wait.
pub const BUCKET_TRANSFERS_MAX: usize = 4;
/// Files that move or wait; further callers are turned away.
pub const BUCKET_WAITING_MAX: usize = 256;
/// Longest time that one file may take.
pub const BUCKET_TRANSFER_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest time until the bucket takes a connection.
pub const BUCKET_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest silence of the bucket within an answer.
pub const BUCKET_SILENCE_MAX: Duration = Duration::from_secs(30);
/// How often a request to the bucket is tried again.
pub const BUCKET_RETRIES_MAX: usize = 2;
/// Longest pause before it is.
pub const BUCKET_PAUSE_MAX: Duration = Duration::from_secs(2);
/// How long after the first try a request may be tried again.
pub const BUCKET_RETRY_TIMEOUT: Duration = Duration::from_secs(10);
/// When a caller should come back who met a bucket that cannot be reached, in milliseconds.
pub const BUCKET_RETRY_AFTER_MS: u64 = 5_000;
/// How long jobs of the bucket's thread may go on when the node stops.
pub const BUCKET_STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long bulk takes care of people after a message that one of them waits for, in milliseconds: longer than such a message
/// takes, and than the pause between two of a lively shard.
pub const BULK_YIELDS_MS: u64 = 250;
/// Memory that a passphrase of an export costs, in KiB: the second choice of RFC 9106, for machines that do other things.
pub const SEAL_MEMORY_KIB: u32 = 64 << 10;
/// Passes over that memory.
pub const SEAL_PASSES: u32 = 3;
/// Most memory that an import's passphrase may cost, in KiB.
pub const SEAL_MEMORY_KIB_MAX: u32 = 256 << 10;
/// Most passes that it may cost.
pub const SEAL_PASSES_MAX: u32 = 16;
/// Most lanes that it may have.
pub const SEAL_LANES_MAX: u32 = 8;

const _: () = assert!(STALL_MIN_MS < STALL_REPORT_MS && STALL_REPORT_MS < STALL_FATAL_MS);
const _: () = assert!(HEARTBEAT_EVERY.as_millis() + WATCH_TICK.as_millis() < STALL_MIN_MS as u128);
const _: () = assert!(SEND_WINDOW.handing_max <= SEND_WINDOW.unacknowledged_max);
const _: () = assert!(SEND_WINDOW.kept.handing < SEND_WINDOW.handing_max, "bulk goes too");
const _: () = assert!(SEND_WINDOW.kept.unacknowledged < SEND_WINDOW.unacknowledged_max);
const _: () = assert!(INSTANCE_CREDITS.bulk < INSTANCE_CREDITS.all && SHARD_CREDITS.bulk < SHARD_CREDITS.all);
const _: () = assert!(QUIET_PRESSED_MS < QUIET_MS && RECYCLE_PAUSE_MS < QUIET_PRESSED_MS);
const _: () = assert!(PROGRESS_CHECK_MS < SILENCE_MAX_MS);
const _: () =
    assert!(INBOUND_BATCH_BYTES + INBOUND_MESSAGE_BYTES_MAX <= trunkline_store::limits::BATCH_BYTES_MAX);
const _: () = assert!(INBOUND_MESSAGE_BYTES_MAX < trunkline_store::limits::VALUE_BYTES_MAX);
const _: () = assert!(CALL_TIMEOUT.as_secs() * 10 < BLOB_GRACE.as_secs());
const _: () = assert!(SWEEP_MAX <= trunkline_store::limits::BATCH_OPS_MAX);

/// Requests to the plans of a shard's accounts that may be under way.
pub const PLAN_CREDITS: usize = 1_024;
/// Those of one account.
pub const PLAN_CREDITS_PER_ACCOUNT: usize = 128;
/// Locks that the accounts of a node share for changes to their plans.
pub const PLAN_LOCKS: usize = 256;
/// Rows that a list of plans reads at a time.
pub const PLAN_PAGE: usize = 128;
/// Rows that one question for plans looks at, however few of them it finds.
pub const PLAN_SCAN_MAX: usize = 2_000;
/// Operations after which an import's next batch begins.
pub const IMPORT_BATCH_OPS: usize = 1_000;
/// One-time passwords that are forgotten when one is made: more than come, so that none pile up.
pub const OTPS_SWEPT_AT_ONCE: usize = 8;
/// Schedules that are over which give their places to a new one, at a time.
pub const SCHEDULES_SWEPT_AT_ONCE: usize = 32;
/// Longest that an agenda sleeps: the wall clock may be set.
pub const AGENDA_SLEEP_MAX: Duration = Duration::from_secs(5);
/// When an errand that met overload is done again, in milliseconds.
pub const ERRAND_AGAIN_MS: i64 = 2_000;
/// Messages of a campaign that one instance has under way at a time.
pub const CAMPAIGN_WINDOW: u32 = 32;
/// People of a campaign that are handed over together.
pub const CAMPAIGN_BATCH: usize = 128;
/// Messages of a campaign that are under way at a time, over all its instances.
pub const CAMPAIGN_UNDER_WAY_MAX: usize = 1_024;
/// Longest that deleting a campaign waits for the runner that ends it.
pub const CAMPAIGN_LEFT_WAIT: Duration = Duration::from_secs(5);
/// How often a campaign looks what became of its messages.
pub const CAMPAIGN_TICK: Duration = Duration::from_millis(200);
/// How often that time doubles while nothing changes.
pub const CAMPAIGN_QUIET_DOUBLINGS: u32 = 4;
/// Campaigns whose messages are counted at a time.
pub const REACHES_COUNTED_AT_ONCE: usize = 2;
/// How many times as long as it took a count serves: a tenth of the time at most is spent on counting one campaign.
pub const REACH_KEPT_TIMES: u64 = 10;
/// Counts that are kept.
pub const REACHES_KEPT_MAX: usize = 256;
/// How long an instance that takes no messages now is left alone by a campaign, in milliseconds.
pub const CAMPAIGN_INSTANCE_REST_MS: i64 = 10_000;
/// Messages that a campaign looks at before the rest of the shard runs.
pub const CAMPAIGN_LOOKS_PER_POLL: u32 = 32;
/// About how many bytes of people go into one batch.
pub const CAMPAIGN_BATCH_BYTES: usize = 1 << 20;
/// Bytes of contacts after which an import's next batch begins.
pub const IMPORT_BATCH_BYTES: usize = 1 << 20;
/// People of a campaign that are changed or removed in one batch.
pub const CAMPAIGN_SWEEP: usize = 500;

const _: () = assert!(CAMPAIGN_BATCH * 2 < trunkline_store::limits::BATCH_OPS_MAX);
const _: () = assert!(SCHEDULES_SWEPT_AT_ONCE <= trunkline_store::limits::BATCH_RANGES_MAX);
const _: () = assert!(IMPORT_BATCH_OPS + 200 < trunkline_store::limits::BATCH_OPS_MAX);
/// Commands that may wait in front of one account.
pub const ACCOUNT_CREDITS: usize = 64;
/// Characters of a key, after its prefix, that are shown to tell it from others; 220 of its 256 bits stay secret.
pub const KEY_SHOWN_CHARS: usize = 6;
/// Characters of a key that its holder chose which are shown: a chosen one may be short of secrets.
pub const KEY_CHOSEN_SHOWN_CHARS: usize = 4;
/// How often the use of a key is written down at the most, in milliseconds.
pub const KEY_USE_WRITTEN_EVERY_MS: i64 = 60_000;
/// Entries of an account's log of changes after which the oldest are removed.
pub const AUDIT_TRIMMED_EVERY: u64 = 64;
/// Requests for credits that may wait in front of one account.
pub const TILL_WAITING_MAX: usize = 4_096;
/// Rows of credits that one batch writes, about.
pub const TILL_BATCH_OPS: usize = 2_000;
/// When instances are first asked about what their accounts hold, after a start.
pub const CREDIT_SWEEP_FIRST: Duration = Duration::from_secs(1);
/// How often they are asked then.
pub const CREDIT_SWEEP_EVERY: Duration = Duration::from_secs(10);
/// Vouchers of one account that are asked about in one round.
pub const CREDIT_SWEEP_MAX: usize = 1_000;
/// How often an account is told again of the end of a message, where it could not hear.
pub const TELL_ATTEMPTS_MAX: u32 = 5;
/// Pause before the first time, longer by as much with each further one.
pub const TELL_PAUSE: Duration = Duration::from_millis(200);
/// How often a deletion tells what its messages cost before it is left for the next start.
pub const SETTLE_ATTEMPTS_MAX: u32 = 30;

const _: () = assert!(
    TILL_BATCH_OPS + trunkline_model::limits::SEND_BATCH_MAX < trunkline_store::limits::BATCH_OPS_MAX
);
/// How often something may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// So often
    pub count: u32,
    /// within so many milliseconds.
    pub within_ms: u64,
}
/// Sign-ins, links and forgotten passwords from one address.
pub const SIGN_INS_PER_IP: Tries = Tries { count: 5, within_ms: 60_000 };
/// Letters to one e-mail address.
pub const RESETS_PER_ADDRESS: Tries = Tries { count: 3, within_ms: 3_600_000 };
/// Addresses whose tries are counted at a time; while there are more, others wait.
pub const TRIES_REMEMBERED_MAX: usize = 10_000;
/// Passwords that are hashed at a time, each with [`PASSWORD_MEMORY_KIB`].
pub const HASHES_AT_ONCE: usize = 2;
/// Passwords that wait for that, those that are hashed among them.
pub const HASHES_WAITING_MAX: usize = 64;
/// Memory that the hash of a password takes, in KiB: what OWASP advises with two passes.
pub const PASSWORD_MEMORY_KIB: u32 = 19 << 10;
/// Passes over that memory.
pub const PASSWORD_PASSES: u32 = 2;
/// How long a link to choose a password opens, in milliseconds: a day.
pub const LINK_TTL_MS: i64 = 24 * 3_600_000;
/// How long a member stays signed in, in milliseconds: a week.
pub const SESSION_TTL_MS: i64 = 7 * 24 * 3_600_000;
/// Places at which one member is signed in; one more signs them out where they signed in first.
pub const SESSIONS_PER_MEMBER_MAX: usize = 20;
