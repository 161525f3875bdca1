//! Files in bodies: inside, where they are, or beside the other parts of a form.

use bytes::Bytes;
use futures_util::TryStreamExt;
use multer::{Constraints, Multipart, SizeLimit};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trunkline_model::command::Command;
use trunkline_model::limits::MEDIA_BYTES_MAX;
use trunkline_model::message::{BlobRef, Media, MediaKind, MediaShow, MediaSource};
use trunkline_model::{ErrorCode, Failure, FieldError};

use super::Ask;
use crate::body::RequestBody;
use crate::gateway::Gateway;
use crate::json::fields::Base64;
use crate::json::instance::is_http_url;
use crate::json::send::{NOT_STORED_YET, PendingFile, Upload, is_mime_type};
use crate::limits::{FORM_FIELDS_MAX, JSON_BYTES_MAX, MEDIA_URL_BYTES_MAX, MULTIPART_OVERHEAD_BYTES_MAX};
use crate::native::send::{broken, declared};

/// A file of a message, as a body gives it.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) data: Option<Base64>,
    pub(crate) url: Option<String>,
    /// What the file beside it says of itself.
    pub(crate) upload: Option<Upload>,
    pub(crate) mime_type: Option<String>,
    pub(crate) caption: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) view_once: bool,
}

impl Wanted {
    /// The file, and what of it is in memory. `names` are those of the members with an address and with the bytes.
    ///
    /// # Errors
    /// `VALIDATION` unless there is exactly one source and it is in order.
    pub(crate) fn read(
        self,
        kind: MediaKind,
        (url_name, data_name): (&str, &str),
    ) -> Result<(Media, PendingFile), Failure> {
        let wrong = |field: &str, message: String| Failure::invalid(vec![FieldError::new(field, message)]);
        let (source, file) = match (self.data, self.url, &self.upload) {
            (Some(data), None, None) => (MediaSource::Blob(NOT_STORED_YET), PendingFile::Inline(data.0)),
            (None, Some(url), None) if is_http_url(&url) && url.len() <= MEDIA_URL_BYTES_MAX => {
                (MediaSource::Url(url), PendingFile::Nothing)
            }
            (None, Some(_), None) => {
                return Err(wrong(url_name, "is not an http or https URL with a host".to_owned()));
            }
            (None, None, Some(_)) => (MediaSource::Blob(NOT_STORED_YET), PendingFile::Uploaded),
            (None, None, None) => {
                return Err(wrong(
                    url_name,
                    format!("is missing, and so is `{data_name}`; give one of them"),
                ));
            }
            _ => return Err(wrong(url_name, "stands beside another file; give one of them".to_owned())),
        };
        let upload = self.upload.unwrap_or_default();
        let file_name = self.file_name.or(upload.file_name);
        let mime_type = self.mime_type.or(upload.mime_type).or_else(|| {
            let guessed = mime_guess::from_path(file_name.as_deref()?);
            guessed.first_raw().map(str::to_owned)
        });
        if mime_type.as_deref().is_some_and(|mime_type| !is_mime_type(mime_type)) {
            return Err(wrong("mimeType", "is not a MIME type such as image/png".to_owned()));
        }
        let is = |kinds: &[MediaKind]| kinds.contains(&kind);
        let media = Media {
            kind,
            source,
            mime_type,
            caption: self.caption.filter(|_| is(&[MediaKind::Image, MediaKind::Video, MediaKind::Document])),
            file_name: file_name.filter(|_| kind == MediaKind::Document),
            duration_seconds: None,
            show: MediaShow {
                // Other kinds are never shown once, and clients say so of all of them.
                view_once: self.view_once && is(&[MediaKind::Image, MediaKind::Video, MediaKind::Voice]),
                gif: false,
                video_note: false,
            },
        };
        Ok((media, file))
    }
}

/// A form with a file: its fields read as a `B`, and the file, which is on disk.
pub(crate) struct Form<B> {
    pub(crate) fields: B,
    pub(crate) file: Option<(Upload, BlobRef)>,
}

