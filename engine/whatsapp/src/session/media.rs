//! Media files, and the small things that can be told about a chat.

use std::fs::File;

use metrics::counter;
use tokio::sync::{Semaphore, oneshot};
use trunkline_model::Address;
use trunkline_model::inbound::{InboundMedia, InboundMessage};
use trunkline_model::record::{MediaFacts, UploadedMedia};
use wacore_binary::Jid;
use whatsapp_rust::download::DownloadParams;
use whatsapp_rust::upload::UploadResponse;
use whatsapp_rust::{ErrorChainExt as _, IqError, anyhow};
use whatsapp_rust::{MediaRetryResult, MediaReuploadError, MediaReuploadRequest};

use super::Session;
use crate::error::{SendError, SessionError, shorten};
use crate::limits::{MEDIA_BYTES_MAX, PREPARATIONS_MAX};
use crate::message::{MediaUpload, Prepared, address_of, has_facts, media_type, prepare};
use crate::metrics::MEDIA;

mod files;

pub use files::Downloaded;

/// Files of all sessions that are being opened: each takes a core for as long as it takes, and memory for what is in it.
static PREPARATIONS: Semaphore = Semaphore::const_new(PREPARATIONS_MAX);

impl Session {
    /// Finds out what is shown of a file, gives it the form that its kind needs, encrypts it unless it is for a newsletter, and uploads
    /// it. Memory does not grow with
    /// the file when it is encrypted on disk, beyond what a picture or voice note takes that is opened.
    ///
    /// # Errors
    /// [`SendError`], which says whether another attempt makes sense.
    pub async fn upload(&self, file: MediaUpload) -> Result<UploadedMedia, SendError> {
        if file.size_bytes > MEDIA_BYTES_MAX {
            let detail = format!("the file is larger than {MEDIA_BYTES_MAX} bytes");
            return Err(SendError::permanent("media_too_large", detail));
        }
        if !self.is_connected() {
            return Err(SendError::retryable("not_connected", "the session is not connected to WhatsApp"));
        }
        let (file, Prepared { made, facts }) = self.prepare(file).await?;
        let (file, mime_type) = match made {
            Some((bytes, mime_type)) => (file.with(bytes), Some(mime_type.to_owned())),
            None => (file, None),
        };
        let uploaded = self.seal_and_upload(file).await;
        let outcome = if uploaded.is_ok() { "ok" } else { "failed" };
        counter!(MEDIA, "direction" => "up", "outcome" => outcome).increment(1);
        uploaded.map(|response| UploadedMedia { mime_type, facts, ..uploaded_media(response) })
    }

    /// Finds out what WhatsApp shows about a file, away from the shard's thread.
    async fn prepare(&self, file: MediaUpload) -> Result<(MediaUpload, Prepared), SendError> {
        if !has_facts(file.kind) {
            return Ok((file, Prepared::default()));
        }
        let stopped = || SendError::retryable("stopping", "the file was not prepared");
        let turn = PREPARATIONS.acquire().await.map_err(|_| stopped())?;
        let (told, heard) = oneshot::channel();
        let work = Box::new(move || drop(told.send(prepare(&file).map(|prepared| (file, prepared)))));
        self.inner.kit.0.spawner.spawn_blocking(work).await;
        drop(turn);
        heard.await.map_err(|_| stopped())?
    }

    async fn seal_and_upload(&self, file: MediaUpload) -> Result<UploadResponse, SendError> {
        let media_type = media_type(file.kind);
        let runtime = self.inner.link.runtime.clone();
        let sealing = wacore::runtime::blocking(&*runtime, move || files::seal(file, media_type));
        let (sealed, info) =
            sealing.await.map_err(|error| SendError::retryable("media_unreadable", error.to_string()))?;
        let uploaded = self.inner.client.upload_stream(sealed, info, media_type).await;
        uploaded.map_err(|error| upload_error(&error))
    }

    /// Downloads and opens a received file into an empty one, `bytes_max` bytes at the most. What is there when this fails is
    /// of no use.
    ///
    /// # Errors
    /// [`SessionError::MediaGone`], [`SessionError::MediaUnusable`] when it is larger or its checks fail,
    /// [`SessionError::MediaTransfer`], [`SessionError::NotConnected`].
    pub async fn download(
        &self,
        media: &InboundMedia,
        into: File,
        bytes_max: u64,
    ) -> Result<Downloaded, SessionError> {
        if media.size_bytes.is_some_and(|bytes| bytes > bytes_max) {
            return Err(SessionError::MediaUnusable(format!("it is larger than {bytes_max} bytes")));
        }
        self.connected()?;
        // What was posted in a newsletter comes without keys, and is not encrypted.
        let sealed = !media.media_key.is_empty();
        let params = DownloadParams {
            direct_path: media.direct_path.clone(),
            media_key: sealed.then(|| media.media_key.clone()),
            file_sha256: media.file_sha256.clone(),
            file_enc_sha256: sealed.then(|| media.file_enc_sha256.clone()),
            file_length: media.size_bytes.unwrap_or(0),
            media_type: media_type(media.kind),
        };
        let writer = files::Checked::new(into, bytes_max);
        let downloaded = self.inner.client.download_to_writer(&params, writer).await;
        let outcome = if downloaded.is_ok() { "ok" } else { "failed" };
        counter!(MEDIA, "direction" => "down", "outcome" => outcome).increment(1);
        let found = downloaded.map_err(|error| download_error(&error))?.finish();
        if !media.file_sha256.is_empty() && media.file_sha256 != found.sha256 {
            return Err(SessionError::MediaUnusable(
                "it is not the file that its sender declared".to_owned(),
            ));
        }
        Ok(found)
    }

