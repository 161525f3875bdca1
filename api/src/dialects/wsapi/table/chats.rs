//! Chats.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::chat::{
    ArchiveBody, EphemeralBody, HistoryBody, MuteBody, PinChatBody, PresenceBody, ReadChatBody,
};
use crate::dialects::wsapi::shown::PictureJson;
use crate::dialects::wsapi::shown::chat::ChatJson;
use crate::dialects::wsapi::shown::people::BusinessJson;
use crate::dialects::wsapi::shown::session::ProgressJson;

operations! {
    /// Operations on chats.
    Wsapi ("wsapi") Chat: ChatOperation;
    List: ChatsRead / Read, Linked, - => (Vec<ChatJson>), [], "Lists the chats that this instance has seen."
        { GET "/chats" 200 Reference }
    Get: ChatsRead / Read, Linked, - => (ChatJson), [], "Returns one chat."
        { GET "/chats/{chatId}" 200 Public }
    Delete: ChatsWrite / Write, Instance, - => -, [], "Deletes a chat with its messages."
        { DELETE "/chats/{chatId}" 204 Public }
    Picture: ChatsRead / Lookup, Instance, - => (PictureJson), [], "Returns where a chat's picture is."
        { GET "/chats/{chatId}/picture" 200 Public }
    Business: ChatsRead / Lookup, Instance, - => (BusinessJson), [], "Returns what a business says of itself."
        { GET "/chats/{chatId}/business" 200 Public }
    Presence: MessagesSend / Write, Instance, {PresenceBody} => -, [], "Shows that something is being typed or recorded."
        { PUT "/chats/{chatId}/presence" 204 Public, PUT "/chats/{chatId}/presence/set" 204 Public }
    FollowPresence: ChatsRead / Lookup, Instance, - => -, [], "Asks to be told when somebody comes and goes."
        { PUT "/chats/{chatId}/presence/subscribe" 204 Public }
    Ephemeral: ChatsWrite / Write, Instance, {EphemeralBody} => -, [], "Sets after what time messages disappear."
        { PUT "/chats/{chatId}/ephemeral" 204 Public }
    Mute: ChatsWrite / Write, Instance, {MuteBody} => -, [], "Silences a chat, or lets it be heard."
        { PUT "/chats/{chatId}/mute" 204 Public }
    Pin: ChatsWrite / Write, Instance, {PinChatBody} => -, [], "Pins a chat, or unpins it."
        { PUT "/chats/{chatId}/pin" 204 Public }
    Archive: ChatsWrite / Write, Instance, {ArchiveBody} => -, [], "Archives a chat, or takes it out."
        { PUT "/chats/{chatId}/archive" 204 Public }
    Read: ChatsWrite / Write, Instance, {ReadChatBody} => -, [], "Marks a chat as read, or as unread."
        { PUT "/chats/{chatId}/read" 204 Public }
    History: ChatsWrite / Lookup, Instance, {HistoryBody} => (ProgressJson), [],
        "Asks the phone for messages older than those that the instance has seen."
        { POST "/chats/{chatId}/messages" 202 Public }
    Clear: ChatsWrite / Write, Instance, - => -, [], "Deletes a chat's messages."
        { POST "/chats/{chatId}/clear" 204 Public, PUT "/chats/{chatId}/clear" 204 Public }
}
