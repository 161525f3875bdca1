//! Fetching the file behind a URL that a user gave.

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::BlobRef;
use trunkline_model::{ErrorCode, Failure};

use super::blobs::BlobStore;
use super::guard::{GuardedClient, Refused};
use crate::engine::EngineError;
use crate::limits::{FETCH_REDIRECTS_MAX, FETCH_TIMEOUT, PREVIEW_TIMEOUT};

/// A fetched file.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) file: BlobRef,
    /// What the server said it is.
    pub(crate) mime_type: Option<String>,
}

/// The beginning of something fetched.
#[derive(Debug)]
pub(crate) struct Beginning {
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
    /// There is no room for it, or the disk failed; it may succeed later.
    #[error("the media could not be stored: {0}")]
    Storage(Failure),
}

impl From<Failure> for FetchError {
    fn from(failure: Failure) -> FetchError {
        match failure.code {
            ErrorCode::BodyTooLarge => FetchError::TooLarge,
            _ => FetchError::Storage(failure),
        }
    }
}

impl From<reqwest::Error> for FetchError {
    /// A redirect or a name that leads inside fails the request like any other trouble on the way; it is none.
    fn from(error: reqwest::Error) -> FetchError {
        Refused::behind(&error).map_or(FetchError::Transfer, FetchError::Refused)
    }
}

impl FetchError {
    /// Whether a later attempt may succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            FetchError::Transfer | FetchError::Storage(_) => true,
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

    /// Fetches a file to disk, piece by piece.
    pub(crate) async fn fetch(&self, url: &str, into: &BlobStore) -> Result<Fetched, FetchError> {
        let request = self.0.request(reqwest::Method::GET, url)?.timeout(FETCH_TIMEOUT);
        let response = request.send().await?;
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
        let file = into.store(response.bytes_stream().map_err(FetchError::from)).await?;
        Ok(Fetched { file, mime_type })
    }

    /// The beginning of what is behind a URL, soon or not at all: for the card of a link, whose page nobody has to wait for.
    pub(crate) async fn fetch_beginning(&self, url: &str, bytes_max: usize) -> Result<Beginning, FetchError> {
        let request = self.0.request(reqwest::Method::GET, url)?.timeout(PREVIEW_TIMEOUT);
        let mut response = request.send().await?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let kind = response.headers().get(reqwest::header::CONTENT_TYPE);
        let mime_type = kind.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut bytes = BytesMut::new();
        while bytes.len() < bytes_max
            && let Some(chunk) = response.chunk().await?
        {
            bytes.extend_from_slice(&chunk[..chunk.len().min(bytes_max - bytes.len())]);
        }
        Ok(Beginning { bytes: bytes.freeze(), mime_type })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use trunkline_spool::Backend;

    /// A name that the client under test takes for a public one, though the server is on loopback.
    const OUTSIDE: &str = "media.example";

    /// What a path of the server answers: a redirect to the path's own query, or a file.
    fn answer(request: &str) -> String {
        let target = request.split_whitespace().nth(1).unwrap_or_default();
        match target.split_once("/to?") {
            Some((_, location)) => {
                format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
            }
            None => "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\nfile".to_owned(),
        }
    }

    /// Serves connections one after the other, one request each.
    async fn serve(listener: TcpListener) {
        loop {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if socket.read_buf(&mut request).await.expect("a request") == 0 {
                    break;
                }
            }
            let answer = answer(&String::from_utf8_lossy(&request));
            socket.write_all(answer.as_bytes()).await.expect("an open socket");
        }
    }

    /// Fetches `path` of the server, in which `{port}` stands for its port.
    async fn fetch(path: &str) -> Result<Vec<u8>, FetchError> {
        let dir = TempDir::new().expect("a directory");
        let blobs = BlobStore::open(dir.path().to_owned(), Backend::Std, u64::MAX).expect("the store opens");
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = GuardedClient::with_public_name(FETCH_REDIRECTS_MAX, OUTSIDE, address);
        let fetcher = MediaFetcher(client.expect("the client builds"));
        let port = address.port();
        let url = format!("http://{OUTSIDE}:{port}{}", path.replace("{port}", &port.to_string()));
        tokio::select! {
            fetched = fetcher.fetch(&url, &blobs) => {
                let mut bytes = Vec::new();
                let mut file = blobs.open_file(&fetched?.file).expect("it is there");
                std::io::Read::read_to_end(&mut file, &mut bytes).expect("read");
                Ok(bytes)
            }
            () = serve(listener) => unreachable!("it serves for ever"),
        }
    }

    async fn check(path: &str, expected: Result<&[u8], Refused>) {
        match (fetch(path).await, expected) {
            (Ok(fetched), Ok(bytes)) => assert_eq!(fetched, bytes, "{path}"),
            (Err(error), Err(refused)) => {
                assert!(!error.is_retryable(), "{path}: {error} will not change");
                assert!(
                    matches!(&error, FetchError::Refused(found) if *found == refused),
                    "{path}: {error:?}"
                );
            }
            (Ok(_), Err(refused)) => panic!("{path} was fetched; expected: {refused}"),
            (Err(error), Ok(_)) => panic!("{path}: {error:?}"),
        }
    }

    #[tokio::test]
    async fn redirects_are_followed_outside_and_refused_inside() {
        check("/file", Ok(b"file")).await;
        check("/to?/file", Ok(b"file")).await;
        check(&format!("/to?http://{OUTSIDE}:{{port}}/to?/file"), Ok(b"file")).await;
        for inside in ["127.0.0.1:{port}", "[::1]:{port}", "localhost:{port}", "169.254.169.254", "[fec0::1]"]
        {
            check(&format!("/to?http://{inside}/file"), Err(Refused::Private)).await;
        }
        // Another scheme is not even followed: the redirect itself is all that came.
        let file = fetch("/to?file:///etc/passwd").await;
        assert!(matches!(file.map(|_| ()), Err(error @ FetchError::Status(302)) if !error.is_retryable()));
    }

    #[tokio::test]
    async fn redirects_end_somewhere() {
        check(&format!("{}/file", "/to?".repeat(FETCH_REDIRECTS_MAX)), Ok(b"file")).await;
        check(&format!("{}/file", "/to?".repeat(FETCH_REDIRECTS_MAX + 1)), Err(Refused::Redirects)).await;
    }

    #[tokio::test]
    async fn trouble_on_the_way_is_tried_again() {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let fetcher = MediaFetcher::new(true).expect("the client builds");
        let dir = TempDir::new().expect("a directory");
        let blobs = BlobStore::open(dir.path().to_owned(), Backend::Std, u64::MAX).expect("the store opens");
        let fetched = fetcher.fetch(&format!("http://{address}/file"), &blobs).await;
        assert!(matches!(fetched.map(|_| ()), Err(error @ FetchError::Transfer) if error.is_retryable()));
    }
}
