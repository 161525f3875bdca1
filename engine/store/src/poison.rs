//! The fail-stop switch of a store.

use std::sync::OnceLock;

use crate::PoisonCallback;

/// Why a store stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoisonCause {
    /// A write or sync returned an error.
    #[error("a write failed: {0}")]
    WriteFailed(String),
    /// A read returned an error.
    #[error("a read failed: {0}")]
    ReadFailed(String),
    /// A write did not return in time.
    #[error("a write has not returned for {0} ms")]
    WriteStalled(u64),
    /// Memtables wait to be flushed and none was in time.
    #[error("no memtable flush completed for {0} ms")]
    FlushStalled(u64),
    /// Flushes do not keep up with the writes.
    #[error("the write buffer holds {0} bytes")]
    WriteBufferOverflow(u64),
    /// The disk thread panicked.
    #[error("the disk thread panicked")]
    Panicked,
}

impl PoisonCause {
    /// Whether a thread of the database may be blocked for ever, so that closing it could block too.
    pub(crate) fn is_hang(&self) -> bool {
        matches!(
            self,
            PoisonCause::WriteStalled(_) | PoisonCause::FlushStalled(_) | PoisonCause::WriteBufferOverflow(_)
        )
    }
}

/// Set once, never cleared.
pub(crate) struct Poison {
    cause: OnceLock<PoisonCause>,
    callback: Option<PoisonCallback>,
}

impl Poison {
    pub(crate) fn new(callback: Option<PoisonCallback>) -> Poison {
        Poison { cause: OnceLock::new(), callback }
    }

    pub(crate) fn cause(&self) -> Option<&PoisonCause> {
        self.cause.get()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.cause.get().is_some()
    }

    /// Keeps the first cause; later ones are consequences.
    pub(crate) fn set(&self, cause: PoisonCause) {
        let mut first = false;
        let cause = self.cause.get_or_init(|| {
            first = true;
            cause
        });
        if first {
            tracing::error!(%cause, "store poisoned: nothing is written any more, the process must restart");
            if let Some(callback) = &self.callback {
                callback(cause);
            }
        }
    }
}
