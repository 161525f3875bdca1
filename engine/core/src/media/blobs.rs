//! Files that callers uploaded, in this node's spool; with a bucket, there, and in the spool for as long as it has room. They go
//! when no message needs them any more: see `sweep.rs`. Files of received messages are in the spool alone: WhatsApp has them.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};
use trunkline_spool::{Backend, Digest, OpenError, Reading, Scratch, Spool, Stored, WriteError};

use super::bucket::{Bucket, BucketError};
use crate::limits::{BUCKET_RETRY_AFTER_MS, STORAGE_FULL_RETRY_AFTER_MS, UPLOADS_RETRY_AFTER_MS};

/// The spool, in the engine's words.
pub(crate) struct BlobStore {
    spool: Arc<Spool>,
    bucket: Option<Bucket>,
}

impl BlobStore {
    /// Blocks.
    pub(crate) fn open(dir: PathBuf, backend: Backend, quota_bytes: u64) -> io::Result<BlobStore> {
        let spool = Arc::new(Spool::open_within(dir, backend, quota_bytes)?);
        Ok(BlobStore { spool, bucket: None })
    }

    /// As [`BlobStore::open`], with a bucket behind the spool. Blocks.
    pub(crate) fn open_over(
        bucket: Bucket,
        dir: PathBuf,
        backend: Backend,
        quota_bytes: u64,
    ) -> io::Result<BlobStore> {
        let spool = Arc::new(Spool::open_cache(dir, backend, quota_bytes)?);
        Ok(BlobStore { spool, bucket: Some(bucket) })
    }

