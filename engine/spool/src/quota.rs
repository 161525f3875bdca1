//! How much of the disk the files may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::metrics;

/// Bytes that the files of one spool take, finished or not, against the most that they may.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    used_bytes: Arc<AtomicU64>,
    bytes_max: u64,
}

/// Bytes set aside for a file that has no name yet. They are given back with this, unless the file keeps them.
#[derive(Debug)]
pub(crate) struct Reserved {
    quota: Quota,
    bytes: u64,
}

impl Quota {
    /// A quota of which `used_bytes` are taken.
    pub(crate) fn new(used_bytes: u64, bytes_max: u64) -> Quota {
        metrics::used(used_bytes);
        Quota { used_bytes: Arc::new(AtomicU64::new(used_bytes)), bytes_max }
    }

    /// Nothing, to be grown.
    pub(crate) fn reserve(&self) -> Reserved {
        Reserved { quota: self.clone(), bytes: 0 }
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// How much has to go before `bytes` fit.
    pub(crate) fn lacks_bytes(&self, bytes: u64) -> u64 {
        self.used_bytes().saturating_add(bytes).saturating_sub(self.bytes_max)
    }

    /// The most that may be taken.
    pub(crate) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// A file is gone.
    pub(crate) fn release(&self, bytes: u64) {
        let before = self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "more was given back than was taken");
        metrics::used(before.saturating_sub(bytes));
    }

    fn take(&self, bytes: u64) -> bool {
        let taken = self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|sum| *sum <= self.bytes_max)
        });
        if let Ok(before) = taken {
            metrics::used(before + bytes);
        }
        taken.is_ok()
    }
}

impl Reserved {
    /// Sets more aside; tells whether there was room.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let grown = self.quota.take(bytes);
        if grown {
            self.bytes += bytes;
        }
        grown
    }

    /// The file has a name now and `bytes` bytes: those stay taken until it is removed.
    pub(crate) fn keep(mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.quota.release(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_comes_back() {
        let quota = Quota::new(10, 100);
        let mut first = quota.reserve();
        assert!(first.grow(40) && first.grow(50) && !first.grow(1));
        first.keep(30);
        assert_eq!(quota.used_bytes(), 40);
        let mut second = quota.reserve();
        assert!(second.grow(60));
        drop(second);
        quota.release(30);
        assert_eq!(quota.used_bytes(), 10);
    }
}
