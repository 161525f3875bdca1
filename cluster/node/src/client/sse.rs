//! Server-sent events (WHATWG HTML §9.2), as far as the API writes them: the data of each event, one JSON document.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::{Method, Response};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::error::ApiError;
use super::http::Http;
use crate::limits::{API_EVENT_BYTES_MAX, API_STREAM_SILENCE_MAX};

/// An event as the stream brings it.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// What a broken stream is resumed by; an event may have none.
    pub id: Option<String>,
    /// A JSON document.
    pub data: String,
}

/// An open stream of events.
pub struct EventStream {
    http: Http,
    chunks: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    decoder: Decoder,
}

impl EventStream {
    pub(super) fn new(http: Http, response: Response) -> EventStream {
        EventStream { http, chunks: Box::pin(response.bytes_stream()), decoder: Decoder::default() }
    }

    /// The next event; `None` when the server ended the stream.
    ///
    /// # Errors
    /// [`ApiError`]; the stream is of no use after that.
    #[cfg(feature = "simulated")]
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ApiError> {
        let Some(block) = self.next_block().await? else { return Ok(None) };
        self.read(&block.data).map(Some)
    }

    /// Reads the data of a [`Block`].
    ///
    /// # Errors
    /// [`ApiError::Garbled`] when it has another form.
    pub fn read<T: DeserializeOwned>(&self, json: &str) -> Result<T, ApiError> {
        serde_json::from_str(json).map_err(|error| self.http.garbled(error))
    }

    /// The next event as it was sent; `None` when the server ended the stream.
    ///
    /// # Errors
    /// [`ApiError`]; the stream is of no use after that.
    pub async fn next_block(&mut self) -> Result<Option<Block>, ApiError> {
        loop {
            if let Some(block) = self.decoder.next() {
                return Ok(Some(block));
            }
            // A server that lives says so every few seconds.
            let Ok(chunk) = timeout(API_STREAM_SILENCE_MAX, self.chunks.next()).await else {
                return Ok(None);
            };
            let Some(chunk) = chunk else { return Ok(None) };
            let chunk = chunk.map_err(|error| self.http.unreachable(error))?;
            self.decoder.push(&chunk).map_err(|error| self.http.garbled(error))?;
        }
    }
}

impl Http {
    /// Opens an answer that goes on for as long as the server likes.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(super) async fn open(
        &self,
        path: &str,
        accept: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response, ApiError> {
        let mut request = self.request(Method::GET, path)?.header("accept", accept);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.answer(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        Err(ApiError::refused(status, &self.bytes(response).await?))
    }
}

/// Turns bytes into the data of events.
#[derive(Debug, Default)]
struct Decoder {
    buffer: Vec<u8>,
    /// How much of the buffer was read.
    read: usize,
}

impl Decoder {
    /// Takes bytes.
    ///
    /// # Errors
    /// When an event is longer than it may be.
    fn push(&mut self, chunk: &[u8]) -> Result<(), String> {
        self.buffer.drain(..self.read);
        self.read = 0;
        if self.buffer.len() > API_EVENT_BYTES_MAX {
            return Err(format!("an event of more than {API_EVENT_BYTES_MAX} bytes"));
        }
        self.buffer.extend_from_slice(chunk);
        Ok(())
    }

    /// The next whole event that has data.
    fn next(&mut self) -> Option<Block> {
        loop {
            let rest = self.buffer.get(self.read..)?;
            let end = rest.windows(2).position(|pair| pair == b"\n\n")?;
            let block = String::from_utf8_lossy(rest.get(..end)?).into_owned();
            self.read += end + 2;
            let fields = |name: &str| {
                let values = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                values.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect::<Vec<_>>()
            };
            let data = fields("data");
            if !data.is_empty() {
                return Some(Block {
                    id: fields("id").last().map(|id| (*id).to_owned()),
                    data: data.join("\n"),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        "retry: 2000\n\nid: 1\nevent: a\ndata: {\"x\":\n\n: heartbeat\n\ndata: one\ndata:two\n\ndata: hal";

    #[test]
    fn events_come_whole_however_they_are_cut() {
        for size in 1..STREAM.len() {
            let mut decoder = Decoder::default();
            let mut events = Vec::new();
            for chunk in STREAM.as_bytes().chunks(size) {
                decoder.push(chunk).expect("short");
                while let Some(event) = decoder.next() {
                    events.push(event);
                }
            }
            let block =
                |id: Option<&str>, data: &str| Block { id: id.map(str::to_owned), data: data.to_owned() };
            assert_eq!(
                events,
                [block(Some("1"), "{\"x\":"), block(None, "one\ntwo")],
                "cut every {size} bytes"
            );
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; API_EVENT_BYTES_MAX];
        assert!(decoder.push(&chunk).is_ok());
        assert!(decoder.push(b"yy").is_ok());
        assert_eq!(decoder.next(), None);
        assert!(decoder.push(b"z").is_err());
    }
}
