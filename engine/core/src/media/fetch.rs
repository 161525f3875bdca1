//! Fetching the file behind a URL that a user gave.

use bytes::{Bytes, BytesMut};
use trunkline_model::limits::MEDIA_BYTES_MAX;

use super::guard::{GuardedClient, Refused};
use crate::engine::EngineError;
use crate::limits::{FETCH_REDIRECTS_MAX, FETCH_TIMEOUT};

/// A fetched file.
pub(crate) struct Fetched {
    pub(crate) bytes: Bytes,
    /// What the server said it is.
    pub(crate) mime_type: Option<String>,
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The guard refuses the address.
    #[error("the media URL {0}")]
    Refused(#[from] Refused),
    /// The server said no.
    #[error("the media server answered {0}")]
    Status(u16),
    /// More than may be sent.
    #[error("the media is larger than {MEDIA_BYTES_MAX} bytes")]
    TooLarge,
    /// The transfer failed; it may succeed later.
    #[error("the media could not be fetched")]
    Transfer,
}

impl FetchError {
    /// Whether a later attempt may succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            FetchError::Transfer => true,
            FetchError::Status(status) => *status >= 500 || *status == 429,
            FetchError::Refused(_) | FetchError::TooLarge => false,
        }
    }
}

/// Fetches media, guarded and bounded.
#[derive(Clone)]
pub(crate) struct MediaFetcher(GuardedClient);

impl MediaFetcher {
    pub(crate) fn new(allow_private: bool) -> Result<MediaFetcher, EngineError> {
        Ok(MediaFetcher(GuardedClient::new(allow_private, FETCH_REDIRECTS_MAX)?))
    }

    pub(crate) async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let request = self.0.request(reqwest::Method::GET, url)?.timeout(FETCH_TIMEOUT);
        let mut response = request.send().await.map_err(|_| FetchError::Transfer)?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        if response.content_length().is_some_and(|length| length > MEDIA_BYTES_MAX) {
            return Err(FetchError::TooLarge);
        }
        let mime_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Transfer)? {
            if (bytes.len() + chunk.len()) as u64 > MEDIA_BYTES_MAX {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched { bytes: bytes.freeze(), mime_type })
    }
}
