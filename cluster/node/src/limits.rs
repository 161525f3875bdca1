//! Every bound of the binary, named, with its unit.

use std::time::Duration;

/// Largest configuration file, in bytes.
pub const CONFIG_FILE_BYTES_MAX: u64 = 256 << 10;
/// Largest file with additional certificate authorities, in bytes.
pub const CA_FILE_BYTES_MAX: u64 = 1 << 20;
/// Largest file with a secret, in bytes.
pub const SECRET_FILE_BYTES_MAX: u64 = 4 << 10;
/// Open files that the process should be allowed: every linked number holds a socket, every client of the API another.
pub const OPEN_FILES_RECOMMENDED: u64 = 65_536;
/// Open files of one linked number: its socket.
pub const OPEN_FILES_PER_INSTANCE: u64 = 1;
/// Open files of one shard: its store keeps up to 900 tables open, its journals, its runtime; and what its deliveries hold.
pub const OPEN_FILES_PER_SHARD: u64 = 1_024 + trunkline_engine::limits::DELIVERY_SOCKETS_PER_SHARD_MAX as u64;
/// Open files kept for clients of the API. It takes more while there are any.
pub const OPEN_FILES_OF_API: u64 = 1_024;
/// Open files kept for everything else: listeners, logs, media, instances that are made at the same moment.
pub const OPEN_FILES_HEADROOM: u64 = 256;
/// Numbers that connect in a second unless configured. What WhatsApp makes of many logins from one address is not known, so
/// the product is modest: 15 000 numbers are back in five minutes. A simulated build dials nobody but the simulated service.
pub const RECONNECTS_PER_SECOND: u32 = if cfg!(feature = "simulated") { 5_000 } else { 50 };
/// How often the metrics recorder folds its histograms, and free memory is given back.
pub const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Letters that are handed over at a time; further ones are left, and asked for again.
pub const LETTERS_AT_ONCE: usize = 8;
/// Longest silence of the mail server.
pub const SMTP_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest that handing over a letter may take.
pub const LETTER_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest that a call of the client to a server's API may take.
pub const API_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for a TCP connection to it.
pub const API_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer of the API that the client takes, in bytes.
pub const API_ANSWER_BYTES_MAX: usize = 32 << 20;
/// Longest event of a stream, in bytes.
pub const API_EVENT_BYTES_MAX: usize = 1 << 20;
/// Entries asked for in one page.
pub const API_PAGE: usize = trunkline_model::limits::PAGE_LIMIT_MAX;
/// A stream that says nothing for so long, not even that it lives, is taken for broken.
pub const API_STREAM_SILENCE_MAX: Duration = Duration::from_secs(60);

/// Ids of events that `events tail` remembers, so as to show none twice: more than come again after a reconnection.
pub const TAIL_IDS_MAX: usize = 65_536;
/// First wait before `events tail` opens a broken stream again; each further one is twice as long.
pub const TAIL_REOPEN_AFTER: Duration = Duration::from_millis(500);
/// Longest such wait.
pub const TAIL_REOPEN_AFTER_MAX: Duration = Duration::from_secs(15);
/// Longest account of an event on a line, in characters.
pub const TAIL_SUMMARY_CHARS_MAX: usize = 160;

/// How long `link` waits for somebody to scan or type, in all.
pub const LINK_TIMEOUT: Duration = Duration::from_secs(300);
/// How often `link` looks at the code on show.
pub const LINK_POLL_EVERY: Duration = Duration::from_millis(500);
/// Largest memory budget of a shard, in MiB.
pub const MEMORY_BUDGET_MIB_MAX: u64 = 1 << 20;
/// Longest silence that a heavy number may be asked to keep before it is reconnected, in seconds.
pub const CLIENT_QUIET_SECONDS_MAX: u64 = 7 * 86_400;
/// Largest quota of media files, in MiB.
pub const MEDIA_QUOTA_MIB_MAX: u64 = 1 << 30;
