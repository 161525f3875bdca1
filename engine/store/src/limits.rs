//! Every bound of the store, with its unit. The assertions at the end hold the bounds to each other.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Longest key, in bytes, header included.
pub const KEY_BYTES_MAX: usize = 1024;
/// Longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 4 * MIB;
/// Largest batch: sum of its keys and values, in bytes.
pub const BATCH_BYTES_MAX: usize = 4 * MIB;
/// Most operations in one batch.
pub const BATCH_OPS_MAX: usize = 16_384;
/// Most range deletions in one batch.
pub const BATCH_RANGES_MAX: usize = 64;

/// Most batches written and synced together.
pub const GROUP_BATCHES_MAX: usize = 256;
/// A group takes no further batch once it holds this many bytes; it may exceed them by its last batch.
pub const GROUP_BYTES_MAX: usize = MIB;
/// A group is written out early once it resolved to this many single-key writes.
pub const GROUP_WRITES_MAX: usize = 32_768;
/// How long a `Soon` batch may wait for company.
pub const SOON_LINGER: Duration = Duration::from_millis(25);
/// Keys deleted per write while a range deletion is worked off.
pub const RANGE_STEP_KEYS: usize = 4_096;

/// Batches that may wait for the disk thread.
pub const QUEUE_BATCHES_MAX: usize = 4_096;
/// Bytes that may wait for the disk thread.
pub const QUEUE_BYTES_MAX: usize = 32 * MIB;
/// `Local` batches may fill the queue to one part in this many: a flood of cache writes must leave room for
/// the writes that somebody waits for.
pub const QUEUE_LOCAL_PART: usize = 2;
/// Shortest pause suggested to a caller that met a full queue, in milliseconds.
pub const BUSY_RETRY_MS_MIN: u64 = 10;
/// Longest pause suggested to a caller that met a full queue, in milliseconds.
pub const BUSY_RETRY_MS_MAX: u64 = 1_000;

/// Default size of the active memtables at which the disk thread rotates them, in bytes. Small: while a table of this size is
/// flushed and synced, the journal's own syncs wait for the same device.
pub const WRITE_BUFFER_BYTES: u64 = 12 * MIB as u64;
/// Memtables of more than this many bytes are rotated when they have not been for [`QUIET_ROTATE_AFTER`], and when a store is
/// opened: a record takes half as much again as its size there, and an idle store should not keep any.
pub const QUIET_ROTATE_BYTES: u64 = 2 * MIB as u64;
/// How long memtables of medium size are kept.
pub const QUIET_ROTATE_AFTER: Duration = Duration::from_secs(60);
/// The disk thread stops writing while the write buffer (active and sealed) exceeds this many times the
/// rotation size, so that back pressure reaches the callers instead of the memory.
pub const WRITE_BUFFER_HOLD_FACTOR: u64 = 3;
/// The watchdog poisons the store when the write buffer exceeds this many times the rotation size.
pub const WRITE_BUFFER_POISON_FACTOR: u64 = 4;
/// Sealed memtables per keyspace above which nothing is rotated. fjall blocks the writer at four.
pub const SEALED_MEMTABLES_MAX: usize = 2;
/// Pause between looks at the write buffer while the disk thread holds back.
pub const HOLD_POLL: Duration = Duration::from_millis(2);
/// Flush and compaction threads of one database. With one, fjall's only flusher can block itself. The first does not compact: it puts
/// such a task back into the queue, over and over (a core of nothing else) until another thread takes it. Each flush queues as
/// many tasks as there are threads, so with two the first did that throughout every compaction (measured: 11 % of the process).
pub const FLUSH_WORKERS: usize = 4;
/// Default bound of one database's journals, in bytes.
pub const JOURNAL_BYTES_MAX: u64 = 256 * MIB as u64;
/// Default block cache of one database, in bytes. Small, because the operating system caches the same blocks: a read that
/// finds its block there instead costs half a microsecond more.
pub const CACHE_BYTES: u64 = 16 * MIB as u64;

/// No flush completed, or no write returned, for this long while one is due: the store is poisoned.
pub const STALL_MAX: Duration = Duration::from_secs(30);
/// Pause between two looks of the watchdog.
pub const WATCHDOG_TICK: Duration = Duration::from_secs(1);

/// Largest marker, master key or data key file that is read, in bytes.
pub const SMALL_FILE_BYTES_MAX: u64 = 64 * KIB as u64;
/// Most shards of one data directory.
pub const SHARDS_MAX: u16 = 1_024;

const _: () = {
    // One batch always fits into an empty queue, and one value into a batch.
    assert!(VALUE_BYTES_MAX <= BATCH_BYTES_MAX);
    assert!(BATCH_BYTES_MAX * QUEUE_LOCAL_PART <= QUEUE_BYTES_MAX);
    assert!(KEY_BYTES_MAX <= u16::MAX as usize, "fjall's key length is 16 bits");
    // A full group fits into the queue, so the queue never limits the group.
    assert!(GROUP_BATCHES_MAX <= QUEUE_BATCHES_MAX / QUEUE_LOCAL_PART);
    // Back pressure comes before poison, and both after rotation; one batch cannot jump from hold to poison.
    assert!(1 < WRITE_BUFFER_HOLD_FACTOR && WRITE_BUFFER_HOLD_FACTOR < WRITE_BUFFER_POISON_FACTOR);
    assert!(((GROUP_BYTES_MAX + BATCH_BYTES_MAX) as u64) * 2 < WRITE_BUFFER_BYTES);
    // We stop rotating before fjall starts to sleep in the writer.
    assert!(SEALED_MEMTABLES_MAX < 4);
    assert!(FLUSH_WORKERS >= 2);
    assert!(JOURNAL_BYTES_MAX >= 64 * MIB as u64, "fjall refuses less");
    assert!(SOON_LINGER.as_millis() < STALL_MAX.as_millis());
    assert!(WATCHDOG_TICK.as_millis() * 4 <= STALL_MAX.as_millis());
    assert!(RANGE_STEP_KEYS <= GROUP_WRITES_MAX);
};
