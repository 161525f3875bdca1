//! Request bodies: bounded in size, in time and in the memory of all of them together.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use trunkline_model::{ErrorCode, Failure};

use crate::json::{self, parse};
use crate::limits;

/// A body that has not been read.
pub(crate) struct RequestBody {
    incoming: Incoming,
    idle: Duration,
    memory: Arc<Semaphore>,
}

/// What a body says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContentKind {
    Json,
    /// With the boundary between its parts.
    Multipart(String),
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, idle_ms_max: u64, memory: Arc<Semaphore>) -> RequestBody {
        RequestBody { incoming, idle: Duration::from_millis(idle_ms_max), memory }
    }

    /// Reads the body as a JSON document of type `T`.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE`, `MALFORMED_BODY`, `VALIDATION`; `UNAVAILABLE` when the bodies of other
    /// requests fill the memory set aside for them.
    pub(crate) async fn json<T: DeserializeOwned>(
        self,
        headers: &HeaderMap,
        bytes_max: u64,
    ) -> Result<T, Failure> {
        if content_kind(headers)? != ContentKind::Json {
            return Err(unsupported("application/json"));
        }
        let (bytes, _memory) = self.buffer(bytes_max).await?;
        parse::parse(&bytes)
    }

    /// Reads a body that may be nothing at all, or `{}`.
    ///
    /// # Errors
    /// As [`RequestBody::json`].
    pub(crate) async fn empty(self, headers: &HeaderMap) -> Result<(), Failure> {
        if self.incoming.is_end_stream() {
            return Ok(());
        }
        if content_kind(headers)? != ContentKind::Json {
            return Err(unsupported("application/json"));
        }
        let (bytes, _memory) = self.buffer(limits::JSON_BYTES_MAX).await?;
        if bytes.is_empty() {
            return Ok(());
        }
        parse::parse::<json::Empty>(&bytes).map(|_| ())
    }

    async fn buffer(self, bytes_max: u64) -> Result<(Bytes, Vec<OwnedSemaphorePermit>), Failure> {
        let memory = Arc::clone(&self.memory);
        let mut held = Vec::new();
        let mut reader = self.reader(bytes_max)?;
        let mut buffer = BytesMut::new();
        while let Some(chunk) = reader.next().await? {
            let size = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            let permit = Arc::clone(&memory)
                .try_acquire_many_owned(size)
                .map_err(|_| Failure::busy("Too many large requests at a time. Try again.", 1_000))?;
            merge(&mut held, permit);
            buffer.extend_from_slice(&chunk);
        }
        Ok((buffer.freeze(), held))
    }

    /// Starts reading, unless the declared length is already too much.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, before a byte is read.
    fn reader(self, bytes_max: u64) -> Result<Reader, Failure> {
        let declared = self.incoming.size_hint().lower();
        if declared > bytes_max {
            return Err(too_large(bytes_max));
        }
        Ok(Reader {
            incoming: self.incoming,
            idle: self.idle,
            bytes_max,
            read_bytes: 0,
            started: Instant::now(),
        })
    }

    /// The body as a stream that ends with an error when it is too long or too slow.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, before a byte is read.
    pub(crate) fn stream(
        self,
        bytes_max: u64,
    ) -> Result<impl Stream<Item = Result<Bytes, Failure>> + Send + 'static, Failure> {
        let reader = self.reader(bytes_max)?;
        Ok(futures_util::stream::try_unfold(reader, |mut reader| async move {
            Ok(reader.next().await?.map(|chunk| (chunk, reader)))
        }))
    }
}

/// One growing permit in place of one for each chunk.
fn merge(held: &mut Vec<OwnedSemaphorePermit>, permit: OwnedSemaphorePermit) {
    match held.first_mut() {
        Some(first) => first.merge(permit),
        None => held.push(permit),
    }
}

struct Reader {
    incoming: Incoming,
    idle: Duration,
    bytes_max: u64,
    read_bytes: u64,
    started: Instant,
}

impl Reader {
    /// The next bytes of the body; `None` at its end.
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = timeout(self.idle, self.incoming.frame()).await.map_err(|_| too_slow())?;
            let Some(frame) = frame else {
                return Ok(None);
            };
            let frame = frame.map_err(|_| {
                Failure::new(ErrorCode::MalformedBody, "The body ended before its announced length.")
            })?;
            // Trailers carry nothing that is asked for.
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            self.read_bytes += chunk.len() as u64;
            if self.read_bytes > self.bytes_max {
                return Err(too_large(self.bytes_max));
            }
            let allowed_ms =
                limits::BODY_GRACE_MS + self.read_bytes * 1_000 / limits::BODY_BYTES_PER_SECOND_MIN;
            if self.started.elapsed() > Duration::from_millis(allowed_ms) {
                return Err(too_slow());
            }
            return Ok(Some(chunk));
        }
    }
}

/// What the headers say about the body. No `Content-Type` at all passes as JSON.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE` for any other type and for compressed bodies.
pub(crate) fn content_kind(headers: &HeaderMap) -> Result<ContentKind, Failure> {
    let plain =
        headers.get(CONTENT_ENCODING).is_none_or(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if !plain {
        return Err(Failure::new(
            ErrorCode::UnsupportedMediaType,
            "Compressed bodies are not taken. Leave out Content-Encoding.",
        ));
    }
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(ContentKind::Json);
    };
    let value = value.to_str().unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(ContentKind::Json);
    }
    if essence != "multipart/form-data" {
        return Err(unsupported("application/json"));
    }
    multer::parse_boundary(value).map(ContentKind::Multipart).map_err(|_| {
        Failure::new(ErrorCode::MalformedBody, "The Content-Type multipart/form-data names no boundary.")
    })
}

fn unsupported(wanted: &str) -> Failure {
    Failure::new(ErrorCode::UnsupportedMediaType, format!("Send the body as `Content-Type: {wanted}`."))
}

fn too_large(bytes_max: u64) -> Failure {
    Failure::new(
        ErrorCode::BodyTooLarge,
        format!("The body is longer than the {bytes_max} bytes that this operation takes."),
    )
}

fn too_slow() -> Failure {
    Failure::new(ErrorCode::MalformedBody, "The body came too slowly and was given up.")
}
