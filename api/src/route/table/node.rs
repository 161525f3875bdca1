//! The node.

use crate::json::node::NodeJson;

super::operations! {
    /// Operations on the node.
    Node: NodeOperation, TABLE;
    Status: GET "/v1/node", "node.status", Operator / Read,
        - => (200 NodeJson<'_>), [],
        "Returns how this node is doing: shards, instances by state, the last restart, open files. For its operator.";
}
