//! One request: route, admit, run the handler, and turn whatever happens into an answer.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONNECTION};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};
use tracing::Instrument;
use trunkline_model::{Dialect, ErrorCode, Failure};

use super::front::Front;
use crate::auth;
use crate::body::RequestBody;
use crate::call::Call;
use crate::dialects::{self, Found, Place};
use crate::gateway::Gateway;
use crate::query::Query;
use crate::reply::{self, Answer};
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::route::{Match, OpenOperation, Route, Target};
use crate::sign::Visit;
use crate::{client, native, open, problem, sign};

/// How long a client is told to stay away when too much is under way, in milliseconds.
const BUSY_RETRY_MS: u64 = 1_000;

/// Answers a request; never fails, never panics.
pub(super) async fn answer<G: Gateway>(
    front: &Front<G>,
    request: Request<Incoming>,
    from: Option<IpAddr>,
) -> Answer {
    let started = Instant::now();
    let (parts, incoming) = request.into_parts();
    let from = client::address(from, &parts.headers, &front.bounds.trusted_proxies);
    let request_id = RequestId::of(&parts.headers);
    let body = RequestBody::new(incoming, front.bounds.body_idle_ms_max, front.memory.clone());
    let rest = body.rest();
    front.metrics.in_flight.increment(1.0);
    let in_flight = scopeguard(|| front.metrics.in_flight.decrement(1.0));
    let (route, mut answer) = placed(front, (&parts, from), body, &request_id).await;
    drop(in_flight);
    reply::finish(&mut answer);
    if rest.is_large() {
        reply::set(&mut answer, CONNECTION, "close");
    }
    answer.headers_mut().insert(X_REQUEST_ID, request_id.header());
    told(front, route, &answer, &request_id, started.elapsed());
    answer
}

/// Runs `end` when dropped: a client that goes away drops the whole request in the middle.
fn scopeguard<F: FnMut()>(end: F) -> impl Drop {
    struct Guard<F: FnMut()>(F);
    impl<F: FnMut()> Drop for Guard<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    Guard(end)
}

/// Answers a request where it belongs: natively, or in a dialect.
async fn placed<G: Gateway>(
    front: &Front<G>,
    (parts, from): (&Parts, Option<IpAddr>),
    body: RequestBody,
    request_id: &RequestId,
) -> (Option<usize>, Answer) {
    let (method, path) = (&parts.method, parts.uri.path());
    let found = match dialects::place(&front.hosts, parts) {
        Place::Unclear => return (None, dialects::unclear()),
        Place::NativeAlone => return routed(front, (parts, from), body, request_id).await,
        Place::Dialect(dialect, path) => front.dialects.at(dialect, method, path),
        // The root is the native API's first, then that of the dialect without a prefix.
        Place::Native => match front.router.at(method, path) {
            Match::Nothing => match front.dialects.at(Dialect::Wsapi, method, path) {
                Found::Nothing(_) => Found::Nothing(None),
                found => found,
            },
            _ => return routed(front, (parts, from), body, request_id).await,
        },
    };
    match found {
        Found::Row { index, mount, row, params } => {
            let span = tracing::debug_span!("request", id = request_id.as_str(), operation = row.name);
            // Boxed: what the dialects need would be paid for by every native request.
            let handler =
                Box::pin(dialects::answer(front, (parts, from), body, (mount, row), params)).instrument(span);
            let answer = AssertUnwindSafe(handler).catch_unwind().await;
            let answer =
                answer.unwrap_or_else(|_| dialects::refuse(mount, &panicked(front, row.name, request_id)));
            (Some(index), answer)
        }
        Found::OtherMethods(mount, allow) => (None, dialects::other_methods(mount, &allow)),
        Found::Options(allow) => (None, allowed(&allow)),
        Found::Nothing(Some(mount)) => (None, dialects::nothing_there(front, mount, (parts, from))),
        Found::Nothing(None) => (None, problem::answer(&nothing_there(), request_id)),
    }
}

