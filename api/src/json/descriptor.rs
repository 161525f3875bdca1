//! Files on WhatsApp's media hosts, as whoever received them knows them: where they are, and what opens them.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::inbound::{InboundMedia, MediaLook};
use trunkline_model::limits::{FILE_NAME_BYTES_MAX, MEDIA_BYTES_MAX};
use trunkline_model::message::MediaKind;

use super::fields::{Base64, Problems};
use super::send::is_mime_type;
use crate::limits::MEDIA_URL_BYTES_MAX;

/// Length of a media key and of a SHA-256, in bytes.
const KEY_BYTES: usize = 32;

/// Body of `media.download`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DownloadMedia")]
pub(crate) struct DownloadMediaBody {
    /// `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    kind: String,
    /// Path on the media hosts.
    #[serde(default)]
    direct_path: Option<String>,
    /// Where it is, instead of `direct_path`: only its path counts.
    #[serde(default)]
    url: Option<String>,
    /// Key that opens it, 32 bytes in base64.
    media_key: Base64,
    /// SHA-256 of the plain file, in base64.
    #[serde(default)]
    file_sha256: Option<Base64>,
    /// SHA-256 of the encrypted file, in base64.
    file_enc_sha256: Base64,
    #[serde(default)]
    size_bytes: Option<u64>,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
}

impl DownloadMediaBody {
    /// The file.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<InboundMedia, Failure> {
        let mut problems = Problems::default();
        let media = Described {
            kind: Some(self.kind),
            direct_path: self.direct_path,
            url: self.url,
            media_key: Some(self.media_key),
            file_sha256: self.file_sha256,
            file_enc_sha256: Some(self.file_enc_sha256),
            size_bytes: self.size_bytes,
            mime_type: self.mime_type,
            file_name: self.file_name,
        };
        let media = media.read(&mut problems, &NATIVE);
        problems.or(media)
    }
}

/// A file as somebody describes it, in whichever words.
#[derive(Debug, Default)]
pub(crate) struct Described {
    pub(crate) kind: Option<String>,
    pub(crate) direct_path: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) media_key: Option<Base64>,
    pub(crate) file_sha256: Option<Base64>,
    pub(crate) file_enc_sha256: Option<Base64>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) mime_type: Option<String>,
    pub(crate) file_name: Option<String>,
}

/// What the members of a description are called.
pub(crate) struct Names {
    pub(crate) kind: &'static str,
    pub(crate) direct_path: &'static str,
    pub(crate) media_key: &'static str,
    pub(crate) file_sha256: &'static str,
    pub(crate) file_enc_sha256: &'static str,
    pub(crate) size_bytes: &'static str,
    pub(crate) file_name: &'static str,
}

const NATIVE: Names = Names {
    kind: "kind",
    direct_path: "direct_path",
    media_key: "media_key",
    file_sha256: "file_sha256",
    file_enc_sha256: "file_enc_sha256",
    size_bytes: "size_bytes",
    file_name: "file_name",
};

impl Described {
    /// The file, where nothing is wrong with it.
    pub(crate) fn read(self, problems: &mut Problems, names: &Names) -> Option<InboundMedia> {
        let kind = self.kind.as_deref().and_then(MediaKind::parse);
        if kind.is_none() {
            problems.add(names.kind, "is none of image, video, audio, voice, document, sticker");
        }
        let given = self.direct_path.filter(|path| !path.is_empty());
        let direct_path =
            given.or_else(|| self.url.as_deref().and_then(path_of)).filter(|path| is_path(path));
        if direct_path.is_none() {
            problems.add(
                names.direct_path,
                "is no path on WhatsApp's media hosts, and neither is that of a `url`",
            );
        }
        let mut of_32 = |name: &str, given: Option<Base64>, needed: bool| match given {
            Some(Base64(bytes)) if bytes.len() == KEY_BYTES => bytes.to_vec(),
            None if !needed => Vec::new(),
            _ => {
                problems.add(name, format!("is not {KEY_BYTES} bytes in base64"));
                Vec::new()
            }
        };
        let media_key = of_32(names.media_key, self.media_key, true);
        let file_sha256 = of_32(names.file_sha256, self.file_sha256, false);
        let file_enc_sha256 = of_32(names.file_enc_sha256, self.file_enc_sha256, true);
        if self.size_bytes.is_some_and(|bytes| bytes > MEDIA_BYTES_MAX) {
            problems
                .add(names.size_bytes, format!("is more than the {MEDIA_BYTES_MAX} that a file may have"));
        }
        if let Some(name) = &self.file_name {
            problems.bound(names.file_name, name, FILE_NAME_BYTES_MAX);
        }
        Some(InboundMedia {
            kind: kind?,
            mime_type: self.mime_type.filter(|mime_type| is_mime_type(mime_type)),
            caption: None,
            file_name: self.file_name,
            size_bytes: self.size_bytes.filter(|bytes| *bytes > 0),
            duration_seconds: None,
            look: MediaLook::default(),
            direct_path: direct_path?,
            media_key,
            file_sha256,
            file_enc_sha256,
        })
    }
}

/// Path and query of a URL. The host does not count: files are fetched from WhatsApp's media hosts, whoever names another one.
fn path_of(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok().filter(url::Url::has_host)?;
    Some(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}

fn is_path(path: &str) -> bool {
    path.len() <= MEDIA_URL_BYTES_MAX
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn read(change: serde_json::Value) -> Result<InboundMedia, Vec<String>> {
        let mut body = serde_json::json!({
            "kind": "image", "direct_path": "/v/t62.7118-24/1.enc?ccb=1", "media_key": KEY, "file_enc_sha256": KEY,
        });
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let body: DownloadMediaBody = serde_json::from_value(body).expect("JSON of this form");
        body.read().map_err(|failure| failure.fields.into_iter().map(|field| field.field).collect())
    }

    #[test]
    fn only_a_path_on_the_media_hosts_counts() {
        let check = |change: serde_json::Value, expected: Option<&str>| {
            let told = change.to_string();
            assert_eq!(read(change).ok().map(|media| media.direct_path).as_deref(), expected, "{told}");
        };
        check(serde_json::json!({}), Some("/v/t62.7118-24/1.enc?ccb=1"));
        let by_url = |url: &str| serde_json::json!({ "direct_path": null, "url": url });
        check(by_url("https://mmg.whatsapp.net/v/1.enc?a=b"), Some("/v/1.enc?a=b"));
        check(by_url("http://169.254.169.254/latest"), Some("/latest"));
        for wrong in ["@evil.example/", "//evil.example/a", "v/1.enc", "/a b", "/a#b", "/\\evil"] {
            check(serde_json::json!({ "direct_path": wrong }), None);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |change: serde_json::Value, expected: &str| {
            assert_eq!(read(change).expect_err("it is refused"), [expected]);
        };
        check(serde_json::json!({ "kind": "text" }), "kind");
        check(serde_json::json!({ "media_key": "AAEC" }), "media_key");
        check(serde_json::json!({ "file_sha256": "AAEC" }), "file_sha256");
        check(serde_json::json!({ "size_bytes": u64::MAX }), "size_bytes");
    }
}
