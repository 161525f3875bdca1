//! Instances, and how they are linked.

use crate::json::Page;
use crate::json::instance::{CreateBody, InstanceJson, UpdateBody};
use crate::json::pairing::{PairingJson, PasskeyBody, PhoneBody};

super::operations! {
    /// Operations on instances.
    Instance: InstanceOperation, TABLE;
    Create: POST "/v1/instances", "instances.create", InstancesWrite / Write,
        {CreateBody} => (201 InstanceJson<'_>), [],
        "Creates an instance; it is linked to a number by connecting it and scanning its code.";
    List: GET "/v1/instances", "instances.list", InstancesRead / Read,
        - => (200 Page<InstanceJson<'_>>), ["limit", "cursor", "state", "workspace"],
        "Lists the account's instances with their live status.";
    Get: GET "/v1/instances/{instance}", "instances.get", InstancesRead / Read,
        - => (200 InstanceJson<'_>), [],
        "Returns one instance with its live status.";
    Update: PATCH "/v1/instances/{instance}", "instances.update", InstancesWrite / Write,
        {UpdateBody} => (200 InstanceJson<'_>), [],
        "Changes name or metadata; what is left out stays, null removes.";
    Delete: DELETE "/v1/instances/{instance}", "instances.delete", InstancesWrite / Write,
        - => (204), [],
        "Logs the instance out where it is linked, and deletes it with all its data.";
    Connect: POST "/v1/instances/{instance}/connect", "instances.connect", InstancesWrite / Write,
        {} => (200 InstanceJson<'_>), [],
        "Opens the connection to WhatsApp; starts pairing when the instance is not linked.";
    Disconnect: POST "/v1/instances/{instance}/disconnect", "instances.disconnect", InstancesWrite / Write,
        {} => (200 InstanceJson<'_>), [],
        "Closes the connection and keeps the link.";
    Restart: POST "/v1/instances/{instance}/restart", "instances.restart", InstancesWrite / Write,
        {} => (200 InstanceJson<'_>), [],
        "Closes the connection and opens it again.";
    Logout: POST "/v1/instances/{instance}/logout", "instances.logout", InstancesWrite / Write,
        {} => (200 InstanceJson<'_>), [],
        "Unlinks the device on WhatsApp and forgets its credentials.";
    // Seeing a code is a matter of writing: who sees one can link a phone to the instance.
    GetPairing: GET "/v1/instances/{instance}/pairing", "pairing.get", InstancesWrite / Read,
        - => (200 PairingJson<'_>), [],
        "Returns the code or ceremony that pairing waits for.";
    GetQr: GET "/v1/instances/{instance}/qr", "pairing.qr", InstancesWrite / Read,
        - => (bytes "image/png", "image/svg+xml", "text/plain"), ["format"],
        "Returns the QR code on show as text, terminal drawing, PNG or SVG.";
    RequestPairingCode: POST "/v1/instances/{instance}/pairing-code", "pairing.code", InstancesWrite / Write,
        {PhoneBody} => (200 PairingJson<'_>), [],
        "Asks for an 8-character code to be typed on the phone with this number.";
    AnswerPasskey: POST "/v1/instances/{instance}/passkey", "pairing.passkey", InstancesWrite / Write,
        {PasskeyBody} => (200 PairingJson<'_>), [],
        "Hands over the WebAuthn assertion that WhatsApp asked for.";
    ConfirmPasskey: POST "/v1/instances/{instance}/passkey/confirm", "pairing.passkey_confirm", InstancesWrite / Write,
        {} => (200 PairingJson<'_>), [],
        "Confirms that the codes on both screens agree.";
}
