//! Templates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunkline_model::command::{NewTemplate, UpdateTemplate};
use trunkline_model::limits::{LIST_ROWS_MAX, METADATA_BYTES_MAX};
use trunkline_model::message::{Choice, MediaKind};
use trunkline_model::plan::TemplateContent;
use trunkline_model::{Failure, FieldError};

use super::message::{ChoiceBody, choices, list};
use super::{needed, text};
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::fields::{First, Object, Problems};
use crate::json::plan::check_name;

loose! {
    /// A template.
    TemplateBody {
        /// Its name, unique in the account.
        name: [name] Loose<String>,
        /// `text` unless given, `image`, `video` or `document`.
        kind: [r#type] Loose<String>,
        /// The text, with `{{variables}}`; of a file its caption.
        content: [content, body, text] Loose<String>,
        /// Where the file is.
        media_url: [mediaUrl, media_url] Loose<String>,
        /// Name of a document.
        file_name: [fileName, filename] Loose<String>,
        /// Small text below, without variables.
        footer: [footer] Loose<String>,
        /// Buttons below the text, without variables.
        buttons: [buttons] First<Object<ChoiceBody>, { LIST_ROWS_MAX + 1 }>,
        /// What it is for.
        category: [category] Loose<String>,
    }
}

loose! {
    /// Values of variables.
    PreviewBody {
        /// The values.
        variables: [variables] BTreeMap<String, Loose<String>>,
    }
}

loose! {
    /// Who gets a template.
    SendBody {
        /// The device that sends.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Who gets it.
        to: [to, phone, number, receiver, chatId] Loose<String>,
        /// Values of its variables.
        variables: [variables] BTreeMap<String, Loose<String>>,
        /// The caller's own name of the message.
        correlation: [correlationId] Loose<String>,
    }
}

/// What a template has that ours have not: it is kept in its metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Extras {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) footer: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) buttons: Vec<ButtonExtra>,
    /// What others keep there: it stays.
    #[serde(flatten)]
    pub(crate) others: serde_json::Map<String, serde_json::Value>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct ButtonExtra {
    pub(crate) id: String,
    pub(crate) title: String,
}

impl From<Choice> for ButtonExtra {
    fn from(choice: Choice) -> ButtonExtra {
        ButtonExtra { id: choice.id, title: choice.title }
    }
}

impl Extras {
    pub(crate) fn of(metadata: Option<&str>) -> Extras {
        metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    fn metadata(&self) -> Result<Option<String>, Failure> {
        if *self == Extras::default() {
            return Ok(None);
        }
        if self.footer.as_ref().is_some_and(|footer| footer.contains("{{")) {
            return Err(wrong("footer", "has a variable; those are for the text"));
        }
        let text = serde_json::to_string(self).unwrap_or_default();
        let mut problems = Problems::default();
        problems.bound("buttons", &text, METADATA_BYTES_MAX);
        problems.or(Some(Some(text)))
    }
}

/// A problem of a template with the name that the member has here.
fn in_our_words(problem: FieldError) -> FieldError {
    let field = match problem.field.as_str() {
        "body" => "content",
        "media_url" => "mediaUrl",
        "file_name" => "fileName",
        other => other,
    };
    FieldError { field: field.to_owned(), ..problem }
}

fn kind(word: &str) -> Result<Option<MediaKind>, Failure> {
    match (word, MediaKind::parse(word)) {
        ("text", _) => Ok(None),
        (_, Some(kind)) => Ok(Some(kind)),
        _ => Err(wrong("type", "is neither text nor a kind of file")),
    }
}

impl TemplateBody {
    fn extras(&mut self, before: Extras) -> Result<Extras, Failure> {
        let footer = text(self.footer()).or(before.footer);
        let buttons = match self.buttons() {
            Some(given) => {
                choices("buttons", list(Some(given)))?.into_iter().map(ButtonExtra::from).collect()
            }
            None => before.buttons,
        };
        Ok(Extras { footer, buttons, others: before.others })
    }

    /// The template to make.
    ///
    /// # Errors
    /// `VALIDATION` with the members that are wrong.
    pub(crate) fn create(mut self) -> Result<NewTemplate, Failure> {
        let mut problems = Problems::default();
        let name = needed("name", self.name())?;
        check_name(&mut problems, &name);
        let kind = text(self.kind()).map_or(Ok(None), |word| kind(&word))?;
        let extras = self.extras(Extras::default())?;
        let content = TemplateContent {
            kind,
            body: text(self.content()).unwrap_or_default(),
            media_url: text(self.media_url()),
            file_name: text(self.file_name()),
        };
        problems.extend(content.problems().into_iter().map(in_our_words).collect());
        problems.or(Some(NewTemplate {
            name,
            content,
            category: text(self.category()),
            active: true,
            metadata: extras.metadata()?,
        }))
    }

    /// The changes to a template with these extras.
    ///
    /// # Errors
    /// `VALIDATION` with the members that are wrong.
    pub(crate) fn update(mut self, before: Extras) -> Result<UpdateTemplate, Failure> {
        let mut problems = Problems::default();
        let name = text(self.name());
        name.iter().for_each(|name| check_name(&mut problems, name));
        let kind = text(self.kind()).map(|word| kind(&word)).transpose()?;
        let extras = self.extras(before.clone())?;
        let metadata = if extras == before { None } else { Some(extras.metadata()?) };
        problems.or(Some(UpdateTemplate {
            name,
            kind,
            body: text(self.content()),
            media_url: text(self.media_url()).map(Some),
            file_name: text(self.file_name()).map(Some),
            category: text(self.category()).map(Some),
            active: None,
            metadata,
        }))
    }
}

/// A refusal of the engine with the names that members have here.
pub(crate) fn refused(mut failure: Failure) -> Failure {
    if failure.fields.is_empty() {
        return failure;
    }
    failure.fields = failure.fields.into_iter().map(in_our_words).collect();
    Failure::invalid(failure.fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footers_and_buttons_are_kept_beside_the_text() {
        let read = |json: &str| serde_json::from_str::<TemplateBody>(json).expect(json);
        let made = read(r#"{"name":"t","content":"Hi {{name}}","footer":"Bye","buttons":[{"title":"Yes"}]}"#);
        let made = made.create().expect("a template");
        assert_eq!(made.content.variables(), ["name"]);
        let extras = Extras::of(made.metadata.as_deref());
        assert_eq!((extras.footer.as_deref(), extras.buttons.len()), (Some("Bye"), 1));
        let changed = read(r#"{"footer":"Later"}"#).update(extras.clone()).expect("changes");
        let after = Extras::of(changed.metadata.flatten().as_deref());
        assert_eq!((after.footer.as_deref(), after.buttons), (Some("Later"), extras.buttons.clone()));
        assert_eq!(read(r#"{"content":"Ho"}"#).update(extras).expect("changes").metadata, None);
    }

    #[test]
    fn what_is_wrong_has_the_services_names() {
        let check = |json: &str, field: &str| {
            let body: TemplateBody = serde_json::from_str(json).expect(json);
            assert_eq!(body.create().expect_err(json).fields[0].field, field, "{json}");
        };
        check(r#"{"content":"x"}"#, "name");
        check(r#"{"name":"t"}"#, "content");
        check(r#"{"name":"t","content":"{{"}"#, "content");
        check(r#"{"name":"t","type":"image","content":"x"}"#, "mediaUrl");
        check(r#"{"name":"t","type":"fax","content":"x"}"#, "type");
        check(r#"{"name":"t","content":"x","footer":"{{name}}"}"#, "footer");
    }
}
