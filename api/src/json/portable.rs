//! Credentials in and out.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_model::Failure;
use trunkline_model::command::{CreateInstance, ExportRequest, ImportRequest, ImportSource};

use super::fields::{Object, Problems};
use super::instance::check_name;
use crate::limits::{
    IMPORT_FILES_MAX, IMPORT_JID_BYTES_MAX, IMPORT_UNPACKED_BYTES_MAX, PASSPHRASE_BYTES_MAX,
    PASSPHRASE_BYTES_MIN,
};

/// Body of `instances.export`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExportInstance")]
pub(crate) struct ExportBody {
    passphrase: String,
}

/// Sealed credentials.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Export")]
pub(crate) struct ExportJson {
    /// Base64; `instances.import` takes it with the same passphrase.
    sealed: String,
}

/// Body of `instances.import`: exactly one of `trunkline`, `baileys` and `whatsmeow`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImportInstance")]
pub(crate) struct ImportBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    trunkline: Option<Object<SealedBody>>,
    #[serde(default)]
    baileys: Option<Object<BaileysBody>>,
    #[serde(default)]
    whatsmeow: Option<Object<WhatsmeowBody>>,
}

/// What `instances.export` gave.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SealedCredentials")]
struct SealedBody {
    sealed: String,
    passphrase: String,
}

/// The folder of Baileys' `useMultiFileAuthState`: its files by name, or a ZIP of it in base64.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BaileysFolder")]
struct BaileysBody {
    /// File name → its JSON, or the same as a text.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    files: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    zip: Option<String>,
}

/// A SQLite database of whatsmeow's `sqlstore`. Stop the program that uses it first: what is still in the log beside it is missed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WhatsmeowDatabase")]
struct WhatsmeowBody {
    /// The file, in base64. One that is too large becomes smaller without the tables that are not read, such as
    /// `whatsmeow_message_secrets` and `whatsmeow_contacts`, and with `VACUUM`.
    database: String,
    /// Which device is meant where the file holds several: its JID, with or without the device number.
    #[serde(default)]
    jid: Option<String>,
}

impl ExportBody {
    /// # Errors
    /// `VALIDATION` when the passphrase is too short or too long.
    pub(crate) fn read(self, by: String) -> Result<ExportRequest, Failure> {
        let mut problems = Problems::default();
        let allowed = PASSPHRASE_BYTES_MIN..=PASSPHRASE_BYTES_MAX;
        if !allowed.contains(&self.passphrase.len()) {
            let wanted = format!("is not {} to {} bytes long", allowed.start(), allowed.end());
            problems.add("passphrase", wanted);
        }
        problems.or(Some(ExportRequest { passphrase: self.passphrase, by }))
    }
}

impl ExportJson {
    pub(crate) fn of(sealed: &[u8]) -> ExportJson {
        ExportJson { sealed: STANDARD.encode(sealed) }
    }
}

impl ImportBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, by: String) -> Result<ImportRequest, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        let source = match (self.trunkline, self.baileys, self.whatsmeow) {
            (Some(Object(sealed)), None, None) => sealed.read(&mut problems),
            (None, Some(Object(folder)), None) => folder.read(&mut problems),
            (None, None, Some(Object(file))) => file.read(&mut problems),
            _ => {
                problems.add("baileys", "or `trunkline` or `whatsmeow` has to be there, one of them");
                None
            }
        };
        let instance = CreateInstance { name: self.name, ..CreateInstance::default() };
        problems.or(source.map(|source| ImportRequest { instance, source, by }))
    }
}

impl SealedBody {
    fn read(self, problems: &mut Problems) -> Option<ImportSource> {
        problems.bound("trunkline.passphrase", &self.passphrase, PASSPHRASE_BYTES_MAX);
        match STANDARD.decode(&self.sealed) {
            Ok(sealed) => Some(ImportSource::Sealed { sealed, passphrase: self.passphrase }),
            Err(_) => {
                problems.add("trunkline.sealed", "is not base64");
                None
            }
        }
    }
}

