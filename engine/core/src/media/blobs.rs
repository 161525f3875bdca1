//! Files that callers uploaded, in this node's spool. They go when no message needs them any more: see `sweep.rs`.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};
use trunkline_spool::{Backend, Digest, Spool, Stored, WriteError};

use crate::limits::UPLOADS_RETRY_AFTER_MS;

/// The spool, in the engine's words.
pub(crate) struct BlobStore(Spool);

impl BlobStore {
    /// Blocks.
    pub(crate) fn open(dir: PathBuf, backend: Backend) -> io::Result<BlobStore> {
        Spool::open(dir, backend).map(BlobStore)
    }

    /// Writes a stream to disk and syncs it. Nothing is left behind when it fails.
    pub(crate) async fn store(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send,
    ) -> Result<BlobRef, Failure> {
        let Stored { sha256, size_bytes } = self.0.write(body, MEDIA_BYTES_MAX).await.map_err(failure)?;
        Ok(BlobRef { sha256, size_bytes })
    }

    /// A blob's bytes.
    pub(crate) async fn read(&self, blob: &BlobRef) -> Result<Bytes, Failure> {
        let stored = Stored { sha256: blob.sha256, size_bytes: blob.size_bytes };
        self.0.read(&stored).await.map_err(|error| disk_failure(&error))
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

fn failure(error: WriteError<Failure>) -> Failure {
    match error {
        WriteError::Body(failure) => failure,
        WriteError::TooLarge => {
            let detail = format!("The file is larger than {MEDIA_BYTES_MAX} bytes.");
            Failure::new(ErrorCode::BodyTooLarge, detail)
        }
        WriteError::Busy => Failure::busy("Too many files are being uploaded.", UPLOADS_RETRY_AFTER_MS),
        WriteError::Disk(error) => disk_failure(&error),
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
            let store = BlobStore::open(dir.path().to_owned(), backend).expect("the store opens");
            let stored = store.store(stream::iter(body.clone())).await;
            let told = stored.as_ref().map(|blob| blob.size_bytes).map_err(|failure| failure.code);
            assert_eq!(told, expected, "{backend}");
            if let Ok(blob) = stored {
                let sent: Vec<u8> = body.iter().flatten().flatten().copied().collect();
                assert_eq!(store.read(&blob).await.expect("read"), sent, "{backend}");
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
        let failure = failure(WriteError::Busy);
        assert_eq!(
            (failure.code, failure.retry_after_ms),
            (ErrorCode::Unavailable, Some(UPLOADS_RETRY_AFTER_MS))
        );
    }
}