    /// Asks this account's phone to upload the file of a received message again, because the media hosts have it no more.
    /// Gives its new path, for [`InboundMedia::direct_path`].
    ///
    /// # Errors
    /// [`SessionError::MediaGone`] when the phone does not have it either, [`SessionError::Timeout`] when the phone says nothing
    /// within 30 s, [`SessionError::NotConnected`].
    pub async fn request_upload(
        &self,
        message: &InboundMessage,
        media: &InboundMedia,
    ) -> Result<String, SessionError> {
        self.connected()?;
        let chat = read_jid(&message.chat.jid)?;
        let author = read_jid(&message.sender.jid)?;
        let request = MediaReuploadRequest {
            msg_id: &message.wa_id,
            chat_jid: &chat,
            media_key: &media.media_key,
            is_from_me: message.from_me,
            participant: message.is_group.then_some(&author),
        };
        let asked = Box::pin(self.inner.client.media_reupload().request(&request)).await;
        match asked.map_err(reupload_error)? {
            MediaRetryResult::Success { direct_path } => Ok(direct_path),
            MediaRetryResult::NotFound | MediaRetryResult::GeneralError => Err(SessionError::MediaGone),
            MediaRetryResult::DecryptionError => {
                Err(SessionError::MediaUnusable("the phone could not read what it was asked for".to_owned()))
            }
        }
    }

    /// Marks received messages as read.
    ///
    /// # Errors
    /// [`SessionError::Invalid`] when chat or participant is no WhatsApp id, [`SessionError::NotConnected`].
    pub async fn mark_read(
        &self,
        chat: &str,
        participant: Option<&str>,
        wa_ids: &[String],
    ) -> Result<(), SessionError> {
        let chat = read_jid(chat)?;
        let participant = participant.map(read_jid).transpose()?;
        if !self.is_connected() {
            return Err(SessionError::NotConnected);
        }
        let ids: Vec<&str> = wa_ids.iter().map(String::as_str).collect();
        let marked = self.inner.client.mark_as_read(&chat, participant.as_ref(), &ids).await;
        marked.map_err(|error| SessionError::Protocol(shorten(error.to_string())))
    }

    /// Shows the number as online, or leaves that to its phone.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], or [`SessionError::Protocol`] while the number has no name yet.
    pub async fn show_online(&self, online: bool) -> Result<(), SessionError> {
        self.connected()?;
        let presence = self.inner.client.presence();
        let shown = if online { presence.set_available().await } else { presence.set_unavailable().await };
        shown.map_err(|error| SessionError::Protocol(shorten(error.to_string())))
    }
}

fn read_jid(text: &str) -> Result<Jid, SessionError> {
    let address: Address =
        text.parse().map_err(|error| SessionError::Invalid(format!("the WhatsApp id {error}")))?;
    address_of(&address).ok_or_else(|| SessionError::Invalid("the WhatsApp id names nobody".to_owned()))
}

fn uploaded_media(response: UploadResponse) -> UploadedMedia {
    UploadedMedia {
        expires_at_ms: files::expiry_ms(&response.direct_path).unwrap_or(i64::MAX),
        url: response.url,
        direct_path: response.direct_path,
        media_key: response.media_key,
        file_sha256: response.file_sha256,
        file_enc_sha256: response.file_enc_sha256,
        size_bytes: response.file_length,
        key_made_at_s: response.media_key_timestamp,
        streaming_sidecar: response.streaming_sidecar,
        mime_type: None,
        facts: MediaFacts::default(),
    }
}

fn upload_error(error: &anyhow::Error) -> SendError {
    match error.http_status() {
        Some(413 | 415) => SendError::permanent("media_rejected", "WhatsApp does not take this file"),
        Some(status) => SendError::retryable("media_upload", format!("a media host answers {status}")),
        None => SendError::retryable("media_upload", error.to_string()),
    }
}

fn reupload_error(error: MediaReuploadError) -> SessionError {
    match error {
        MediaReuploadError::Timeout => SessionError::Timeout,
        MediaReuploadError::NotLoggedIn | MediaReuploadError::Client(_) => SessionError::NotConnected,
        MediaReuploadError::InvalidRequest(_) => SessionError::MediaGone,
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

fn download_error(error: &anyhow::Error) -> SessionError {
    match error.http_status() {
        Some(404 | 410) => SessionError::MediaGone,
        Some(status) => SessionError::MediaTransfer(format!("a media host answers {status}")),
        // Neither a socket nor an answer went wrong, so it is what was in the answer.
        None if is_about_content(error) => SessionError::MediaUnusable(shorten(error.to_string())),
        None => SessionError::MediaTransfer(shorten(error.to_string())),
    }
}

/// The protocol crate's streaming reader gives its findings no type of their own: they are what is left when nothing on the way
/// failed.
fn is_about_content(error: &anyhow::Error) -> bool {
    let too_large = |source: &(dyn std::error::Error + 'static)| {
        let inner = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        source.is::<files::TooLarge>() || inner.is_some_and(|inner| inner.is::<files::TooLarge>())
    };
    let on_the_way = |source: &(dyn std::error::Error + 'static)| {
        source.is::<std::io::Error>() || source.is::<reqwest::Error>() || source.is::<IqError>()
    };
    error.sources().any(too_large) || !error.sources().any(on_the_way)
}
