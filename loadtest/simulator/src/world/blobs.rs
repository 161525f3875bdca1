//! Encrypted files as uploaded.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::crypto::media::MediaKind;
use crate::limits::{MEDIA_BYTES_MAX, MEDIA_FILE_BYTES_MAX};
use crate::phone::BlobRef;

/// Why a file was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// Larger than any file may be.
    #[error("a file holds at most {MEDIA_FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// All files together would take too much memory.
    #[error("the simulator's media store is full ({MEDIA_BYTES_MAX} bytes)")]
    Full,
}

/// Files by direct path, and uploads under way by content hash.
pub struct Blobs {
    host: String,
    by_path: HashMap<String, Bytes>,
    partial: HashMap<[u8; 32], Vec<u8>>,
    /// What the host has no more, and phones still do.
    forgotten: HashMap<String, Bytes>,
    renewals: u64,
    stored_bytes: usize,
}

impl Blobs {
    /// An empty store whose addresses name `host`.
    pub fn new(host: String) -> Self {
        Self {
            host,
            by_path: HashMap::new(),
            partial: HashMap::new(),
            forgotten: HashMap::new(),
            renewals: 0,
            stored_bytes: 0,
        }
    }

    /// Stores a file. The same file stored twice is kept once.
    ///
    /// # Errors
    /// [`BlobError`] if a bound is reached.
    pub fn put(&mut self, kind: MediaKind, file: Vec<u8>) -> Result<BlobRef, BlobError> {
        if file.len() > MEDIA_FILE_BYTES_MAX {
            return Err(BlobError::TooLarge);
        }
        let hash: [u8; 32] = Sha256::digest(&file).into();
        let path = direct_path(kind, &hash);
        if !self.by_path.contains_key(key(&path)) {
            if self.stored_bytes + file.len() > MEDIA_BYTES_MAX {
                return Err(BlobError::Full);
            }
            self.stored_bytes += file.len();
            self.by_path.insert(key(&path).to_owned(), file.into());
        }
        Ok(self.reference(path, &hash))
    }

    /// Where a file of this hash is, if it is stored.
    pub fn find(&self, kind: MediaKind, hash: &[u8; 32]) -> Option<BlobRef> {
        let path = direct_path(kind, hash);
        self.by_path.contains_key(key(&path)).then(|| self.reference(path, hash))
    }

    /// The file under a direct path; its query does not matter.
    pub fn get(&self, direct_path: &str) -> Option<&Bytes> {
        self.by_path.get(key(direct_path))
    }

    /// Deletes a file. `false` if there is none.
    pub fn remove(&mut self, direct_path: &str) -> bool {
        let removed = self.by_path.remove(key(direct_path));
        self.stored_bytes -= removed.as_ref().map_or(0, Bytes::len);
        removed.is_some()
    }

    /// Deletes the file of a content hash, under any kind. `false` if there is none.
    pub fn remove_by_hash(&mut self, hash: &[u8; 32]) -> bool {
        let name = format!("/{}.enc", URL_SAFE_NO_PAD.encode(hash));
        let path = self.by_path.keys().find(|path| path.ends_with(&name)).cloned();
        path.is_some_and(|path| self.remove(&path))
    }

    /// The host forgets every file. Who has one can still upload it again: see [`Blobs::renew`]. Tells how many there were.
    pub fn forget_all(&mut self) -> usize {
        let count = self.by_path.len();
        self.forgotten.extend(self.by_path.drain());
        count
    }

    /// Stores a file that was under `direct_path` once under another path, which is the answer. `None` when there never was
    /// one.
    pub fn renew(&mut self, direct_path: &str) -> Option<String> {
        let before = key(direct_path);
        let file = self.by_path.get(before).or_else(|| self.forgotten.get(before))?.clone();
        self.renewals += 1;
        let (place, name) = before.rsplit_once('/')?;
        let path = format!("{place}/again-{}/{name}", self.renewals);
        self.by_path.insert(path.clone(), file);
        Some(format!("{path}?ccb=11-4&oh=01_sim&oe=FFFFFFFF&_nc_sid=5e03e0"))
    }

