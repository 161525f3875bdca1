//! Messages, and what is shown in chats.

use crate::dialects::aduta::body::file::{DecryptBody, UploadBody};
use crate::dialects::aduta::body::message::{EditBody, PresenceBody, ReadBody, SendBody};
use crate::dialects::aduta::shown::file::PublicJson;
use crate::dialects::aduta::shown::message::{InfoJson, PresenceJson, SentJson};
use crate::dialects::aduta::shown::{Said, Success};
use crate::dialects::table::operations;

/// Where messages are sent: it has an allowance of its own.
pub(crate) const SEND: &str = "/api/v1/send-message";
/// Where one that failed is sent again.
pub(crate) const RESEND: &str = "/api/v1/messages/{msgId}/resend";

operations! {
    /// Operations on messages.
    Aduta ("aduta") Message: MessageOperation;
    Send: MessagesSend / Send, Instance, {SendBody} => (SentJson), [],
        "Sends a message. What it is, the member says that it has: `text`, `image`, `video`, `audio`, `document`, `sticker`, \
        `location`, `contact`, `poll`."
        { POST "/api/v1/send-message" 200 Reference }
    Edit: MessagesSend / Send, Instance, {EditBody} => (SentJson), [], "Changes the words of a message that was sent."
        { PUT "/api/v1/messages/{msgId}" 200 Public }
    Delete: MessagesSend / Send, Instance, - => (SentJson), [], "Deletes a message that was sent, for everyone."
        { DELETE "/api/v1/messages/{msgId}" 200 Public }
    Info: MessagesRead / Read, Instance, - => (Success<InfoJson>), [], "Says what became of a message, and who has it."
        { GET "/api/v1/messages/{msgId}/info" 200 Public }
    Resend: MessagesSend / Send, Instance, - => (SentJson), [], "Sends a message again that failed."
        { POST "/api/v1/messages/{msgId}/resend" 200 Public }
    Read: MessagesSend / Write, Linked, {ReadBody} => (Success<Said>), [], "Marks a received message as read."
        { POST "/api/v1/messages/read" 200 Public }
    Presence: ChatsWrite / Write, Linked, {PresenceBody} => (Success<PresenceJson>), [],
        "Shows in a chat that something is being written or recorded, for `delayMs` where it is given; or the number as online, or not."
        { POST "/api/v1/send-presence-update" 200 Public }
    Upload: MessagesSend / Write, Instance, {media UploadBody} => (PublicJson), [],
        "Puts a file at a public address, for a day: the body as it is, a form with a `file`, or JSON with `base64`."
        { POST "/api/v1/upload" 200 Public }
    Decrypt: MessagesRead / Write, Instance, {DecryptBody} => (PublicJson), [],
        "Puts the file of a message that a webhook told of at a public address, for a day."
        { POST "/api/v1/decrypt-media" 200 Public }
}
