//! People.

use crate::dialects::aduta::body::people::ContactBody;
use crate::dialects::aduta::pages::ListJson;
use crate::dialects::aduta::shown::contact::{
    ContactJson, ImageJson, LidJson, PnJson, SavedJson, WhatsAppJson,
};
use crate::dialects::aduta::shown::{Said, Success};
use crate::dialects::table::operations;

operations! {
    /// Operations on people.
    Aduta ("aduta") Contact: ContactOperation;
    List: ChatsRead / Read, Linked, - => (Success<ListJson<ContactJson>>), ["paginated", "page", "limit"],
        "Lists the people that this session has met; with `paginated=true`, page by page."
        { GET "/api/v1/contacts" 200 Reference }
    Save: ChatsWrite / Write, Instance, {ContactBody} => (Success<SavedJson>), [], "Saves somebody under a name."
        { PUT "/api/v1/contacts" 200 Reference }
    Get: ChatsRead / Lookup, Linked, - => (Success<ContactJson>), [], "Returns one person, with what it shows of itself."
        { GET "/api/v1/contacts/{phone}" 200 Reference }
    Check: ChatsRead / Lookup, Instance, - => (Success<WhatsAppJson>), [], "Says whether a number is on WhatsApp."
        { GET "/api/v1/on-whatsapp/{phone}" 200 Reference }
    Picture: ChatsRead / Lookup, Instance, - => (Success<ImageJson>), [], "Returns where somebody's picture is."
        { GET "/api/v1/contacts/{phone}/picture" 200 Public }
    Block: ChatsWrite / Write, Instance, - => (Success<Said>), [], "Blocks somebody."
        { POST "/api/v1/contacts/{phone}/block" 200 Public }
    Unblock: ChatsWrite / Write, Instance, - => (Success<Said>), [], "No longer blocks somebody."
        { POST "/api/v1/contacts/{phone}/unblock" 200 Public }
    Lid: ChatsRead / Lookup, Instance, - => (Success<LidJson>), [], "Returns the id that hides a phone number."
        { GET "/api/v1/lid-from-pn/{phone}" 200 Public }
    Pn: ChatsRead / Lookup, Instance, - => (Success<PnJson>), [], "Returns the phone number that an id hides, where it is known."
        { GET "/api/v1/pn-from-lid/{lid}" 200 Public }
}
