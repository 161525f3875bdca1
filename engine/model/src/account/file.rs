//! Files at public addresses: whoever knows the address has the file, until it ends.

use rkyv::{Archive, Deserialize, Serialize};

use crate::id::{AccountId, FileId};
use crate::message::BlobRef;

/// A file at a public address, at rest. The address is kept as a hash: whoever reads the disk does not learn it.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub account: AccountId,
    /// The bytes.
    pub blob: BlobRef,
    /// MIME type as its owner declared it.
    pub mime_type: Option<String>,
    /// Its name.
    pub file_name: Option<String>,
    /// SHA-256 of the word in its address.
    pub sha256: [u8; 32],
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

impl FileRecord {
    /// Whether it is over.
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.expires_at_ms <= now_ms
    }
}
