//! Templates.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::template::{PreviewBody, SendBody, TemplateBody};
use crate::dialects::wastack::shown::message::AcceptedJson;
use crate::dialects::wastack::shown::template::{PreviewJson, TemplateJson};
use crate::dialects::wastack::shown::{DeletedJson, Pagination};

operations! {
    /// Operations on templates.
    Wastack ("wastack") Template: TemplateOperation;
    List: TemplatesRead / Read, Key, - => (Paged<TemplateJson, Pagination>), ["category", "page", "limit"], "Lists the templates."
        { GET "/api/v1/templates" 200 Inferred }
    Create: TemplatesWrite / Write, Key, {media TemplateBody} => (Success<TemplateJson>), [], "Makes a template."
        { POST "/api/v1/templates" 201 Inferred }
    Get: TemplatesRead / Read, Key, - => (Success<TemplateJson>), [], "Returns a template, by its id or its name."
        { GET "/api/v1/templates/{templateId}" 200 Inferred }
    Update: TemplatesWrite / Write, Key, {media TemplateBody} => (Success<TemplateJson>), [],
        "Changes a template; what is left out stays."
        { PUT "/api/v1/templates/{templateId}" 200 Inferred, PATCH "/api/v1/templates/{templateId}" 200 Inferred }
    Delete: TemplatesWrite / Write, Key, - => (Success<DeletedJson>), [], "Deletes a template."
        { DELETE "/api/v1/templates/{templateId}" 200 Inferred }
    Preview: TemplatesRead / Read, Key, {PreviewBody} => (Success<PreviewJson>), [],
        "Returns what a template says for these values."
        { POST "/api/v1/templates/{templateId}/preview" 200 Inferred }
    Send: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts a template with its values."
        { POST "/api/v1/templates/{templateId}/send" 202 Inferred }
}
