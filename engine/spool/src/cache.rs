//! The page cache.

use std::fs::File;

use crate::limits::UNCACHED_BYTES_MIN;

/// Lets the kernel drop the pages of a large file. Only pages that are on disk go, so a write is synced first.
pub(crate) fn drop_when_large(file: &File, size_bytes: u64) {
    if size_bytes >= UNCACHED_BYTES_MIN {
        drop_pages(file);
    }
}

#[cfg(target_os = "linux")]
fn drop_pages(file: &File) {
    // It is advice: a file system that does not take it keeps its pages, and nothing else changes.
    let _advised = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn drop_pages(_file: &File) {}
