//! Which backend moves a file's bytes. Names are given by the standard library in either case.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::backend::Backend;
use crate::batch::Batch;
use crate::error::NoGlommio;
use crate::metrics;
use crate::part::Part;
use crate::plain::{self, PlainUpload};
use crate::pool::Pool;
use crate::uring::{Ring, RingUpload};

/// The backends of one spool.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) pool: Pool,
    /// Why glommio does not serve although somebody wanted it.
    pub(crate) fallback: Option<NoGlommio>,
    ring: Option<Ring>,
    /// Whether it was said that the ring's thread ended.
    lost: AtomicBool,
}

/// An upload under way.
#[derive(Debug)]
pub(crate) enum Upload<'a> {
    Plain(&'a Pool, PlainUpload),
    Ring(RingUpload),
}

/// An upload that needs no more from its caller.
#[derive(Debug)]
pub(crate) enum Written {
    /// The last batch is still to be written, in the job that publishes the file.
    Plain(PlainUpload, Batch),
    Ring(Part),
}

impl Files {
    /// Probes what is wanted. Blocks for [`crate::limits::PROBE_TIMEOUT`] at the most.
    pub(crate) fn open(dir: &Path, wanted: Backend) -> Files {
        let probed = match wanted {
            Backend::Std => Ok(None),
            Backend::Glommio => Ring::start(dir).map(Some),
        };
        let (ring, fallback) = match probed {
            Ok(ring) => (ring, None),
            Err(why) => (None, Some(why)),
        };
        let files = Files { pool: Pool::new(), fallback, ring, lost: AtomicBool::new(false) };
        let backend = files.backend().name();
        match &files.fallback {
            None => tracing::info!(backend, "the media spool is open"),
            Some(why) => {
                tracing::warn!(backend, reason = %why, "the media spool is open, without glommio");
            }
        }
        metrics::serving(files.backend());
        files
    }

    /// The one that serves now.
    pub(crate) fn backend(&self) -> Backend {
        match &self.ring {
            Some(ring) if ring.is_alive() => Backend::Glommio,
            Some(_) | None => Backend::Std,
        }
    }

    pub(crate) async fn begin(&self, part: Part) -> Upload<'_> {
        let part = match &self.ring {
            None => part,
            Some(ring) => match ring.begin(part).await {
                Ok(upload) => return Upload::Ring(upload),
                Err(part) => {
                    self.say_lost();
                    part
                }
            },
        };
        Upload::Plain(&self.pool, PlainUpload::Fresh(part))
    }

    pub(crate) async fn read(&self, path: PathBuf, size_bytes: u64) -> io::Result<Bytes> {
        if let Some(ring) = &self.ring {
            match ring.read(path.clone(), size_bytes).await {
                Some(Err(error)) if may_be_glommio_s(&error) => {
                    tracing::warn!(%error, "glommio cannot read a file of the media spool; std tries");
                }
                Some(read) => return read,
                None => self.say_lost(),
            }
        }
        self.pool.run(move || plain::read(&path, size_bytes)).await
    }

    /// Lets glommio's thread panic, where there is one.
    #[cfg(all(test, feature = "glommio", target_os = "linux"))]
    pub(crate) async fn kill_glommio(&self) {
        if let Some(ring) = &self.ring {
            ring.kill().await;
        }
    }

    fn say_lost(&self) {
        if !self.lost.swap(true, Ordering::Relaxed) {
            tracing::error!("the media spool's glommio thread ended; std serves from now on");
            metrics::serving(Backend::Std);
        }
    }
}

/// Whether std may read a file that glommio cannot. What a file is like does not depend on who reads it.
fn may_be_glommio_s(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData)
}

impl Upload<'_> {
    pub(crate) async fn append(self, batch: Batch) -> io::Result<Self> {
        match self {
            Upload::Plain(pool, upload) => {
                let upload = pool.run(move || upload.append(&batch)).await?;
                Ok(Upload::Plain(pool, upload))
            }
            Upload::Ring(upload) => upload.append(batch).await.map(Upload::Ring),
        }
    }

    pub(crate) async fn finish(self, rest: Batch) -> io::Result<Written> {
        match self {
            Upload::Plain(_, upload) => Ok(Written::Plain(upload, rest)),
            Upload::Ring(upload) => upload.append(rest).await?.finish().await.map(Written::Ring),
        }
    }
}

impl Written {
    /// Returns when all bytes are on disk. Blocks.
    pub(crate) fn seal(self) -> io::Result<Part> {
        match self {
            Written::Plain(upload, rest) => upload.seal(&rest),
            Written::Ring(part) => Ok(part),
        }
    }
}
