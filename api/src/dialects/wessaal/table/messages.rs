//! Messages.

use crate::dialects::pages::Paginator;
use crate::dialects::table::operations;
use crate::dialects::wessaal::body::message::{BulkBody, SendBody};
use crate::dialects::wessaal::body::things::{ButtonsBody, ContactsBody, LocationBody, PollBody, StatusBody};
use crate::dialects::wessaal::error::ErrorJson;
use crate::dialects::wessaal::shown::SuccessJson;
use crate::dialects::wessaal::shown::message::{BulkJson, ItemJson, MessageJson, QueuedJson, StatusJson};

operations! {
    /// Operations on messages.
    Wessaal ("wessaal") Message: MessageOperation;
    Send: MessagesSend / Send, Key, {SendBody} => (SuccessJson<QueuedJson>), [],
        "Sends a text or a file to somebody, or what a template says."
        { POST "/integration/v1/messages/send" 202 Reference }
    Bulk: MessagesSend / Send, Key, {BulkBody} => (SuccessJson<BulkJson>), [],
        "Sends up to a hundred messages; the answer says for each whether it is queued."
        { POST "/integration/v1/messages/send-bulk" 200 Reference }
    Status: ChannelsWrite / Send, Key, {StatusBody} => (SuccessJson<QueuedJson>), [], "Posts a status."
        { POST "/integration/v1/messages/send-status" 202 Reference }
    Location: MessagesSend / Send, Key, {LocationBody} => (SuccessJson<QueuedJson>), [], "Sends a point on the map."
        { POST "/integration/v1/messages/send-location" 202 Reference }
    Contact: MessagesSend / Send, Key, {ContactsBody} => (SuccessJson<QueuedJson>), [], "Sends contact cards."
        { POST "/integration/v1/messages/send-contact" 202 Reference }
    Poll: MessagesSend / Send, Key, {PollBody} => (SuccessJson<QueuedJson>), [], "Sends a poll."
        { POST "/integration/v1/messages/send-poll" 202 Reference }
    Buttons: MessagesSend / Send, Key, {ButtonsBody} => (SuccessJson<QueuedJson>), [],
        "Sends a text with buttons, as numbered lines, which every client shows."
        { POST "/integration/v1/messages/send-buttons" 202 Reference }
    Reaction: Any / Read, Key, - => (ErrorJson<'_>), [], "The service has closed it."
        { POST "/integration/v1/messages/send-reaction" 410 Reference }
    ListMenu: Any / Read, Key, - => (ErrorJson<'_>), [], "The service has closed it."
        { POST "/integration/v1/messages/send-list" 410 Reference }
    GetStatus: MessagesSend / Read, Key, - => (SuccessJson<StatusJson>), [], "Returns where a message stands."
        { GET "/integration/v1/messages/{messageId}/status" 200 Reference }
    Get: MessagesRead / Read, Key, - => (SuccessJson<MessageJson>), [], "Returns a message that was sent."
        { GET "/integration/v1/messages/{messageId}" 200 Reference }
    List: MessagesRead / Read, Key, - => (SuccessJson<Paginator<ItemJson>>),
        ["page", "per_page", "status", "type", "instance"], "Lists the messages that were sent, newest first."
        { GET "/integration/v1/messages" 200 Reference }
}
