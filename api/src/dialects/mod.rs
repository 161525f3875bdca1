//! The dialects: the APIs of other services, so that their customers change an address and a key, and nothing else.
//!
//! A dialect is a table of rows in the form of the native one, a way to know the caller, a form of errors, and readers and
//! writers of its JSON. It decides nothing: every row ends in commands that the native API gives as well.
//!
//! Invariants:
//! - what a request belongs to is decided by [`dispatch`] alone, from host, path and credentials;
//! - router, 404 and 405, scopes, limits, metric labels, OpenAPI document and page of a dialect are read from its table;
//! - a customer's request is read tolerantly, as the service read it: unknown members and parameters are passed over;
//! - an error is always in the form of the dialect, also where nothing but the dialect is known.

mod dispatch;
mod document;
mod page;
mod router;
mod table;
mod wsapi;

use std::net::IpAddr;
use std::time::Instant;

use hyper::HeaderMap;
use hyper::header::{ALLOW, HeaderName, RETRY_AFTER};
use hyper::http::request::Parts;
use trunkline_model::delivery::DialectFormat;
use trunkline_model::event::Event;
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, LimitClass};

pub use self::dispatch::Hosts;
pub(crate) use self::dispatch::{Place, place, unclear};
pub(crate) use self::document::document;
pub(crate) use self::page::page;
pub(crate) use self::router::{Found, Routers};
pub(crate) use self::table::{Access, Operation, Row};
pub(crate) use self::wsapi::Stream as WsapiStream;
use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::{Gateway, Principal};
use crate::json::time::now_ms;
use crate::limiter::{BucketKey, Grant, Quota};
use crate::query::Query;
use crate::reply::{self, Answer};
use crate::server::Front;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What a dialect is, beside its handlers.
pub(crate) struct Mount {
    pub(crate) dialect: Dialect,
    /// The service whose API it is.
    pub(crate) title: &'static str,
    /// What its documentation begins with.
    pub(crate) description: &'static str,
    /// Headers that carry its credentials, and what each is.
    pub(crate) credentials: &'static [(&'static str, &'static str)],
    /// Its rows, in the order of its documentation.
    pub(crate) tables: &'static [&'static [Row]],
    /// Requests in a minute that are granted for each class, and to whom; each has to have one left.
    pub(crate) quotas: fn(LimitClass) -> &'static [(Subject, u32)],
    /// An error as its customers read it.
    pub(crate) refuse: fn(&Failure) -> Answer,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(
    dead_code,
    reason = "WSAPI counts by keys alone; the services that count otherwise say so in their reference"
)]
pub(crate) enum Subject {
    /// Those with one key.
    Key,
    /// Those about one instance.
    Instance,
    /// Those of one account.
    Account,
    /// Those from one address.
    Address,
}

/// The quotas of one row, at most: more have no meaning, since each subject has one.
const QUOTAS_MAX: usize = 4;

impl Mount {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static Row> + Clone + use<> {
        self.tables.iter().copied().flatten()
    }
}

/// The dialects that are served, in the order of their metric labels.
pub(crate) static MOUNTS: &[&Mount] = &[&wsapi::MOUNT];

/// The mount of a dialect; `None` for one that this version does not serve.
pub(crate) fn mount_of(dialect: Dialect) -> Option<&'static Mount> {
    MOUNTS.iter().copied().find(|mount| mount.dialect == dialect)
}

/// Every row of every dialect.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    MOUNTS.iter().flat_map(|mount| mount.rows())
}

/// An event as a dialect tells it to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The request's body, JSON.
    pub body: Vec<u8>,
    /// Headers that go with it, the signature among them.
    pub headers: Vec<(&'static str, String)>,
}

/// An event in the form of a dialect; `None` when the dialect has no such event, or the format leaves it out. `secret` signs it.
pub fn dialect_event(
    format: &DialectFormat,
    secret: &str,
    instance: InstanceId,
    event: &Event,
) -> Option<Written> {
    match format.dialect {
        Dialect::Wsapi => wsapi::webhook(format, secret, instance, event),
        Dialect::Native | Dialect::Wastack | Dialect::Wasaas | Dialect::Aduta | Dialect::Wessaal => None,
    }
}

