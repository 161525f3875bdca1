//! What ends the process. A half-alive node is worse than a dead one.

use std::fmt;
use std::sync::Arc;

/// A reason to end the process, each with its own exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fatal {
    /// The store of a shard refuses every write after an I/O error.
    StorePoisoned {
        /// Which shard.
        shard: u16,
    },
    /// A shard's own loop panicked.
    ShardPanicked {
        /// Which shard.
        shard: u16,
    },
    /// A shard's loop has not turned for too long.
    ShardStalled {
        /// Which shard.
        shard: u16,
    },
    /// A task without which the node is of no use ended.
    CriticalTask {
        /// Its name.
        name: &'static str,
    },
}

impl Fatal {
    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Fatal::StorePoisoned { .. } => 70,
            Fatal::ShardPanicked { .. } => 71,
            Fatal::ShardStalled { .. } => 72,
            Fatal::CriticalTask { .. } => 73,
        }
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fatal::StorePoisoned { shard } => {
                write!(f, "the store of shard {shard} failed; check the disk, then start again")
            }
            Fatal::ShardPanicked { shard } => write!(f, "the loop of shard {shard} panicked"),
            Fatal::ShardStalled { shard } => write!(f, "the loop of shard {shard} stands still"),
            Fatal::CriticalTask { name } => write!(f, "the task {name} ended"),
        }
    }
}

/// What to do about it; the node logs and ends the process.
pub type OnFatal = Arc<dyn Fn(Fatal) + Send + Sync>;
