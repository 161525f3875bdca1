//! The node itself, for its operator.

use hyper::StatusCode;
use trunkline_model::Failure;

use crate::call::Call;
use crate::gateway::Gateway;
use crate::json::node::NodeJson;
use crate::reply::{self, Answer};

pub(super) fn status<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    Ok(reply::json(StatusCode::OK, &NodeJson::of(&call.front.gateway.node())))
}
