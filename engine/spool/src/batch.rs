//! What is handed to the disk at a time.

use bytes::Bytes;

use crate::limits::{BATCH_BYTES, BATCH_PIECES_MAX};

/// Pieces of a stream, in order. They are gathered, not copied: a piece of a request body is small, and a hop to another thread
/// for each would cost more than the write.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) pieces: Vec<Bytes>,
    bytes: usize,
}

impl Batch {
    /// Adds a piece; tells whether the batch is full now.
    pub(crate) fn add(&mut self, piece: Bytes) -> bool {
        self.bytes += piece.len();
        self.pieces.push(piece);
        self.bytes >= BATCH_BYTES || self.pieces.len() >= BATCH_PIECES_MAX
    }
}
