//! Files in the body of a message.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::message::{Content, Media, MediaKind, MediaShow, MediaSource};

use super::{NOT_STORED_YET, PendingFile, Upload};
use crate::json::fields::{Base64, Problems};
use crate::json::instance::is_http_url;
use crate::limits;

/// A file: where it is, and what is shown about it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Media")]
pub(super) struct MediaBody {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    data: Option<Base64>,
    #[serde(default)]
    mime_type: Option<String>,
    #[serde(default)]
    caption: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
    #[serde(default)]
    duration_seconds: Option<u32>,
    /// Whether it can be looked at once: images, videos, voice notes.
    #[serde(default)]
    view_once: bool,
    /// Whether a video plays by itself, over and over, without sound.
    #[serde(default)]
    gif: bool,
    /// Whether a video is shown in a circle.
    #[serde(default)]
    video_note: bool,
}

impl MediaBody {
    pub(super) fn read(
        self,
        problems: &mut Problems,
        kind: MediaKind,
        upload: Option<Upload>,
    ) -> Option<(Content, PendingFile)> {
        let member = kind.as_str();
        self.check_extras(problems, kind);
        let uploaded = upload.is_some();
        let upload = upload.unwrap_or_default();
        let declared_name = self.file_name.or_else(|| upload.file_name.as_deref().map(last_segment));
        let mime_type = self
            .mime_type
            .or(upload.mime_type)
            .or_else(|| declared_name.as_deref().and_then(guess_mime_type));
        let source = match (self.url, self.data, uploaded) {
            (Some(url), None, false) => {
                problems.bound(&format!("{member}.url"), &url, limits::MEDIA_URL_BYTES_MAX);
                if !is_http_url(&url) {
                    problems.add(format!("{member}.url"), "is not an http or https URL with a host");
                }
                Some((MediaSource::Url(url), PendingFile::Nothing))
            }
            (None, Some(data), false) if data.0.is_empty() => {
                problems.add(format!("{member}.data"), "is empty");
                None
            }
            (None, Some(data), false) => {
                Some((MediaSource::Blob(NOT_STORED_YET), PendingFile::Inline(data.0)))
            }
            (None, None, true) => Some((MediaSource::Blob(NOT_STORED_YET), PendingFile::Uploaded)),
            (None, None, false) => {
                problems.add(
                    format!("{member}.url"),
                    "is missing; give `url`, or `data` in base64, or send the file as multipart/form-data",
                );
                None
            }
            _ => {
                problems.add(
                    format!("{member}.data"),
                    "stands beside another source; give `url`, `data` or a `file` part, and only one of them",
                );
                None
            }
        };
        let (source, file) = source?;
        let media = Media {
            kind,
            source,
            mime_type,
            caption: self.caption,
            file_name: declared_name.filter(|_| kind == MediaKind::Document),
            duration_seconds: self.duration_seconds,
            show: MediaShow { view_once: self.view_once, gif: self.gif, video_note: self.video_note },
        };
        Some((Content::Media(media), file))
    }

    /// Refuses what WhatsApp would not show with this kind: a field that has no effect is a mistake.
    fn check_extras(&self, problems: &mut Problems, kind: MediaKind) {
        use MediaKind::{Audio, Document, Image, Video, Voice};
        let member = kind.as_str();
        let mut only = |given: bool, field: &str, kinds: &[MediaKind]| {
            if given && !kinds.contains(&kind) {
                problems.add(format!("{member}.{field}"), format!("does not go with {member}"));
            }
        };
        only(self.caption.is_some(), "caption", &[Image, Video, Document]);
        only(self.file_name.is_some(), "file_name", &[Document]);
        only(self.duration_seconds.is_some(), "duration_seconds", &[Audio, Voice, Video]);
        if self.mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            problems.add(format!("{member}.mime_type"), "is not a MIME type such as image/png");
        }
        if self.file_name.as_deref().is_some_and(has_path_or_control) {
            problems.add(format!("{member}.file_name"), "has a path separator or a control character");
        }
    }
}

fn guess_mime_type(file_name: &str) -> Option<String> {
    mime_guess::from_path(file_name).first_raw().map(str::to_owned)
}

/// Some clients send a whole path as the file's name.
fn last_segment(file_name: &str) -> String {
    file_name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect()
}

fn has_path_or_control(file_name: &str) -> bool {
    file_name.contains(['/', '\\']) || file_name.contains(char::is_control)
}

/// Whether a text has the form of a MIME type (RFC 6838, 4.2), with or without parameters.
pub(crate) fn is_mime_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.len() <= limits::MIME_TYPE_BYTES_MAX
        && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        && essence.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}
