//! Reading a file in pieces, so that its size does not matter to memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use tokio::sync::OwnedSemaphorePermit;

use crate::cache;
use crate::limits::STREAM_PIECE_BYTES;
use crate::metrics;
use crate::plain::check_size;
use crate::pool::Pool;

/// An open file of the spool, for a thread that may block. Its pages leave the page cache with it when it is large.
#[derive(Debug)]
pub struct Reading {
    file: File,
    size_bytes: u64,
}

impl Reading {
    /// Blocks.
    pub(crate) fn open(path: &PathBuf, size_bytes: u64) -> io::Result<Reading> {
        let file = File::open(path)?;
        check_size(file.metadata()?.len(), size_bytes)?;
        Ok(Reading { file, size_bytes })
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        metrics::read(count as u64);
        Ok(count)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        cache::drop_when_large(&self.file, self.size_bytes);
    }
}

/// A file that is handed out piece by piece.
struct Rest {
    reading: Reading,
    pool: Pool,
    left: u64,
    _place: OwnedSemaphorePermit,
}

/// The bytes of `range` of an open file, in pieces of [`STREAM_PIECE_BYTES`].
pub(crate) async fn stream(
    mut reading: Reading,
    range: Range<u64>,
    pool: Pool,
    place: OwnedSemaphorePermit,
) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
    let left = range.end.min(reading.size_bytes).saturating_sub(range.start);
    let begin = range.start;
    let reading = pool
        .run(move || {
            reading.file.seek(SeekFrom::Start(begin))?;
            Ok(reading)
        })
        .await?;
    let rest = Rest { reading, pool, left, _place: place };
    Ok(try_unfold(rest, |mut rest| async move {
        if rest.left == 0 {
            return Ok(None);
        }
        let wanted = usize::try_from(rest.left).unwrap_or(usize::MAX).min(STREAM_PIECE_BYTES);
        let pool = rest.pool.clone();
        let (piece, mut rest) = pool
            .run(move || {
                let mut piece = vec![0; wanted];
                rest.reading.read_exact(&mut piece)?;
                Ok((Bytes::from(piece), rest))
            })
            .await?;
        rest.left -= piece.len() as u64;
        Ok(Some((piece, rest)))
    }))
}
