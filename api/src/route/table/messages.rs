//! Messages, their files, events.

use crate::json::about::{EditBody, KeepBody, PinBody, ReactBody, ReceiptJson, RevokeBody, VoteBody};
use crate::json::batch::BatchResult;
use crate::json::descriptor::DownloadMediaBody;
use crate::json::event::EventJson;
use crate::json::message::{ContentJson, MessageJson, ReadBody};
use crate::json::send::{BatchBody, SendBody, StatusBody};
use crate::json::{List, Page};

super::operations! {
    /// Operations on messages, files and events.
    Message: MessageOperation, TABLE;
    Send: POST "/v1/instances/{instance}/messages", "messages.send", MessagesSend / Send,
        {message SendBody} => (200 or 202 MessageJson<'_>), ["wait", "timeout_ms"],
        "Accepts a message for sending; it is on disk before the answer.";
    SendBatch: POST "/v1/instances/{instance}/messages/batch", "messages.send_batch", MessagesSend / Send,
        {long BatchBody} => (207 List<BatchResult<'_>>), [],
        "Accepts up to a thousand messages; the answer says for each what became of it.";
    List: GET "/v1/instances/{instance}/messages", "messages.list", MessagesRead / Read,
        - => (200 Page<MessageJson<'_>>), ["limit", "cursor", "status", "wa_id"],
        "Lists outgoing messages, newest first, or the one that WhatsApp knows by an id.";
    MarkRead: POST "/v1/instances/{instance}/messages/read", "messages.read", MessagesSend / Write,
        {ReadBody} => (204), [],
        "Marks received messages as read.";
    React: POST "/v1/instances/{instance}/messages/react", "messages.react", MessagesSend / Send,
        {ReactBody} => (202 MessageJson<'_>), [],
        "Reacts to a message with an emoji, or takes the reaction back.";
    Revoke: POST "/v1/instances/{instance}/messages/revoke", "messages.revoke", MessagesSend / Send,
        {RevokeBody} => (202 MessageJson<'_>), [],
        "Deletes a message for everyone by its WhatsApp id; an admin of a group can delete those of others.";
    Pin: POST "/v1/instances/{instance}/messages/pin", "messages.pin", MessagesSend / Send,
        {PinBody} => (202 MessageJson<'_>), [],
        "Pins a message in its chat for everyone, or unpins it.";
    Keep: POST "/v1/instances/{instance}/messages/keep", "messages.keep", MessagesSend / Send,
        {KeepBody} => (202 MessageJson<'_>), [],
        "Keeps a message in a chat whose messages disappear, or does not keep it any more.";
    PostStatus: POST "/v1/instances/{instance}/status", "status.post", ChannelsWrite / Send,
        {message StatusBody} => (202 or 200 MessageJson<'_>), ["wait", "timeout_ms"],
        "Posts a status to the people of its audience, or to the account's contacts.";
    GetOfInstance: GET "/v1/instances/{instance}/messages/{message}", "messages.get_of_instance", MessagesRead / Read,
        - => (200 MessageJson<'_>), [],
        "Returns one outgoing message of an instance.";
    Get: GET "/v1/messages/{message}", "messages.get", MessagesRead / Read,
        - => (200 MessageJson<'_>), [],
        "Returns one outgoing message by its id alone.";
    Edit: PATCH "/v1/messages/{message}", "messages.edit", MessagesSend / Send,
        {EditBody} => (202 MessageJson<'_>), [],
        "Changes the text of an outgoing message, or the caption of its file.";
    Delete: DELETE "/v1/messages/{message}", "messages.delete", MessagesSend / Send,
        - => (202 MessageJson<'_>), [],
        "Deletes an outgoing message for everyone.";
    Resend: POST "/v1/messages/{message}/resend", "messages.resend", MessagesSend / Send,
        {} => (202 MessageJson<'_>), [],
        "Sends a message again that failed, as a new message; a receiver who has the old one after all shows both as one.";
    Receipts: GET "/v1/messages/{message}/receipts", "messages.list_receipts", MessagesRead / Read,
        - => (200 List<ReceiptJson<'_>>), [],
        "Lists who has an outgoing message, who has read and who has played it.";
    Events: GET "/v1/instances/{instance}/events", "events.list", EventsRead / Read,
        - => (events Page<EventJson<'_>>), ["limit", "cursor", "after", "wait_ms"],
        "Returns events after a position, waiting for the first one if asked to, or streams them to a client that accepts text/event-stream.";
    GetMedia: GET "/v1/instances/{instance}/media/{media}", "media.get", MessagesRead / Lookup,
        - => (file), [],
        "Downloads the file of a received message, or a part of it.";
    Vote: POST "/v1/instances/{instance}/messages/vote", "messages.vote", MessagesSend / Send,
        {VoteBody} => (202 MessageJson<'_>), [],
        "Votes in a poll, or takes the vote back.";
    Content: GET "/v1/messages/{message}/content", "messages.get_content", MessagesRead / Read,
        - => (200 ContentJson<'_>), [],
        "Returns what an outgoing message says.";
    DownloadMedia: POST "/v1/instances/{instance}/media/download", "media.download", MessagesRead / Lookup,
        {DownloadMediaBody} => (file), [],
        "Downloads a file from WhatsApp's media hosts whose keys the caller knows, and opens it.";
}
