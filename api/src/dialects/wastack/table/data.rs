//! What a device knows of WhatsApp.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::contact::CheckBody;
use crate::dialects::wastack::body::group::ChatBody;
use crate::dialects::wastack::shown::Pagination;
use crate::dialects::wastack::shown::data::{
    ChatJson, CheckedJson, PersonJson, PhoneContactJson, ProfileJson,
};
use crate::dialects::wastack::shown::group::GroupJson;
use crate::dialects::wastack::shown::message::StoredJson;

operations! {
    /// Operations on what a device knows of WhatsApp.
    Wastack ("wastack") Data: DataOperation;
    Chats: ChatsRead / Read, Key, - => (Paged<ChatJson, Pagination>),
        ["deviceId", "search", "unread", "page", "limit"], "Lists the chats, the one with the newest message first."
        { GET "/api/v1/devices/{deviceId}/chats" 200 Inferred, GET "/api/v1/whatsapp/chats" 200 Inferred }
    Chat: ChatsRead / Read, Key, - => (Success<ChatJson>), [], "Returns one chat."
        { GET "/api/v1/devices/{deviceId}/chats/{chatId}" 200 Inferred }
    Messages: MessagesRead / Read, Key, - => (Success<Vec<StoredJson>>), ["before", "limit"],
        "Lists the messages of a chat, newest first: those before a time, or before the message with an id."
        { GET "/api/v1/devices/{deviceId}/chats/{chatId}/messages" 200 Inferred }
    ChangeChat: ChatsWrite / Write, Key, {ChatBody} => (Success<ChatJson>), [],
        "Archives, pins, mutes a chat or marks it as read; what is left out stays."
        { PATCH "/api/v1/devices/{deviceId}/chats/{chatId}" 200 Inferred }
    Contacts: ChatsRead / Read, Key, - => (Paged<PhoneContactJson, Pagination>), ["search", "page", "limit"],
        "Lists the people whom the phone knows."
        { GET "/api/v1/devices/{deviceId}/contacts" 200 Inferred }
    Person: ChatsRead / Lookup, Key, - => (Success<PersonJson>), [], "Returns what somebody shows of themselves."
        { GET "/api/v1/devices/{deviceId}/contacts/{phone}" 200 Inferred }
    Groups: GroupsRead / Read, Key, - => (Success<Vec<GroupJson>>), [], "Lists the groups of a device."
        { GET "/api/v1/devices/{deviceId}/groups" 200 Inferred }
    Profile: ProfileRead / Read, Key, - => (Success<ProfileJson>), [], "Returns the number's own profile."
        { GET "/api/v1/devices/{deviceId}/profile" 200 Inferred }
    Check: ChatsRead / Lookup, Key, - => (Success<CheckedJson>), [], "Returns whether a number is on WhatsApp."
        { GET "/api/v1/devices/{deviceId}/check/{phone}" 200 Inferred }
    CheckMany: ChatsRead / Lookup, Key, {CheckBody} => (Success<Vec<CheckedJson>>), [],
        "Returns which of up to a hundred numbers are on WhatsApp."
        { POST "/api/v1/whatsapp/check" 200 Inferred, POST "/api/v1/contacts/check" 200 Inferred }
    Media: MessagesRead / Lookup, Key, - => (file), [], "Downloads the file of a received message."
        { GET "/api/v1/devices/{deviceId}/media/{mediaId}" 200 Inferred }
}
