//! People: those an instance has met, and what WhatsApp knows of them.

use crate::json::contact::{
    AboutJson, BusinessJson, CheckBody, CheckedJson, ContactJson, PersonPictureJson, SaveBody, SavedJson,
    SyncBody,
};
use crate::json::party::Person;
use crate::json::{List, Page};

super::operations! {
    /// Operations on people.
    Contact: ContactOperation, TABLE;
    List: GET "/v1/instances/{instance}/contacts", "contacts.list", ChatsRead / Read,
        - => (200 Page<ContactJson<'_>>), ["limit", "cursor", "saved"],
        "Lists the people that this instance has met, saved or not.";
    Sync: POST "/v1/instances/{instance}/contacts/sync", "contacts.sync", ChatsWrite / Write,
        {SyncBody} => (200 List<SavedJson<'_>>), [],
        "Saves many people; the answer says for each what became of it.";
    Get: GET "/v1/instances/{instance}/contacts/{person}", "contacts.get", ChatsRead / Read,
        - => (200 ContactJson<'_>), [],
        "Returns one person that this instance has met.";
    Save: PUT "/v1/instances/{instance}/contacts/{person}", "contacts.save", ChatsWrite / Write,
        {SaveBody} => (200 ContactJson<'_>), [],
        "Saves somebody under a name, for every device of the account.";
    Block: POST "/v1/instances/{instance}/contacts/{person}/block", "contacts.block", ChatsWrite / Write,
        {} => (204), [],
        "Blocks somebody.";
    Unblock: POST "/v1/instances/{instance}/contacts/{person}/unblock", "contacts.unblock", ChatsWrite / Write,
        {} => (204), [],
        "No longer blocks somebody.";
    Blocklist: GET "/v1/instances/{instance}/blocklist", "contacts.blocklist", ChatsRead / Lookup,
        - => (200 List<Person<'_>>), [],
        "Lists whom the account blocks.";
    Picture: GET "/v1/instances/{instance}/contacts/{person}/picture", "contacts.picture", ChatsRead / Lookup,
        - => (200 PersonPictureJson<'_>), ["preview"],
        "Returns where WhatsApp serves somebody's picture, or a group's.";
    About: GET "/v1/instances/{instance}/contacts/{person}/about", "contacts.about", ChatsRead / Lookup,
        - => (200 AboutJson<'_>), [],
        "Returns what somebody says about itself.";
    Business: GET "/v1/instances/{instance}/contacts/{person}/business", "contacts.business", ChatsRead / Lookup,
        - => (200 BusinessJson<'_>), [],
        "Returns what a business says about itself.";
    Check: POST "/v1/instances/{instance}/people/check", "people.check", ChatsRead / Lookup,
        {CheckBody} => (200 List<CheckedJson<'_>>), [],
        "Says which numbers are on WhatsApp; answers serve for a day, and new questions come out of a budget of the number.";
    Resolve: GET "/v1/instances/{instance}/people/{person}", "people.get", ChatsRead / Lookup,
        - => (200 CheckedJson<'_>), [],
        "Returns both names of somebody, phone number and LID, and whether there is an account.";
}
