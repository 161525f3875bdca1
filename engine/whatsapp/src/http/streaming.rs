//! Between the protocol crate, which reads and writes files on a thread that may block, and the shard's runtime, which moves the
//! bytes.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use futures_util::stream::unfold;
use reqwest::{Body, Response};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use wacore::net::UploadBody;

use crate::limits::{FILE_BUFFER_BYTES, UPLOAD_PIECES_AHEAD};

/// An answer's body, for a thread that may block.
struct Reader {
    runtime: Handle,
    response: Response,
    piece: Bytes,
    left: u64,
}

/// Reads `response`, which may not have more than `bytes_max` bytes.
pub(super) fn reader(runtime: Handle, response: Response, bytes_max: u64) -> Box<dyn Read + Send> {
    Box::new(Reader { runtime, response, piece: Bytes::new(), left: bytes_max })
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let next = self.runtime.block_on(self.response.chunk());
            let Some(piece) = next.map_err(|error| io::Error::other(error.without_url()))? else {
                return Ok(0);
            };
            let left = self.left.checked_sub(piece.len() as u64);
            self.left = left.ok_or_else(|| io::Error::other("the answer is longer than is accepted"))?;
            self.piece = piece;
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// A request's body that is what `file` gives, and what reads it: to be polled beside the request, on a thread that may block.
/// It ends early when nobody wants the body any more.
pub(super) fn body(mut file: UploadBody) -> (Body, impl Future<Output = ()>) {
    let (pieces, waiting) = mpsc::channel::<io::Result<Bytes>>(UPLOAD_PIECES_AHEAD);
    let stream = unfold(waiting, |mut waiting| async move { Some((waiting.recv().await?, waiting)) });
    let feed = async move {
        loop {
            let mut piece = Vec::with_capacity(FILE_BUFFER_BYTES);
            let read = file.by_ref().take(FILE_BUFFER_BYTES as u64).read_to_end(&mut piece);
            let is_last = !matches!(read, Ok(1..));
            let next = match read {
                Ok(0) => return,
                Ok(_) => Ok(Bytes::from(piece)),
                Err(error) => Err(error),
            };
            if pieces.send(next).await.is_err() || is_last {
                return;
            }
        }
    };
    (Body::wrap_stream(stream), feed)
}
