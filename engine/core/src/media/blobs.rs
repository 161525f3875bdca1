//! Files that callers uploaded, on this node's disk, named by their content. They go when no message needs them any more:
//! see `sweep.rs`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use ring::digest::{Context, SHA256};
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};

use crate::clock;

/// SHA-256 of a blob's bytes: its name.
pub(crate) type Digest = [u8; 32];

/// Content-addressed files under one directory. A blob is visible under its name only when it is whole and on disk.
pub(crate) struct BlobStore {
    dir: PathBuf,
    /// Held while a name changes hands, so that no upload is removed for the age of an earlier one of the same content.
    names: Arc<Mutex<()>>,
}

impl BlobStore {
    pub(crate) fn open(dir: PathBuf) -> io::Result<BlobStore> {
        fs::create_dir_all(&dir)?;
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            // Left over from an upload that a crash cut off.
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(path)?;
            }
        }
        Ok(BlobStore { dir, names: Arc::default() })
    }

    /// Writes a stream to disk and syncs it. Nothing is left behind when it fails.
    pub(crate) async fn store(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure> {
        let part = self.dir.join(format!("{:016x}{:016x}.part", clock::random_u64(), clock::random_u64()));
        let written = self.write(&part, body).await;
        if written.is_err() {
            // The file may not exist yet; what is left otherwise goes at the next start.
            drop(fs::remove_file(&part));
        }
        written
    }

    async fn write(
        &self,
        part: &Path,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure> {
        let mut file = File::create(part).map_err(|error| disk_failure(&error))?;
        let mut hash = Context::new(&SHA256);
        let mut size_bytes = 0u64;
        let mut body = std::pin::pin!(body);
        while let Some(chunk) = body.next().await {
            let chunk = chunk?;
            size_bytes += chunk.len() as u64;
            if size_bytes > MEDIA_BYTES_MAX {
                let detail = format!("The file is larger than {MEDIA_BYTES_MAX} bytes.");
                return Err(Failure::new(ErrorCode::BodyTooLarge, detail));
            }
            hash.update(&chunk);
            file = blocking(move || file.write_all(&chunk).map(|()| file)).await?;
        }
        let mut sha256 = Digest::default();
        sha256.copy_from_slice(hash.finish().as_ref());
        let (from, to, dir) = (part.to_owned(), self.path(&sha256), self.dir.clone());
        let names = Arc::clone(&self.names);
        blocking(move || {
            file.sync_all()?;
            let name = names.lock().unwrap_or_else(PoisonError::into_inner);
            fs::rename(from, to)?;
            drop(name);
            File::open(dir)?.sync_all()
        })
        .await?;
        Ok(BlobRef { sha256, size_bytes })
    }

    /// A blob's bytes.
    pub(crate) async fn read(&self, blob: &BlobRef) -> Result<Bytes, Failure> {
        let path = self.path(&blob.sha256);
        blocking(move || fs::read(path)).await.map(Bytes::from)
    }

    /// Blobs whose newest upload ended at least `age` ago, `count_max` of them at most. Blocks.
    pub(crate) fn older_than(&self, age: Duration, count_max: usize) -> io::Result<HashSet<Digest>> {
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

    /// Removes a blob, unless it was uploaded again meanwhile; tells whether it did. Blocks.
    pub(crate) fn remove_if_older(&self, digest: &Digest, age: Duration) -> io::Result<bool> {
        let path = self.path(digest);
        let _name = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let removes = is_older(&path, age)?;
        if removes {
            fs::remove_file(path)?;
        }
        Ok(removes)
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

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other).flatten().map_err(|error| disk_failure(&error))
}

fn disk_failure(error: &io::Error) -> Failure {
    tracing::error!(%error, "the blob store failed");
    Failure::new(ErrorCode::Internal, "The file could not be written to or read from disk.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use tempfile::TempDir;

    fn chunks(parts: &[&'static [u8]]) -> impl Stream<Item = Result<Bytes, Failure>> + Send + use<> {
        stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part))).collect::<Vec<_>>())
    }

    fn files(dir: &TempDir) -> usize {
        fs::read_dir(dir.path()).expect("the directory is there").count()
    }

    #[tokio::test]
    async fn a_blob_is_named_by_its_content_and_reads_back() {
        let dir = TempDir::new().expect("a directory");
        let store = BlobStore::open(dir.path().to_owned()).expect("the store opens");
        let one = store.store(chunks(&[b"hello ", b"world"])).await.expect("stored");
        let same = store.store(chunks(&[b"hello world"])).await.expect("stored");
        assert_eq!((one, one.size_bytes, files(&dir)), (same, 11, 1));
        assert_eq!(store.read(&one).await.expect("read").as_ref(), b"hello world");
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_leaves_nothing() {
        let dir = TempDir::new().expect("a directory");
        let store = BlobStore::open(dir.path().to_owned()).expect("the store opens");
        let broken = Failure::new(ErrorCode::MalformedBody, "cut");
        let body = stream::iter(vec![Ok(Bytes::from_static(b"half")), Err(broken.clone())]);
        assert_eq!(store.store(body).await, Err(broken));
        assert_eq!(files(&dir), 0);
    }

    #[tokio::test]
    async fn what_a_crash_left_half_written_goes_at_the_next_start() {
        let dir = TempDir::new().expect("a directory");
        fs::write(dir.path().join("00.part"), b"half").expect("written");
        BlobStore::open(dir.path().to_owned()).expect("the store opens");
        assert_eq!(files(&dir), 0);
    }
}
