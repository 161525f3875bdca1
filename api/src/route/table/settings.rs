//! How instances behave by themselves.

use crate::json::settings::{SettingsJson, UpdateSettingsBody};

super::operations! {
    /// Operations on the settings of an instance.
    Settings: SettingsOperation, TABLE;
    Get: GET "/v1/instances/{instance}/settings", "settings.get", InstancesRead / Read,
        - => (200 SettingsJson<'_>), [],
        "Returns how the instance behaves by itself.";
    Update: PATCH "/v1/instances/{instance}/settings", "settings.update", InstancesWrite / Write,
        {UpdateSettingsBody} => (200 SettingsJson<'_>), [],
        "Changes how the instance behaves by itself; what is left out stays, null removes.";
}