/// Answers a request to a row.
pub(crate) async fn answer<G: Gateway>(
    front: &Front<G>,
    request: (&Parts, Option<IpAddr>),
    body: RequestBody,
    (mount, row): (&'static Mount, &'static Row),
    params: matchit::Params<'_, '_>,
) -> Answer {
    let mut grant = None;
    let outcome = handle(front, request, body, (mount, row), (params, &mut grant)).await;
    let mut answer = outcome.unwrap_or_else(|failure| refuse(mount, &failure));
    if let Some(grant) = grant {
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

async fn handle<G: Gateway>(
    front: &Front<G>,
    (parts, peer): (&Parts, Option<IpAddr>),
    body: RequestBody,
    (mount, row): (&'static Mount, &'static Row),
    (params, grant): (matchit::Params<'_, '_>, &mut Option<Grant>),
) -> Result<Answer, Failure> {
    if row.access == Access::Open {
        return match row.operation {
            Operation::Wsapi(operation) => wsapi::open(operation),
        };
    }
    let _place = front
        .requests
        .try_acquire()
        .map_err(|_| Failure::busy("Too many requests are under way. Try again.", 1_000))?;
    let (principal, addressed) = match row.operation {
        Operation::Wsapi(_) => wsapi::admit(&front.gateway, &parts.headers, row)?,
    };
    *grant = take(front, (mount, row), &principal, (addressed, peer));
    if let Some(Grant { wait_ms: Some(wait_ms), .. }) = grant {
        front.metrics.rate_limited.increment(1);
        let detail = format!("Too many requests of the class `{}` in a minute.", row.class.as_str());
        let failure = Failure::new(ErrorCode::TooManyRequests, detail);
        return Err(Failure { retry_after_ms: Some(*wait_ms), ..failure });
    }
    let query = Query::lenient(parts.uri.query(), row.query);
    let call = Call { front, principal, params, query, headers: &parts.headers, addressed };
    match row.operation {
        Operation::Wsapi(operation) => wsapi::answer(operation, row, &call, body).await,
    }
}

/// Takes a token of each bucket that the row is counted in. What the account says of its limits stands for the dialect's own.
fn take<G: Gateway>(
    front: &Front<G>,
    (mount, row): (&Mount, &Row),
    principal: &Principal,
    (instance, peer): (Option<InstanceId>, Option<IpAddr>),
) -> Option<Grant> {
    let told = front.gateway.rate_limit(principal.account, row.class);
    let class = row.class.as_str();
    let mut wanted: [Option<(BucketKey, Quota)>; QUOTAS_MAX] = [None; QUOTAS_MAX];
    for (place, (subject, requests)) in wanted.iter_mut().zip((mount.quotas)(row.class)) {
        let key = match subject {
            Subject::Key => Some(front.limiter.key((subject, principal.key.0, class))),
            Subject::Account => Some(front.limiter.key((subject, principal.account.0, class))),
            Subject::Instance => instance.map(|instance| front.limiter.key((subject, instance.0, class))),
            Subject::Address => peer.map(|peer| front.limiter.key((subject, peer, class))),
        };
        // An address belongs to no account.
        let requests = told.filter(|_| *subject != Subject::Address).unwrap_or(*requests);
        *place = key.zip(Quota::per_minute(requests));
    }
    front.limiter.take_all(wanted.iter().flatten().copied(), Instant::now())
}

fn tell_limits(answer: &mut Answer, grant: Grant) {
    let reset_s = now_ms().saturating_add_unsigned(grant.full_in_ms).div_euclid(1_000).saturating_add(1);
    reply::set_text(answer, LIMIT, &grant.limit.to_string());
    reply::set_text(answer, REMAINING, &grant.remaining.to_string());
    reply::set_text(answer, RESET, &reset_s.to_string());
}

/// A header's value, where it is text and not empty.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
