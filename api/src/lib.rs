//! The HTTP front end of Trunkline: it parses, authenticates, checks shapes, routes, and writes answers.
//!
//! What this crate never does: no business rule (whether a number may send is the engine's decision), no storage, no
//! environment variable, no other crate's JSON. It knows the engine only as a [`Gateway`], so that a local engine and a
//! routed one look the same to it.
//!
//! Invariants:
//! - every path comes from one table, [`route::routes`]: the router, 404 and 405, scopes, body limits, query parameters, metric
//!   labels, the OpenAPI document and the reference are read from it, and nothing answers outside it;
//! - every error is a problem document (RFC 9457) with a code that has a page under `/docs/errors/`; the exception is what
//!   is not HTTP, or has too long a header, which hyper itself answers with a bare 400 or 431;
//! - nothing reaches the engine before key, scope, query and body have passed; a file that is sent inline is stored only
//!   after the message around it has passed;
//! - no key, phone number, message text or request body is written to a log line above `debug`;
//! - every wait and every buffer has a bound: constants in [`limits`], settings in [`server::Bounds`].

pub mod gateway;
pub mod limiter;
pub mod limits;
pub mod metrics;
pub mod route;
pub mod server;

mod act;
mod auth;
mod body;
mod call;
mod dialects;
mod docs;
mod json;
mod native;
mod open;
mod openapi;
mod playground;
mod problem;
mod qr;
mod query;
mod range;
mod reference;
mod reply;
mod request_id;
mod sse;

pub use dialects::{Hosts, dialect_event, tells_dialect_event};
pub use gateway::{
    AccountFollower, AppPrincipal, EventTail, Gateway, Health, NodeStatus, OpenFiles, Principal, ShardStatus,
};
pub use json::event::{EVENT_TYPES, event_id, event_json, events_json, test_event_json};
pub use server::{RunningServer, ServeError, ServerConfig, serve};
