//! Chats, their messages, labels.

use crate::json::chat::{
    ChatJson, CreateLabelBody, HistoryBody, HistoryJson, LabelJson, MessageRefBody, RetentionBody,
    RetentionJson, StarBody, StoredMessageJson, UpdateChatBody, UpdateLabelBody,
};
use crate::json::{List, Page};

super::operations! {
    /// Operations on chats, their messages and labels.
    Chat: ChatOperation, TABLE;
    List: GET "/v1/instances/{instance}/chats", "chats.list", ChatsRead / Read,
        - => (200 Page<ChatJson<'_>>), ["limit", "cursor", "archived", "unread", "label"],
        "Lists the chats that this instance has seen, the one with the newest message first.";
    Get: GET "/v1/instances/{instance}/chats/{chat}", "chats.get", ChatsRead / Read,
        - => (200 ChatJson<'_>), [],
        "Returns one chat.";
    Update: PATCH "/v1/instances/{instance}/chats/{chat}", "chats.update", ChatsWrite / Write,
        {UpdateChatBody} => (200 ChatJson<'_>), [],
        "Archives, pins, mutes, marks as read or unread, sets the timer for disappearing messages; what is left out stays.";
    Delete: DELETE "/v1/instances/{instance}/chats/{chat}", "chats.delete", ChatsWrite / Write,
        - => (204), [],
        "Deletes the chat with its messages, for this account.";
    Clear: POST "/v1/instances/{instance}/chats/{chat}/clear", "chats.clear", ChatsWrite / Write,
        {} => (204), [],
        "Deletes the chat's messages, for this account; the chat stays.";
    Messages: GET "/v1/instances/{instance}/chats/{chat}/messages", "chats.messages", MessagesRead / Read,
        - => (200 Page<StoredMessageJson<'_>>), ["limit", "cursor", "since", "until"],
        "Lists the chat's messages, received and sent, newest first.";
    Star: POST "/v1/instances/{instance}/chats/{chat}/messages/star", "chats.star_message", ChatsWrite / Write,
        {StarBody} => (204), [],
        "Stars a message of the chat, or takes the star off.";
    DeleteMessage: POST "/v1/instances/{instance}/chats/{chat}/messages/delete-for-me", "chats.delete_message", ChatsWrite / Write,
        {MessageRefBody} => (204), [],
        "Deletes a message of the chat for this account alone.";
    History: POST "/v1/instances/{instance}/chats/{chat}/history", "chats.history", ChatsWrite / Lookup,
        {HistoryBody} => (202 HistoryJson), [],
        "Asks the phone for older messages of the chat; they arrive as events with `backfilled` set, while the connection lasts.";
    AddLabel: PUT "/v1/instances/{instance}/chats/{chat}/labels/{label}", "chats.add_label", ChatsWrite / Write,
        {} => (200 ChatJson<'_>), [],
        "Puts a label on the chat.";
    RemoveLabel: DELETE "/v1/instances/{instance}/chats/{chat}/labels/{label}", "chats.remove_label", ChatsWrite / Write,
        - => (200 ChatJson<'_>), [],
        "Takes a label off the chat.";
    Search: GET "/v1/instances/{instance}/messages/search", "messages.search", MessagesRead / Read,
        - => (200 Page<StoredMessageJson<'_>>), ["text", "chat", "since", "until", "limit", "cursor"],
        "Searches stored messages by text and time, newest first; a page may be empty and have a next one.";
    ListLabels: GET "/v1/instances/{instance}/labels", "labels.list", ChatsRead / Read,
        - => (200 List<LabelJson<'_>>), [],
        "Lists the labels.";
    CreateLabel: POST "/v1/instances/{instance}/labels", "labels.create", ChatsWrite / Write,
        {CreateLabelBody} => (201 LabelJson<'_>), [],
        "Makes a label.";
    UpdateLabel: PATCH "/v1/instances/{instance}/labels/{label}", "labels.update", ChatsWrite / Write,
        {UpdateLabelBody} => (200 LabelJson<'_>), [],
        "Changes a label's name or colour; what is left out stays.";
    DeleteLabel: DELETE "/v1/instances/{instance}/labels/{label}", "labels.delete", ChatsWrite / Write,
        - => (204), [],
        "Deletes a label.";
    GetRetention: GET "/v1/instances/{instance}/retention", "retention.get", InstancesRead / Read,
        - => (200 RetentionJson), [],
        "Returns how long messages stay in their chats.";
    SetRetention: PUT "/v1/instances/{instance}/retention", "retention.set", InstancesWrite / Write,
        {RetentionBody} => (200 RetentionJson), [],
        "Sets how long messages stay in their chats; older ones are removed from them, a bounded number at a time.";
}
