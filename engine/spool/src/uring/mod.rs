//! The glommio backend: a handle to one thread, which does all of its I/O.

mod dma;
mod probe;
mod thread;

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::batch::Batch;
use crate::error::NoGlommio;
use crate::limits::BATCHES_WAITING_MAX;
use crate::part::Part;

/// What the thread is asked.
enum Request {
    /// To write the batches that come, until their sender is gone.
    Write { part: Part, batches: mpsc::Receiver<Batch>, done: oneshot::Sender<io::Result<Part>> },
    /// To read a file.
    Read { path: PathBuf, size_bytes: u64, done: oneshot::Sender<io::Result<Bytes>> },
    /// To panic, as glommio does on a kernel that is not to its liking.
    #[cfg(test)]
    Panic,
}

/// The handle. The thread ends when it is gone.
#[derive(Debug)]
pub(crate) struct Ring {
    requests: mpsc::Sender<Request>,
}

/// An upload on the thread. Its file goes when this is dropped before the end: the thread finishes the file, finds nobody to
/// give it to, and drops it.
#[derive(Debug)]
pub(crate) struct RingUpload {
    batches: mpsc::Sender<Batch>,
    done: oneshot::Receiver<io::Result<Part>>,
}

impl Ring {
    /// Starts the thread, once io_uring is known to be allowed, and waits until it has proved itself in `dir`. Blocks.
    pub(crate) fn start(dir: &Path) -> Result<Ring, NoGlommio> {
        // First: glommio panics where the kernel forbids what it needs.
        probe::io_uring_is_allowed().map_err(NoGlommio::Forbidden)?;
        thread::start(dir).map(|requests| Ring { requests })
    }

    pub(crate) fn is_alive(&self) -> bool {
        !self.requests.is_closed()
    }

    #[cfg(test)]
    pub(crate) async fn kill(&self) {
        drop(self.requests.send(Request::Panic).await);
        self.requests.closed().await;
    }

    /// Begins an upload, or gives the part back when the thread is gone.
    pub(crate) async fn begin(&self, part: Part) -> Result<RingUpload, Part> {
        let Ok(place) = self.requests.reserve().await else { return Err(part) };
        let (batches, coming) = mpsc::channel(BATCHES_WAITING_MAX);
        let (tell, done) = oneshot::channel();
        place.send(Request::Write { part, batches: coming, done: tell });
        Ok(RingUpload { batches, done })
    }

    /// Reads a file; `None` when the thread is gone.
    pub(crate) async fn read(&self, path: PathBuf, size_bytes: u64) -> Option<io::Result<Bytes>> {
        let place = self.requests.reserve().await.ok()?;
        let (tell, done) = oneshot::channel();
        place.send(Request::Read { path, size_bytes, done: tell });
        done.await.ok()
    }
}

impl RingUpload {
    pub(crate) async fn append(self, batch: Batch) -> io::Result<RingUpload> {
        if self.batches.send(batch).await.is_ok() {
            return Ok(self);
        }
        // It stopped listening, so it says why.
        Err(self.finish().await.map_or_else(|error| error, |_| io::ErrorKind::BrokenPipe.into()))
    }

    pub(crate) async fn finish(self) -> io::Result<Part> {
        drop(self.batches);
        let ended = |_| io::Error::other("the media spool's glommio thread ended");
        self.done.await.map_err(ended)?
    }
}
