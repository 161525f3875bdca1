//! The spool's public face.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use ring::digest::{Context, SHA256};
use tokio::sync::Semaphore;

use crate::backend::Backend;
use crate::batch::Batch;
use crate::error::{NoGlommio, WriteError};
use crate::files::{Files, Written};
use crate::limits::{READS_MAX, UPLOADS_MAX};
use crate::metrics;
use crate::part::Part;

/// SHA-256 of a file's bytes: its name.
pub type Digest = [u8; 32];

/// A file in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size, in bytes.
    pub size_bytes: u64,
}

/// Content-addressed files under one directory, which belongs to one spool at a time.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    files: Files,
    uploads: Semaphore,
    reads: Semaphore,
    parts: AtomicU64,
    /// Held while a name changes hands, so that no upload is removed for the age of an earlier one of the same content.
    names: Arc<Mutex<()>>,
}

impl Spool {
    /// Opens the spool in `dir`, which is made if need be, and removes what a crash cut off. When `wanted` cannot serve, std
    /// does; see [`Spool::fallback`]. Blocks, with glommio for [`crate::limits::PROBE_TIMEOUT`] at the most.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn open(dir: PathBuf, wanted: Backend) -> io::Result<Spool> {
        fs::create_dir_all(&dir)?;
        Part::remove_all(&dir)?;
        Ok(Spool {
            files: Files::open(&dir, wanted),
            dir,
            uploads: Semaphore::new(UPLOADS_MAX),
            reads: Semaphore::new(READS_MAX),
            parts: AtomicU64::new(0),
            names: Arc::default(),
        })
    }

    /// The backend that serves now.
    pub fn backend(&self) -> Backend {
        self.files.backend()
    }

    /// Why glommio, which was wanted, could not be had at the start.
    pub fn fallback(&self) -> Option<&NoGlommio> {
        self.files.fallback.as_ref()
    }

    /// Writes a stream of `bytes_max` bytes at the most, and returns when it is on disk under its name. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`WriteError`]; nothing is left then, nor when the future is dropped.
    pub async fn write<E>(
        &self,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        bytes_max: u64,
    ) -> Result<Stored, WriteError<E>> {
        let _place = self.uploads.try_acquire().map_err(|_| {
            metrics::refused();
            WriteError::Busy
        })?;
        let part = Part::new(&self.dir, "upload", self.parts.fetch_add(1, Ordering::Relaxed));
        let mut upload = self.files.begin(part).await;
        let mut hash = Context::new(&SHA256);
        let mut size_bytes = 0;
        let mut batch = Batch::default();
        let mut body = std::pin::pin!(body);
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(WriteError::Body)?;
            size_bytes += piece.len() as u64;
            if size_bytes > bytes_max {
                return Err(WriteError::TooLarge);
            }
            hash.update(&piece);
            if batch.add(piece) {
                upload = upload.append(mem::take(&mut batch)).await?;
            }
        }
        let written = upload.finish(batch).await?;
        let mut sha256 = Digest::default();
        sha256.copy_from_slice(hash.finish().as_ref());
        self.publish(written, self.path(&sha256)).await?;
        metrics::written(size_bytes);
        Ok(Stored { sha256, size_bytes })
    }

    /// Bytes become durable before their name does, and the name before anybody hears of it.
    async fn publish(&self, written: Written, name: PathBuf) -> io::Result<()> {
        let (dir, names) = (self.dir.clone(), Arc::clone(&self.names));
        let job = move || {
            let part = written.seal()?;
            let held = names.lock().unwrap_or_else(PoisonError::into_inner);
            part.publish(&name)?;
            drop(held);
            File::open(dir)?.sync_all()
        };
        self.files.pool.run(job).await
    }

    /// A file's bytes, all of them in memory. Needs a tokio runtime.
    ///
    /// # Errors
    /// When it is not there, is not as long as it should be, or the disk fails.
    pub async fn read(&self, file: &Stored) -> io::Result<Bytes> {
        let _place = self.reads.acquire().await.map_err(io::Error::other)?;
        let bytes = self.files.read(self.path(&file.sha256), file.size_bytes).await?;
        metrics::read(file.size_bytes);
        Ok(bytes)
    }

    /// Files whose newest upload ended at least `age` ago, `count_max` of them at most. Blocks.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn older_than(&self, age: Duration, count_max: usize) -> io::Result<HashSet<Digest>> {
        let mut found = HashSet::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let mut digest = Digest::default();
            // Uploads under way have other names.
            let named = hex::decode_to_slice(entry.file_name().as_encoded_bytes(), &mut digest).is_ok();
            if named && is_older(&entry.path(), age)? {
                found.insert(digest);
            }
            if found.len() >= count_max {
                break;
            }
        }
        Ok(found)
    }

    /// Removes a file, unless it was uploaded again meanwhile; tells whether it did. Blocks.
    ///
    /// # Errors
    /// When it is not there, or cannot be removed.
    pub fn remove_if_older(&self, digest: &Digest, age: Duration) -> io::Result<bool> {
        let path = self.path(digest);
        let _name = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let removes = is_older(&path, age)?;
        if removes {
            fs::remove_file(path)?;
        }
        Ok(removes)
    }

    /// Lets glommio's thread panic, where there is one.
    #[cfg(all(test, feature = "glommio", target_os = "linux"))]
    pub(crate) async fn kill_glommio(&self) {
        self.files.kill_glommio().await;
    }

    fn path(&self, sha256: &Digest) -> PathBuf {
        self.dir.join(hex::encode(sha256))
    }
}

/// Whether a file was last written at least `age` ago. One that the clock calls younger than now is not.
fn is_older(path: &Path, age: Duration) -> io::Result<bool> {
    let written = fs::metadata(path)?.modified()?;
    Ok(written.elapsed().is_ok_and(|elapsed| elapsed >= age))
}
