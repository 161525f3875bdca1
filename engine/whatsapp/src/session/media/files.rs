//! Files of any size on their way through the protocol crate: encrypted where they are put, checked while they are written.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use bytes::Bytes;
use ring::digest::{Context, SHA256};
use wacore::download::{DownloadWriter, MediaType};
use wacore::upload::{EncryptedMediaInfo, UploadSource, encrypt_media_streaming};

use crate::limits::FILE_BUFFER_BYTES;
use crate::message::{MediaUpload, sealed_bytes};

/// What was found in a downloaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// SHA-256 of the plain file.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub size_bytes: u64,
}

/// More comes out of a file than may.
#[derive(Debug, thiserror::Error)]
#[error("it is larger than {0} bytes")]
pub(super) struct TooLarge(u64);

/// A file in the form that is uploaded, ready to be sent from any offset, as often as it takes.
pub(super) enum Sealed {
    Memory(Bytes),
    Disk {
        path: PathBuf,
        size_bytes: u64,
    },
    /// As it is, for newsletters.
    Plain(MediaUpload),
}

impl UploadSource for Sealed {
    fn len(&self) -> u64 {
        match self {
            Sealed::Memory(bytes) => bytes.len() as u64,
            Sealed::Disk { size_bytes, .. } | Sealed::Plain(MediaUpload { size_bytes, .. }) => *size_bytes,
        }
    }

    fn reader_from(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Sealed::Memory(bytes) => bytes.reader_from(offset),
            Sealed::Disk { path, .. } => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(offset))?;
                Ok(Box::new(file))
            }
            Sealed::Plain(file) => {
                let mut reader = (file.open)()?;
                io::copy(&mut (&mut reader).take(offset), &mut io::sink())?;
                Ok(reader)
            }
        }
    }
}

/// Encrypts a file, if it is to be encrypted. Blocks.
///
/// # Errors
/// When it cannot be read, is not as long as was said, or the encrypted one cannot be written.
pub(super) fn seal(file: MediaUpload, media_type: MediaType) -> io::Result<(Sealed, EncryptedMediaInfo)> {
    if !file.sealed {
        let info = describe(&file)?;
        return Ok((Sealed::Plain(file), info));
    }
    let MediaUpload { open, size_bytes, sealed_path, .. } = file;
    let plain = open()?;
    let sealed_size = sealed_bytes(size_bytes);
    let failed = |error: whatsapp_rust::anyhow::Error| io::Error::other(error.to_string());
    let (sealed, info) = match sealed_path {
        None => {
            let mut sealed = Vec::with_capacity(usize::try_from(sealed_size).map_err(io::Error::other)?);
            let info = encrypt_media_streaming(plain, &mut sealed, media_type).map_err(failed)?;
            (Sealed::Memory(sealed.into()), info)
        }
        Some(path) => {
            let mut sealed = BufWriter::with_capacity(FILE_BUFFER_BYTES, File::create_new(&path)?);
            let info = encrypt_media_streaming(plain, &mut sealed, media_type).map_err(failed)?;
            (Sealed::Disk { path, size_bytes: sealed_size }, info)
        }
    };
    check_length(info.file_length, size_bytes)?;
    Ok((sealed, info))
}

/// What the protocol crate has to know of a file that goes as it is: it is stored under its own hash.
fn describe(file: &MediaUpload) -> io::Result<EncryptedMediaInfo> {
    let mut reader = (file.open)()?;
    let mut hash = Context::new(&SHA256);
    let mut buffer = vec![0; FILE_BUFFER_BYTES];
    let mut file_length = 0;
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        file_length += count as u64;
    }
    check_length(file_length, file.size_bytes)?;
    let mut file_sha256 = [0; 32];
    file_sha256.copy_from_slice(hash.finish().as_ref());
    let (media_key, file_enc_sha256) = ([0; 32], file_sha256);
    Ok(EncryptedMediaInfo { media_key, file_sha256, file_enc_sha256, file_length, streaming_sidecar: None })
}

fn check_length(found: u64, said: u64) -> io::Result<()> {
    if found == said {
        return Ok(());
    }
    Err(io::Error::other(format!("{found} bytes were read instead of {said}")))
}

/// A file that counts and hashes what is written to it, and takes no more than it may.
pub(super) struct Checked {
    file: BufWriter<File>,
    hash: Context,
    size_bytes: u64,
    bytes_max: u64,
}

impl Checked {
    /// Over an empty file.
    pub(super) fn new(file: File, bytes_max: u64) -> Checked {
        let file = BufWriter::with_capacity(FILE_BUFFER_BYTES, file);
        Checked { file, hash: Context::new(&SHA256), size_bytes: 0, bytes_max }
    }

    /// What was written. The protocol crate rewinds a file when it is whole, which brings every byte to the system.
    pub(super) fn finish(self) -> Downloaded {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.finish().as_ref());
        Downloaded { sha256, size_bytes: self.size_bytes }
    }
}

impl Write for Checked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size_bytes + bytes.len() as u64 > self.bytes_max {
            return Err(io::Error::other(TooLarge(self.bytes_max)));
        }
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.size_bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Checked {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl DownloadWriter for Checked {
    /// The protocol crate empties a file before each attempt, and shortens it at no other time.
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if len != 0 {
            return Err(io::Error::other("a file is only ever emptied"));
        }
        self.hash = Context::new(&SHA256);
        self.size_bytes = 0;
        self.file.truncate(0)
    }
}

/// When a path stops serving, in milliseconds since the Unix epoch, where it says so: media hosts put the time into `oe`, in
/// seconds, in hexadecimal.
pub(super) fn expiry_ms(direct_path: &str) -> Option<i64> {
    let (_, query) = direct_path.split_once('?')?;
    let seconds = query.split('&').find_map(|pair| pair.strip_prefix("oe="))?;
    i64::from_str_radix(seconds, 16).ok()?.checked_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_counted_hashed_and_bounded() {
        let mut file = Checked::new(tempfile::tempfile().expect("a file"), 8);
        file.write_all(b"a wrong").expect("room");
        file.truncate(0).expect("emptied");
        file.rewind().expect("rewound");
        file.write_all(b"the file").expect("room");
        let error = file.write_all(b"!").expect_err("too much");
        assert!(error.get_ref().is_some_and(|inner| inner.is::<TooLarge>()), "{error}");
        let found = file.finish();
        let hash = ring::digest::digest(&SHA256, b"the file");
        assert_eq!((&found.sha256[..], found.size_bytes), (hash.as_ref(), 8));
    }

    #[test]
    fn paths_say_when_they_end() {
        for (path, expected) in [
            ("/v/t62.image/x.enc?ccb=11-4&oh=01&oe=65000000&_nc_sid=5", Some(1_694_498_816_000)),
            ("/v/x.enc?oe=zz", None),
            ("/v/x.enc", None),
            ("/v/x.enc?toe=65000000", None),
        ] {
            assert_eq!(expiry_ms(path), expected, "{path}");
        }
    }
}
