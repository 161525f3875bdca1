//! Messages.

use crate::dialects::table::operations;
use crate::dialects::wasaas::body::message::{BulkBody, MediaBody, TemplateBody, TextBody};
use crate::dialects::wasaas::shown::message::{BulkJson, MessageJson, SentJson};
use crate::dialects::wasaas::shown::{ListJson, SuccessJson};

operations! {
    /// Operations on messages.
    Wasaas ("wasaas") Message: MessageOperation;
    Text: MessagesSend / Send, Key, {TextBody} => (SuccessJson<SentJson>), [], "Sends a text."
        { POST "/api/messages/send" 200 Reference }
    Media: MessagesSend / Send, Key, {media MediaBody} => (SuccessJson<SentJson>), [], "Sends a file."
        { POST "/api/messages/send-media" 200 Reference }
    Bulk: MessagesSend / Send, Key, {BulkBody} => (SuccessJson<BulkJson>), [],
        "Sends messages to many; the answer says for each whether it is queued."
        { POST "/api/messages/send-bulk" 200 Reference }
    Template: MessagesSend / Send, Key, {TemplateBody} => (SuccessJson<SentJson>), [], "Sends what a template says."
        { POST "/api/messages/send-template" 200 Inferred }
    History: MessagesRead / Read, Key, - => (ListJson<MessageJson>), ["sessionId", "limit", "before", "page"],
        "Lists the messages of a chat, newest first."
        { GET "/api/messages/{chatId}" 200 Reference }
}
