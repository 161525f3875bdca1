//! Dialects in front of an engine that remembers: who may come in, what is refused how, and how often.

use serde_json::{Value, json};
use trunkline_api::Hosts;
use trunkline_model::command::Command;
use trunkline_model::message::Content;
use trunkline_model::{Dialect, ErrorCode, Failure};

use crate::client::{Answer, Sent, Server};
use crate::fake::{NO_SCOPE_KEY, OPEN, OTHER_KEY, ROOT_KEY, Seen};

/// A request of a customer of WSAPI.
fn wsapi(method: &str, path: &str) -> Sent {
    Sent::new(method, path).key(None).header("x-api-key", ROOT_KEY).header("x-instance-id", "shop")
}

fn text() -> Sent {
    wsapi("POST", "/messages/text")
        .json(r#"{"to":"1234567890@s.whatsapp.net","message":"Hello from WSAPI!"}"#)
}

/// Checks that an answer is an error of WSAPI with all four members.
fn refused(answer: &Answer, status: u16, detail: &str) {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    let json = answer.json();
    assert_eq!((answer.status, &json["status"], &json["detail"]), (status, &json!(status), &json!(detail)));
    for member in ["type", "title"] {
        assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{json}");
    }
}

/// Collisions 17, 21 and 24, as WSAPI has them: WhatsApp's id, 201, a whole WhatsApp id as the recipient.
#[test]
fn the_sample_of_the_reference_is_accepted_and_reaches_the_engine() {
    let server = Server::start();
    let answer = server.send(text());
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.json()["id"].is_string(), "{}", answer.text());
    let seen = server.fake.take_seen();
    let [Seen::Command(OPEN, Command::Send(request))] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(request.message.to.jid(), "1234567890@s.whatsapp.net");
    assert!(matches!(&request.message.content, Content::Text(text) if text.body == "Hello from WSAPI!"));
}

/// Collisions 12 and 18: the second segment tells whether an instance or the account is meant; an instance goes by name or id.
#[test]
fn the_account_needs_no_instance_and_an_instance_has_two_names() {
    let server = Server::start();
    let of_account = Sent::get("/account/instances").key(None).header("x-api-key", ROOT_KEY);
    let page = server.send(of_account);
    assert_eq!((page.status, &page.json()["pageNumber"]), (200, &json!(1)), "{}", page.text());
    let of_instance = Sent::get("/account/info").key(None).header("x-api-key", ROOT_KEY);
    refused(&server.send(of_instance), 400, "missing X-Instance-Id header");
    let by_id = wsapi("GET", "/session/status").header("x-instance-id", &OPEN.to_string());
    assert_eq!(server.send(by_id).status, 200);
}

#[test]
fn who_may_not_come_in_is_told_so_in_the_services_words() {
    let server = Server::start();
    let no_instance = Sent::get("/chats").key(None).header("x-api-key", ROOT_KEY);
    refused(&server.send(no_instance), 400, "missing X-Instance-Id header");
    refused(&server.send(wsapi("GET", "/chats").header("x-api-key", "tk_wrong")), 401, "unauthorized");
    let by_bearer = Sent::get("/chats").header("x-instance-id", "shop");
    refused(&server.send(by_bearer), 401, "unauthorized");
    refused(&server.send(wsapi("GET", "/chats").header("x-instance-id", "none")), 404, "instance not found");
    refused(&server.send(wsapi("GET", "/chats").header("x-api-key", OTHER_KEY)), 404, "instance not found");
    let refusal = server.send(wsapi("GET", "/chats").header("x-api-key", NO_SCOPE_KEY));
    refused(&refusal, 403, "the key lacks the scope chats:read");
    assert_eq!(server.fake.take_seen(), Vec::new());
}

/// Collisions 22 and 23, as WSAPI has them: 409 for a number that is not paired, 400 for what is wrong.
#[test]
fn failures_of_the_engine_have_the_services_statuses() {
    let check = |failure: Failure, status: u16, detail: &str| {
        let server = Server::start();
        server.fake.refuse(failure);
        refused(&server.send(text()), status, detail);
    };
    check(
        Failure::new(ErrorCode::InstanceNotLinked, "The number has to be linked."),
        409,
        "device not paired",
    );
    check(Failure::new(ErrorCode::WhatsAppRefused, "no"), 502, "no");
    check(Failure::new(ErrorCode::Timeout, "late"), 504, "late");
    check(Failure::new(ErrorCode::Validation, "odd"), 400, "odd");
    let server = Server::start();
    refused(
        &server.send(wsapi("POST", "/messages/text").json("{")),
        400,
        "The body ends too early, at line 1 column 1.",
    );
    refused(
        &server.send(wsapi("GET", "/chats/123")),
        400,
        "`chatId` invalid JID; give a whole one, as in 1234567890@s.whatsapp.net.",
    );
}

