//! Sessions: what they are, how they connect, what happened to them.

use crate::dialects::aduta::body::session::{ConnectBody, PhoneBody, SessionBody, WebhookBody};
use crate::dialects::aduta::shown::Success;
use crate::dialects::aduta::shown::log::{MessageLogJson, SessionLogJson};
use crate::dialects::aduta::shown::session::{
    CodeJson, NewKeyJson, OwnJson, ProgressJson, QrJson, SessionJson, StatusJson, WebhookJson,
};
use crate::dialects::pages::Paginator;
use crate::dialects::table::operations;

operations! {
    /// Operations on sessions.
    Aduta ("aduta") Session: SessionOperation;
    List: InstancesRead / Read, Account, - => (Success<Vec<SessionJson>>), [], "Lists the sessions of the account."
        { GET "/api/v1/whatsapp-sessions" 200 Reference }
    Create: InstancesWrite / Write, Account, {SessionBody} => (Success<SessionJson>), [],
        "Makes a session. Its key, and the secret of its webhook, are in the answer; the key is shown this once."
        { POST "/api/v1/whatsapp-sessions" 201 Reference }
    Get: InstancesRead / Read, Key, - => (Success<SessionJson>), [], "Returns a session."
        { GET "/api/v1/whatsapp-sessions/{id}" 200 Reference }
    Delete: InstancesWrite / Write, Key, - => (Success<()>), [],
        "Deletes a session with its keys; its device is unlinked."
        { DELETE "/api/v1/whatsapp-sessions/{id}" 200 Reference }
    Connect: InstancesWrite / Write, Key, {ConnectBody} => (Success<ProgressJson>), [],
        "Connects a session; one that is not linked gives its QR code."
        { POST "/api/v1/whatsapp-sessions/{id}/connect" 200 Reference }
    Disconnect: InstancesWrite / Write, Key, - => (Success<ProgressJson>), [],
        "Closes the connection of a session, which stays linked."
        { POST "/api/v1/whatsapp-sessions/{id}/disconnect" 200 Reference }
    Qr: InstancesWrite / Read, Key, - => (Success<QrJson>), [], "Returns the QR code to scan, while the session is connecting."
        { GET "/api/v1/whatsapp-sessions/{id}/qrcode" 200 Reference }
    Update: InstancesWrite / Write, Account, {SessionBody} => (Success<SessionJson>), [],
        "Changes a session, its webhook and how it behaves; what is left out stays."
        { PUT "/api/v1/whatsapp-sessions/{id}" 200 Public }
    Restart: InstancesWrite / Write, Key, - => (Success<ProgressJson>), [],
        "Closes the connection of a session and opens it again."
        { POST "/api/v1/whatsapp-sessions/{id}/restart" 200 Public }
    RegenerateKey: KeysWrite / Write, Account, - => (NewKeyJson), [],
        "Makes a new key for a session; those before it open nothing any more."
        { POST "/api/v1/whatsapp-sessions/{id}/regenerate-key" 200 Public }
    MessageLogs: MessagesRead / Read, Key, - => (Success<Paginator<MessageLogJson>>), ["page", "per_page", "status"],
        "Lists the messages that a session sent, newest first."
        { GET "/api/v1/whatsapp-sessions/{id}/message-logs" 200 Public }
    SessionLogs: EventsRead / Read, Key, - => (Success<Paginator<SessionLogJson>>), ["page", "per_page"],
        "Lists what became of a session's connection, newest first."
        { GET "/api/v1/whatsapp-sessions/{id}/session-logs" 200 Public }
    PairingCode: InstancesWrite / Write, Key, {PhoneBody} => (Success<CodeJson>), [],
        "Gives the 8-character code to type on the phone with this number; connects a session that is not linked."
        { POST "/api/v1/whatsapp-sessions/{id}/pairing-code" 200 Inferred }
    Webhook: InstancesRead / Read, Key, - => (Success<WebhookJson>), [], "Returns where a session's events go."
        { GET "/api/v1/whatsapp-sessions/{id}/webhook" 200 Inferred }
    SetWebhook: InstancesWrite / Write, Key, {WebhookBody} => (Success<WebhookJson>), [], "Says where a session's events go."
        { PUT "/api/v1/whatsapp-sessions/{id}/webhook" 200 Inferred }
    Status: InstancesRead / Read, Key, - => (StatusJson), [],
        "Says where the session of the key stands; to a token, where each of the account's sessions does."
        { GET "/api/v1/status" 200 Public }
    User: ProfileRead / Lookup, Instance, - => (Success<OwnJson>), [], "Returns who the session of the key is on WhatsApp."
        { GET "/api/v1/user" 200 Public }
}
