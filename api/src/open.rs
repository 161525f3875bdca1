//! What answers without a key: health, metrics, documentation. Nothing here tells of any tenant.

use hyper::StatusCode;
use serde::Serialize;
use trunkline_model::{ErrorCode, Failure};

use crate::docs;
use crate::gateway::Gateway;
use crate::reply::{self, Answer};
use crate::route::OpenOperation;

const MARKDOWN: &str = "text/markdown; charset=utf-8";
/// How long a load balancer is told to wait before it asks an unready node again, in milliseconds.
const READY_RETRY_MS: u64 = 2_000;

#[derive(Debug, Serialize)]
struct Live {
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct Ready {
    status: &'static str,
    shards: usize,
}

/// Answers an open operation.
///
/// # Errors
/// `UNAVAILABLE` from an unready node, `ROUTE_NOT_FOUND` for a page that is not there.
pub(crate) fn answer<G: Gateway>(
    operation: OpenOperation,
    gateway: &G,
    params: &matchit::Params<'_, '_>,
) -> Result<Answer, Failure> {
    match operation {
        OpenOperation::Live => Ok(reply::json(StatusCode::OK, &Live { status: "live" })),
        OpenOperation::Ready => ready(gateway),
        OpenOperation::Metrics => Ok(reply::bytes(
            StatusCode::OK,
            "text/plain; version=0.0.4; charset=utf-8",
            gateway.render_metrics(),
        )),
        OpenOperation::ErrorIndex => Ok(reply::bytes(StatusCode::OK, MARKDOWN, docs::index())),
        OpenOperation::ErrorPage => params
            .get("code")
            .and_then(docs::code_of)
            .map(|code| reply::bytes(StatusCode::OK, MARKDOWN, docs::page(code)))
            .ok_or_else(|| {
                Failure::new(
                    ErrorCode::RouteNotFound,
                    "There is no such error code. /docs/errors lists all of them.",
                )
            }),
    }
}

fn ready<G: Gateway>(gateway: &G) -> Result<Answer, Failure> {
    let health = gateway.health();
    if health.ready {
        let ready = Ready { status: "ready", shards: health.shards };
        return Ok(reply::json(StatusCode::OK, &ready));
    }
    let reasons =
        if health.reasons.is_empty() { "no reason was given".to_owned() } else { health.reasons.join("; ") };
    Err(Failure::busy(format!("This node is not ready: {reasons}."), READY_RETRY_MS))
}
