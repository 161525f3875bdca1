//! Every bound of the spool, named, with its unit.

use std::time::Duration;

/// Bytes of one upload that are gathered before the disk hears of them. A piece that is larger goes by itself.
pub const BATCH_BYTES: usize = 256 << 10;
/// Pieces of one batch, however small they are.
pub const BATCH_PIECES_MAX: usize = 64;
/// Uploads that may be under way at a time; each holds three batches and a block at most.
pub const UPLOADS_MAX: usize = 256;
/// Files that may be read at a time; further readers wait.
pub const READS_MAX: usize = 32;
/// Files that may be streamed out at a time, each with one piece in memory; further readers are turned away.
pub const STREAMS_MAX: usize = 256;
/// Bytes of one piece of a file that is streamed out.
pub const STREAM_PIECE_BYTES: usize = 64 << 10;
/// Threads that may be blocked by the disk at a time; further jobs wait for one.
pub const BLOCKING_JOBS_MAX: usize = 8;
/// A file of at least this size, in bytes, is dropped from the page cache when it was written or read: it would push out what
/// is read often.
pub const UNCACHED_BYTES_MIN: u64 = 1 << 20;
/// What part of its quota a cache gives up beyond what is needed, so that it need not look for old files at every write.
pub const EVICTED_PART: u64 = 16;
/// Requests that may wait in front of the glommio thread.
pub const REQUESTS_MAX: usize = 64;
/// Requests that the glommio thread works on at a time: every upload, every read, and reads whose caller went away.
pub const REQUESTS_UNDER_WAY_MAX: usize = UPLOADS_MAX + 2 * READS_MAX;
/// Batches of one upload that may wait in front of the glommio thread.
pub const BATCHES_WAITING_MAX: usize = 1;
/// Bytes of one direct read or write. A multiple of every block size of a disk.
pub const BLOCK_BYTES: usize = 256 << 10;
/// What positions, lengths and addresses of direct I/O are multiples of, in bytes.
pub const DIRECT_ALIGNMENT: usize = 4_096;
/// Memory that is registered with io_uring for blocks, in bytes: half of what Linux lets a process lock by default.
pub const REGISTERED_BYTES: usize = 4 << 20;
/// Entries of a submission ring.
pub const RING_ENTRIES: usize = 64;
/// Longest that the glommio thread may take to prove itself.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

const _: () = assert!(BLOCK_BYTES.is_multiple_of(DIRECT_ALIGNMENT) && REGISTERED_BYTES > BLOCK_BYTES);
