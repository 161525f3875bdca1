//! Files by means of the standard library. Everything here blocks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use bytes::Bytes;

use crate::batch::Batch;
use crate::cache;
use crate::part::Part;

/// An upload between two jobs. The file is made by the first of them, so that a small one needs no more than one.
#[derive(Debug)]
pub(crate) enum PlainUpload {
    /// Nothing is on disk.
    Fresh(Part),
    /// Some of it is.
    Open(OpenPart),
}

#[derive(Debug)]
pub(crate) struct OpenPart {
    file: File,
    size_bytes: u64,
    // Below the file, which is closed first.
    part: Part,
}

impl PlainUpload {
    /// Writes a batch behind what is there.
    pub(crate) fn append(self, batch: &Batch) -> io::Result<PlainUpload> {
        self.opened(batch).map(PlainUpload::Open)
    }

    /// Writes the last batch, and returns when all is on disk.
    pub(crate) fn seal(self, rest: &Batch) -> io::Result<Part> {
        let OpenPart { file, size_bytes, part } = self.opened(rest)?;
        file.sync_data()?;
        cache::drop_when_large(&file, size_bytes);
        Ok(part)
    }

    fn opened(self, batch: &Batch) -> io::Result<OpenPart> {
        let mut open = match self {
            PlainUpload::Fresh(part) => {
                OpenPart { file: File::create_new(part.path())?, size_bytes: 0, part }
            }
            PlainUpload::Open(open) => open,
        };
        for piece in &batch.pieces {
            open.file.write_all(piece)?;
            open.size_bytes += piece.len() as u64;
        }
        Ok(open)
    }
}

/// Makes sure that a file that somebody else wrote has so many bytes, and that they are on disk.
pub(crate) fn seal(part: Part, size_bytes: u64) -> io::Result<Part> {
    let file = File::open(part.path())?;
    check_size(file.metadata()?.len(), size_bytes)?;
    file.sync_data()?;
    cache::drop_when_large(&file, size_bytes);
    Ok(part)
}

/// The bytes of a file, which must be `size_bytes` long.
pub(crate) fn read(path: &Path, size_bytes: u64) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::with_capacity(check_size(file.metadata()?.len(), size_bytes)?);
    file.read_to_end(&mut bytes)?;
    cache::drop_when_large(&file, size_bytes);
    Ok(bytes.into())
}

/// The size of a file whose name promises another one is a sign that somebody else wrote it.
pub(crate) fn check_size(found: u64, expected: u64) -> io::Result<usize> {
    if found != expected {
        let wrong = format!("the file has {found} bytes instead of {expected}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
    }
    usize::try_from(expected).map_err(io::Error::other)
}
