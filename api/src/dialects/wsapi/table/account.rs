//! The instance of the first generation, and the account's instances of the hosted service.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::instance::{
    AccountSettingsBody, DefaultsBody, LegacySettingsBody, RenameBody,
};
use crate::dialects::wsapi::paging::PageJson;
use crate::dialects::wsapi::shown::instance::{
    AccountDetailJson, AccountInstanceJson, DefaultsJson, InstanceDetailsJson, LegacySettingsJson,
};

operations! {
    /// Operations on an instance's settings, and on the account's instances.
    Wsapi ("wsapi") Account: AccountOperation;
    Settings: InstancesRead / Read, Instance, - => (LegacySettingsJson), [], "Returns the instance's settings."
        { GET "/instance/settings" 200 Reference }
    SetSettings: InstancesWrite / Write, Instance, {LegacySettingsBody} => (LegacySettingsJson), [],
        "Changes the instance's settings; what is left out stays."
        { PUT "/instance/settings" 200 Public }
    RestartThis: InstancesWrite / Write, Instance, - => -, [], "Closes the connection and opens it again."
        { PUT "/instance/restart" 204 Public }
    Details: InstancesRead / Read, Instance, - => (InstanceDetailsJson), [], "Returns the instance."
        { GET "/instance/details" 200 Inferred }
    List: InstancesRead / Read, Account, - => (PageJson<AccountInstanceJson>),
        ["pageNumber", "pageSize", "createdFrom", "createdTo", "status"], "Lists the account's instances, a page at a time."
        { GET "/account/instances" 200 Public }
    Get: InstancesRead / Read, Account, - => (AccountDetailJson), [], "Returns one instance with its settings."
        { GET "/account/instances/{id}" 200 Public }
    Rename: InstancesWrite / Write, Account, {RenameBody} => -, [], "Renames an instance."
        { PUT "/account/instances/{id}/name" 204 Public }
    Configure: InstancesWrite / Write, Account, {AccountSettingsBody} => -, [],
        "Changes an instance's settings; what is left out stays."
        { PUT "/account/instances/{id}/settings" 204 Public }
    Restart: InstancesWrite / Write, Account, - => -, [], "Closes an instance's connection and opens it again."
        { PUT "/account/instances/{id}/restart" 204 Public }
    RenewThisKey: InstancesWrite / Write, Instance, - => (String), [],
        "Makes a new key for the instance, shown in this answer alone; the one before it opens nothing any more."
        { PUT "/instance/apikey" 200 Public }
    RenewKey: KeysWrite / Write, Account, - => (String), [],
        "Makes a new key for an instance, shown in this answer alone; the one before it opens nothing any more."
        { PUT "/account/instances/{id}/apikey" 200 Public }
    Defaults: AccountRead / Read, Account, - => (DefaultsJson), [], "Returns what new instances begin with."
        { GET "/account/instances/defaults" 200 Public }
    SetDefaults: AccountWrite / Write, Account, {DefaultsBody} => -, [],
        "Says what new instances begin with; what is left out stays, and so do the instances that are there."
        { PUT "/account/instances/defaults" 204 Public }
}
