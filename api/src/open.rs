//! What answers without a key: health, metrics, documentation. Nothing here tells of any tenant.

use hyper::StatusCode;
use hyper::header::CONTENT_SECURITY_POLICY;
use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::{Dialect, ErrorCode, Failure};

use crate::dialects::{self, Mount};
use crate::gateway::Gateway;
use crate::native::files;
use crate::reply::{self, Answer};
use crate::route::OpenOperation;
use crate::sign::Visit;
use crate::{docs, openapi, playground, reference};

const MARKDOWN: &str = "text/markdown; charset=utf-8";
/// How long a load balancer is told to wait before it asks an unready node again, in milliseconds.
const READY_RETRY_MS: u64 = 2_000;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Live")]
pub(crate) struct Live {
    status: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Ready")]
pub(crate) struct Ready {
    status: &'static str,
    shards: usize,
}

/// Answers an open operation.
///
/// # Errors
/// `UNAVAILABLE` from an unready node, `ROUTE_NOT_FOUND` for a page that is not there; those of files.
pub(crate) async fn answer<G: Gateway>(
    operation: OpenOperation,
    visit: &Visit<'_, G>,
) -> Result<Answer, Failure> {
    let (gateway, params) = (&visit.front.gateway, &visit.params);
    match operation {
        OpenOperation::PublicFile => Box::pin(files::serve(visit)).await,
        OpenOperation::Live => Ok(reply::json(StatusCode::OK, &Live { status: "live" })),
        OpenOperation::Ready => ready(gateway),
        OpenOperation::Metrics => Ok(reply::bytes(
            StatusCode::OK,
            "text/plain; version=0.0.4; charset=utf-8",
            gateway.render_metrics(),
        )),
        OpenOperation::OpenApi => {
            Ok(reply::bytes(StatusCode::OK, "application/json", openapi::DOCUMENT.clone()))
        }
        OpenOperation::Playground => Ok(page()),
        OpenOperation::PlaygroundFile => params
            .get("file")
            .and_then(playground::file)
            .map(|file| reply::bytes(StatusCode::OK, file.content_type, file.bytes.clone()))
            .ok_or_else(|| nothing("The playground has no such file.")),
        OpenOperation::Reference => Ok(reply::bytes(StatusCode::OK, MARKDOWN, reference::index())),
        OpenOperation::ReferencePage => params
            .get("operation")
            .and_then(reference::page)
            .map(|page| reply::bytes(StatusCode::OK, MARKDOWN, page))
            .ok_or_else(|| nothing("There is no such operation. /docs/reference lists all of them.")),
        OpenOperation::Dialect => named(params)
            .map(|mount| reply::bytes(StatusCode::OK, MARKDOWN, dialects::page(mount)))
            .ok_or_else(|| nothing(NO_DIALECT)),
        OpenOperation::DialectOpenApi => named(params)
            .map(|mount| reply::bytes(StatusCode::OK, "application/json", dialects::document(mount)))
            .ok_or_else(|| nothing(NO_DIALECT)),
        OpenOperation::ErrorIndex => Ok(reply::bytes(StatusCode::OK, MARKDOWN, docs::index())),
        OpenOperation::ErrorPage => params
            .get("code")
            .and_then(docs::code_of)
            .map(|code| reply::bytes(StatusCode::OK, MARKDOWN, docs::page(code)))
            .ok_or_else(|| nothing("There is no such error code. /docs/errors lists all of them.")),
    }
}

const NO_DIALECT: &str = "There is no such page. /docs/reference lists the operations.";

/// The dialect in the path.
fn named(params: &matchit::Params<'_, '_>) -> Option<&'static Mount> {
    params.get("dialect").and_then(Dialect::parse).and_then(dialects::mount_of)
}

fn nothing(detail: &str) -> Failure {
    Failure::new(ErrorCode::RouteNotFound, detail)
}

fn page() -> Answer {
    let mut page = reply::bytes(StatusCode::OK, "text/html; charset=utf-8", playground::PAGE);
    reply::set(&mut page, CONTENT_SECURITY_POLICY, playground::CONTENT_SECURITY_POLICY);
    page
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
