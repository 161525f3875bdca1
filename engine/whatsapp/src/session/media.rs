//! Media files, and the small things that can be told about a chat.

use metrics::counter;
use trunkline_model::Address;
use trunkline_model::inbound::InboundMedia;
use wacore_binary::Jid;
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::anyhow;
use whatsapp_rust::download::DownloadParams;

use super::Session;
use crate::error::{SessionError, shorten};
use crate::limits::MEDIA_BYTES_MAX;
use crate::message::{address_of, media_type};
use crate::metrics::MEDIA;

impl Session {
    /// Downloads and opens a received file; the whole of it is held in memory.
    ///
    /// # Errors
    /// [`SessionError::MediaGone`], [`SessionError::MediaUnusable`] when it is larger than
    /// [`MEDIA_BYTES_MAX`] or its checks fail, [`SessionError::MediaTransfer`], [`SessionError::NotConnected`].
    pub async fn download(&self, media: &InboundMedia) -> Result<Vec<u8>, SessionError> {
        if media.size_bytes.is_some_and(|bytes| bytes > MEDIA_BYTES_MAX) {
            return Err(SessionError::MediaUnusable(format!("it is larger than {MEDIA_BYTES_MAX} bytes")));
        }
        if !self.is_connected() {
            return Err(SessionError::NotConnected);
        }
        let params = DownloadParams::encrypted(
            media.direct_path.clone(),
            &media.media_key,
            &media.file_sha256,
            &media.file_enc_sha256,
            media.size_bytes.unwrap_or(0),
            media_type(media.kind),
        );
        let downloaded = self.inner.client.download(&params).await;
        let outcome = if downloaded.is_ok() { "ok" } else { "failed" };
        counter!(MEDIA, "direction" => "down", "outcome" => outcome).increment(1);
        let plain = downloaded.map_err(|error| download_error(&error))?;
        if !media.file_sha256.is_empty() && !has_hash(&plain, &media.file_sha256) {
            return Err(SessionError::MediaUnusable(
                "it is not the file that its sender declared".to_owned(),
            ));
        }
        Ok(plain)
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
}

fn read_jid(text: &str) -> Result<Jid, SessionError> {
    let address: Address =
        text.parse().map_err(|error| SessionError::Invalid(format!("the WhatsApp id {error}")))?;
    address_of(&address).ok_or_else(|| SessionError::Invalid("the WhatsApp id names nobody".to_owned()))
}

fn has_hash(plain: &[u8], sha256: &[u8]) -> bool {
    ring::digest::digest(&ring::digest::SHA256, plain).as_ref() == sha256
}

fn download_error(error: &anyhow::Error) -> SessionError {
    match error.http_status() {
        Some(404 | 410) => SessionError::MediaGone,
        Some(status) => SessionError::MediaTransfer(format!("a media host answers {status}")),
        // Neither a socket nor an answer went wrong, so it is what was in the answer.
        None if error.downcast_ref::<reqwest::Error>().is_none() && is_about_content(error) => {
            SessionError::MediaUnusable(shorten(error.to_string()))
        }
        None => SessionError::MediaTransfer(shorten(error.to_string())),
    }
}

fn is_about_content(error: &anyhow::Error) -> bool {
    error.sources().any(|source| source.is::<wacore::download::MediaDecryptionError>())
}
