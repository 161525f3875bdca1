//! The one place where tasks start. A kind says what the end of a task means.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::{AbortHandle as TokioAbort, JoinHandle};
use trunkline_model::InstanceId;
use trunkline_model::retry::RECONNECT_BACKOFF;
use trunkline_whatsapp::{AbortHandle, Spawn};

use crate::clock;
use crate::directory::Directory;
use crate::fatal::{Fatal, OnFatal};
use crate::instance::InstanceMsg;

/// What the end of a task means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskKind {
    /// The process ends with it.
    Critical,
    /// A panic is logged; nothing else depends on it.
    Disposable,
}

/// Starts tasks on the thread that calls it.
#[derive(Clone)]
pub(crate) struct Spawner {
    on_fatal: OnFatal,
}

impl Spawner {
    pub(crate) fn new(on_fatal: OnFatal) -> Spawner {
        Spawner { on_fatal }
    }

    /// Starts a task.
    pub(crate) fn spawn(
        &self,
        kind: TaskKind,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> TokioAbort {
        let on_fatal = self.on_fatal.clone();
        bare(async move {
            let panicked = AssertUnwindSafe(future).catch_unwind().await.is_err();
            if panicked {
                tracing::error!(task = name, "a task panicked");
                metrics::counter!(crate::metrics::TASK_PANICS, "task" => name).increment(1);
            }
            if kind == TaskKind::Critical {
                on_fatal(Fatal::CriticalTask { name });
            }
        })
        .abort_handle()
    }

    /// Starts a task that is started again, later each time, whenever it panics.
    pub(crate) fn spawn_supervised<F>(
        &self,
        name: &'static str,
        mut start: impl FnMut() -> F + Send + 'static,
    ) -> TokioAbort
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.spawn(TaskKind::Disposable, name, async move {
            let mut failures = 0;
            while AssertUnwindSafe(start()).catch_unwind().await.is_err() {
                failures += 1;
                tracing::error!(task = name, failures, "a supervised task panicked; it starts again");
                metrics::counter!(crate::metrics::TASK_PANICS, "task" => name).increment(1);
                let delay_ms = RECONNECT_BACKOFF.delay_ms(failures, 0).unwrap_or(RECONNECT_BACKOFF.cap_ms);
                tokio::time::sleep(std::time::Duration::from_millis(delay_ms)).await;
            }
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the spawn helper that the ban points to")]
fn bare(future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(future)
}

/// Starts the tasks of WhatsApp sessions; a panic in one of them is told to the instance's actor.
pub(crate) struct SessionSpawner {
    spawner: Spawner,
    directory: Arc<Directory>,
}

impl SessionSpawner {
    pub(crate) fn new(spawner: Spawner, directory: Arc<Directory>) -> SessionSpawner {
        SessionSpawner { spawner, directory }
    }
}

impl Spawn for SessionSpawner {
    fn spawn(&self, instance: InstanceId, name: &'static str, future: BoxFuture<'static, ()>) -> AbortHandle {
        let directory = Arc::clone(&self.directory);
        let abort = self.spawner.spawn(TaskKind::Disposable, name, async move {
            if AssertUnwindSafe(future).catch_unwind().await.is_ok() {
                return;
            }
            tracing::error!(%instance, task = name, "a session's task panicked");
            metrics::counter!(crate::metrics::TASK_PANICS, "task" => name).increment(1);
            directory.cast(instance, InstanceMsg::SessionPanicked { at_ms: clock::steady_ms() });
        });
        AbortHandle::new(move || abort.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        let running = tokio::task::spawn_blocking(work);
        Box::pin(async move {
            if running.await.is_err() {
                tracing::error!("blocking work of a session panicked");
            }
        })
    }
}
