//! Messages, their files, events.

use crate::json::Page;
use crate::json::event::EventJson;
use crate::json::message::{MessageJson, ReadBody};
use crate::json::send::SendBody;

super::operations! {
    /// Operations on messages, files and events.
    Message: MessageOperation, TABLE;
    Send: POST "/v1/instances/{instance}/messages", "messages.send", MessagesSend / Send,
        {message SendBody} => (200 or 202 MessageJson<'_>), ["wait", "timeout_ms"],
        "Accepts a message for sending; it is on disk before the answer.";
    List: GET "/v1/instances/{instance}/messages", "messages.list", MessagesRead / Read,
        - => (200 Page<MessageJson<'_>>), ["limit", "cursor", "status"],
        "Lists outgoing messages, newest first.";
    MarkRead: POST "/v1/instances/{instance}/messages/read", "messages.read", MessagesSend / Write,
        {ReadBody} => (204), [],
        "Marks received messages as read.";
    GetOfInstance: GET "/v1/instances/{instance}/messages/{message}", "messages.get_of_instance", MessagesRead / Read,
        - => (200 MessageJson<'_>), [],
        "Returns one outgoing message of an instance.";
    Get: GET "/v1/messages/{message}", "messages.get", MessagesRead / Read,
        - => (200 MessageJson<'_>), [],
        "Returns one outgoing message by its id alone.";
    Events: GET "/v1/instances/{instance}/events", "events.list", EventsRead / Read,
        - => (events Page<EventJson<'_>>), ["limit", "cursor", "after"],
        "Returns events after a position, or streams them to a client that accepts text/event-stream.";
    GetMedia: GET "/v1/instances/{instance}/media/{media}", "media.get", MessagesRead / Lookup,
        - => (file), [],
        "Downloads the file of a received message, or a part of it.";
}
