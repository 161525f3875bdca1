//! Health, pairing, connection, the stream of events.

use crate::dialects::table::operations;
use crate::dialects::wsapi::shown::session::{CodeJson, HealthJson, ProgressJson, StatusJson};

operations! {
    /// Operations on the connection.
    Wsapi ("wsapi") Session: SessionOperation;
    Health: Any / Read, Open, - => (HealthJson), [], "Says that requests are served."
        { GET "/health" 200 Public }
    Qr: InstancesWrite / Write, Instance, - => (bytes "image/png"), [],
        "Gives the QR code to scan as a PNG; connects an instance that is not linked, and waits for its code."
        { GET "/session/qr" 200 Public, GET "/session/login/qr/image" 200 Public }
    QrText: InstancesWrite / Write, Instance, - => (CodeJson), [], "Gives the text of the QR code to scan."
        { GET "/session/qr/text" 200 Public, GET "/session/login/qr/code" 200 Public }
    PairCode: InstancesWrite / Write, Instance, - => (CodeJson), [],
        "Gives the 8-character code to type on the phone with this number."
        { GET "/session/pair-code/{phone}" 200 Public, GET "/session/login/code/{phone}" 200 Public }
    Status: InstancesRead / Read, Instance, - => (StatusJson), [],
        "Says whether the instance is connected, and whether it is linked."
        { GET "/session/status" 200 Public }
    Logout: InstancesWrite / Write, Instance, - => -, [], "Unlinks the device; it can be paired again at once."
        { POST "/session/logout" 204 Public }
    FlushHistory: EventsRead / Write, Instance, - => (ProgressJson), [],
        "Tells the webhook once more what the phone has sent of its history."
        { POST "/session/flush-history" 202 Public }
    Stream: EventsRead / Read, Instance, - => (events), [], "Streams the events of the instance."
        { GET "/events/stream" 200 Public }
    OpenApi: Any / Read, Open, - => (bytes "application/json"), [], "Describes this API in OpenAPI 3.1."
        { GET "/openapi.json" 200 Inferred, GET "/openapi.yml" 200 Inferred }
    Docs: Any / Read, Open, - => (bytes "text/markdown"), [], "Lists the operations of this API."
        { GET "/docs" 200 Inferred }
}
