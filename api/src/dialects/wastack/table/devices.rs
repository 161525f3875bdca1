//! Devices.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::device::{CreateBody, PairBody, UpdateBody};
use crate::dialects::wastack::shown::device::{CodeJson, DeviceJson, QrJson, StatusJson};
use crate::dialects::wastack::shown::message::StateJson;
use crate::dialects::wastack::shown::{DeletedJson, Pagination};

operations! {
    /// Operations on devices.
    Wastack ("wastack") Device: DeviceOperation;
    List: InstancesRead / Read, Key, - => (Paged<DeviceJson, Pagination>), ["status", "page", "limit"], "Lists the devices."
        { GET "/api/v1/devices" 200 Reference }
    Create: InstancesWrite / Write, Account, {CreateBody} => (Success<DeviceJson>), [], "Makes a device that is to be paired."
        { POST "/api/v1/devices" 201 Inferred }
    Get: InstancesRead / Read, Key, - => (Success<DeviceJson>), [], "Returns one device."
        { GET "/api/v1/devices/{deviceId}" 200 Reference }
    Update: InstancesWrite / Write, Key, {UpdateBody} => (Success<DeviceJson>), [],
        "Changes a device's name, metadata or settings; what is left out stays."
        { PATCH "/api/v1/devices/{deviceId}" 200 Inferred, PUT "/api/v1/devices/{deviceId}" 200 Inferred }
    Delete: InstancesWrite / Write, Key, - => (Success<DeletedJson>), [], "Unlinks a device and deletes it."
        { DELETE "/api/v1/devices/{deviceId}" 200 Inferred }
    Qr: InstancesWrite / Write, Key, - => (Success<QrJson>), ["format"],
        "Returns the QR code to scan, waiting for it; as a picture with `format=png`."
        { GET "/api/v1/devices/{deviceId}/qr" 200 Inferred }
    PairingCode: InstancesWrite / Write, Key, {PairBody} => (Success<CodeJson>), [],
        "Returns a code to type on the phone, waiting for it."
        { POST "/api/v1/devices/{deviceId}/pairing-code" 200 Inferred }
    Connect: InstancesWrite / Write, Key, - => (Success<StateJson>), [], "Opens the connection, or begins pairing."
        { POST "/api/v1/devices/{deviceId}/connect" 202 Inferred }
    Disconnect: InstancesWrite / Write, Key, - => (Success<StateJson>), [], "Closes the connection and keeps the link."
        { POST "/api/v1/devices/{deviceId}/disconnect" 200 Inferred }
    Restart: InstancesWrite / Write, Key, - => (Success<StateJson>), [], "Closes the connection and opens it again."
        { POST "/api/v1/devices/{deviceId}/restart" 200 Inferred }
    Logout: InstancesWrite / Write, Key, - => (Success<StateJson>), [], "Unlinks the device."
        { POST "/api/v1/devices/{deviceId}/logout" 200 Inferred }
    Status: InstancesRead / Read, Key, - => (Success<StatusJson>), [], "Returns where a device's connection stands."
        { GET "/api/v1/devices/{deviceId}/status" 200 Inferred }
}
