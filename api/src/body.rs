//! Request bodies: bounded in size, in time and in the memory of all of them together.
//!
//! What is charged for a body is given back when its [`Memory`] is dropped. A value made of a large body lives on after the
//! body itself, so it is handed out together with that charge; while the one becomes the other, in one step of one front
//! thread, both are there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
use trunkline_model::{ErrorCode, Failure, FieldError};

use crate::json::{self, parse};
use crate::limits;

mod meter;

pub(crate) use meter::Meter;

/// A body that has not been read.
pub(crate) struct RequestBody {
    incoming: Incoming,
    idle: Duration,
    memory: Arc<Semaphore>,
    rest: Rest,
}

/// What is left unread of a body, where that may matter: the bytes of one whose announced length is more than a connection
/// buffers.
#[derive(Debug, Clone)]
pub(crate) struct Rest(Option<Arc<AtomicU64>>);

impl Rest {
    fn of(incoming: &Incoming) -> Rest {
        let announced = incoming.size_hint().exact().unwrap_or(0);
        Rest((announced > limits::CONNECTION_BUFFER_BYTES_MAX as u64).then(|| Arc::new(announced.into())))
    }

    fn read(&self, bytes: usize) {
        if let Some(left) = &self.0 {
            left.store(left.load(Ordering::Relaxed).saturating_sub(bytes as u64), Ordering::Relaxed);
        }
    }

    /// Whether so much was left unread that the connection cannot be used again: the server will close it, and a client that
    /// is not told so may send its next request into the closed connection.
    pub(crate) fn is_large(&self) -> bool {
        let left = self.0.as_ref().map_or(0, |left| left.load(Ordering::Relaxed));
        left > limits::CONNECTION_BUFFER_BYTES_MAX as u64
    }
}

/// What a body says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContentKind {
    Json,
    /// With the boundary between its parts.
    Multipart(String),
}

