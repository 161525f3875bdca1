//! The dialects: the APIs of other services, so that their customers change an address and a key, and nothing else.
//!
//! A dialect is a table of rows in the form of the native one, a way to know the caller, a form of errors, and readers and
//! writers of its JSON ([`Speaks`]). It decides nothing: every row ends in commands that the native API gives as well.
//!
//! Invariants:
//! - what a request belongs to is decided by [`dispatch`] alone, from host, path and credentials;
//! - router, 404 and 405, scopes, limits, metric labels, OpenAPI document and page of a dialect are read from its table;
//! - who calls and what for is known before a handler runs, and instances that do not exist for a key do not exist here either;
//! - a key opens the dialect that it was made for; a native one opens every dialect, as far as its scopes go;
//! - a customer's request is read tolerantly, as the service read it: unknown members and parameters are passed over;
//! - an error is always in the form of the dialect, also where nothing but the dialect is known.

mod admit;
mod aduta;
mod ask;
mod dispatch;
mod document;
mod envelope;
mod file;
mod hook;
mod keys;
mod loose;
mod page;
mod pages;
mod pairing;
mod quota;
mod router;
mod speaks;
mod table;
mod wasaas;
mod wastack;
mod wessaal;
mod word;
mod wsapi;

use std::cell::Cell;
use std::net::IpAddr;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{ALLOW, HeaderName, RETRY_AFTER};
use hyper::http::request::Parts;
use trunkline_model::{Dialect, ErrorCode, Failure};

pub(crate) use self::admit::Caller;
pub(crate) use self::ask::Ask;
pub use self::dispatch::Hosts;
pub(crate) use self::dispatch::{Place, place, unclear};
pub(crate) use self::hook::{HookForm, change_hook, get_hook, hook_form, hook_text, minds_hook, permit_hook};
pub(crate) use self::quota::{Allowance, Subject};
pub(crate) use self::router::{Found, Routers};
pub(crate) use self::speaks::{MOUNTS, Mount, Operation, StreamWriter, mount_of};
pub use self::speaks::{dialect_event, tells_dialect_event};
pub(crate) use self::table::{Access, Row};
use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::{Gateway, Principal};
use crate::json::time::now_ms;
use crate::limiter::Grant;
use crate::query::Query;
use crate::reply::{self, Answer};
use crate::server::Front;
use crate::sign::Visit;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Every row of every dialect.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    MOUNTS.iter().flat_map(|mount| mount.rows())
}

/// The page of a dialect, in Markdown.
pub(crate) fn page(mount: &Mount) -> Bytes {
    mount.page.clone()
}

/// The OpenAPI document of a dialect.
pub(crate) fn document(mount: &Mount) -> Bytes {
    mount.document.clone()
}

/// Answers a request to a row.
pub(crate) async fn answer<G: Gateway>(
    front: &Front<G>,
    request: (&Parts, Option<IpAddr>),
    body: RequestBody,
    (mount, row): (&'static Mount, &'static Row),
    params: matchit::Params<'_, '_>,
) -> Answer {
    let granted = Cell::new(None);
    let outcome = handle(front, request, body, (mount, row), (params, &granted)).await;
    let mut answer = outcome.unwrap_or_else(|failure| refuse(mount, &failure));
    if let Some(grant) = granted.get() {
        tell_limits(&mut answer, grant);
    }
    answer
}

/// An error in the form of a dialect.
pub(crate) fn refuse(mount: &Mount, failure: &Failure) -> Answer {
    let mut answer = (mount.refuse)(failure);
    if let Some(ms) = failure.retry_after_ms {
        // Rounded up: a client that waits as long as it is told must not come too early.
        reply::set_text(&mut answer, RETRY_AFTER, &ms.div_ceil(1_000).max(1).to_string());
    }
    answer
}

