//! The node and its keys.

use crate::json::key::{CreateKeyBody, KeyJson};
use crate::json::node::NodeJson;

super::operations! {
    /// Operations on the node and its keys.
    Node: NodeOperation, TABLE;
    Status: GET "/v1/node", "node.status", All / Read,
        - => (200 NodeJson<'_>), [],
        "Returns how this node is doing: shards, instances by state, the last restart, open files. For its operator.";
    CreateKey: POST "/v1/keys", "keys.create", All / Write,
        {CreateKeyBody} => (201 KeyJson<'_>), [],
        "Makes an API key; the answer is the only place where it is ever shown.";
}
