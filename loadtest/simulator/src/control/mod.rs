//! The control interface: what persons do on their phones, and what goes wrong. See the crate's
//! documentation for the list of requests.

mod accounts;
mod groups;
mod network;
mod phone;

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wacore_binary::Jid;

use crate::limits::{CONTROL_BODY_BYTES_MAX, LONG_POLL_MS_MAX};
use crate::net::{Body, Hub, json as json_answer};
use crate::world::{AccountId, World};

/// A refused request: status and reason.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    error: String,
}

type Answer = Result<(StatusCode, Value), Refused>;

impl Refused {
    fn not_found(what: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, error: format!("no such {what}") }
    }

    fn bad(error: impl ToString) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: error.to_string() }
    }

    fn conflict(error: impl ToString) -> Self {
        Self { status: StatusCode::CONFLICT, error: error.to_string() }
    }
}

/// Answers one control request.
pub(crate) async fn answer(hub: &Hub, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, CONTROL_BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            return json_answer(StatusCode::PAYLOAD_TOO_LARGE, &json!({"error": error.to_string()}));
        }
    };
    let path = percent_encoding::percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let query = parts.uri.query().unwrap_or_default();
    let answer = match (parts.method.as_str(), &*segments) {
        ("GET", ["accounts", pn, "inbox"]) => phone::inbox(hub, pn, query).await,
        ("GET", ["connections"]) => network::connections(hub, query).await,
        _ => route(hub, &parts.method, &segments, &body),
    };
    match answer {
        Ok((status, value)) => json_answer(status, &value),
        Err(Refused { status, error }) => json_answer(status, &json!({"error": error})),
    }
}

fn route(hub: &Hub, method: &Method, path: &[&str], body: &[u8]) -> Answer {
    match (method.as_str(), path) {
        ("POST", ["accounts"]) => accounts::create(hub, body),
        ("POST", ["accounts", "batch"]) => accounts::create_batch(hub, body),
        ("GET", ["accounts", pn]) => accounts::get(hub, pn),
        ("POST", ["accounts", pn, "scan"]) => accounts::scan(hub, pn, body),
        ("POST", ["accounts", pn, "pairing-code"]) => accounts::pairing_code(hub, pn, body),
        ("POST", ["accounts", pn, "passkey"]) => accounts::passkey(hub, pn, body),
        ("POST", ["accounts", pn, "passkey", "assertion"]) => accounts::passkey_assertion(hub, pn, body),
        ("POST", ["accounts", pn, "unlink"]) => accounts::unlink(hub, pn, body),
        ("POST", ["accounts", pn, "send"]) => phone::send(hub, pn, body),
        ("POST", ["accounts", pn, "read"]) => phone::read(hub, pn, body),
        ("POST", ["accounts", pn, "app-state"]) => phone::app_state(hub, pn, body),
        ("POST", ["accounts", pn, "behaviour"]) => phone::behaviour(hub, pn, body),
        ("POST", ["accounts", pn, "limits"]) => accounts::limits(hub, pn, body),
        ("POST", ["accounts", pn, "status-audience"]) => accounts::status_audience(hub, pn, body),
        ("GET", ["accounts", pn, "app-state"]) => phone::companion_changes(hub, pn),
        ("POST", ["accounts", pn, "profile"]) => accounts::profile(hub, pn, body),
        ("POST", ["groups"]) => groups::create(hub, body),
        ("GET", ["groups", gid]) => groups::get(hub, gid),
        ("POST", ["groups", gid, "participants"]) => groups::participants(hub, gid, body),
        ("POST", ["connections", device, "end"]) => network::end(hub, device, body),
        ("POST", ["connections", device, action]) => network::act(hub, device, action),
        ("GET", ["faults"]) => network::faults(hub),
        ("POST", ["faults"]) => network::arm(hub, body),
        ("DELETE", ["faults"]) => network::disarm(hub),
        ("POST", ["media", "forget"]) => network::forget_media(hub),
        ("GET", ["stats"]) => network::stats(hub),
        ("GET", ["judge"]) => network::judge(hub),
        (_, ["accounts" | "groups" | "connections" | "faults" | "media" | "stats" | "judge", ..]) => {
            Err(Refused { status: StatusCode::METHOD_NOT_ALLOWED, error: "no such action".to_owned() })
        }
        _ => Err(Refused::not_found("resource")),
    }
}

/// The request body as `T`; an empty body is an empty object.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(Refused::bad)
}

/// Parameters of a request that may wait for something to happen.
#[derive(Default)]
struct Wait {
    received: u64,
    device: Option<String>,
    online: Option<bool>,
    wait: Duration,
}

fn parse_wait(query: &str) -> Result<Wait, Refused> {
    let mut wait = Wait::default();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "received" => wait.received = value.parse().map_err(Refused::bad)?,
            "device" => wait.device = Some(value.into_owned()),
            "online" => wait.online = Some(value.parse().map_err(Refused::bad)?),
            "wait_ms" => {
                let ms: u64 = value.parse().map_err(Refused::bad)?;
                wait.wait = Duration::from_millis(ms.min(LONG_POLL_MS_MAX));
            }
            other => return Err(Refused::bad(format!("unknown parameter {other}"))),
        }
    }
    Ok(wait)
}

fn ok(value: Value) -> Answer {
    Ok((StatusCode::OK, value))
}

fn accepted() -> Answer {
    Ok((StatusCode::ACCEPTED, json!({})))
}

/// The account a path or body names, by phone number or LID.
fn account(world: &World, name: &str) -> Result<AccountId, Refused> {
    world.find_account(name.trim_start_matches('+')).ok_or_else(|| Refused::not_found("account"))
}

/// A JID, or a phone number without a server.
fn address(name: &str) -> Result<Jid, Refused> {
    if name.contains('@') {
        return name.parse().map_err(Refused::bad);
    }
    let digits = name.trim_start_matches('+');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused::bad("neither a JID nor a phone number"));
    }
    Ok(Jid::pn(digits))
}

fn value(report: &impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(report)
        .map_err(|error| Refused { status: StatusCode::INTERNAL_SERVER_ERROR, error: error.to_string() })
}
