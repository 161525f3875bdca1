//! Instances as the operator of a self-hosted server makes them.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::instance::{ConfigBody, CreateInstanceBody};
use crate::dialects::wsapi::shown::instance::{AdminInstanceJson, MadeInstanceJson};

operations! {
    /// Operations of the operator.
    Wsapi ("wsapi") Admin: AdminOperation;
    Create: InstancesWrite / Write, Account, {CreateInstanceBody} => (MadeInstanceJson), [], "Makes an instance."
        { POST "/admin/instances" 201 Public }
    List: InstancesRead / Read, Account, - => (Vec<AdminInstanceJson>), [], "Lists the instances."
        { GET "/admin/instances" 200 Public }
    Get: InstancesRead / Read, Account, - => (AdminInstanceJson), [], "Returns one instance."
        { GET "/admin/instances/{id}" 200 Public }
    Delete: InstancesWrite / Write, Account, - => -, [], "Logs an instance out and deletes it."
        { DELETE "/admin/instances/{id}" 204 Public }
    Config: InstancesWrite / Write, Account, {ConfigBody} => -, [], "Changes an instance's configuration."
        { PUT "/admin/instances/{id}/config" 204 Public }
    Restart: InstancesWrite / Write, Account, - => -, [], "Closes an instance's connection and opens it again."
        { PUT "/admin/instances/{id}/restart" 204 Public }
}
