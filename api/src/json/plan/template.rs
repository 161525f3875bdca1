//! Templates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use trunkline_model::command::{NewTemplate, UpdateTemplate};
use trunkline_model::message::{Content, MediaKind, MediaSource};
use trunkline_model::plan::{TemplateContent, TemplateRecord};
use trunkline_model::{Failure, InstanceId};

use super::{Resolve, Variables, check_name, read_instance, read_person};
use crate::json::fields::{Problems, nullable, present};
use crate::json::raw::{RawObject, embed};
use crate::json::time::Time;

/// What a template sends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateMessage {
    /// `text` unless given, `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// The text, with `{{variables}}`; of a file its caption.
    #[serde(default)]
    body: String,
    /// Where the file is fetched from, each time anew.
    #[serde(default)]
    media_url: Option<String>,
    /// Name of a document.
    #[serde(default)]
    file_name: Option<String>,
}

impl TemplateMessage {
    pub(crate) fn read(self, problems: &mut Problems) -> TemplateContent {
        let kind = self.kind.as_deref().and_then(|word| read_kind(problems, word));
        let content =
            TemplateContent { kind, body: self.body, media_url: self.media_url, file_name: self.file_name };
        problems.extend(content.problems());
        content
    }
}

fn read_kind(problems: &mut Problems, word: &str) -> Option<MediaKind> {
    let kind = MediaKind::parse(word);
    if kind.is_none() && word != "text" {
        problems.add("type", "is neither `text` nor a kind of file");
    }
    kind
}

/// Body of `templates.create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateTemplate")]
pub(crate) struct TemplateBody {
    /// Unique in the account.
    name: String,
    /// `text` unless given, `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// The text, with `{{variables}}`; of a file its caption.
    #[serde(default)]
    body: String,
    #[serde(default)]
    media_url: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
    #[serde(default)]
    category: Option<String>,
    /// Whether it may be sent; true unless given.
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    metadata: Option<RawObject>,
}

impl TemplateBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<NewTemplate, Failure> {
        let mut problems = Problems::default();
        check_name(&mut problems, &self.name);
        let message = TemplateMessage {
            kind: self.kind,
            body: self.body,
            media_url: self.media_url,
            file_name: self.file_name,
        };
        let content = message.read(&mut problems);
        problems.or(Some(NewTemplate {
            name: self.name,
            content,
            category: self.category,
            active: self.active.unwrap_or(true),
            metadata: self.metadata.map(|raw| raw.0),
        }))
    }
}

/// Body of `templates.update`: what is left out stays, null removes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateTemplate")]
pub(crate) struct TemplateChange {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    name: Option<String>,
    #[serde(rename = "type", deserialize_with = "present")]
    #[schemars(with = "String")]
    kind: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    body: Option<String>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    media_url: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    file_name: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    category: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    active: Option<bool>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<Option<RawObject>>,
}

impl TemplateChange {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<UpdateTemplate, Failure> {
        let mut problems = Problems::default();
        self.name.iter().for_each(|name| check_name(&mut problems, name));
        let kind = self.kind.map(|word| read_kind(&mut problems, &word));
        problems.or(Some(UpdateTemplate {
            name: self.name,
            kind,
            body: self.body,
            media_url: self.media_url,
            file_name: self.file_name,
            category: self.category,
            active: self.active,
            metadata: self.metadata.map(|raw| raw.map(|raw| raw.0)),
        }))
    }
}

/// A template.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Template")]
pub(crate) struct TemplateJson<'a> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    body: &'a str,
    media_url: Option<&'a str>,
    file_name: Option<&'a str>,
    /// The variables of its text, each once.
    variables: Vec<String>,
    category: Option<&'a str>,
    active: bool,
    #[schemars(with = "Option<RawObject>")]
    metadata: Option<&'a RawValue>,
    created_at: Time,
    updated_at: Time,
}

impl<'a> TemplateJson<'a> {
    pub(crate) fn of(record: &'a TemplateRecord) -> TemplateJson<'a> {
        let TemplateContent { body, media_url, file_name, .. } = &record.content;
        TemplateJson {
            id: record.id.to_string(),
            name: &record.name,
            kind: record.content.word(),
            body,
            media_url: media_url.as_deref(),
            file_name: file_name.as_deref(),
            variables: record.content.variables(),
            category: record.category.as_deref(),
            active: record.active,
            metadata: embed(record.metadata.as_ref()),
            created_at: Time(record.created_at_ms),
            updated_at: Time(record.updated_at_ms),
        }
    }
}

/// Body of `templates.preview`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PreviewTemplate")]
pub(crate) struct PreviewBody {
    /// Values of the variables: each must be one of the template's, and none may be missing.
    #[serde(default)]
    pub(crate) variables: Variables,
}

/// What a template sends.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RenderedTemplate")]
pub(crate) struct RenderedJson<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The text, or the caption.
    text: &'a str,
    media_url: Option<&'a str>,
}

impl<'a> RenderedJson<'a> {
    pub(crate) fn of(content: &'a Content) -> RenderedJson<'a> {
        let (text, media_url) = match content {
            Content::Text(text) => (text.body.as_str(), None),
            Content::Media(media) => {
                let url = match &media.source {
                    MediaSource::Url(url) => Some(url.as_str()),
                    MediaSource::Blob(_) => None,
                };
                (media.caption.as_deref().unwrap_or_default(), url)
            }
            _ => ("", None),
        };
        RenderedJson { kind: content.kind(), text, media_url }
    }
}

/// Body of `templates.send`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SendTemplate")]
pub(crate) struct SendTemplateBody {
    /// Id or name of the instance that sends.
    instance: String,
    /// A person by phone number or LID.
    to: String,
    #[serde(default)]
    pub(crate) variables: Variables,
    /// `interactive` unless given.
    #[serde(default)]
    lane: Option<String>,
    #[serde(default)]
    metadata: Option<RawObject>,
}

/// Where a template goes.
pub(crate) struct Destination {
    pub(crate) instance: InstanceId,
    pub(crate) to: trunkline_model::Address,
    pub(crate) lane: trunkline_model::message::Lane,
    pub(crate) metadata: Option<String>,
}

impl SendTemplateBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, resolve: Resolve<'_>) -> Result<(Destination, Variables), Failure> {
        let mut problems = Problems::default();
        let instance = read_instance(&mut problems, "instance", &self.instance, resolve);
        let to = read_person(&mut problems, "to", &self.to);
        let lane = crate::json::send::read_lane(&mut problems, self.lane.as_deref());
        let (metadata, variables) = (self.metadata.map(|raw| raw.0), self.variables);
        let read = match (instance, to, lane) {
            (Some(instance), Some(to), Some(lane)) => {
                Some((Destination { instance, to, lane, metadata }, variables))
            }
            _ => None,
        };
        problems.or(read)
    }
}
