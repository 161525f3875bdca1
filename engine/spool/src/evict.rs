//! What a cache gives up for room.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::limits::EVICTED_PART;
use crate::metrics;
use crate::quota::Quota;
use crate::spool::digest_of;

/// Removes the oldest finished files until `bytes` fit, and some more. Who reads one of them at the moment reads on. Blocks.
pub(crate) fn evict(dir: &Path, names: &Mutex<()>, quota: &Quota, bytes: u64) -> io::Result<()> {
    let _name = names.lock().unwrap_or_else(PoisonError::into_inner);
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if digest_of(entry.file_name().as_encoded_bytes()).is_some() {
            let found = entry.metadata()?;
            files.push((found.modified().unwrap_or(SystemTime::UNIX_EPOCH), found.len(), entry.path()));
        }
    }
    files.sort_unstable();
    let wanted = bytes.saturating_add(quota.bytes_max() / EVICTED_PART);
    for (_, size_bytes, path) in files {
        if quota.lacks_bytes(wanted) == 0 {
            break;
        }
        fs::remove_file(path)?;
        quota.release(size_bytes);
        metrics::evicted();
    }
    Ok(())
}
