//! Messages.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::about::{EditBody, PresenceBody, ReadBody};
use crate::dialects::wastack::body::message::{BulkBody, SendBody};
use crate::dialects::wastack::shown::Pagination;
use crate::dialects::wastack::shown::message::{
    AcceptedJson, BulkJson, ChangedJson, MessageJson, MessageStatusJson, StateJson,
};

operations! {
    /// Operations on messages.
    Wastack ("wastack") Message: MessageOperation;
    Send: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [],
        "Accepts a message of any type; it is on disk before the answer."
        { POST "/api/v1/messages" 202 Inferred, POST "/api/v1/messages/send" 202 Inferred }
    Text: MessagesSend / Send, Key, {SendBody} => (Success<AcceptedJson>), [], "Accepts a text."
        { POST "/api/v1/messages/text" 202 Inferred }
    Media: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [],
        "Accepts a file: by its address, in base64, or as the part `file` of a form."
        { POST "/api/v1/messages/media" 202 Inferred }
    Image: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts a picture."
        { POST "/api/v1/messages/image" 202 Inferred }
    Video: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts a video."
        { POST "/api/v1/messages/video" 202 Inferred }
    Audio: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts an audio file."
        { POST "/api/v1/messages/audio" 202 Inferred }
    Voice: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts a voice note."
        { POST "/api/v1/messages/voice" 202 Inferred }
    Document: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts a file under its name."
        { POST "/api/v1/messages/document" 202 Inferred }
    Sticker: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), [], "Accepts a sticker."
        { POST "/api/v1/messages/sticker" 202 Inferred }
    Location: MessagesSend / Send, Key, {SendBody} => (Success<AcceptedJson>), [], "Accepts a point on the map."
        { POST "/api/v1/messages/location" 202 Inferred }
    Contact: MessagesSend / Send, Key, {SendBody} => (Success<AcceptedJson>), [], "Accepts contact cards."
        { POST "/api/v1/messages/contact" 202 Inferred }
    Poll: MessagesSend / Send, Key, {SendBody} => (Success<AcceptedJson>), [], "Accepts a poll."
        { POST "/api/v1/messages/poll" 202 Inferred }
    Reaction: MessagesSend / Send, Key, {SendBody} => (Success<AcceptedJson>), [],
        "Accepts a reaction to a message; an empty one takes it back."
        { POST "/api/v1/messages/reaction" 202 Inferred }
    Template: MessagesSend / Send, Key, {SendBody} => (Success<AcceptedJson>), [], "Accepts a template with its values."
        { POST "/api/v1/messages/template" 202 Inferred }
    Bulk: MessagesSend / Send, Key, {media BulkBody} => (Success<BulkJson>), [],
        "Accepts up to a hundred messages in one go; each stands for itself."
        { POST "/api/v1/messages/bulk" 202 Inferred }
    Presence: MessagesSend / Send, Key, {PresenceBody} => (Success<StateJson>), [],
        "Shows that somebody is typing or recording, or that the number is there."
        { POST "/api/v1/messages/presence" 200 Inferred }
    List: MessagesRead / Read, Key, - => (Paged<MessageJson, Pagination>),
        ["deviceId", "status", "type", "to", "from", "until", "page", "limit"], "Lists accepted messages, newest first."
        { GET "/api/v1/messages" 200 Inferred }
    Get: MessagesRead / Read, Key, - => (Success<MessageJson>), [], "Returns an accepted message."
        { GET "/api/v1/messages/{messageId}" 200 Inferred }
    Status: MessagesRead / Read, Key, - => (Success<MessageStatusJson>), [], "Returns where an accepted message stands."
        { GET "/api/v1/messages/{messageId}/status" 200 Inferred }
    Edit: MessagesSend / Send, Key, {EditBody} => (Success<AcceptedJson>), [], "Changes the words of a sent text."
        { PUT "/api/v1/messages/{messageId}" 202 Inferred }
    Delete: MessagesSend / Send, Key, - => (Success<ChangedJson>), ["forEveryone", "deviceId", "chatId", "to"],
        "Deletes a message, for everyone unless told otherwise; one whose time has not come is cancelled."
        { DELETE "/api/v1/messages/{messageId}" 200 Inferred }
    MarkRead: MessagesSend / Send, Key, {ReadBody} => (Success<StateJson>), [], "Marks a received message as read."
        { POST "/api/v1/messages/{messageId}/read" 200 Inferred }
}
