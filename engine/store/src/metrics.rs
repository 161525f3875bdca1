//! Metrics of the store: every name, unit, help text and label in one place.
//!
//! Labels: `shard` (bounded by the machine's cores) and, where said, `class` (`first`, `soon`, `local`).

use ::metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::CommitClass;

/// From the call of `commit` to the answer, in seconds; labels `shard`, `class`.
pub const COMMIT_SECONDS: &str = "trunkline_store_commit_seconds";
/// One write of the disk thread, sync included, in seconds; label `shard`.
pub const WRITE_SECONDS: &str = "trunkline_store_write_seconds";
/// Batches in one group; label `shard`.
pub const GROUP_BATCHES: &str = "trunkline_store_group_batches";
/// Bytes of keys and values written; label `shard`.
pub const WRITTEN_BYTES: &str = "trunkline_store_written_bytes_total";
/// Commits refused because the queue was full; label `shard`.
pub const BUSY: &str = "trunkline_store_busy_total";
/// Batches waiting or being written; label `shard`.
pub const QUEUE_BATCHES: &str = "trunkline_store_queue_batches";
/// Bytes of those batches; label `shard`.
pub const QUEUE_BYTES: &str = "trunkline_store_queue_bytes";
/// Memtable bytes not yet in a table; label `shard`.
pub const WRITE_BUFFER_BYTES: &str = "trunkline_store_write_buffer_bytes";
/// Sealed memtables waiting for their flush; label `shard`.
pub const FLUSHES_WAITING: &str = "trunkline_store_flushes_waiting";
/// Memtable rotations; label `shard`.
pub const ROTATIONS: &str = "trunkline_store_rotations_total";
/// Times the disk thread stopped writing until flushes caught up; label `shard`.
pub const HOLDS: &str = "trunkline_store_holds_total";
/// 1 once the store refuses every write; label `shard`.
pub const POISONED: &str = "trunkline_store_poisoned";

/// Tells the installed recorder what each metric means. Call once, before stores are opened.
pub fn describe() {
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "From the call of commit to its answer.");
    describe_histogram!(WRITE_SECONDS, Unit::Seconds, "One write of the disk thread, sync included.");
    describe_histogram!(GROUP_BATCHES, Unit::Count, "Batches written and synced together.");
    describe_counter!(WRITTEN_BYTES, Unit::Bytes, "Bytes of keys and values written.");
    describe_counter!(BUSY, Unit::Count, "Commits refused because the queue was full.");
    describe_gauge!(QUEUE_BATCHES, Unit::Count, "Batches waiting or being written.");
    describe_gauge!(QUEUE_BYTES, Unit::Bytes, "Bytes of the batches waiting or being written.");
    describe_gauge!(WRITE_BUFFER_BYTES, Unit::Bytes, "Memtable bytes not yet in a table.");
    describe_gauge!(FLUSHES_WAITING, Unit::Count, "Sealed memtables waiting for their flush.");
    describe_counter!(ROTATIONS, Unit::Count, "Memtable rotations.");
    describe_counter!(HOLDS, Unit::Count, "Times writing stopped until flushes caught up.");
    describe_gauge!(POISONED, Unit::Count, "1 once the store refuses every write.");
}

/// Handles of one shard, looked up once: a lookup costs more than the update.
pub(crate) struct Metrics {
    commit_first: Histogram,
    commit_soon: Histogram,
    commit_local: Histogram,
    pub(crate) write_seconds: Histogram,
    pub(crate) group_batches: Histogram,
    pub(crate) written_bytes: Counter,
    pub(crate) busy: Counter,
    pub(crate) queue_batches: Gauge,
    pub(crate) queue_bytes: Gauge,
    pub(crate) write_buffer_bytes: Gauge,
    pub(crate) flushes_waiting: Gauge,
    pub(crate) rotations: Counter,
    pub(crate) holds: Counter,
    pub(crate) poisoned: Gauge,
}

impl Metrics {
    pub(crate) fn new(shard: u16) -> Metrics {
        let shard = shard.to_string();
        let commit =
            |class: &'static str| histogram!(COMMIT_SECONDS, "shard" => shard.clone(), "class" => class);
        Metrics {
            commit_first: commit("first"),
            commit_soon: commit("soon"),
            commit_local: commit("local"),
            write_seconds: histogram!(WRITE_SECONDS, "shard" => shard.clone()),
            group_batches: histogram!(GROUP_BATCHES, "shard" => shard.clone()),
            written_bytes: counter!(WRITTEN_BYTES, "shard" => shard.clone()),
            busy: counter!(BUSY, "shard" => shard.clone()),
            queue_batches: gauge!(QUEUE_BATCHES, "shard" => shard.clone()),
            queue_bytes: gauge!(QUEUE_BYTES, "shard" => shard.clone()),
            write_buffer_bytes: gauge!(WRITE_BUFFER_BYTES, "shard" => shard.clone()),
            flushes_waiting: gauge!(FLUSHES_WAITING, "shard" => shard.clone()),
            rotations: counter!(ROTATIONS, "shard" => shard.clone()),
            holds: counter!(HOLDS, "shard" => shard.clone()),
            poisoned: gauge!(POISONED, "shard" => shard),
        }
    }

    pub(crate) fn commit_seconds(&self, class: CommitClass) -> &Histogram {
        match class {
            CommitClass::First => &self.commit_first,
            CommitClass::Soon => &self.commit_soon,
            CommitClass::Local => &self.commit_local,
        }
    }
}
