//! The one place where tasks start. A kind says what the end of a task means; every poll is measured.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::{AbortHandle as TokioAbort, JoinHandle};
use trunkline_model::InstanceId;
use trunkline_model::retry::TASK_BACKOFF;
use trunkline_whatsapp::{AbortHandle, Spawn};

use crate::clock;
use crate::directory::Directory;
use crate::fatal::{Fatal, OnFatal};
use crate::instance::InstanceMsg;
use crate::shard::{Measured, PollKind, Polls};

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
    polls: Arc<Polls>,
}

impl Spawner {
    pub(crate) fn new(on_fatal: OnFatal, polls: Arc<Polls>) -> Spawner {
        Spawner { on_fatal, polls }
    }

    /// Starts a task.
    pub(crate) fn spawn(
        &self,
        kind: TaskKind,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> TokioAbort {
        let on_fatal = (kind == TaskKind::Critical).then(|| self.on_fatal.clone());
        let measured = Measured::new(Arc::clone(&self.polls), PollKind::of_task(name), future);
        // Adapters rather than an async block: a block would hold the future twice, before and after its first poll.
        let guarded = AssertUnwindSafe(measured).catch_unwind().map(move |ended| {
            if ended.is_err() {
                tracing::error!(task = name, "a task panicked");
                metrics::counter!(crate::metrics::TASK_PANICS, "task" => name).increment(1);
            }
            if let Some(on_fatal) = on_fatal {
                on_fatal(Fatal::CriticalTask { name });
            }
        });
        bare(guarded).abort_handle()
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
                let delay_ms = TASK_BACKOFF.spread_ms(failures, 0);
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
        let guarded = AssertUnwindSafe(future).catch_unwind().map(move |ended| {
            if ended.is_ok() {
                return;
            }
            tracing::error!(%instance, task = name, "a session's task panicked");
            metrics::counter!(crate::metrics::TASK_PANICS, "task" => name).increment(1);
            directory.cast(instance, InstanceMsg::SessionPanicked { at_ms: clock::steady_ms() });
        });
        let abort = self.spawner.spawn(TaskKind::Disposable, name, guarded);
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