impl BaileysBody {
    fn read(self, problems: &mut Problems) -> Option<ImportSource> {
        let files = match (self.files, self.zip) {
            (Some(files), None) => {
                Ok(files.into_iter().map(|(name, value)| (name, content(value))).collect())
            }
            (None, Some(zip)) => {
                STANDARD.decode(zip).map_err(|_| "is not base64".to_owned()).and_then(|zip| unpack(&zip))
            }
            _ => Err("needs either `files` or `zip`".to_owned()),
        };
        match files {
            Ok(files) => Some(ImportSource::Baileys(files)),
            Err(problem) => {
                problems.add("baileys", problem);
                None
            }
        }
    }
}

impl WhatsmeowBody {
    fn read(self, problems: &mut Problems) -> Option<ImportSource> {
        if let Some(jid) = &self.jid {
            problems.bound("whatsmeow.jid", jid, IMPORT_JID_BYTES_MAX);
        }
        match STANDARD.decode(&self.database) {
            Ok(database) => Some(ImportSource::Whatsmeow { database, jid: self.jid }),
            Err(_) => {
                problems.add("whatsmeow.database", "is not base64");
                None
            }
        }
    }
}

/// A file is JSON, given as such or as the text of the file.
fn content(value: Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.into_bytes(),
        value => value.to_string().into_bytes(),
    }
}

/// The JSON files of a ZIP by their names, without the folders that they are in.
fn unpack(zip: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let unreadable = |error: zip::result::ZipError| format!("is no ZIP that can be read: {error}");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).map_err(unreadable)?;
    if archive.len() > IMPORT_FILES_MAX {
        return Err(format!("has more than {IMPORT_FILES_MAX} files"));
    }
    let mut files = Vec::with_capacity(archive.len());
    let mut left = IMPORT_UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(unreadable)?;
        let path = file.name().map_err(unreadable)?.into_owned();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        if !file.is_file() || !name.ends_with(".json") {
            continue;
        }
        let mut content = Vec::new();
        // What a file says about its own size is not believed.
        file.take(left + 1)
            .read_to_end(&mut content)
            .map_err(|_| "has a file that does not unpack".to_owned())?;
        left = left
            .checked_sub(content.len() as u64)
            .ok_or_else(|| format!("holds more than {IMPORT_UNPACKED_BYTES_MAX} bytes"))?;
        files.push((name, content));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(body: &str) -> Result<ImportRequest, Vec<String>> {
        let body: ImportBody = serde_json::from_str(body).expect("JSON of this form");
        body.read("key_1".to_owned()).map_err(|failure| failure.fields.into_iter().map(|f| f.field).collect())
    }

    #[test]
    fn exactly_one_source_is_read() {
        for (body, wrong) in [
            ("{}", "baileys"),
            (r#"{"baileys":{"files":{}},"trunkline":{"sealed":"","passphrase":""}}"#, "baileys"),
            (r#"{"baileys":{}}"#, "baileys"),
            (r#"{"baileys":{"files":{},"zip":""}}"#, "baileys"),
            (r#"{"baileys":{"zip":"AAAA"}}"#, "baileys"),
            (r#"{"trunkline":{"sealed":"?","passphrase":"x"}}"#, "trunkline.sealed"),
            (r#"{"whatsmeow":{"database":"?"}}"#, "whatsmeow.database"),
            (r#"{"whatsmeow":{"database":"AAAA"},"baileys":{"files":{}}}"#, "baileys"),
        ] {
            assert_eq!(read(body).err(), Some(vec![wrong.to_owned()]), "{body}");
        }
    }

    #[test]
    fn a_folder_is_read_as_files_and_as_a_zip() {
        let expected = ImportSource::Baileys(vec![("creds.json".to_owned(), br#"{"a":1}"#.to_vec())]);
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, content) in [("auth/creds.json", r#"{"a":1}"#), ("auth/readme.txt", "no")] {
            writer.start_file(name, options).expect("a file");
            writer.write_all(content.as_bytes()).expect("written");
        }
        let zip = STANDARD.encode(writer.finish().expect("a ZIP").into_inner());
        for body in [
            r#"{"baileys":{"files":{"creds.json":{"a":1}}}}"#.to_owned(),
            r#"{"baileys":{"files":{"creds.json":"{\"a\":1}"}}}"#.to_owned(),
            format!(r#"{{"baileys":{{"zip":"{zip}"}}}}"#),
        ] {
            assert_eq!(read(&body).expect("read").source, expected, "{body}");
        }
    }
}
