//! Names, units and labels of the spool's metrics.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use crate::backend::Backend;

/// Gauge: 1 for the `backend` that serves, 0 for the other.
pub const SERVING: &str = "trunkline_media_spool_backend";
/// Counter, bytes: what was written to or read from the spool, by `direction` (`write`, `read`).
pub const BYTES: &str = "trunkline_media_spool_bytes_total";
/// Gauge, bytes: what the files take of the disk, unfinished ones included.
pub const USED: &str = "trunkline_media_spool_used_bytes";
/// Counter: uploads turned away because as many as may be were under way.
pub const REFUSED: &str = "trunkline_media_spool_refused_total";
/// Counter: files that a cache gave up for room.
pub const EVICTED: &str = "trunkline_media_spool_evicted_total";

/// Tells the installed recorder what the names mean. Call once at start.
pub fn describe() {
    describe_gauge!(SERVING, "1 for the backend that serves the media spool");
    describe_counter!(BYTES, Unit::Bytes, "Bytes written to and read from the media spool");
    describe_gauge!(USED, Unit::Bytes, "Disk that the files of the media spool take");
    describe_counter!(REFUSED, "Uploads turned away because too many were under way");
    describe_counter!(EVICTED, "Files that were given up for room, because a bucket has them");
}

pub(crate) fn serving(serves: Backend) {
    for backend in Backend::ALL {
        gauge!(SERVING, "backend" => backend.name()).set(if backend == serves { 1.0 } else { 0.0 });
    }
}

pub(crate) fn written(bytes: u64) {
    counter!(BYTES, "direction" => "write").increment(bytes);
}

pub(crate) fn read(bytes: u64) {
    counter!(BYTES, "direction" => "read").increment(bytes);
}

pub(crate) fn refused() {
    counter!(REFUSED).increment(1);
}

pub(crate) fn used(bytes: u64) {
    gauge!(USED).set(bytes as f64);
}

pub(crate) fn evicted() {
    counter!(EVICTED).increment(1);
}
