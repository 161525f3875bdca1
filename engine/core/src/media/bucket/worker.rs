//! The thread that talks to the bucket.

use std::io;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};

use super::BucketError;
use crate::engine::EngineError;
use crate::limits::BUCKET_STOP_TIMEOUT;

/// A runtime on a thread of its own. It ends with this; transfers under way break off then.
pub(super) struct Worker {
    handle: Handle,
    closing: watch::Sender<bool>,
    running: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl Worker {
    pub(super) fn start() -> Result<Worker, EngineError> {
        let thread_error = |error: io::Error| EngineError::Thread(error.to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(thread_error)?;
        let handle = runtime.handle().clone();
        let (wanted, unwanted) = oneshot::channel::<()>();
        let run = move || {
            // Nothing is ever sent: the channel says that somebody still wants the thread.
            let _closed = runtime.block_on(unwanted);
            runtime.shutdown_timeout(BUCKET_STOP_TIMEOUT);
        };
        let thread =
            std::thread::Builder::new().name("bucket".to_owned()).spawn(run).map_err(thread_error)?;
        Ok(Worker { handle, closing: watch::Sender::new(false), running: Mutex::new(Some((wanted, thread))) })
    }

    /// Does something on the thread. It is done to its end when the caller goes away.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, BucketError>> + Send + 'static,
    ) -> Result<T, BucketError> {
        self.handle.spawn(work).await.map_err(|error| BucketError::Disk(io::Error::other(error)))?
    }

    /// As [`Worker::run`], for a thread that may block. Blocks, until [`Worker::close`] at the longest.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, BucketError>> + Send + 'static,
    ) -> Result<T, BucketError> {
        let (done, waits) = mpsc::sync_channel(1);
        let mut closing = self.closing.subscribe();
        self.handle.spawn(async move {
            let worked = tokio::select! {
                worked = work => worked,
                _ = closing.wait_for(|closing| *closing) => Err(BucketError::Closing),
            };
            // Who asked may have gone.
            let _told = done.send(worked);
        });
        waits.recv().map_err(|error| BucketError::Disk(io::Error::other(error)))?
    }
}

impl Worker {
    /// Breaks off what plain threads wait for, now and later.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((wanted, thread)) = running else { return };
        drop(wanted);
        if thread.join().is_err() {
            tracing::error!("the thread of the bucket panicked");
        }
    }
}
