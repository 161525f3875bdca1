//! Bytes between the spool and the bucket, a part at a time.

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use tokio::time::timeout;
use trunkline_spool::{OpenError, Spool, Stored, WriteError};

use super::{BucketError, Inner, is_older};
use crate::limits::{BLOB_GRACE, BUCKET_PART_BYTES, BUCKET_TRANSFER_TIMEOUT};

/// An object that is younger than this needs not be written again: no collection takes it before a request has ended.
const RENEWED_AGE_MAX: std::time::Duration = std::time::Duration::from_secs(BLOB_GRACE.as_secs() / 2);

impl Inner {
    pub(super) async fn put(&self, spool: &Spool, file: &Stored) -> Result<(), BucketError> {
        let _turn = self.moving.acquire().await.map_err(io::Error::other)?;
        let _name = self.name(&file.sha256).lock().await;
        let path = self.path(&file.sha256);
        let work = async {
            if self.is_fresh(&path, file.size_bytes).await? {
                return Ok(());
            }
            let pieces = spool.stream(file, 0..file.size_bytes).await?;
            if file.size_bytes <= BUCKET_PART_BYTES as u64 {
                let whole: Vec<Bytes> = pieces.try_collect().await?;
                self.store.put(&path, PutPayload::from_iter(whole)).await?;
                return Ok(());
            }
            let mut upload = self.store.put_multipart(&path).await?;
            let sent = async {
                send_parts(&mut *upload, pieces).await?;
                upload.complete().await?;
                Ok(())
            };
            let sent = sent.await;
            if sent.is_err()
                && let Err(error) = upload.abort().await
            {
                tracing::warn!(%error, "parts of a broken upload stay in the bucket until it removes them itself");
            }
            sent
        };
        timeout(BUCKET_TRANSFER_TIMEOUT, Box::pin(work)).await.unwrap_or(Err(BucketError::Timeout))
    }

    pub(super) async fn fetch(&self, spool: &Spool, file: &Stored) -> Result<(), BucketError> {
        let _turn = self.moving.acquire().await.map_err(io::Error::other)?;
        let work = async {
            let object = self.store.get(&self.path(&file.sha256)).await?;
            if object.meta.size != file.size_bytes {
                return Err(BucketError::Changed);
            }
            let written = spool.write(object.into_stream(), file.size_bytes).await?;
            if written == *file { Ok(()) } else { Err(BucketError::Changed) }
        };
        timeout(BUCKET_TRANSFER_TIMEOUT, Box::pin(work)).await.unwrap_or(Err(BucketError::Timeout))
    }

    /// Whether the object is there, whole, and young.
    async fn is_fresh(&self, path: &Path, size_bytes: u64) -> Result<bool, BucketError> {
        match self.store.head(path).await {
            Ok(object) => Ok(object.size == size_bytes && !is_older(&object, RENEWED_AGE_MAX)),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Sends a file in parts of [`BUCKET_PART_BYTES`], all of them in the same memory: pieces come from many threads, and an allocator
/// keeps for a while what another thread frees.
async fn send_parts(
    upload: &mut dyn MultipartUpload,
    pieces: impl Stream<Item = io::Result<Bytes>>,
) -> Result<(), BucketError> {
    let mut pieces = std::pin::pin!(pieces);
    let mut part = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        part.reserve(BUCKET_PART_BYTES.saturating_sub(part.len()));
        part.extend_from_slice(&piece?);
        if part.len() >= BUCKET_PART_BYTES {
            part = send_part(upload, part).await?;
        }
    }
    if !part.is_empty() {
        send_part(upload, part).await?;
    }
    Ok(())
}

/// Sends a part, and gives its memory back, empty.
async fn send_part(upload: &mut dyn MultipartUpload, part: BytesMut) -> Result<BytesMut, BucketError> {
    let part = part.freeze();
    upload.put_part(PutPayload::from(part.clone())).await?;
    let mut part = part.try_into_mut().unwrap_or_default();
    part.clear();
    Ok(part)
}

impl From<OpenError> for BucketError {
    fn from(error: OpenError) -> BucketError {
        match error {
            OpenError::Busy => BucketError::Busy,
            OpenError::Full => BucketError::CacheFull,
            OpenError::Disk(error) => BucketError::Disk(error),
        }
    }
}

impl From<WriteError<object_store::Error>> for BucketError {
    fn from(error: WriteError<object_store::Error>) -> BucketError {
        match error {
            WriteError::Body(error) => BucketError::Service(error),
            WriteError::TooLarge => BucketError::Changed,
            WriteError::Busy => BucketError::Busy,
            WriteError::Full => BucketError::CacheFull,
            WriteError::Disk(error) => BucketError::Disk(error),
        }
    }
}
