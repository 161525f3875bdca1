//! Contacts.

use crate::dialects::table::operations;
use crate::dialects::wasaas::body::contact::ContactsBody;
use crate::dialects::wasaas::shown::contact::ContactJson;
use crate::dialects::wasaas::shown::session::RemovedJson;
use crate::dialects::wasaas::shown::{ListJson, SuccessJson};

operations! {
    /// Operations on contacts.
    Wasaas ("wasaas") Contact: ContactOperation;
    List: BookRead / Read, Account, - => (ListJson<ContactJson>), ["page", "limit", "search", "tag"],
        "Lists the contacts."
        { GET "/api/contacts" 200 Reference }
    Create: BookWrite / Write, Account, {ContactsBody} => (SuccessJson<ContactJson>), [],
        "Adds a contact; or many, of which the answer counts what became of them, with status 200."
        { POST "/api/contacts" 201 Reference }
    Get: BookRead / Read, Account, - => (SuccessJson<ContactJson>), [], "Returns one contact."
        { GET "/api/contacts/{id}" 200 Inferred }
    Update: BookWrite / Write, Account, {ContactsBody} => (SuccessJson<ContactJson>), [], "Changes a contact."
        { PUT "/api/contacts/{id}" 200 Reference, PATCH "/api/contacts/{id}" 200 Reference }
    Delete: BookWrite / Write, Account, - => (SuccessJson<RemovedJson>), [], "Removes a contact."
        { DELETE "/api/contacts/{id}" 200 Reference }
}
