//! The protocol crate's runtime: everything it starts stays on the shard and under the engine's supervision.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use trunkline_model::InstanceId;
use wacore::runtime::{AbortHandle, Runtime};

use crate::limits::YIELD_FREQUENCY_FRAMES;
use crate::spawn::Spawn;

/// Name of the tasks that a client starts by itself.
const CLIENT_TASK: &str = "client";

/// One session's view of its shard.
pub(crate) struct ShardRuntime {
    instance: InstanceId,
    spawner: Arc<dyn Spawn>,
}

impl ShardRuntime {
    pub(crate) fn new(instance: InstanceId, spawner: Arc<dyn Spawn>) -> ShardRuntime {
        ShardRuntime { instance, spawner }
    }
}

#[async_trait]
impl Runtime for ShardRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) -> AbortHandle {
        let handle = self.spawner.spawn(self.instance, CLIENT_TASK, future);
        AbortHandle::new(move || handle.abort())
    }

    fn spawn_detached(&self, future: Pin<Box<dyn Future<Output = ()> + Send + 'static>>) {
        drop(self.spawner.spawn(self.instance, CLIENT_TASK, future));
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn_blocking(
        &self,
        work: Box<dyn FnOnce() + Send + 'static>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.spawner.spawn_blocking(work)
    }

    /// A real yield: on a shard's single thread a long offline queue would otherwise starve every other session.
    fn yield_now(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        Some(Box::pin(tokio::task::yield_now()))
    }

    fn yield_frequency(&self) -> u32 {
        YIELD_FREQUENCY_FRAMES
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::testing::TestSpawn;

    #[tokio::test]
    async fn aborting_ends_a_task_and_detaching_does_not() {
        let runtime = ShardRuntime::new(InstanceId(1), Arc::new(TestSpawn));
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let handle = runtime.spawn(Box::pin(async move {
            std::future::pending::<()>().await;
            drop(sender);
        }));
        handle.abort();
        assert!(receiver.await.is_err(), "the task's state is dropped without a message");

        let (sender, receiver) = tokio::sync::oneshot::channel();
        runtime.spawn_detached(Box::pin(async move { sender.send(7).expect("somebody waits") }));
        assert_eq!(receiver.await, Ok(7));
    }

    #[tokio::test]
    async fn yielding_lets_another_task_run() {
        let runtime = ShardRuntime::new(InstanceId(1), Arc::new(TestSpawn));
        let ran = Arc::new(AtomicBool::new(false));
        let seen = ran.clone();
        runtime.spawn_detached(Box::pin(async move { seen.store(true, Ordering::Relaxed) }));
        runtime.yield_now().expect("a real yield").await;
        assert!(ran.load(Ordering::Relaxed));
        let done = ran.clone();
        runtime.spawn_blocking(Box::new(move || done.store(false, Ordering::Relaxed))).await;
        assert!(!ran.load(Ordering::Relaxed));
    }
}
