//! Contacts and templates.

use crate::dialects::table::operations;
use crate::dialects::wessaal::body::book::{ContactBody, TemplateBody};
use crate::dialects::wessaal::shown::book::{ContactJson, TemplateJson};
use crate::dialects::wessaal::shown::{DoneJson, SuccessJson};

operations! {
    /// Operations on contacts and templates.
    Wessaal ("wessaal") Book: BookOperation;
    Contacts: BookRead / Read, Account, - => (SuccessJson<Vec<ContactJson>>), ["page", "per_page", "search"],
        "Lists the contacts: all of them, or a page where one is asked for."
        { GET "/integration/v1/contacts" 200 Reference }
    CreateContact: BookWrite / Write, Account, {ContactBody} => (SuccessJson<ContactJson>), [], "Adds a contact."
        { POST "/integration/v1/contacts" 201 Reference }
    Contact: BookRead / Read, Account, - => (SuccessJson<ContactJson>), [], "Returns one contact."
        { GET "/integration/v1/contacts/{contactId}" 200 Reference }
    UpdateContact: BookWrite / Write, Account, {ContactBody} => (SuccessJson<ContactJson>), [], "Changes a contact."
        { PUT "/integration/v1/contacts/{contactId}" 200 Reference }
    DeleteContact: BookWrite / Write, Account, - => (DoneJson), [], "Removes a contact; its messages stay."
        { DELETE "/integration/v1/contacts/{contactId}" 200 Reference }
    CreateTemplate: TemplatesWrite / Write, Account, {TemplateBody} => (SuccessJson<TemplateJson>), [],
        "Makes a template."
        { POST "/integration/v1/templates" 201 Reference }
    Templates: TemplatesRead / Read, Account, - => (SuccessJson<Vec<TemplateJson>>), ["workspace_id", "is_active"],
        "Lists the templates."
        { GET "/integration/v1/templates" 200 Reference }
    Template: TemplatesRead / Read, Account, - => (SuccessJson<TemplateJson>), [], "Returns one template."
        { GET "/integration/v1/templates/{templateId}" 200 Inferred }
    UpdateTemplate: TemplatesWrite / Write, Account, {TemplateBody} => (SuccessJson<TemplateJson>), [],
        "Changes a template."
        { PUT "/integration/v1/templates/{templateId}" 200 Inferred }
    DeleteTemplate: TemplatesWrite / Write, Account, - => (DoneJson), [], "Removes a template."
        { DELETE "/integration/v1/templates/{templateId}" 200 Inferred }
}
