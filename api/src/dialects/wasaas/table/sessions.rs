//! Sessions.

use crate::dialects::table::operations;
use crate::dialects::wasaas::body::session::{PairingBody, SessionBody};
use crate::dialects::wasaas::shown::session::{PairingJson, RemovedJson, SessionJson};
use crate::dialects::wasaas::shown::{ListJson, SuccessJson};

operations! {
    /// Operations on sessions.
    Wasaas ("wasaas") Session: SessionOperation;
    Create: InstancesWrite / Write, Account, {SessionBody} => (SuccessJson<SessionJson>), [],
        "Makes a session and connects it."
        { POST "/api/sessions" 201 Reference }
    List: InstancesRead / Read, Key, - => (ListJson<SessionJson>), ["status", "page", "limit"], "Lists the sessions."
        { GET "/api/sessions" 200 Reference }
    Get: InstancesRead / Read, Key, - => (SuccessJson<SessionJson>), [],
        "Returns where a session stands, and the QR code while one is to be scanned."
        { GET "/api/sessions/{id}" 200 Reference }
    Delete: InstancesWrite / Write, Key, - => (SuccessJson<RemovedJson>), [], "Disconnects a session and removes it."
        { DELETE "/api/sessions/{id}" 200 Reference }
    Restart: InstancesWrite / Write, Key, - => (SuccessJson<SessionJson>), [],
        "Closes a session's connection and opens it again."
        { POST "/api/sessions/{id}/restart" 200 Inferred }
    Logout: InstancesWrite / Write, Key, - => (SuccessJson<SessionJson>), [], "Unlinks a session from its number."
        { POST "/api/sessions/{id}/logout" 200 Inferred }
    Pair: InstancesWrite / Write, Key, {PairingBody} => (SuccessJson<PairingJson>), [],
        "Returns the code that links the session when it is typed on the phone."
        { POST "/api/sessions/{id}/pairing-code" 200 Inferred }
    Media: MessagesRead / Lookup, Key, - => (file), [], "Downloads the file of a received message."
        { GET "/api/sessions/{id}/media/{mediaId}" 200 Inferred }
}
