//! Files: put at public addresses, or named by what a webhook told of a message.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use trunkline_model::Failure;
use trunkline_model::command::Command;

use crate::dialects::aduta::{given, wrong};
use crate::json::descriptor::{Described, Names};
use crate::json::event::media_sequence;
use crate::json::fields::{Base64, Problems};
use crate::json::send::{Upload, is_mime_type};

/// A file inside JSON.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct UploadBody {
    /// The file.
    base64: Option<String>,
    mimetype: Option<String>,
    #[serde(rename = "fileName", alias = "filename")]
    file_name: Option<String>,
}

impl UploadBody {
    /// The bytes, and what is said of them. The text may be a data URL, as clients write it.
    ///
    /// # Errors
    /// `VALIDATION` where there is no file, or what is said of it is wrong.
    pub(crate) fn read(self) -> Result<(Base64, Upload), Failure> {
        let text = given(self.base64).ok_or_else(|| wrong("base64", "is missing"))?;
        let (said, text) = match text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
            Some((mime_type, rest)) => (Some(mime_type.to_owned()), rest),
            None => (None, text.as_str()),
        };
        let mime_type = given(self.mimetype).or(said);
        if mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            return Err(wrong("mimetype", "is not a MIME type such as image/png"));
        }
        let bytes = Base64::of(text).ok_or_else(|| wrong("base64", "is not base64"))?;
        Ok((bytes, Upload { mime_type, file_name: given(self.file_name) }))
    }
}

/// What a webhook told of a message, all of it or only the part about the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct DecryptBody(Value);

/// How deep in a body a file is looked for.
const DEPTH_MAX: usize = 8;

const NAMES: Names = Names {
    kind: "message",
    direct_path: "directPath",
    media_key: "mediaKey",
    file_sha256: "fileSha256",
    file_enc_sha256: "fileEncSha256",
    size_bytes: "fileLength",
    file_name: "fileName",
};

/// The members that hold a file in messages as Baileys has them, and the kinds of files.
const MEMBERS: &[(&str, &str)] = &[
    ("imageMessage", "image"),
    ("videoMessage", "video"),
    ("ptvMessage", "video"),
    ("audioMessage", "audio"),
    ("documentMessage", "document"),
    ("stickerMessage", "sticker"),
];

impl DecryptBody {
    /// The command that fetches the file: by its id where there is one, for then a phone can be asked for it again; otherwise by what
    /// opens it.
    ///
    /// # Errors
    /// `VALIDATION` where there is no file, or something is wrong with what is said of it.
    pub(crate) fn read(&self) -> Result<Command, Failure> {
        if let Some(sequence) = find(&self.0, DEPTH_MAX, &mut |name, value| of_id(name, value)) {
            return Ok(Command::FetchMedia { sequence });
        }
        let found = find(&self.0, DEPTH_MAX, &mut |name, value| described(name, value));
        let described = found.ok_or_else(|| wrong("message", "has no file"))?;
        let mut problems = Problems::default();
        let media = described.read(&mut problems, &NAMES);
        problems.or(media).map(|media| Command::DownloadMedia(Box::new(media)))
    }
}

/// The first thing that `take` finds, breadth first in each object: by the name of a member, and its value.
fn find<T>(value: &Value, depth: usize, take: &mut impl FnMut(&str, &Value) -> Option<T>) -> Option<T> {
    if depth == 0 {
        return None;
    }
    match value {
        Value::Object(members) => {
            let here = members.iter().find_map(|(name, member)| take(name, member));
            here.or_else(|| members.values().find_map(|member| find(member, depth - 1, take)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, depth - 1, take)),
        _ => None,
    }
}

/// The id of a file, as our webhooks tell it in either form.
fn of_id(name: &str, value: &Value) -> Option<u64> {
    match name {
        "mediaId" => media_sequence(value.as_str()?),
        "media" => media_sequence(value.get("id")?.as_str()?),
        _ => None,
    }
}

fn described(name: &str, value: &Value) -> Option<Described> {
    let kind = MEMBERS.iter().find(|(member, _)| *member == name).map(|(_, kind)| *kind);
    let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let bytes = |member: &str| text(member).and_then(|text| Base64::of(&text));
    let number = |member: &str| {
        let value = value.get(member)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let key = bytes("mediaKey")?;
    let is_voice = value.get("ptt").and_then(Value::as_bool).unwrap_or(false);
    let kind = match kind.map(str::to_owned).or_else(|| text("mediaType")) {
        Some(kind) if kind == "audio" && is_voice => Some("voice".to_owned()),
        kind => kind,
    };
    Some(Described {
        kind,
        direct_path: text("directPath"),
        url: text("url"),
        media_key: Some(key),
        file_sha256: bytes("fileSha256"),
        file_enc_sha256: bytes("fileEncSha256"),
        size_bytes: number("fileLength"),
        mime_type: text("mimetype"),
        file_name: text("fileName"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn a_file_is_found_by_its_id_first() {
        let check = |body: Value, expected: Option<&str>| {
            let told = body.to_string();
            let command = DecryptBody(body).read().ok().map(|command| match command {
                Command::FetchMedia { sequence } => format!("id {sequence}"),
                Command::DownloadMedia(media) => format!("{} {}", media.kind.as_str(), media.direct_path),
                other => panic!("{other:?}"),
            });
            assert_eq!(command.as_deref(), expected, "{told}");
        };
        let file = json!({"mediaKey": KEY, "fileEncSha256": KEY, "url": "https://mmg.whatsapp.net/v/1.enc", "fileLength": "9"});
        let message = json!({"data": {"messages": {"message": {"imageMessage": file}}}});
        check(message.clone(), Some("image /v/1.enc"));
        let mut with_id = message;
        with_id["data"]["messages"]["message"]["imageMessage"]["mediaId"] = json!("med_0000000000000007");
        check(with_id, Some("id 7"));
        check(json!({"event": "x", "data": {"media": {"id": "med_0000000000000009"}}}), Some("id 9"));
        let mut voice = file;
        voice["ptt"] = json!(true);
        check(json!({"audioMessage": voice}), Some("voice /v/1.enc"));
        check(json!({"text": "nothing"}), None);
        check(json!({"imageMessage": {"mediaKey": "AAEC", "directPath": "/a"}}), None);
    }

    #[test]
    fn a_file_in_json_may_be_a_data_url() {
        let read = |json: Value| serde_json::from_value::<UploadBody>(json).expect("JSON").read();
        let (Base64(bytes), upload) = read(json!({"base64": "data:image/png;base64,aGk="})).expect("a file");
        assert_eq!((&bytes[..], upload.mime_type.as_deref()), (&b"hi"[..], Some("image/png")));
        let (_, upload) = read(json!({"base64": "aGk=", "mimetype": "image/gif"})).expect("a file");
        assert_eq!(upload.mime_type.as_deref(), Some("image/gif"));
        for wrong in [json!({}), json!({"base64": "!"}), json!({"base64": "aGk=", "mimetype": "a b"})] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