/// Reads a form whose file is in the part `part`. Fields that come before the file are read before it is stored: `begin` hears of them,
/// and refuses a file that nobody will send.
///
/// # Errors
/// What is wrong with the form, what `begin` refuses, or what the engine refuses the file for.
pub(crate) async fn form<G: Gateway, B: DeserializeOwned>(
    ask: &mut Ask<'_, G>,
    (body, boundary): (RequestBody, String),
    part: &str,
    begin: impl Fn(&mut Ask<'_, G>, B) -> Result<(), Failure>,
) -> Result<Form<B>, Failure> {
    let (stream, meter) = body.metered(MEDIA_BYTES_MAX, MULTIPART_OVERHEAD_BYTES_MAX)?;
    let sizes = SizeLimit::new().per_field(JSON_BYTES_MAX).for_field(part, MEDIA_BYTES_MAX);
    let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(sizes));
    let (mut fields, mut file) = (Map::new(), None);
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == part && file.is_none() {
            begin(ask, read(&fields)?)?;
            let check = Command::CheckSend { idempotency_key: None };
            if ask.call.addressed.is_some() {
                ask.tell(check).await?;
            }
            let upload = declared(&field);
            meter.file_flows(true);
            let bytes = field.map_err(broken).map_ok(Bytes::from);
            let blob = ask.call.front.gateway.store_blob(bytes).await?;
            meter.file_flows(false);
            if blob.size_bytes == 0 {
                return Err(Failure::invalid(vec![FieldError::new(part, "is empty")]));
            }
            file = Some((upload, blob));
            continue;
        }
        if fields.len() >= FORM_FIELDS_MAX {
            return Err(Failure::new(ErrorCode::MalformedBody, "The form has too many fields."));
        }
        let text = field.text().await.map_err(broken)?;
        fields.insert(name, of_text(text));
    }
    Ok(Form { fields: read(&fields)?, file })
}

/// A field's value: a list or an object where its text is the JSON of one, since forms have no other way to write it.
fn of_text(text: String) -> Value {
    if !text.starts_with(['[', '{']) {
        return Value::String(text);
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn read<B: DeserializeOwned>(fields: &Map<String, Value>) -> Result<B, Failure> {
    B::deserialize(Value::Object(fields.clone())).map_err(|error| {
        Failure::new(ErrorCode::MalformedBody, format!("The fields of the form cannot be read: {error}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_source() {
        let data = || Some(Base64(Bytes::from_static(b"x")));
        let url = || Some("https://example.org/a.png".to_owned());
        let check = |wanted: Wanted, expected: bool| {
            let told = format!("{wanted:?}");
            assert_eq!(wanted.read(MediaKind::Image, ("mediaUrl", "base64")).is_ok(), expected, "{told}");
        };
        check(Wanted::default(), false);
        check(Wanted { data: data(), ..Wanted::default() }, true);
        check(Wanted { url: url(), ..Wanted::default() }, true);
        check(Wanted { upload: Some(Upload::default()), ..Wanted::default() }, true);
        check(Wanted { data: data(), url: url(), ..Wanted::default() }, false);
        check(Wanted { url: Some("ftp://x".to_owned()), ..Wanted::default() }, false);
        check(Wanted { data: data(), mime_type: Some("a b".to_owned()), ..Wanted::default() }, false);
    }

    #[test]
    fn a_file_says_what_goes_with_its_kind() {
        let wanted = Wanted {
            url: Some("https://example.org/a".to_owned()),
            caption: Some("c".to_owned()),
            file_name: Some("a.pdf".to_owned()),
            view_once: true,
            ..Wanted::default()
        };
        let (media, _) = wanted.read(MediaKind::Document, ("mediaUrl", "base64")).expect("a file");
        assert_eq!((media.caption.as_deref(), media.file_name.as_deref()), (Some("c"), Some("a.pdf")));
        assert_eq!((media.mime_type.as_deref(), media.show.view_once), (Some("application/pdf"), false));
    }

    #[test]
    fn a_field_of_a_form_may_be_a_list() {
        assert_eq!(of_text("[1]".to_owned()), serde_json::json!([1]));
        assert_eq!(of_text("[not".to_owned()), serde_json::json!("[not"));
        assert_eq!(of_text("plain".to_owned()), serde_json::json!("plain"));
    }
}