#[test]
fn what_is_not_there_is_refused_in_the_form_of_its_dialect() {
    let server = Server::start();
    let put = server.send(wsapi("PUT", "/chats"));
    assert_eq!((put.status, put.header("allow")), (405, "GET, HEAD, OPTIONS"));
    assert!(put.json()["detail"].is_string());
    assert_eq!(server.send(wsapi("OPTIONS", "/chats")).status, 204);
    let below = server.send(wsapi("GET", "/d/wsapi/nothing"));
    assert_eq!((below.status, below.header("content-type")), (404, "application/json"));
    // Of the four that are not served yet, and of nobody: the native form, which has WSAPI's four members as well.
    for path in ["/nothing", "/integration/v1/ping", "/api/v1/devices", "/api/sessions", "/d/aduta/x"] {
        let answer = server.send(Sent::get(path));
        assert_eq!((answer.status, answer.problem().as_str()), (404, "ROUTE_NOT_FOUND"), "{path}");
    }
}

/// Collision 7: a path of two dialects, and nothing to tell them apart by.
#[test]
fn an_unclear_request_is_refused_in_a_form_that_both_can_read() {
    let server = Server::start();
    let answer = server.send(Sent::get("/api/v1/groups").key(None));
    let json: Value = answer.json();
    assert_eq!(
        (answer.status, &json["success"], &json["code"]),
        (401, &json!(false), &json!("UNAUTHORIZED"))
    );
    assert!(json["error"].is_string() && json["message"] == json["error"], "{json}");
}

/// Collisions 9 to 11: what the native API has at the root it keeps.
#[test]
fn the_native_api_keeps_its_own_paths() {
    let server = Server::start();
    assert_eq!(server.send(Sent::get("/v1/instances")).status, 200);
    assert_eq!(server.send(Sent::get("/healthz").key(None)).json()["status"], "live");
    assert_eq!(server.send(Sent::get("/health").key(None)).json(), json!({"status": "ok"}));
    let native: Value = server.send(Sent::get("/openapi.json").key(None)).json();
    let dialect: Value = server.send(Sent::get("/d/wsapi/openapi.json").key(None)).json();
    assert!(native["paths"]["/v1/instances"].is_object() && dialect["paths"]["/messages/text"].is_object());
    assert!(server.send(Sent::get("/docs/wsapi").key(None)).text().contains("`POST /messages/text`"));
    assert_eq!(server.send(Sent::get("/docs/none").key(None)).problem(), "ROUTE_NOT_FOUND");
}

#[test]
fn a_host_of_its_own_serves_the_dialect_alone() {
    let server = Server::with(|config| config.hosts = Hosts::parse("wsapi=api.example.org").expect("hosts"));
    let on_host = |sent: Sent| sent.header("host", "api.example.org");
    let document: Value = server.send(on_host(Sent::get("/openapi.json").key(None))).json();
    assert!(document["paths"]["/messages/text"].is_object());
    assert_eq!(server.send(on_host(Sent::get("/v1/instances"))).status, 404);
    assert_eq!(server.send(on_host(text())).status, 201);
    assert_eq!(server.send(Sent::get("/v1/instances")).status, 200, "other hosts serve what they did");
    assert_eq!(Dialect::parse("wsapi"), Some(Dialect::Wsapi));
}

#[test]
fn a_key_has_so_many_requests_in_a_minute_and_every_answer_says_what_is_left() {
    let server = Server::start();
    for left in (0..60).rev() {
        let answer = server.send(text());
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (201, "60"));
        assert_eq!(answer.header("x-ratelimit-remaining"), left.to_string());
        assert!(answer.header("x-ratelimit-reset").parse::<u64>().is_ok_and(|at| at > 1_700_000_000));
    }
    server.fake.take_seen();
    let refusal = server.send(text());
    assert_eq!((refusal.status, refusal.header("x-ratelimit-remaining")), (429, "0"));
    assert!(refusal.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)));
    assert_eq!(refusal.json()["status"], 429);
    assert_eq!(server.fake.take_seen(), Vec::new(), "nothing of it reached the engine");
    // Another class has a bucket of its own; the native API is not limited.
    let other = server.send(wsapi("GET", "/session/status"));
    assert_eq!((other.status, other.header("x-ratelimit-remaining")), (200, "299"));
    assert_eq!(server.send(Sent::get("/v1/instances")).status, 200);
}