/// The answer to a method that a path of a dialect does not have.
pub(crate) fn other_methods(mount: &Mount, allow: &str) -> Answer {
    let failure = Failure::new(ErrorCode::MethodNotAllowed, format!("This path takes {allow}."));
    let mut answer = refuse(mount, &failure);
    reply::set_text(&mut answer, ALLOW, allow);
    answer
}

/// Who calls a dialect, by the head of a request.
///
/// # Errors
/// As the dialect refuses who is not known.
pub(crate) fn recognise<G: Gateway>(
    dialect: Dialect,
    gateway: &G,
    (headers, from): (&HeaderMap, Option<IpAddr>),
) -> Result<Principal, Failure> {
    speaks::identify(dialect, gateway, &Caller { headers, from, row: None })
}

/// The answer where a dialect has nothing: who is not known is told no more than that.
pub(crate) fn nothing_there<G: Gateway>(
    front: &Front<G>,
    mount: &'static Mount,
    (parts, from): (&Parts, Option<IpAddr>),
) -> Answer {
    let failure = match recognise(mount.dialect, &front.gateway, (&parts.headers, from)) {
        Err(failure) => failure,
        Ok(_) => Failure::new(ErrorCode::RouteNotFound, "There is nothing at this path."),
    };
    refuse(mount, &failure)
}

async fn handle<G: Gateway>(
    front: &Front<G>,
    (parts, from): (&Parts, Option<IpAddr>),
    body: RequestBody,
    (mount, row): (&'static Mount, &'static Row),
    (params, granted): (matchit::Params<'_, '_>, &Cell<Option<Grant>>),
) -> Result<Answer, Failure> {
    let counted = quota::Counted { front, mount, row, granted };
    counted.take_of_address(from)?;
    if row.access == Access::Open {
        return speaks::open(&front.gateway, row.operation);
    }
    let place = front.requests.try_acquire();
    let place = place.map_err(|_| Failure::busy("Too many requests are under way. Try again.", 1_000))?;
    if row.access == Access::Stranger {
        let visit = Visit { front, from, params, method: &parts.method, headers: &parts.headers };
        return speaks::welcome(row, visit, body).await;
    }
    let caller = Caller { headers: &parts.headers, from, row: Some(row) };
    let principal = speaks::identify(mount.dialect, &front.gateway, &caller)?;
    admit::allow(row, &principal)?;
    let addressed = speaks::address(mount.dialect, &front.gateway, &caller, (&principal, row))?;
    counted.take_of_key(&principal, addressed.instance())?;
    let query = Query::lenient(parts.uri.query(), row.query);
    let (headers, addressed) = (&parts.headers, addressed.instance());
    let dialect = Some(mount.dialect);
    let call = Call { front, principal, from, params, query, headers, addressed, dialect };
    let ask = Ask::new(call, counted, place);
    if row.access == Access::Linked {
        ask.must_be_linked().await?;
    }
    speaks::respond(row.operation, ask, body).await
}

fn tell_limits(answer: &mut Answer, grant: Grant) {
    let reset_s = now_ms().saturating_add_unsigned(grant.full_in_ms).div_euclid(1_000).saturating_add(1);
    reply::set_text(answer, LIMIT, &grant.limit.to_string());
    reply::set_text(answer, REMAINING, &grant.remaining.to_string());
    reply::set_text(answer, RESET, &reset_s.to_string());
}

/// What happened, with every field that is wrong.
fn in_full(failure: &Failure) -> String {
    if failure.fields.is_empty() {
        return failure.detail.clone();
    }
    let lines = failure.fields.iter().map(|field| format!("`{}` {}", field.field, field.message));
    lines.collect::<Vec<_>>().join("; ")
}

/// A header's value, where it is text and not empty.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

/// The key of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = header(headers, hyper::header::AUTHORIZATION.as_str())?.split_once(' ')?;
    Some(key.trim()).filter(|key| scheme.eq_ignore_ascii_case("bearer") && !key.is_empty())
}

#[cfg(test)]
mod tests;