    /// Bytes received so far of a file being uploaded in parts.
    pub fn resume_offset(&self, hash: &[u8; 32]) -> usize {
        self.partial.get(hash).map_or(0, Vec::len)
    }

    /// Takes a part at `offset`; the bytes received so far, which is where the next part must begin.
    ///
    /// # Errors
    /// [`BlobError`] if a bound is reached.
    pub fn append(&mut self, hash: [u8; 32], offset: usize, part: &[u8]) -> Result<usize, BlobError> {
        if offset + part.len() > MEDIA_FILE_BYTES_MAX {
            return Err(BlobError::TooLarge);
        }
        if self.stored_bytes + part.len() > MEDIA_BYTES_MAX {
            return Err(BlobError::Full);
        }
        let partial = self.partial.entry(hash).or_default();
        if offset <= partial.len() {
            partial.truncate(offset);
            partial.extend_from_slice(part);
        }
        Ok(partial.len())
    }

    /// Takes the parts received so far out.
    pub fn take_partial(&mut self, hash: &[u8; 32]) -> Vec<u8> {
        self.partial.remove(hash).unwrap_or_default()
    }

    /// Bytes of all files.
    pub fn stored_bytes(&self) -> usize {
        self.stored_bytes
    }

    fn reference(&self, path: String, hash: &[u8; 32]) -> BlobRef {
        BlobRef {
            url: format!("https://{}{path}&mms3=true", self.host),
            direct_path: path,
            handle: STANDARD.encode(&hash[..16]),
        }
    }
}

fn key(direct_path: &str) -> &str {
    direct_path.split_once('?').map_or(direct_path, |(path, _)| path)
}

fn direct_path(kind: MediaKind, hash: &[u8; 32]) -> String {
    let name = URL_SAFE_NO_PAD.encode(hash);
    format!("/v/t62.{}/{name}.enc?ccb=11-4&oh=01_sim&oe=FFFFFFFF&_nc_sid=5e03e0", kind.upload_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_path_whatever_the_query() {
        let mut blobs = Blobs::new("127.0.0.1:443".to_owned());
        let stored = blobs.put(MediaKind::Image, b"file".to_vec()).expect("stored");
        let again = blobs.put(MediaKind::Image, b"file".to_vec()).expect("stored");
        assert_eq!((&stored, blobs.stored_bytes()), (&again, 4));
        assert!(stored.url.starts_with("https://127.0.0.1:443/v/t62.image/"));
        let with_more = format!("{}&hash=x", stored.direct_path);
        assert_eq!(blobs.get(&with_more).map(|file| &file[..]), Some(&b"file"[..]));
        let hash = Sha256::digest(b"file").into();
        assert_eq!(blobs.find(MediaKind::Image, &hash), Some(stored));
        assert!(blobs.remove_by_hash(&hash) && !blobs.remove_by_hash(&hash));
        assert_eq!(blobs.stored_bytes(), 0);
    }

    #[test]
    fn what_was_forgotten_can_be_had_again_elsewhere() {
        let mut blobs = Blobs::new(String::new());
        let stored = blobs.put(MediaKind::Image, b"file".to_vec()).expect("stored");
        assert_eq!(blobs.forget_all(), 1);
        assert_eq!(blobs.get(&stored.direct_path), None);
        let renewed = blobs.renew(&stored.direct_path).expect("there was one");
        assert_ne!(renewed, stored.direct_path);
        assert_eq!(blobs.get(&renewed).map(|file| &file[..]), Some(&b"file"[..]));
        assert_eq!(blobs.renew("/v/nothing.enc"), None);
    }

    #[test]
    fn parts_continue_where_they_stopped() {
        let mut blobs = Blobs::new(String::new());
        let hash = [7; 32];
        assert_eq!(blobs.append(hash, 0, b"abc"), Ok(3));
        assert_eq!(blobs.append(hash, 9, b"zzz"), Ok(3), "a gap is not accepted");
        assert_eq!(blobs.append(hash, 2, b"cde"), Ok(5), "an overlap is overwritten");
        assert_eq!(blobs.resume_offset(&hash), 5);
        assert_eq!(blobs.take_partial(&hash), b"abcde");
    }
}
