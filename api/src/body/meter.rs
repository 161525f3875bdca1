//! Counting what a parser of multipart bodies keeps.
//!
//! Such a parser takes whatever is there, and keeps all of it until it has found a boundary or the end of a part's header. The
//! meter stands before it: outside of the file it hands out a bounded number of bytes and charges for them, and it never
//! hands out two chunks in one go, so that what the parser holds of a file is no more than a chunk or two.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use trunkline_model::{ErrorCode, Failure};

use super::Memory;

/// Tells the stream whether a file flows. What was charged is given back when the last clone is gone.
#[derive(Clone)]
pub(crate) struct Meter(Arc<Mutex<Reading>>);

struct Reading {
    file_flows: bool,
    parts_bytes_max: u64,
    parts_bytes: u64,
    memory: Memory,
}

impl Meter {
    pub(super) fn new(parts_bytes_max: u64, memory: Memory) -> Meter {
        Meter(Arc::new(Mutex::new(Reading { file_flows: false, parts_bytes_max, parts_bytes: 0, memory })))
    }

    /// From now on the bytes belong to a file that is taken away as it comes, or not any more.
    pub(crate) fn file_flows(&self, flows: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).file_flows = flows;
    }

    /// `chunks`, measured.
    pub(super) fn measure<S>(&self, chunks: S) -> Measured<S>
    where
        S: Stream<Item = Result<Bytes, Failure>> + Send + 'static,
    {
        Measured { chunks: Box::pin(chunks), meter: self.clone(), pauses: false }
    }

    fn count(&self, bytes: usize) -> Result<(), Failure> {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reading.file_flows {
            return Ok(());
        }
        reading.parts_bytes += bytes as u64;
        if reading.parts_bytes > reading.parts_bytes_max {
            let detail = format!("The body has more than {} bytes beside its file.", reading.parts_bytes_max);
            return Err(Failure::new(ErrorCode::BodyTooLarge, detail));
        }
        reading.memory.charge(bytes)
    }
}

/// A stream before a parser.
pub(super) struct Measured<S> {
    chunks: Pin<Box<S>>,
    meter: Meter,
    /// Whether the next question is answered with a pause.
    pauses: bool,
}

impl<S> Stream for Measured<S>
where
    S: Stream<Item = Result<Bytes, Failure>> + Send + 'static,
{
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pauses) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = std::task::ready!(self.chunks.poll_next_unpin(cx));
        self.pauses = next.is_some();
        Poll::Ready(next.map(|chunk| {
            let chunk = chunk?;
            self.meter.count(chunk.len())?;
            Ok(chunk)
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use tokio::sync::Semaphore;

    use super::*;

    /// What is left of 10 bytes of memory after a parser took everything that it got in one go, ten times over.
    fn check(file_flows: bool, chunks: &[usize], taken: usize, left: usize) {
        let all = Arc::new(Semaphore::new(10));
        let meter = Meter::new(8, Memory::of(Arc::clone(&all)));
        meter.file_flows(file_flows);
        let chunks: Vec<_> = chunks.iter().map(|size| Ok(Bytes::from(vec![0; *size]))).collect();
        let mut measured = meter.measure(stream::iter(chunks));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut got = 0;
        for _ in 0..10 {
            let mut in_one_go = 0;
            while let Poll::Ready(Some(Ok(chunk))) = measured.poll_next_unpin(&mut cx) {
                got += chunk.len();
                in_one_go += 1;
            }
            assert!(in_one_go <= 1, "{in_one_go} chunks in one go");
        }
        assert_eq!((got, all.available_permits()), (taken, left));
        drop((measured, meter));
        assert_eq!(all.available_permits(), 10);
    }

    #[test]
    fn parts_are_bounded_and_charged_and_a_file_is_neither() {
        check(false, &[3, 3, 2], 8, 2);
        check(false, &[3, 3, 3], 6, 4);
        check(false, &[9], 0, 10);
        check(true, &[9, 9], 18, 10);
    }
}
