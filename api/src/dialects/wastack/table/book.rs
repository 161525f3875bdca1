//! The address book.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::contact::{ContactBody, ContactsBody, DeviceBody};
use crate::dialects::wastack::shown::contact::{BlockedJson, ContactJson, ImportedJson};
use crate::dialects::wastack::shown::{DeletedJson, Pagination};

operations! {
    /// Operations on the address book.
    Wastack ("wastack") Contact: ContactOperation;
    List: BookRead / Read, Key, - => (Paged<ContactJson, Pagination>), ["search", "tag", "page", "limit"],
        "Lists or searches the address book."
        { GET "/api/v1/contacts" 200 Inferred }
    Create: BookWrite / Write, Key, {ContactBody} => (Success<ContactJson>), [], "Adds somebody to the address book."
        { POST "/api/v1/contacts" 201 Inferred }
    Bulk: BookWrite / Write, Key, {media ContactsBody} => (Success<ImportedJson>), [],
        "Adds up to a thousand people, completing those who are there."
        { POST "/api/v1/contacts/bulk" 200 Inferred }
    Get: BookRead / Read, Key, - => (Success<ContactJson>), [], "Returns somebody of the address book."
        { GET "/api/v1/contacts/{contactId}" 200 Inferred }
    Update: BookWrite / Write, Key, {ContactBody} => (Success<ContactJson>), [],
        "Changes somebody of the address book; what is left out stays."
        { PUT "/api/v1/contacts/{contactId}" 200 Inferred, PATCH "/api/v1/contacts/{contactId}" 200 Inferred }
    Delete: BookWrite / Write, Key, - => (Success<DeletedJson>), [], "Removes somebody from the address book."
        { DELETE "/api/v1/contacts/{contactId}" 200 Inferred }
    Block: ChatsWrite / Write, Key, {DeviceBody} => (Success<BlockedJson>), [], "Blocks somebody on a device."
        { POST "/api/v1/contacts/{contactId}/block" 200 Inferred }
    Unblock: ChatsWrite / Write, Key, {DeviceBody} => (Success<BlockedJson>), [], "Unblocks somebody on a device."
        { POST "/api/v1/contacts/{contactId}/unblock" 200 Inferred }
}
