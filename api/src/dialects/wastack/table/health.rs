//! Health, and who calls.

use crate::dialects::envelope::Success;
use crate::dialects::table::operations;
use crate::dialects::wastack::shown::app::{HealthJson, MeJson};
use crate::dialects::wastack::shown::device::DevicesHealthJson;

operations! {
    /// Operations on health.
    Wastack ("wastack") Health: HealthOperation;
    Health: Any / Read, Open, - => (Success<HealthJson>), [], "Says that requests are served."
        { GET "/api/v1/health" 200 Inferred }
    Ready: Any / Read, Open, - => (Success<HealthJson>), [], "Says whether this node does its work; 503 when it does not."
        { GET "/api/v1/health/ready" 200 Inferred }
    Devices: InstancesRead / Read, Key, - => (Success<DevicesHealthJson>), [], "Says which devices are connected."
        { GET "/api/v1/health/devices" 200 Inferred }
    Me: Any / Read, Key, - => (Success<MeJson>), [], "Says whose keys these are."
        { GET "/api/v1/me" 200 Inferred }
}