    /// Writes a stream to disk and syncs it, and to the bucket where there is one. What an upload that failed on the way to
    /// the bucket left on disk is collected like any other file.
    pub(crate) async fn store<E: From<Failure>>(
        &self,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<BlobRef, E> {
        let stored = self.spool.write(body, MEDIA_BYTES_MAX).await.map_err(failure)?;
        if let Some(bucket) = &self.bucket {
            bucket.put(&self.spool, stored).await.map_err(|error| bucket_failure(&error))?;
        }
        Ok(BlobRef { sha256: stored.sha256, size_bytes: stored.size_bytes })
    }

    /// Sees to it that a file is on disk, for [`BlobStore::open_file`], if the bucket has it.
    pub(crate) async fn bring(&self, blob: &BlobRef) -> Result<(), Failure> {
        let Some(bucket) = &self.bucket else { return Ok(()) };
        if self.renew(blob).await? {
            return Ok(());
        }
        match bucket.fetch(&self.spool, stored(blob)).await {
            // Opening it says so.
            Err(error) if error.is_absent() => Ok(()),
            fetched => fetched.map_err(|error| bucket_failure(&error)),
        }
    }

    /// A part of a blob, piece by piece.
    pub(crate) async fn stream(
        &self,
        blob: &BlobRef,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, Failure> {
        self.spool.stream(&stored(blob), range).await.map(StreamExt::boxed).map_err(open_failure)
    }

    /// A blob for a thread that may block. Blocks.
    pub(crate) fn open_file(&self, blob: &BlobRef) -> io::Result<Reading> {
        self.spool.open_file(&stored(blob))
    }

    /// Whether a blob is there; it stays for another while then.
    pub(crate) async fn renew(&self, blob: &BlobRef) -> Result<bool, Failure> {
        self.spool.renew(&stored(blob)).await.map_err(|error| disk_failure(&error))
    }

    /// Room for a file that somebody else writes.
    pub(crate) async fn scratch(&self, bytes_max: u64) -> Result<Scratch, Failure> {
        self.spool.make_room(bytes_max).await.map_err(|error| disk_failure(&error))?;
        self.spool.scratch(bytes_max).map_err(open_failure)
    }

    /// Room for the encrypted form of a blob, full or not.
    pub(crate) fn sealing_scratch(&self) -> Scratch {
        self.spool.scratch_on_the_way_out()
    }

    /// The file of a scratch, empty. Blocks for as long as making a file takes.
    pub(crate) fn create(&self, scratch: &Scratch) -> Result<File, Failure> {
        scratch.create().map_err(|error| disk_failure(&error))
    }

    /// Makes a scratch that was written a blob.
    pub(crate) async fn keep(&self, scratch: Scratch, blob: &BlobRef) -> Result<(), Failure> {
        self.spool.keep(scratch, stored(blob)).await.map_err(|error| disk_failure(&error))
    }

    /// Has the collection of files end soon, whatever it waits for.
    pub(crate) fn close(&self) {
        if let Some(bucket) = &self.bucket {
            bucket.close();
        }
    }

    /// Blobs whose newest upload ended at least `age` ago, `count_max` of them at most. Blocks.
    pub(crate) fn older_than(&self, age: Duration, count_max: usize) -> io::Result<HashSet<Digest>> {
        let mut found = self.spool.older_than(age, count_max)?;
        if let Some(bucket) = &self.bucket {
            let room = count_max.saturating_sub(found.len());
            found.extend(bucket.older_than(age, room).map_err(io::Error::other)?);
        }
        Ok(found)
    }

    /// Removes a blob, unless it was uploaded again meanwhile; tells whether it did. Blocks.
    pub(crate) fn remove_if_older(&self, digest: &Digest, age: Duration) -> io::Result<bool> {
        let removed = match self.spool.remove_if_older(digest, age) {
            // The cache may have given it up, or never had it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.bucket.is_some() => false,
            removed => removed?,
        };
        let Some(bucket) = &self.bucket else { return Ok(removed) };
        Ok(bucket.remove_if_older(*digest, age).map_err(io::Error::other)? || removed)
    }
}

fn stored(blob: &BlobRef) -> Stored {
    Stored { sha256: blob.sha256, size_bytes: blob.size_bytes }
}

fn open_failure(error: OpenError) -> Failure {
    match error {
        OpenError::Busy => Failure::busy("Too many files are being read.", UPLOADS_RETRY_AFTER_MS),
        OpenError::Full => full(),
        OpenError::Disk(error) => disk_failure(&error),
    }
}

fn full() -> Failure {
    let detail = "The node's media files take as much disk as they may. Try again when messages were sent, or have the \
                  operator raise `media-quota`.";
    let failure = Failure::new(ErrorCode::StorageFull, detail);
    Failure { retry_after_ms: Some(STORAGE_FULL_RETRY_AFTER_MS), ..failure }
}

fn failure<E: From<Failure>>(error: WriteError<E>) -> E {
    let failure = match error {
        WriteError::Body(error) => return error,
        WriteError::TooLarge => {
            let detail = format!("The file is larger than {MEDIA_BYTES_MAX} bytes.");
            Failure::new(ErrorCode::BodyTooLarge, detail)
        }
        WriteError::Full => full(),
        WriteError::Busy => Failure::busy("Too many files are being uploaded.", UPLOADS_RETRY_AFTER_MS),
        WriteError::Disk(error) => disk_failure(&error),
    };
    failure.into()
}

fn bucket_failure(error: &BucketError) -> Failure {
    tracing::error!(%error, "the bucket for media failed");
    match error {
        BucketError::CacheFull => full(),
        BucketError::Busy => Failure::busy("Too many files are being uploaded.", UPLOADS_RETRY_AFTER_MS),
        _ => {
            let detail =
                "The bucket that keeps the node's media files does not take or give the file at the moment.";
            Failure::busy(detail, BUCKET_RETRY_AFTER_MS)
        }
    }
}

fn disk_failure(error: &io::Error) -> Failure {
    tracing::error!(%error, "the media spool failed");
    Failure::new(ErrorCode::Internal, "The file could not be written to or read from disk.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use tempfile::TempDir;

    async fn check(body: Vec<Result<Bytes, Failure>>, expected: Result<u64, ErrorCode>) {
        for backend in Backend::ALL {
            let dir = TempDir::new().expect("a directory");
            let store = BlobStore::open(dir.path().to_owned(), backend, u64::MAX).expect("the store opens");
            let stored = store.store(stream::iter(body.clone())).await;
            let told = stored.as_ref().map(|blob| blob.size_bytes).map_err(|failure| failure.code);
            assert_eq!(told, expected, "{backend}");
            if let Ok(blob) = stored {
                let sent: Vec<u8> = body.iter().flatten().flatten().copied().collect();
                let read = store.stream(&blob, 0..blob.size_bytes).await.expect("open");
                let read: Vec<Bytes> = read.map(|piece| piece.expect("read")).collect().await;
                assert_eq!(read.concat(), sent, "{backend}");
            }
        }
    }

    #[tokio::test]
    async fn a_stream_becomes_a_blob_or_says_why_not() {
        let piece = |bytes: usize| Ok(Bytes::from(vec![7; bytes]));
        check(vec![piece(6), piece(5)], Ok(11)).await;
        check(vec![], Ok(0)).await;
        let broken = Failure::new(ErrorCode::MalformedBody, "cut");
        check(vec![piece(4), Err(broken)], Err(ErrorCode::MalformedBody)).await;
        let too_large = Bytes::from(vec![0; usize::try_from(MEDIA_BYTES_MAX + 1).expect("it fits")]);
        check(vec![piece(1), Ok(too_large)], Err(ErrorCode::BodyTooLarge)).await;
    }

    #[test]
    fn a_full_spool_asks_to_come_back() {
        let failure: Failure = failure(WriteError::Busy);
        assert_eq!(
            (failure.code, failure.retry_after_ms),
            (ErrorCode::Unavailable, Some(UPLOADS_RETRY_AFTER_MS))
        );
    }
}
