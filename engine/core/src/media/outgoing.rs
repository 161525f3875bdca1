//! Files on their way to WhatsApp: each is uploaded once, whatever the number of messages that name it.

use std::io::Read;
use std::sync::Arc;

use metrics::counter;
use trunkline_model::InstanceId;
use trunkline_model::message::{BlobRef, MediaKind};
use trunkline_model::record::{self, UploadedMedia, table};
use trunkline_store::{Batch, CommitClass};
use trunkline_whatsapp::{MediaUpload, OpenFile, SendError, Session};

use crate::clock;
use crate::limits::{SEALED_IN_MEMORY_BYTES_MAX, UPLOADED_MEDIA_MARGIN_MS, UPLOADED_MEDIA_TTL_MS};
use crate::log::{Entries, EventLog};
use crate::metrics::UPLOADS_SHARED;
use crate::place::{deadline_key, instance_key};
use crate::shard::ShardContext;

/// Who uploads.
pub(crate) struct Uploader<'a> {
    pub(crate) context: &'a ShardContext,
    pub(crate) session: &'a Session,
    pub(crate) instance: InstanceId,
    /// What is written goes through it, so that nothing is written any more once the instance is being erased.
    pub(crate) log: &'a Arc<EventLog>,
}

impl Uploader<'_> {
    /// A file as the media hosts have it: uploaded earlier, by somebody at the moment, or now.
    ///
    /// # Errors
    /// [`SendError`].
    pub(crate) async fn upload(&self, kind: MediaKind, blob: &BlobRef) -> Result<UploadedMedia, SendError> {
        let suffix = suffix(kind, blob);
        if let Some(known) = self.known(&suffix)? {
            counter!(UPLOADS_SHARED).increment(1);
            return Ok(known);
        }
        let key = (self.instance, suffix.clone());
        self.context.transfers.uploads.get(key, Box::pin(self.upload_new(kind, blob, &suffix))).await
    }

    async fn upload_new(
        &self,
        kind: MediaKind,
        blob: &BlobRef,
        suffix: &[u8],
    ) -> Result<UploadedMedia, SendError> {
        let turn = self.context.transfers.upload_turns.acquire().await;
        let _turn = turn.map_err(|error| SendError::retryable("media_upload", error.to_string()))?;
        // Somebody may have finished between the first look and the turn.
        if let Some(known) = self.known(suffix)? {
            return Ok(known);
        }
        self.bring(blob).await?;
        let on_disk = blob.size_bytes > SEALED_IN_MEMORY_BYTES_MAX;
        let scratch = on_disk.then(|| self.context.blobs.sealing_scratch());
        let upload = MediaUpload {
            kind,
            open: open(self.context, blob),
            size_bytes: blob.size_bytes,
            sealed_path: scratch.as_ref().map(|scratch| scratch.path_buf()),
            sealed: true,
        };
        let mut uploaded = self.session.upload(upload).await?;
        drop(scratch);
        uploaded.expires_at_ms = uploaded
            .expires_at_ms
            .saturating_sub_unsigned(UPLOADED_MEDIA_MARGIN_MS)
            .min(clock::wall_ms().saturating_add_unsigned(UPLOADED_MEDIA_TTL_MS));
        self.remember(suffix, &uploaded).await;
        Ok(uploaded)
    }

    /// A file as a newsletter has it: not encrypted, and uploaded for each post, because a post is one message for everybody.
    ///
    /// # Errors
    /// [`SendError`].
    pub(crate) async fn upload_plain(
        &self,
        kind: MediaKind,
        blob: &BlobRef,
    ) -> Result<UploadedMedia, SendError> {
        let turn = self.context.transfers.upload_turns.acquire().await;
        let _turn = turn.map_err(|error| SendError::retryable("media_upload", error.to_string()))?;
        self.bring(blob).await?;
        let (open, size_bytes) = (open(self.context, blob), blob.size_bytes);
        self.session.upload(MediaUpload { kind, open, size_bytes, sealed_path: None, sealed: false }).await
    }

    /// Sees to it that the file lies here, when the bucket has it and the cache gave it up.
    async fn bring(&self, blob: &BlobRef) -> Result<(), SendError> {
        let brought = self.context.blobs.bring(blob).await;
        brought.map_err(|failure| SendError::retryable("media_bucket", failure.detail))
    }

    /// What is stored of an upload, unless it expired.
    fn known(&self, suffix: &[u8]) -> Result<Option<UploadedMedia>, SendError> {
        Ok(self.stored(suffix)?.filter(|media| media.expires_at_ms > clock::wall_ms()))
    }

    fn stored(&self, suffix: &[u8]) -> Result<Option<UploadedMedia>, SendError> {
        let stored = self.context.ledger.get(&instance_key(self.instance, table::UPLOADED_MEDIA, suffix));
        let stored = stored.map_err(|error| SendError::retryable("store", error.to_string()))?;
        // One that cannot be read is as good as none: the file is uploaded anew.
        Ok(stored.and_then(|bytes| record::decode(&bytes).ok()))
    }

    /// Keeps an upload for the messages that follow; they see it when this returns. Without it they upload for themselves, so a
    /// failure is only logged, and a crash may forget it.
    async fn remember(&self, suffix: &[u8], media: &UploadedMedia) {
        let mut batch = Batch::new();
        if let Ok(Some(expired)) = self.stored(suffix) {
            let deadline = deadline_key(self.instance, expired.expires_at_ms, table::UPLOADED_MEDIA, suffix);
            batch.delete(deadline);
        }
        let encoded = match record::encode(media) {
            Ok(encoded) => encoded,
            Err(error) => return tracing::error!(%error, "an upload cannot be remembered"),
        };
        batch.put(instance_key(self.instance, table::UPLOADED_MEDIA, suffix), encoded);
        let deadline = deadline_key(self.instance, media.expires_at_ms, table::UPLOADED_MEDIA, suffix);
        batch.put(deadline, &b""[..]);
        let written = match self.log.append(batch, Entries::default(), CommitClass::Local) {
            Ok(appended) => appended.durable().await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(instance = %self.instance, %error, "an upload is not remembered");
        }
    }
}

/// Which upload serves: keys derive from the kind, and so does the form that a file is given.
fn suffix(kind: MediaKind, blob: &BlobRef) -> Vec<u8> {
    [kind.as_str().as_bytes(), b"\0", &blob.sha256].concat()
}

fn open(context: &ShardContext, blob: &BlobRef) -> OpenFile {
    let (blobs, blob) = (Arc::clone(&context.blobs), *blob);
    Box::new(move || blobs.open_file(&blob).map(|file| Box::new(file) as Box<dyn Read + Send>))
}
