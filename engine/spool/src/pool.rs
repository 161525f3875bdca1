//! A bounded share of the runtime's blocking threads.

use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::limits::BLOCKING_JOBS_MAX;

/// Runs jobs that block, [`BLOCKING_JOBS_MAX`] at a time: a runtime by itself would make hundreds of threads for them.
#[derive(Debug, Clone)]
pub(crate) struct Pool(Arc<Semaphore>);

impl Pool {
    pub(crate) fn new() -> Pool {
        Pool(Arc::new(Semaphore::new(BLOCKING_JOBS_MAX)))
    }

    /// Waits for a place, then for the job. A job whose caller goes away runs to its end, and holds its place until then.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let held = move || {
            let _place = place;
            job()
        };
        tokio::task::spawn_blocking(held).await.map_err(io::Error::other).flatten()
    }
}
