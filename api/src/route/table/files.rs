//! Files at public addresses.

use crate::json::Page;
use crate::json::file::{FileJson, NewFileJson};

super::operations! {
    /// Operations on files at public addresses.
    File: FileOperation, TABLE;
    Create: POST "/v1/files", "files.create", MessagesSend / Write,
        {file} => (201 NewFileJson<'_>), ["name", "expires_in_seconds"],
        "Puts a file where everybody finds it who knows its address, until it ends; this answer is the only place where that is told.";
    List: GET "/v1/files", "files.list", MessagesRead / Read,
        - => (200 Page<FileJson<'_>>), ["limit", "cursor"],
        "Lists the files that are at public addresses.";
    Get: GET "/v1/files/{file_id}", "files.get", MessagesRead / Read,
        - => (200 FileJson<'_>), [],
        "Returns what is known of such a file.";
    Delete: DELETE "/v1/files/{file_id}", "files.delete", MessagesSend / Write,
        - => (204), [],
        "Takes such a file back: its address opens nothing any more.";
}
