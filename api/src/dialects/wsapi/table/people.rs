//! Contacts, users, the number itself.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::group::PictureBody;
use crate::dialects::wsapi::body::people::{
    CheckBody, ContactBody, NamesBody, OwnNameBody, OwnPresenceBody, OwnStatusBody, PrivacyBody, ProfileBody,
};
use crate::dialects::wsapi::shown::group::PictureSetJson;
use crate::dialects::wsapi::shown::people::{
    BusinessJson, CheckedJson, ContactJson, InWhatsAppJson, MeJson, PrivacyJson, UserJson,
};
use crate::dialects::wsapi::shown::{Identity, PictureJson};

operations! {
    /// Operations on people.
    Wsapi ("wsapi") People: PeopleOperation;
    Contacts: ChatsRead / Read, Linked, - => (Vec<ContactJson>), [], "Lists the people that this instance has met."
        { GET "/contacts" 200 Public }
    Save: ChatsWrite / Write, Instance, {ContactBody} => -, [], "Saves somebody under a name."
        { POST "/contacts" 204 Public }
    Sync: ChatsWrite / Write, Linked, - => -, [],
        "Says whether contacts are kept in step with WhatsApp, which they are while the instance is connected."
        { POST "/contacts/sync" 204 Public }
    Contact: ChatsRead / Read, Linked, - => (ContactJson), [], "Returns one person."
        { GET "/contacts/{id}" 200 Public }
    SaveNames: ChatsWrite / Write, Instance, {NamesBody} => -, [], "Saves somebody under a name."
        { PUT "/contacts/{id}" 204 Public, PUT "/contacts/{id}/fullName" 204 Public }
    ContactPicture: ChatsRead / Lookup, Instance, - => (PictureJson), [], "Returns where somebody's picture is."
        { GET "/contacts/{id}/picture" 200 Reference }
    ContactBusiness: ChatsRead / Lookup, Instance, - => (BusinessJson), [], "Returns what a business says of itself."
        { GET "/contacts/{id}/business" 200 Public }
    FollowPresence: ChatsRead / Lookup, Instance, - => -, [], "Asks to be told when somebody comes and goes."
        { POST "/contacts/{id}/presence" 204 Public }
    Blocklist: ChatsRead / Lookup, Instance, - => (Vec<Identity>), [], "Lists whom the account blocks."
        { GET "/contacts/blocklist" 200 Public }
    Block: ChatsWrite / Write, Instance, - => -, [], "Blocks somebody."
        { PUT "/contacts/{id}/block" 204 Public, POST "/contacts/{id}/block" 204 Public }
    Unblock: ChatsWrite / Write, Instance, - => -, [], "No longer blocks somebody."
        { PUT "/contacts/{id}/unblock" 204 Public, POST "/contacts/{id}/unblock" 204 Public }
    Me: ProfileRead / Lookup, Instance, - => (MeJson), [], "Returns the number's own profile."
        { GET "/users/me/profile" 200 Public, GET "/users/profile" 200 Public, GET "/account/info" 200 Reference }
    UpdateMe: ProfileWrite / Write, Instance, {media ProfileBody} => -, [], "Changes name, about text or picture."
        { PUT "/users/me/profile" 204 Public, PUT "/users/profile" 204 Public }
    SetName: ProfileWrite / Write, Instance, {OwnNameBody} => -, [], "Changes the number's own name."
        { PUT "/account/name" 204 Public }
    SetStatus: ProfileWrite / Write, Instance, {OwnStatusBody} => -, [], "Changes the number's about text."
        { PUT "/account/status" 204 Public }
    SetPicture: ProfileWrite / Write, Instance, {media PictureBody} => (PictureSetJson), [], "Sets the number's picture."
        { POST "/account/picture" 201 Public }
    SetPresence: ProfileWrite / Write, Instance, {OwnPresenceBody} => -, [], "Shows the number as online, or not."
        { PUT "/users/me/presence" 204 Public, PUT "/users/presence" 204 Public, PUT "/account/presence" 204 Public }
    Privacy: ProfileRead / Lookup, Instance, - => (PrivacyJson), [], "Returns who sees what of the number."
        { GET "/users/me/privacy" 200 Public, GET "/users/privacy" 200 Public }
    SetPrivacy: ProfileWrite / Write, Instance, {PrivacyBody} => (PrivacyJson), [], "Changes one privacy setting."
        { PUT "/users/me/privacy" 200 Public, PUT "/users/privacy" 200 Public }
    CheckMany: ChatsRead / Lookup, Instance, {CheckBody} => (Vec<CheckedJson>), [], "Says which numbers are on WhatsApp."
        { POST "/users/check" 200 Public }
    Check: ChatsRead / Lookup, Instance, - => (InWhatsAppJson), [], "Says whether a number is on WhatsApp."
        { GET "/users/{phone}/check" 200 Public }
    User: ChatsRead / Lookup, Instance, - => (UserJson), [], "Returns what a number shows of itself."
        { GET "/users/{phone}/profile" 200 Public, GET "/users/{phone}" 200 Public }
}
