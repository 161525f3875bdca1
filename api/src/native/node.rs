//! The node itself, for its operator.

use hyper::StatusCode;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::{ErrorCode, Failure};

use crate::call::Call;
use crate::gateway::Gateway;
use crate::json::node::NodeJson;
use crate::reply::{self, Answer};

pub(super) fn status<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    // How many numbers a node carries is no tenant's business.
    if call.account() != ROOT_ACCOUNT {
        let detail = "Only a key of the node's operator, who owns the first account, may see this.";
        return Err(Failure::new(ErrorCode::Forbidden, detail));
    }
    Ok(reply::json(StatusCode::OK, &NodeJson::of(&call.front.gateway.node())))
}
