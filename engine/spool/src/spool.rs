//! The spool's public face.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::mem;
use std::ops::Range;
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
use crate::error::{NoGlommio, OpenError, WriteError};
use crate::evict::evict;
use crate::files::{Files, Written};
use crate::limits::{READS_MAX, STREAMS_MAX, UPLOADS_MAX};
use crate::metrics;
use crate::part::Part;
use crate::plain;
use crate::quota::{Quota, Reserved};
use crate::reading::{self, Reading};
use crate::scratch::Scratch;

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
    streams: Arc<Semaphore>,
    quota: Quota,
    /// Whether old files go where there is no room for new ones.
    is_cache: bool,
    parts: AtomicU64,
    /// Held while a name changes hands, so that no upload is removed for the age of an earlier one of the same content.
    names: Arc<Mutex<()>>,
}

impl Spool {
    /// Opens the spool in `dir`, which is made if need be, and removes what a crash cut off. When `wanted` cannot serve, std
    /// does; see [`Spool::fallback`]. Its files may fill the disk. Blocks, with glommio for
    /// [`crate::limits::PROBE_TIMEOUT`] at the most.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn open(dir: PathBuf, wanted: Backend) -> io::Result<Spool> {
        Spool::open_within(dir, wanted, u64::MAX)
    }

    /// As [`Spool::open`]; the files, unfinished ones included, may take `quota_bytes` of the disk.
    ///
    /// # Errors
    /// As [`Spool::open`].
    pub fn open_within(dir: PathBuf, wanted: Backend, quota_bytes: u64) -> io::Result<Spool> {
        fs::create_dir_all(&dir)?;
        Part::remove_all(&dir)?;
        Ok(Spool {
            files: Files::open(&dir, wanted),
            quota: Quota::new(size_of_all(&dir)?, quota_bytes),
            is_cache: false,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            dir,
            uploads: Semaphore::new(UPLOADS_MAX),
            reads: Semaphore::new(READS_MAX),
            parts: AtomicU64::new(0),
            names: Arc::default(),
        })
    }

    /// As [`Spool::open_within`], for files that can be had again from elsewhere: where there is no room, the oldest go.
    ///
    /// # Errors
    /// As [`Spool::open`].
    pub fn open_cache(dir: PathBuf, wanted: Backend, quota_bytes: u64) -> io::Result<Spool> {
        Ok(Spool { is_cache: true, ..Spool::open_within(dir, wanted, quota_bytes)? })
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
        let mut reserved = self.quota.reserve();
        let mut upload = self.files.begin(self.part("upload")).await;
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
            let more_bytes = piece.len() as u64;
            if !reserved.grow(more_bytes) {
                self.make_room(more_bytes).await?;
                if !reserved.grow(more_bytes) {
                    return Err(WriteError::Full);
                }
            }
            hash.update(&piece);
            if batch.add(piece) {
                upload = upload.append(mem::take(&mut batch)).await?;
            }
        }
        let written = upload.finish(batch).await?;
        let mut sha256 = Digest::default();
        sha256.copy_from_slice(hash.finish().as_ref());
        let stored = Stored { sha256, size_bytes };
        self.publish(move || Written::seal(written), reserved, stored).await?;
        Ok(stored)
    }

    /// Bytes become durable before their name does, and the name before anybody hears of it.
    async fn publish(
        &self,
        seal: impl FnOnce() -> io::Result<Part> + Send + 'static,
        reserved: Reserved,
        stored: Stored,
    ) -> io::Result<()> {
        let (dir, names, name) = (self.dir.clone(), Arc::clone(&self.names), self.path(&stored.sha256));
        let job = move || {
            let part = seal()?;
            let held = names.lock().unwrap_or_else(PoisonError::into_inner);
            let is_new = !name.exists();
            part.publish(&name)?;
            // One of the same content gave its place, and what it took of the quota.
            if is_new {
                reserved.keep(stored.size_bytes);
            }
            drop(held);
            File::open(dir)?.sync_all()
        };
        self.files.pool.run(job).await?;
        metrics::written(stored.size_bytes);
        Ok(())
    }

    fn part(&self, kind: &str) -> Part {
        Part::new(&self.dir, kind, self.parts.fetch_add(1, Ordering::Relaxed))
    }

    /// Has a cache give up its oldest files, so that `bytes` fit; does nothing to another spool. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn make_room(&self, bytes: u64) -> io::Result<()> {
        if !self.is_cache || self.quota.lacks_bytes(bytes) == 0 {
            return Ok(());
        }
        let (dir, names, quota) = (self.dir.clone(), Arc::clone(&self.names), self.quota.clone());
        self.files.pool.run(move || evict(&dir, &names, &quota, bytes)).await
    }

    /// Room for a file of `bytes_max` bytes at the most, which somebody else writes.
    ///
    /// # Errors
    /// [`OpenError::Full`].
    pub fn scratch(&self, bytes_max: u64) -> Result<Scratch, OpenError> {
        let mut reserved = self.quota.reserve();
        if !reserved.grow(bytes_max) {
            return Err(OpenError::Full);
        }
        Ok(Scratch::new(self.part("scratch"), reserved))
    }

    /// As [`Spool::scratch`], outside of the quota: for a file that is made on the way out of another one. Were it refused
    /// while the spool is full, nothing that waits there could ever leave. Whoever asks bounds how many there are.
    pub fn scratch_on_the_way_out(&self) -> Scratch {
        Scratch::new(self.part("scratch"), self.quota.reserve())
    }

    /// Gives a file that was written elsewhere its name, and returns when both are on disk. `stored` is what the writer found:
    /// nothing is read again here. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the disk fails, or the file is not as long as it should be.
    pub async fn keep(&self, scratch: Scratch, stored: Stored) -> io::Result<()> {
        let (part, reserved) = scratch.into_parts();
        self.publish(move || plain::seal(part, stored.size_bytes), reserved, stored).await
    }

    /// Whether a file is there; if so, it counts as uploaded just now. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn renew(&self, file: &Stored) -> io::Result<bool> {
        let (path, names, size_bytes) = (self.path(&file.sha256), Arc::clone(&self.names), file.size_bytes);
        let job = move || {
            let _name = names.lock().unwrap_or_else(PoisonError::into_inner);
            match File::options().write(true).open(&path) {
                Ok(found) if found.metadata()?.len() == size_bytes => {
                    found.set_modified(std::time::SystemTime::now()).map(|()| true)
                }
                Ok(_) => Ok(false),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        };
        self.files.pool.run(job).await
    }

    /// Opens a file for a thread that may block. Blocks.
    ///
    /// # Errors
    /// When it is not there, is not as long as it should be, or the disk fails.
    pub fn open_file(&self, file: &Stored) -> io::Result<Reading> {
        Reading::open(&self.path(&file.sha256), file.size_bytes)
    }

    /// A part of a file, in pieces; the file itself may go meanwhile. Needs a tokio runtime, as the stream does.
    ///
    /// # Errors
    /// [`OpenError`]; in the stream those of the disk.
    pub async fn stream(
        &self,
        file: &Stored,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, OpenError> {
        let place = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| OpenError::Busy)?;
        let (path, size_bytes) = (self.path(&file.sha256), file.size_bytes);
        let reading = self.files.pool.run(move || Reading::open(&path, size_bytes)).await?;
        Ok(reading::stream(reading, range, self.files.pool.clone(), place).await?)
    }

    /// Bytes of the disk that the files take, unfinished ones included.
    pub fn used_bytes(&self) -> u64 {
        self.quota.used_bytes()
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
            // Uploads under way have other names.
            let named = digest_of(entry.file_name().as_encoded_bytes());
            if let Some(digest) = named
                && is_older(&entry.path(), age)?
            {
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
            let size_bytes = fs::metadata(&path)?.len();
            fs::remove_file(path)?;
            self.quota.release(size_bytes);
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

/// The digest that a finished file is named by; `None` for another name.
pub fn digest_of(name: &[u8]) -> Option<Digest> {
    let mut digest = Digest::default();
    hex::decode_to_slice(name, &mut digest).ok().map(|()| digest)
}

/// What the finished files of a directory take. Blocks.
fn size_of_all(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// Whether a file was last written at least `age` ago. One that the clock calls younger than now is not.
fn is_older(path: &Path, age: Duration) -> io::Result<bool> {
    let written = fs::metadata(path)?.modified()?;
    Ok(written.elapsed().is_ok_and(|elapsed| elapsed >= age))
}
