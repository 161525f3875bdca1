//! Credentials of a number on their way in and out.

use super::CreateInstance;

/// What leaves the node.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ExportRequest {
    /// Seals the credentials; whoever imports them needs it.
    pub passphrase: String,
    /// Public id of the API key that asks, for the audit event.
    pub by: String,
}

impl std::fmt::Debug for ExportRequest {
    /// Without the passphrase.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportRequest").field("by", &self.by).finish_non_exhaustive()
    }
}

/// An instance that is to be made from credentials.
#[derive(Clone, PartialEq)]
pub struct ImportRequest {
    /// The instance.
    pub instance: CreateInstance,
    /// Where its credentials are.
    pub source: ImportSource,
    /// Public id of the API key that asks, for the audit event.
    pub by: String,
}

impl std::fmt::Debug for ImportRequest {
    /// Without the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportRequest").field("source", &self.source.as_str()).finish_non_exhaustive()
    }
}

/// Credentials in one of the forms that are understood.
#[derive(Clone, PartialEq, Eq)]
pub enum ImportSource {
    /// What another Trunkline exported.
    Sealed {
        /// The sealed credentials.
        sealed: Vec<u8>,
        /// What they were sealed with.
        passphrase: String,
    },
    /// The files of Baileys' `useMultiFileAuthState`, by name.
    Baileys(Vec<(String, Vec<u8>)>),
    /// A database of whatsmeow's `sqlstore`.
    Whatsmeow {
        /// The SQLite file.
        database: Vec<u8>,
        /// The JID of the device that is meant, for a file with several.
        jid: Option<String>,
    },
}

impl std::fmt::Debug for ImportSource {
    /// Without the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ImportSource {
    /// The word that events use.
    pub fn as_str(&self) -> &'static str {
        match self {
            ImportSource::Sealed { .. } => "trunkline",
            ImportSource::Baileys(_) => "baileys",
            ImportSource::Whatsmeow { .. } => "whatsmeow",
        }
    }
}
