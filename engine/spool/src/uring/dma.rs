//! Files past the page cache. Direct I/O wants aligned positions, lengths and buffers: bytes are gathered into blocks, the last
//! block is padded, and the file cut to its size.

use std::io;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use glommio::io::{DmaBuffer, DmaFile, OpenOptions};
use tokio::sync::mpsc;

use crate::batch::Batch;
use crate::limits::{BLOCK_BYTES, DIRECT_ALIGNMENT};
use crate::plain::check_size;

/// Creates the file at `path` and writes what comes, until nobody can send any more. All of it is on disk then.
pub(super) async fn write(path: &Path, batches: &mut mpsc::Receiver<Batch>) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).dma_open(path).await?;
    let filled = fill(&file, batches).await;
    let closed = file.close().await;
    filled?;
    Ok(closed?)
}

async fn fill(file: &DmaFile, batches: &mut mpsc::Receiver<Batch>) -> io::Result<()> {
    let mut position = 0;
    let mut block: Option<Block> = None;
    while let Some(batch) = batches.recv().await {
        for piece in batch.pieces {
            let mut rest = &piece[..];
            while !rest.is_empty() {
                let mut open = block.take().unwrap_or_else(|| Block::new(file));
                rest = open.take_from(rest);
                if open.used < BLOCK_BYTES {
                    block = Some(open);
                } else {
                    position += put(file, open.buffer, position).await?;
                }
            }
        }
    }
    if let Some(last) = block {
        let size_bytes = position + last.used as u64;
        position += put(file, last.padded(), position).await?;
        if position > size_bytes {
            file.truncate(size_bytes).await?;
        }
    }
    Ok(file.fdatasync().await?)
}

/// A buffer that is being filled.
struct Block {
    buffer: DmaBuffer,
    used: usize,
}

impl Block {
    fn new(file: &DmaFile) -> Block {
        Block { buffer: file.alloc_dma_buffer(BLOCK_BYTES), used: 0 }
    }

    /// Takes what it has room for; gives the rest back.
    fn take_from<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = &mut self.buffer.as_bytes_mut()[self.used..];
        let (taken, rest) = bytes.split_at(bytes.len().min(room.len()));
        room[..taken.len()].copy_from_slice(taken);
        self.used += taken.len();
        rest
    }

    /// Filled up with zeros to the next length that direct I/O takes.
    fn padded(mut self) -> DmaBuffer {
        let length = self.used.next_multiple_of(DIRECT_ALIGNMENT);
        self.buffer.as_bytes_mut()[self.used..length].fill(0);
        self.buffer.trim_to_size(length);
        self.buffer
    }
}

/// Writes a whole buffer; gives its length.
async fn put(file: &DmaFile, buffer: DmaBuffer, position: u64) -> io::Result<u64> {
    let length = buffer.len();
    let written = file.write_at(buffer, position).await?;
    // The rest would not be aligned. In practice this is a full disk.
    if written == length { Ok(length as u64) } else { Err(io::ErrorKind::StorageFull.into()) }
}

/// The bytes of a file, which must be `size_bytes` long.
pub(super) async fn read(path: &Path, size_bytes: u64) -> io::Result<Bytes> {
    let file = DmaFile::open(path).await?;
    let drained = drain(&file, size_bytes).await;
    let closed = file.close().await;
    let bytes = drained?;
    closed?;
    Ok(bytes)
}

async fn drain(file: &DmaFile, size_bytes: u64) -> io::Result<Bytes> {
    let size = check_size(file.file_size().await?, size_bytes)?;
    let mut bytes = BytesMut::with_capacity(size);
    while bytes.len() < size {
        let wanted = BLOCK_BYTES.min(size - bytes.len());
        let block =
            file.read_at_aligned(bytes.len() as u64, wanted.next_multiple_of(DIRECT_ALIGNMENT)).await?;
        let found = block.get(..wanted).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.extend_from_slice(found);
    }
    Ok(bytes.freeze())
}