fn allowed(allow: &str) -> Answer {
    let mut answer = reply::no_content();
    reply::set_text(&mut answer, ALLOW, allow);
    answer
}

fn nothing_there() -> Failure {
    let detail =
        "There is nothing at this path. Those of the native API start with /v1/; no path ends with a slash.";
    Failure::new(ErrorCode::RouteNotFound, detail)
}

async fn routed<G: Gateway>(
    front: &Front<G>,
    (parts, from): (&Parts, Option<IpAddr>),
    body: RequestBody,
    request_id: &RequestId,
) -> (Option<usize>, Answer) {
    match front.router.at(&parts.method, parts.uri.path()) {
        Match::Found { index, route, params } => {
            let span = tracing::debug_span!("request", id = request_id.as_str(), operation = route.name);
            let handler = handle(front, (parts, from), body, route, params).instrument(span);
            let outcome = match AssertUnwindSafe(handler).catch_unwind().await {
                Ok(outcome) => outcome,
                Err(_) => Err(panicked(front, route.name, request_id)),
            };
            let answer = outcome.unwrap_or_else(|failure| problem::answer(&failure, request_id));
            (Some(index), answer)
        }
        Match::OtherMethods(allow) => (None, problem::other_methods(&allow, request_id)),
        Match::Options(allow) => (None, allowed(&allow)),
        Match::Nothing => (None, problem::answer(&nothing_there(), request_id)),
    }
}

async fn handle<G: Gateway>(
    front: &Front<G>,
    (parts, from): (&Parts, Option<IpAddr>),
    body: RequestBody,
    route: &'static Route,
    params: matchit::Params<'_, '_>,
) -> Result<Answer, Failure> {
    match route.target {
        Target::Open(operation) => {
            // Files are work; health and metrics are answered whatever there is to do.
            let _place = match operation {
                OpenOperation::PublicFile => Some(front.requests.try_acquire().map_err(|_| {
                    Failure::busy("Too many requests are under way. Try again.", BUSY_RETRY_MS)
                })?),
                _ => None,
            };
            let visit = Visit { front, from, params, method: &parts.method, headers: &parts.headers };
            open::answer(operation, &visit).await
        }
        Target::Sign(operation) => {
            let _place = front
                .requests
                .try_acquire()
                .map_err(|_| Failure::busy("Too many requests are under way. Try again.", BUSY_RETRY_MS))?;
            let visit = Visit { front, from, params, method: &parts.method, headers: &parts.headers };
            Box::pin(sign::answer(operation, &visit, body)).await
        }
        Target::Native(operation, scope) => {
            let _place = front
                .requests
                .try_acquire()
                .map_err(|_| Failure::busy("Too many requests are under way. Try again.", BUSY_RETRY_MS))?;
            let principal = auth::admit(&front.gateway, (&parts.headers, from), (route, scope))?;
            let query = Query::parse(parts.uri.query(), route)?;
            let headers = &parts.headers;
            let call =
                Call { front, principal, from, params, query, headers, addressed: None, dialect: None };
            native::answer(operation, &call, body).await
        }
    }
}

/// The message of a panic may hold what the request held, so it is not repeated here; the panic hook has it.
fn panicked<G: Gateway>(front: &Front<G>, operation: &'static str, request_id: &RequestId) -> Failure {
    front.metrics.panics.increment(1);
    tracing::error!(id = request_id.as_str(), operation, "a handler panicked");
    Failure::new(ErrorCode::Internal, "Something went wrong inside. Report it with the request id.")
}

fn told<G: Gateway>(
    front: &Front<G>,
    route: Option<usize>,
    answer: &Answer,
    request_id: &RequestId,
    took: Duration,
) {
    let status = answer.status();
    front.metrics.answered(route, status.as_u16(), took);
    let took_ms = took.as_millis() as u64;
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(
            id = request_id.as_str(),
            route,
            status = status.as_u16(),
            took_ms,
            "a request failed inside"
        );
    } else {
        tracing::debug!(id = request_id.as_str(), route, status = status.as_u16(), took_ms, "request");
    }
}
