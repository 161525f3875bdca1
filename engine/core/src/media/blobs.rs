//! Files that callers uploaded, in this node's spool. They go when no message needs them any more: see `sweep.rs`.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};
use trunkline_spool::{Backend, Digest, OpenError, Reading, Scratch, Spool, Stored, WriteError};

use crate::limits::{STORAGE_FULL_RETRY_AFTER_MS, UPLOADS_RETRY_AFTER_MS};

/// The spool, in the engine's words.
pub(crate) struct BlobStore(Spool);

impl BlobStore {
    /// Blocks.
    pub(crate) fn open(dir: PathBuf, backend: Backend, quota_bytes: u64) -> io::Result<BlobStore> {
        Spool::open_within(dir, backend, quota_bytes).map(BlobStore)
    }

    /// Writes a stream to disk and syncs it. Nothing is left behind when it fails.
    pub(crate) async fn store<E: From<Failure>>(
        &self,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<BlobRef, E> {
        let Stored { sha256, size_bytes } = self.0.write(body, MEDIA_BYTES_MAX).await.map_err(failure)?;
        Ok(BlobRef { sha256, size_bytes })
    }

    /// A part of a blob, piece by piece.
    pub(crate) async fn stream(
        &self,
        blob: &BlobRef,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, Failure> {
        self.0.stream(&stored(blob), range).await.map(StreamExt::boxed).map_err(open_failure)
    }

    /// A blob for a thread that may block. Blocks.
    pub(crate) fn open_file(&self, blob: &BlobRef) -> io::Result<Reading> {
        self.0.open_file(&stored(blob))
    }

    /// Whether a blob is there; it stays for another while then.
    pub(crate) async fn renew(&self, blob: &BlobRef) -> Result<bool, Failure> {
        self.0.renew(&stored(blob)).await.map_err(|error| disk_failure(&error))
    }

    /// Room for a file that somebody else writes.
    pub(crate) fn scratch(&self, bytes_max: u64) -> Result<Scratch, Failure> {
        self.0.scratch(bytes_max).map_err(open_failure)
    }

    /// Room for the encrypted form of a blob, full or not.
    pub(crate) fn sealing_scratch(&self) -> Scratch {
        self.0.scratch_on_the_way_out()
    }

    /// The file of a scratch, empty. Blocks for as long as making a file takes.
    pub(crate) fn create(&self, scratch: &Scratch) -> Result<File, Failure> {
        scratch.create().map_err(|error| disk_failure(&error))
    }

    /// Makes a scratch that was written a blob.
    pub(crate) async fn keep(&self, scratch: Scratch, blob: &BlobRef) -> Result<(), Failure> {
        self.0.keep(scratch, stored(blob)).await.map_err(|error| disk_failure(&error))
    }

    /// Blobs whose newest upload ended at least `age` ago, `count_max` of them at most. Blocks.
    pub(crate) fn older_than(&self, age: Duration, count_max: usize) -> io::Result<HashSet<Digest>> {
        self.0.older_than(age, count_max)
    }

    /// Removes a blob, unless it was uploaded again meanwhile; tells whether it did. Blocks.
    pub(crate) fn remove_if_older(&self, digest: &Digest, age: Duration) -> io::Result<bool> {
        self.0.remove_if_older(digest, age)
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
