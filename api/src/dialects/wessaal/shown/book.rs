//! Contacts and templates.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use trunkline_model::WorkspaceId;
use trunkline_model::plan::{ContactRecord, TemplateRecord};

use super::{Moment, e164};
use crate::dialects::wessaal::body::message::Kind;
use crate::dialects::wessaal::ids::public;

/// Somebody of the address book.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BookContact")]
pub(in crate::dialects::wessaal) struct ContactJson {
    id: u64,
    phone: String,
    label: Option<String>,
    email: Option<String>,
    notes: Option<String>,
    created_at: Moment,
    updated_at: Moment,
}

impl ContactJson {
    pub(in crate::dialects::wessaal) fn of(record: &ContactRecord) -> ContactJson {
        let about = &record.about;
        ContactJson {
            id: public(record.id.0),
            phone: e164(&about.phone),
            label: about.name.clone(),
            email: about.email.clone(),
            notes: about.notes.clone(),
            created_at: Moment(record.created_at_ms),
            updated_at: Moment(record.updated_at_ms),
        }
    }
}

/// The member of a template's metadata with the workspace that it belongs to: templates are the account's own here.
const WORKSPACE: &str = "workspace";
/// The member with what it is sent with: the service's templates of files name none.
const KIND: &str = "message_type";

/// What a template's metadata says, beside what others put there.
pub(in crate::dialects::wessaal) struct TemplateNotes(Map<String, Value>);

impl TemplateNotes {
    pub(in crate::dialects::wessaal) fn of(metadata: Option<&str>) -> TemplateNotes {
        let read = metadata.and_then(|text| serde_json::from_str(text).ok());
        TemplateNotes(read.unwrap_or_default())
    }

    fn word(&self, member: &str) -> Option<&str> {
        self.0.get(member)?.as_str()
    }

    fn workspace(&self) -> Option<WorkspaceId> {
        self.word(WORKSPACE)?.parse().ok()
    }

    /// The same with what is given.
    pub(in crate::dialects::wessaal) fn with(
        mut self,
        workspace: Option<WorkspaceId>,
        kind: Option<Kind>,
    ) -> TemplateNotes {
        self.0.extend(workspace.map(|id| (WORKSPACE.to_owned(), id.to_string().into())));
        self.0.extend(kind.map(|kind| (KIND.to_owned(), kind.as_str().into())));
        self
    }

    pub(in crate::dialects::wessaal) fn into_text(self) -> String {
        Value::Object(self.0).to_string()
    }
}

/// The workspace of a template; of one that was made elsewhere the account's default one.
pub(in crate::dialects::wessaal) fn workspace_of(
    record: &TemplateRecord,
    default: WorkspaceId,
) -> WorkspaceId {
    TemplateNotes::of(record.metadata.as_deref()).workspace().unwrap_or(default)
}

/// What a template is sent as.
pub(in crate::dialects::wessaal) fn kind_of(record: &TemplateRecord) -> Kind {
    match record.content.kind {
        Some(kind) => Kind::File(kind),
        None => {
            let notes = TemplateNotes::of(record.metadata.as_deref());
            notes.word(KIND).and_then(Kind::parse).unwrap_or(Kind::Text)
        }
    }
}

/// A template.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TemplateItem")]
pub(in crate::dialects::wessaal) struct TemplateJson {
    id: u64,
    name: String,
    message_type: &'static str,
    content: String,
    is_active: bool,
    workspace_id: u64,
    created_at: Moment,
    updated_at: Moment,
}

impl TemplateJson {
    pub(in crate::dialects::wessaal) fn of(record: &TemplateRecord, default: WorkspaceId) -> TemplateJson {
        TemplateJson {
            id: public(record.id.0),
            name: record.name.clone(),
            message_type: kind_of(record).as_str(),
            content: record.content.body.clone(),
            is_active: record.active,
            workspace_id: public(workspace_of(record, default).0),
            created_at: Moment(record.created_at_ms),
            updated_at: Moment(record.updated_at_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::message::MediaKind;

    use super::*;

    #[test]
    fn a_templates_notes_stand_beside_those_of_others() {
        let notes = TemplateNotes::of(Some(r#"{"team":"sales","message_type":"image"}"#));
        let notes = notes.with(Some(WorkspaceId(7)), None).into_text();
        let read = TemplateNotes::of(Some(&notes));
        assert_eq!((read.workspace(), read.word("team")), (Some(WorkspaceId(7)), Some("sales")));
        assert_eq!(read.word(KIND).and_then(Kind::parse), Some(Kind::File(MediaKind::Image)));
        let changed = read.with(None, Some(Kind::Text));
        assert_eq!(changed.word(KIND), Some("text"));
        assert_eq!(TemplateNotes::of(Some("no json")).workspace(), None);
    }
}
