//! The rules in order, and the places where dialects meet.

use super::*;
use hyper::header::{HeaderName, HeaderValue};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

fn hosts() -> Hosts {
    Hosts::parse("wsapi=api.example.org, wastack=wa.example.org,native=own.example.org").expect("hosts")
}

/// A request by its headers and its path, on a host of nobody's.
fn check(pairs: &[(&'static str, &'static str)], path: &str, expected: Place<'_>) {
    assert_eq!(at(&hosts(), Some("localhost:8080"), &headers(pairs), path), expected, "{pairs:?} {path}");
}

const NOBODY: &[(&str, &str)] = &[];
const WASTACK: &[(&str, &str)] = &[("x-app-key", "wapp_1"), ("authorization", "Bearer wa_live_1")];
const SESSION: &[(&str, &str)] = &[("authorization", "Bearer sess_1")];
const TOKEN: &[(&str, &str)] = &[("x-api-token", "pat_1")];
const WASAAS: &[(&str, &str)] = &[("authorization", "Bearer wsk_1")];
const API_KEY: &[(&str, &str)] = &[("x-api-key", "sk_live_1")];

#[test]
fn a_mapped_host_serves_one_dialect_whatever_the_path() {
    let of = |host, path: &'static str| at(&hosts(), Some(host), &headers(SESSION), path);
    assert_eq!(of("api.example.org", "/api/v1/groups"), Place::Dialect(Dialect::Wsapi, "/api/v1/groups"));
    assert_eq!(of("API.example.org:8443", "/v1/instances"), Place::Dialect(Dialect::Wsapi, "/v1/instances"));
    assert_eq!(of("wa.example.org", "/d/wsapi/chats"), Place::Dialect(Dialect::Wastack, "/d/wsapi/chats"));
    assert_eq!(of("api.example.org.:80", "/chats"), Place::Dialect(Dialect::Wsapi, "/chats"));
    assert_eq!(of("own.example.org", "/api/v1/groups"), Place::NativeAlone);
    assert_eq!(of("own.example.org.", "/chats"), Place::NativeAlone);
    assert_eq!(of("other.example.org", "/chats"), Place::Native);
}

#[test]
fn hosts_are_read_or_refused() {
    assert_eq!(Hosts::parse(" "), Ok(Hosts::default()));
    for wrong in ["wsapi", "wsapi=", "other=a.example", "wsapi=a b", "wsapi=a:1", "wsapi=a,wastack=A"] {
        assert!(Hosts::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_prefix_always_works() {
    check(NOBODY, "/d/wsapi/messages/text", Place::Dialect(Dialect::Wsapi, "/messages/text"));
    check(WASTACK, "/d/aduta/api/v1/groups", Place::Dialect(Dialect::Aduta, "/api/v1/groups"));
    check(NOBODY, "/d/wsapi", Place::Dialect(Dialect::Wsapi, "/"));
    check(NOBODY, "/d/native/v1/instances", Place::Native);
    check(NOBODY, "/d/other/x", Place::Native);
}

/// Collisions 1 to 5: both dialects of `/api/v1` have the path, and the credentials tell whose it is.
#[test]
fn the_same_path_of_two_dialects_is_told_apart_by_credentials() {
    for path in [
        "/api/v1/contacts",
        "/api/v1/contacts/966501234567",
        "/api/v1/groups",
        "/api/v1/groups/1@g.us",
        "/api/v1/groups/1@g.us/participants",
        "/api/v1/groups/1@g.us/leave",
        "/api/v1/groups/1@g.us/invite-link",
        "/api/v1/messages/txn_1",
    ] {
        check(WASTACK, path, Place::Dialect(Dialect::Wastack, path));
        check(&[("authorization", "bearer wa_live_1")], path, Place::Dialect(Dialect::Wastack, path));
        check(SESSION, path, Place::Dialect(Dialect::Aduta, path));
        check(TOKEN, path, Place::Dialect(Dialect::Aduta, path));
    }
}

/// Collision 6: the depth differs, and so each keeps its own, by its credentials.
#[test]
fn read_messages_at_two_depths() {
    check(SESSION, "/api/v1/messages/read", Place::Dialect(Dialect::Aduta, "/api/v1/messages/read"));
    check(WASTACK, "/api/v1/messages/1/read", Place::Dialect(Dialect::Wastack, "/api/v1/messages/1/read"));
}

/// Collision 7: nothing tells whose it is, so both find what they look for.
#[test]
fn without_credentials_a_shared_path_is_unclear_and_any_other_has_its_owner() {
    for shared in ["/api/v1/contacts", "/api/v1/groups", "/api/v1/messages", "/api/v1", "/api/v1/"] {
        check(NOBODY, shared, Place::Unclear);
    }
    for (segment, dialect) in OWNERS {
        let path = format!("/api/v1/{segment}/x");
        check(NOBODY, &path, Place::Dialect(*dialect, &path));
    }
    let answer = unclear();
    assert_eq!(answer.status(), 401);
}

/// Collision 8: one header name, two dialects: the path decides.
#[test]
fn the_same_key_header_at_two_paths() {
    check(API_KEY, "/integration/v1/ping", Place::Dialect(Dialect::Wessaal, "/integration/v1/ping"));
    check(API_KEY, "/chats", Place::Native);
}

/// Collisions 9 to 12: the root is the native API's where that has the path, otherwise WSAPI's.
#[test]
fn the_root_is_not_divided_here() {
    for path in ["/health", "/admin/instances", "/account/info", "/account/instances", "/docs", "/", "/apis"]
    {
        check(API_KEY, path, Place::Native);
    }
}

/// Collisions 13 to 15: below `/api` the key's dialect wins, and `/api/v1` comes first.
#[test]
fn below_api_the_key_tells() {
    check(SESSION, "/api/contacts", Place::Dialect(Dialect::Aduta, "/api/contacts"));
    check(WASAAS, "/api/contacts", Place::Dialect(Dialect::Wasaas, "/api/contacts"));
    check(NOBODY, "/api/contacts", Place::Dialect(Dialect::Wasaas, "/api/contacts"));
    check(WASAAS, "/api/messages/1@c.us", Place::Dialect(Dialect::Wasaas, "/api/messages/1@c.us"));
    check(SESSION, "/api/messages/1/info", Place::Dialect(Dialect::Aduta, "/api/messages/1/info"));
    check(WASAAS, "/api/v1/devices", Place::Dialect(Dialect::Aduta, "/api/v1/devices"));
}

/// Collision 16: one name, four paths.
#[test]
fn messages_send_four_times() {
    check(WASTACK, "/api/v1/messages/send", Place::Dialect(Dialect::Wastack, "/api/v1/messages/send"));
    check(WASAAS, "/api/messages/send", Place::Dialect(Dialect::Wasaas, "/api/messages/send"));
    let wessaal = "/integration/v1/messages/send";
    check(API_KEY, wessaal, Place::Dialect(Dialect::Wessaal, wessaal));
    check(API_KEY, "/messages/text", Place::Native);
}

/// Collision 25: what is not there is refused in the form of whom the path belongs to.
#[test]
fn a_path_that_nobody_has_belongs_to_its_prefix() {
    check(NOBODY, "/integration/v1/nothing", Place::Dialect(Dialect::Wessaal, "/integration/v1/nothing"));
    check(NOBODY, "/integration/v2/nothing", Place::Native);
    check(WASTACK, "/api/v1/nothing", Place::Dialect(Dialect::Wastack, "/api/v1/nothing"));
}
