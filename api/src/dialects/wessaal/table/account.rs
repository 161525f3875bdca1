//! The key, instances, workspaces.

use crate::dialects::table::operations;
use crate::dialects::wessaal::shown::SuccessJson;
use crate::dialects::wessaal::shown::account::{
    InstanceDetailJson, InstanceJson, LiveJson, MeJson, PongJson, WorkspaceDetailJson, WorkspaceJson,
};

operations! {
    /// Operations on instances and workspaces.
    Wessaal ("wessaal") Account: AccountOperation;
    Ping: Any / Read, Key, - => (PongJson), [], "Says that the server is there, and its time."
        { GET "/integration/v1/ping" 200 Reference }
    Me: Any / Read, Key, - => (SuccessJson<MeJson>), [],
        "Returns the account, what the key may do, and what is in the pockets."
        { GET "/integration/v1/me" 200 Reference }
    Instances: InstancesRead / Read, Key, - => (SuccessJson<Vec<InstanceJson>>), [], "Lists the instances."
        { GET "/integration/v1/instances" 200 Reference }
    Instance: InstancesRead / Read, Key, - => (SuccessJson<InstanceDetailJson>), [],
        "Returns one instance, by its number or its name."
        { GET "/integration/v1/instances/{instanceId}" 200 Reference }
    Live: InstancesRead / Read, Key, - => (SuccessJson<LiveJson>), [],
        "Returns how an instance is connected at this moment."
        { GET "/integration/v1/instances/{instanceId}/status" 200 Reference }
    Workspaces: AccountRead / Read, Account, - => (SuccessJson<Vec<WorkspaceJson>>), [], "Lists the workspaces."
        { GET "/integration/v1/workspaces" 200 Reference }
    Workspace: AccountRead / Read, Account, - => (SuccessJson<WorkspaceDetailJson>), [], "Returns one workspace."
        { GET "/integration/v1/workspaces/{workspaceId}" 200 Reference }
}
