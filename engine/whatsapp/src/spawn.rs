//! Where a session's tasks go: implemented by the engine's shards.

use std::fmt;

use futures_util::future::BoxFuture;
use trunkline_model::InstanceId;

/// Starts tasks on the shard that owns an instance.
///
/// The implementation catches panics, counts tasks and reports a failed one to the instance's actor; nothing in this crate
/// starts a task any other way.
pub trait Spawn: Send + Sync + 'static {
    /// Starts `future` on the current shard's thread on behalf of `instance`. `name` is one of a few literals, fit for a
    /// metric label.
    fn spawn(&self, instance: InstanceId, name: &'static str, future: BoxFuture<'static, ()>) -> AbortHandle;

    /// Runs `work` where blocking is allowed, on a bounded pool. The future resolves when it is done, or when it
    /// panicked.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()>;
}

/// Ends a task. Dropping it lets the task run on.
#[must_use = "keep it to be able to abort the task, or drop it on purpose"]
pub struct AbortHandle(Box<dyn FnOnce() + Send + Sync>);

impl AbortHandle {
    /// Wraps what ends the task; it must not block.
    pub fn new(abort: impl FnOnce() + Send + Sync + 'static) -> AbortHandle {
        AbortHandle(Box::new(abort))
    }

    /// Ends the task at its next await point, if it still runs.
    pub fn abort(self) {
        (self.0)();
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AbortHandle")
    }
}
