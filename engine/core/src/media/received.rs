//! Files of received messages: on this node's disk once, however often and in however many pieces they are asked for.

use trunkline_model::inbound::{InboundContent, InboundMedia, InboundMessage};
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure, InstanceId};
use trunkline_whatsapp::{Session, SessionError};

use crate::instance::session_failure;
use crate::metrics::MEDIA_ASKED_AGAIN;
use crate::shard::ShardContext;

/// The file of a message, if it has one.
pub(crate) fn media_of(message: &InboundMessage) -> Option<&InboundMedia> {
    match &message.content {
        InboundContent::Media(media) => Some(media),
        _ => None,
    }
}

/// The file on this node's disk as its sender declared it, if it is there; it stays for another while then.
pub(crate) async fn at_hand(
    context: &ShardContext,
    media: &InboundMedia,
) -> Result<Option<BlobRef>, Failure> {
    let (Ok(sha256), Some(size_bytes)) = (media.file_sha256.as_slice().try_into(), media.size_bytes) else {
        return Ok(None);
    };
    let blob = BlobRef { sha256, size_bytes };
    Ok(context.blobs.renew(&blob).await?.then_some(blob))
}

/// Downloads the file of a message. Callers that want the same one wait for one download.
///
/// # Errors
/// `MEDIA_NOT_FOUND`, `MEDIA_UNUSABLE`, `STORAGE_FULL`, or a failure of the connection.
pub(crate) async fn download(
    context: &ShardContext,
    session: &Session,
    of: (InstanceId, u64),
    message: &InboundMessage,
) -> Result<BlobRef, Failure> {
    let media = media_of(message)
        .ok_or_else(|| Failure::new(ErrorCode::MediaNotFound, "The message has no file."))?;
    let work = async {
        let turn = context.transfers.download_turns.acquire().await;
        let _turn = turn.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
        match attempt(context, session, media).await {
            // The media hosts forget; the phone does not.
            Err(Attempt::Session(SessionError::MediaGone)) => {
                metrics::counter!(MEDIA_ASKED_AGAIN).increment(1);
                let asked = session.request_upload(message, media).await;
                let direct_path = asked.map_err(|error| gone_if_silent(&error))?;
                let renewed = InboundMedia { direct_path, ..media.clone() };
                attempt(context, session, &renewed).await.map_err(Failure::from)
            }
            other => other.map_err(Failure::from),
        }
    };
    context.transfers.downloads.get(of, Box::pin(work)).await
}

/// Downloads a file that is known by its keys alone: there is no message by which a phone could be asked for it again.
///
/// # Errors
/// As [`download`].
pub(crate) async fn download_described(
    context: &ShardContext,
    session: &Session,
    media: &InboundMedia,
) -> Result<BlobRef, Failure> {
    let turn = context.transfers.download_turns.acquire().await;
    let _turn = turn.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
    match attempt(context, session, media).await {
        Err(Attempt::Session(SessionError::MediaGone)) => {
            let detail = "WhatsApp's media hosts do not have the file, or not any more.";
            Err(Failure::new(ErrorCode::MediaNotFound, detail))
        }
        other => other.map_err(Failure::from),
    }
}

/// A phone that does not answer does not have the file, for now.
fn gone_if_silent(error: &SessionError) -> Failure {
    match error {
        SessionError::Timeout => {
            let detail = "WhatsApp's media hosts do not have the file any more, and the phone did not upload it again. \
                          Open WhatsApp on the phone and try again.";
            Failure::new(ErrorCode::MediaNotFound, detail)
        }
        error => session_failure(error),
    }
}

enum Attempt {
    Session(SessionError),
    Other(Failure),
}

impl From<Attempt> for Failure {
    fn from(attempt: Attempt) -> Failure {
        match attempt {
            Attempt::Session(error) => session_failure(&error),
            Attempt::Other(failure) => failure,
        }
    }
}

async fn attempt(
    context: &ShardContext,
    session: &Session,
    media: &InboundMedia,
) -> Result<BlobRef, Attempt> {
    let bytes_max = media.size_bytes.unwrap_or(MEDIA_BYTES_MAX).min(MEDIA_BYTES_MAX);
    let scratch = context.blobs.scratch(bytes_max).await.map_err(Attempt::Other)?;
    let file = context.blobs.create(&scratch).map_err(Attempt::Other)?;
    let found = session.download(media, file, bytes_max).await.map_err(Attempt::Session)?;
    let blob = BlobRef { sha256: found.sha256, size_bytes: found.size_bytes };
    context.blobs.keep(scratch, &blob).await.map_err(Attempt::Other)?;
    Ok(blob)
}
