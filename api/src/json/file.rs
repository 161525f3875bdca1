//! Files at public addresses.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::account::FileRecord;

use super::time::Time;

/// A file at a public address.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicFile")]
pub(crate) struct FileJson<'a> {
    id: String,
    /// Its name.
    name: Option<&'a str>,
    mime_type: Option<&'a str>,
    size_bytes: u64,
    created_at: Time,
    /// When its address opens nothing any more.
    expires_at: Time,
}

impl<'a> FileJson<'a> {
    pub(crate) fn of(record: &'a FileRecord) -> FileJson<'a> {
        FileJson {
            id: record.id.to_string(),
            name: record.file_name.as_deref(),
            mime_type: record.mime_type.as_deref(),
            size_bytes: record.blob.size_bytes,
            created_at: Time(record.created_at_ms),
            expires_at: Time(record.expires_at_ms),
        }
    }
}

/// A file that was just put there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewPublicFile")]
pub(crate) struct NewFileJson<'a> {
    #[serde(flatten)]
    known: FileJson<'a>,
    /// The address, which is never shown again. Whoever knows it has the file.
    url: &'a str,
}

impl<'a> NewFileJson<'a> {
    pub(crate) fn of(record: &'a FileRecord, url: &'a str) -> NewFileJson<'a> {
        NewFileJson { known: FileJson::of(record), url }
    }
}
