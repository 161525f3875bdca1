//! Answers: their bodies and the headers that all of them have.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::json;

/// An answer.
pub(crate) type Answer = Response<Payload>;

/// Bytes at hand, a file of known length, or a stream of events.
pub(crate) enum Payload {
    Full(Full<Bytes>),
    File { pieces: BoxStream<'static, io::Result<Bytes>>, left: u64 },
    Stream(Pin<Box<dyn Stream<Item = Bytes>>>),
}

impl Body for Payload {
    type Data = Bytes;
    /// A file that breaks off: the connection is cut, so that the client does not take it for whole.
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Payload::Full(full) => Pin::new(full)
                .poll_frame(cx)
                .map(|next| next.map(|frame| frame.map_err(|never| match never {}))),
            Payload::File { pieces, left } => pieces.poll_next_unpin(cx).map(|next| {
                next.map(|piece| {
                    let piece = piece?;
                    *left = left.saturating_sub(piece.len() as u64);
                    Ok(Frame::data(piece))
                })
            }),
            Payload::Stream(stream) => {
                stream.poll_next_unpin(cx).map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Payload::Full(full) => full.is_end_stream(),
            Payload::File { left, .. } => *left == 0,
            Payload::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Payload::Full(full) => full.size_hint(),
            Payload::File { left, .. } => SizeHint::with_exact(*left),
            Payload::Stream(_) => SizeHint::default(),
        }
    }
}

/// Bytes of one type.
pub(crate) fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Payload::Full(Full::new(body.into())));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, content_type);
    answer
}

/// `length` bytes of a file, as they come from the disk.
pub(crate) fn file(status: StatusCode, pieces: BoxStream<'static, io::Result<Bytes>>, length: u64) -> Answer {
    let mut answer = Response::new(Payload::File { pieces, left: length });
    *answer.status_mut() = status;
    answer
}

/// A JSON document.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    bytes(status, "application/json", json::bytes(value))
}

/// Nothing: 204.
pub(crate) fn no_content() -> Answer {
    let mut answer = Response::new(Payload::Full(Full::default()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// An event stream.
pub(crate) fn events(stream: impl Stream<Item = Bytes> + 'static) -> Answer {
    let mut answer = Response::new(Payload::Stream(Box::pin(stream)));
    set(&mut answer, CONTENT_TYPE, "text/event-stream");
    // Nginx would hold events back to fill its buffer.
    set(&mut answer, HeaderName::from_static("x-accel-buffering"), "no");
    answer
}

/// Sets a header whose value is known beforehand.
pub(crate) fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Sets a header whose value was made now; a value that no header can carry is left out.
pub(crate) fn set_text(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Adds what every answer has: nothing may be cached unless the handler said so, and no browser may guess a type.
pub(crate) fn finish(answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
}