/// The bytes that a request holds of the memory set aside for bodies, until this is dropped.
#[must_use = "the memory is given back when this is dropped"]
#[derive(Debug)]
pub(crate) struct Memory {
    all: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Memory {
    fn of(all: Arc<Semaphore>) -> Memory {
        Memory { all, held: None }
    }

    /// Charges for more bytes.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the bodies of all requests would be more than may be held.
    fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        let size = u32::try_from(bytes).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.all)
            .try_acquire_many_owned(size)
            .map_err(|_| Failure::busy("Too many large requests at a time. Try again.", 1_000))?;
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        Ok(())
    }
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, idle_ms_max: u64, memory: Arc<Semaphore>) -> RequestBody {
        let rest = Rest::of(&incoming);
        RequestBody { incoming, idle: Duration::from_millis(idle_ms_max), memory, rest }
    }

    /// What is left of the body, to be looked at when the request is answered.
    pub(crate) fn rest(&self) -> Rest {
        self.rest.clone()
    }

    /// Reads the body of an ordinary operation as a JSON document of type `T`.
    ///
    /// # Errors
    /// As [`RequestBody::held_json`].
    pub(crate) async fn json<T: DeserializeOwned>(self, headers: &HeaderMap) -> Result<T, Failure> {
        let (value, _memory) = self.held_json(headers, limits::JSON_BYTES_MAX).await?;
        Ok(value)
    }

    /// Reads the body as a JSON document of type `T`, and leaves the charge for it to the caller.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE`, `MALFORMED_BODY`, `VALIDATION`; `UNAVAILABLE` when the bodies of other
    /// requests fill the memory set aside for them.
    pub(crate) async fn held_json<T: DeserializeOwned>(
        self,
        headers: &HeaderMap,
        bytes_max: u64,
    ) -> Result<(T, Memory), Failure> {
        if content_kind(headers)? != ContentKind::Json {
            return Err(unsupported("application/json"));
        }
        let (bytes, memory) = self.buffer(bytes_max).await?;
        Ok((parse::parse(&bytes)?, memory))
    }

    /// Reads a body that may be nothing at all, whatever it calls itself: clients announce JSON and send none.
    ///
    /// # Errors
    /// As [`RequestBody::json`].
    pub(crate) async fn json_or_default<T: DeserializeOwned + Default>(self) -> Result<T, Failure> {
        if self.incoming.is_end_stream() {
            return Ok(T::default());
        }
        let (bytes, _memory) = self.buffer(limits::JSON_BYTES_MAX).await?;
        if bytes.is_empty() { Ok(T::default()) } else { parse::parse(&bytes) }
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

    /// Reads a JSON document of type `T` where there is one, and what a `T` is otherwise.
    ///
    /// # Errors
    /// As [`RequestBody::json`].
    pub(crate) async fn json_or_nothing<T: DeserializeOwned + Default>(
        self,
        headers: &HeaderMap,
    ) -> Result<T, Failure> {
        if self.incoming.is_end_stream() {
            return Ok(T::default());
        }
        if content_kind(headers)? != ContentKind::Json {
            return Err(unsupported("application/json"));
        }
        let (bytes, _memory) = self.buffer(limits::JSON_BYTES_MAX).await?;
        if bytes.is_empty() { Ok(T::default()) } else { parse::parse(&bytes) }
    }

    /// The body piece by piece, for a reader that keeps what it does not understand yet.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, before a byte is read; in the stream as well, and when it comes too slowly.
    pub(crate) fn pieces(
        self,
        bytes_max: u64,
    ) -> Result<impl Stream<Item = Result<Bytes, Failure>> + Send + 'static, Failure> {
        let reader = self.reader(bytes_max)?;
        Ok(futures_util::stream::try_unfold(reader, |mut reader| async move {
            Ok(reader.next().await?.map(|chunk| (chunk, reader)))
        }))
    }

    /// Reads a small file of one type.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE` for any other type, `BODY_TOO_LARGE`, `VALIDATION` when it is empty.
    pub(crate) async fn file(
        self,
        headers: &HeaderMap,
        mime_type: &'static str,
        bytes_max: u64,
    ) -> Result<Bytes, Failure> {
        let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(mime_type) {
            return Err(unsupported(mime_type));
        }
        let (bytes, _memory) = self.buffer(bytes_max).await?;
        if bytes.is_empty() {
            return Err(Failure::invalid(vec![FieldError::new("body", "is empty; it should be the file")]));
        }
        Ok(bytes)
    }

    async fn buffer(self, bytes_max: u64) -> Result<(Bytes, Memory), Failure> {
        let mut memory = Memory::of(Arc::clone(&self.memory));
        let mut reader = self.reader(bytes_max)?;
        let mut buffer = BytesMut::new();
        while let Some(chunk) = reader.next().await? {
            memory.charge(chunk.len())?;
            buffer.extend_from_slice(&chunk);
        }
        Ok((buffer.freeze(), memory))
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
            rest: self.rest,
            bytes_max,
            read_bytes: 0,
            started: Instant::now(),
        })
    }

    /// The body as a stream for a parser that keeps what it does not understand yet: beside a file of `file_bytes_max` that
    /// flows through, at most `parts_bytes_max` are handed out, and charged for. The meter is told when the file flows.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, before a byte is read.
    pub(crate) fn metered(
        self,
        file_bytes_max: u64,
        parts_bytes_max: u64,
    ) -> Result<(impl Stream<Item = Result<Bytes, Failure>> + Send + 'static, Meter), Failure> {
        let meter = Meter::new(parts_bytes_max, Memory::of(Arc::clone(&self.memory)));
        let reader = self.reader(file_bytes_max + parts_bytes_max)?;
        let chunks = futures_util::stream::try_unfold(reader, |mut reader| async move {
            Ok(reader.next().await?.map(|chunk| (chunk, reader)))
        });
        Ok((meter.measure(chunks), meter))
    }
}

struct Reader {
    incoming: Incoming,
    idle: Duration,
    rest: Rest,
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
            self.rest.read(chunk.len());
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

/// Refuses compressed bodies.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub(crate) fn plain_encoding(headers: &HeaderMap) -> Result<(), Failure> {
    let plain =
        headers.get(CONTENT_ENCODING).is_none_or(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if plain {
        return Ok(());
    }
    let detail = "Compressed bodies are not taken. Leave out Content-Encoding.";
    Err(Failure::new(ErrorCode::UnsupportedMediaType, detail))
}

/// What the headers say about the body. No `Content-Type` at all passes as JSON.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE` for any other type and for compressed bodies.
pub(crate) fn content_kind(headers: &HeaderMap) -> Result<ContentKind, Failure> {
    plain_encoding(headers)?;
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
