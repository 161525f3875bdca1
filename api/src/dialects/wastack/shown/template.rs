//! Templates.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::plan::TemplateRecord;

use super::super::body::template::{ButtonExtra, Extras};
use crate::json::time::Time;

/// A template.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateJson {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    content: String,
    media_url: Option<String>,
    footer: Option<String>,
    buttons: Vec<ButtonExtra>,
    /// The variables of its text, each once.
    variables: Vec<String>,
    category: Option<String>,
    created_at: Time,
    updated_at: Time,
}

impl TemplateJson {
    pub(crate) fn of(record: &TemplateRecord) -> TemplateJson {
        let Extras { footer, buttons, .. } = Extras::of(record.metadata.as_deref());
        TemplateJson {
            id: record.id.to_string(),
            name: record.name.clone(),
            kind: record.content.word(),
            content: record.content.body.clone(),
            media_url: record.content.media_url.clone(),
            footer,
            buttons,
            variables: record.content.variables(),
            category: record.category.clone(),
            created_at: Time(record.created_at_ms),
            updated_at: Time(record.updated_at_ms),
        }
    }
}

/// What a template says.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PreviewJson {
    pub(crate) text: String,
}
