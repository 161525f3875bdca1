//! Dialects in front of an engine that remembers: who may come in, what is refused how, and how often.

use serde_json::{Value, json};
use trunkline_api::Hosts;
use trunkline_api::server::Bounds;
use trunkline_model::account::AuditAction;
use trunkline_model::command::{Command, EndpointCommand};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::Content;
use trunkline_model::{Dialect, ErrorCode, Failure};

use crate::client::{Answer, Sent, Server, exchange};
use crate::fake::{
    KEEPER_KEY, LIMITED_KEY, NO_SCOPE_KEY, OPEN, OTHER_KEY, ROOT_KEY, Seen, UNLINKED, WASAAS_KEY, WSAPI_KEY,
};

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
    let state = |state| Failure::in_state(ErrorCode::InstanceState, state, "No connection.");
    check(state(InstanceState::New), 409, "device not paired");
    check(state(InstanceState::BackingOff), 503, "instance not available");
    check(Failure::new(ErrorCode::IdempotencyConflict, "used"), 400, "used");
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
    // Of nobody: the native form, which has WSAPI's four members as well.
    let answer = server.send(Sent::get("/nothing"));
    assert_eq!((answer.status, answer.problem().as_str()), (404, "ROUTE_NOT_FOUND"));
}

/// Collision 25: who is not known hears that and no more; who is, that there is nothing. Each in the form of the dialect.
#[test]
fn every_dialect_refuses_in_its_own_form() {
    let server = Server::start();
    let check = |sent: Sent, expected: (u16, Value)| {
        let answer = server.send(sent);
        assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
        let json = answer.json();
        for (member, value) in expected.1.as_object().expect("members") {
            assert_eq!((answer.status, &json[member]), (expected.0, value), "{json}");
        }
    };
    let nobody = |path: &str| Sent::get(path).key(None);
    let sentence = json!("A valid API key is needed.");
    let nothing = json!("There is nothing at this path.");
    check(nobody("/api/v1/devices"), (401, json!({"success": false, "error": sentence})));
    let detail = json!({"code": "UNAUTHORIZED", "message": sentence});
    check(nobody("/api/sessions"), (401, json!({"success": false, "error": detail})));
    let detail = json!({"code": "NOT_FOUND", "message": nothing});
    let known = Sent::get("/api/nothing").key(Some(WASAAS_KEY));
    check(known, (404, json!({"success": false, "error": detail})));
    let aduta = json!({"success": false, "code": "UNAUTHORIZED", "message": sentence});
    check(nobody("/d/aduta/api/v1/whatsapp-sessions"), (401, aduta));
    let aduta = json!({"success": false, "code": "NOT_FOUND", "message": nothing});
    check(nobody("/api/v1/nothing").header("x-api-token", ROOT_KEY), (404, aduta));
    let wessaal = json!({"success": false, "error_code": "UNAUTHORIZED", "message": sentence});
    check(nobody("/integration/v1/ping"), (401, wessaal));
    let wessaal = json!({"success": false, "error_code": "NOT_FOUND", "message": nothing});
    check(nobody("/integration/v1/nothing").header("x-api-key", ROOT_KEY), (404, wessaal));
}

#[test]
fn a_key_opens_its_own_dialect_and_a_native_one_every_dialect() {
    let server = Server::start();
    let with = |key: &str| wsapi("GET", "/session/status").header("x-api-key", key);
    assert_eq!(server.send(with(WSAPI_KEY)).status, 200);
    assert_eq!(server.send(with(ROOT_KEY)).status, 200);
    refused(&server.send(with(WASAAS_KEY)), 401, "unauthorized");
    assert_eq!(server.send(Sent::get("/api/sessions").key(Some(WSAPI_KEY))).status, 401);
    // What it may do it may do natively as well.
    assert_eq!(server.send(Sent::get("/v1/instances/shop").key(Some(WSAPI_KEY))).status, 200);
}

/// A key of one instance opened all of them, here and in the lists.
#[test]
fn for_a_key_of_one_instance_there_is_no_other() {
    let server = Server::start();
    for key in [WSAPI_KEY, LIMITED_KEY] {
        let with = |method: &str, path: &str| wsapi(method, path).header("x-api-key", key);
        assert_eq!(server.send(with("GET", "/session/status")).status, 200);
        let other = with("GET", "/session/status").header("x-instance-id", "fresh");
        refused(&server.send(other), 404, "instance not found");
        let of_account = "the key is limited to some instances, and this concerns the account";
        for (method, path) in [
            ("GET", "/account/instances"),
            ("GET", "/account/instances/shop"),
            ("GET", "/admin/instances"),
            ("DELETE", "/admin/instances/fresh"),
            ("PUT", "/admin/instances/fresh/restart"),
        ] {
            refused(&server.send(with(method, path)), 403, of_account);
        }
    }
    let seen = server.fake.take_seen();
    let touched = |seen: &Seen| matches!(seen, Seen::Command(UNLINKED, _));
    assert!(!seen.iter().any(touched), "{seen:?}");
}

const CONFIG: &str =
    r#"{"webhookUrl":"https://example.org/hook","signingSecret":"s3cret","eventFilters":["message"]}"#;

/// A key that may not make webhooks read their secrets, and had every event sent to itself.
#[test]
fn where_events_go_is_said_by_who_may_say_it_and_the_secret_shown_to_them_alone() {
    let server = Server::start();
    let with = |method: &str, path: &str, key: &str| wsapi(method, path).header("x-api-key", key);
    let config = "/admin/instances/shop/config";
    assert_eq!(server.send(with("PUT", config, ROOT_KEY).json(CONFIG)).status, 204);
    let secret = |key: &str| {
        let shown = server.send(with("GET", "/admin/instances/shop", key));
        assert_eq!(shown.status, 200, "{}", shown.text());
        shown.json()["config"].clone()
    };
    assert_eq!(secret(ROOT_KEY)["signingSecret"], "s3cret");
    let kept = secret(KEEPER_KEY);
    assert_eq!((&kept["signingSecret"], &kept["eventFilters"]), (&Value::Null, &json!(["message"])));
    server.fake.take_seen();
    let lacks = "the key lacks the scope webhooks:write";
    let elsewhere = r#"{"webhookUrl":"https://example.org/elsewhere"}"#;
    refused(&server.send(with("PUT", config, KEEPER_KEY).json(elsewhere)), 403, lacks);
    let settings = with("PUT", "/account/instances/shop/settings", KEEPER_KEY).json(r#"{"pullMode":true}"#);
    refused(&server.send(settings), 403, lacks);
    refused(&server.send(with("PUT", "/instance/settings", KEEPER_KEY).json(elsewhere)), 403, lacks);
    let made = r#"{"id":"new","webhookUrl":"https://example.org/elsewhere"}"#;
    refused(&server.send(with("POST", "/admin/instances", KEEPER_KEY).json(made)), 403, lacks);
    let changes =
        |seen: &Seen| matches!(seen, Seen::Endpoint(EndpointCommand::ChangeHook(..)) | Seen::Create(_));
    assert!(!server.fake.take_seen().iter().any(changes));
    // What is no matter of events it may change.
    let history = with("PUT", config, KEEPER_KEY).json(r#"{"historySync":true}"#);
    assert_eq!(server.send(history).status, 204);
    // Whose instance it is may do all of it.
    let own = with("PUT", "/instance/settings", WSAPI_KEY)
        .json(r#"{"webhookAuthHeader":"X-Shop","webhookAuthValue":"7"}"#);
    let shown = server.send(own);
    assert_eq!((shown.status, &shown.json()["webhookAuthValue"]), (200, &json!("7")), "{}", shown.text());
    let shown = server.send(with("GET", "/instance/settings", KEEPER_KEY)).json();
    assert_eq!((&shown["webhookAuthHeader"], &shown["webhookAuthValue"]), (&json!("X-Shop"), &Value::Null));
}

/// A secret without an address was dropped, and the address that came later had another one.
#[test]
fn what_is_configured_before_there_is_an_address_is_kept() {
    let server = Server::start();
    let put = |body: &str| server.send(wsapi("PUT", "/admin/instances/shop/config").json(body)).status;
    let config = || server.send(wsapi("GET", "/admin/instances/shop")).json()["config"].clone();
    assert_eq!(put(r#"{"signingSecret":"s3cret","eventFilters":["message","logged_in"]}"#), 204);
    assert_eq!(put(r#"{"webhookUrl":"https://example.org/hook"}"#), 204);
    let expected = json!({
        "webhookUrl": "https://example.org/hook", "signingSecret": "s3cret", "eventFilters": ["message"],
        "historySync": false,
    });
    assert_eq!(config(), expected);
    let settings =
        |body: &str| server.send(wsapi("PUT", "/account/instances/shop/settings").json(body)).status;
    assert_eq!(settings(r#"{"pullMode":true,"eventFilters":["call_offer"]}"#), 204);
    assert_eq!(config()["webhookUrl"], Value::Null);
    assert_eq!(
        (&config()["signingSecret"], &config()["eventFilters"]),
        (&json!("s3cret"), &json!(["call_offer"]))
    );
    let alone = wsapi("PUT", "/instance/settings").json(r#"{"webhookAuthValue":"7"}"#);
    refused(&server.send(alone), 400, "`webhookAuthHeader` is missing, and there is none yet.");
    let taken = wsapi("PUT", "/instance/settings")
        .json(r#"{"webhookAuthHeader":"x-webhook-signature","webhookAuthValue":"7"}"#);
    refused(&server.send(taken), 400, "`webhookAuthHeader` is a header that says something else.");
}

/// What is on disk was shown of a number that is not there; the service says that it has to be paired.
#[test]
fn what_needs_a_number_says_that_there_is_none() {
    let server = Server::start();
    let on_fresh = |method: &str, path: &str| wsapi(method, path).header("x-instance-id", "fresh");
    for path in ["/chats", "/chats/1234567890@s.whatsapp.net", "/contacts", "/contacts/1@s.whatsapp.net"] {
        refused(&server.send(on_fresh("GET", path)), 409, "device not paired");
    }
    let receipt = on_fresh("POST", "/messages/3EB0/read")
        .json(r#"{"chatId":"1@s.whatsapp.net","senderId":"1@s.whatsapp.net","receiptType":"delivered"}"#);
    refused(&server.send(receipt), 409, "device not paired");
    // Of sessions the service says so with another status.
    refused(&server.send(on_fresh("POST", "/session/logout")), 400, "device not paired");
    refused(&server.send(on_fresh("POST", "/session/flush-history")), 400, "device not paired");
    refused(&server.send(wsapi("POST", "/session/flush-history")), 400, "history sync is not enabled");
    assert_eq!(server.send(wsapi("GET", "/chats")).status, 200);
}

#[test]
fn a_message_of_a_group_has_an_author() {
    let server = Server::start();
    let group = r#"{"chatId":"120363021033254949@g.us"}"#;
    let missing = "`senderId` is missing; a message of a group is somebody's.";
    for path in ["/messages/3EB0/read", "/messages/3EB0/star", "/messages/3EB0/delete-for-me"] {
        refused(&server.send(wsapi("POST", path).json(group)), 400, missing);
    }
    let no_text = wsapi("POST", "/messages/%FF/star").json(group);
    refused(&server.send(no_text), 400, "`messageId` in the path is not text in UTF-8");
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
    refused(&server.send(on_host(Sent::get("/v1/instances"))), 401, "unauthorized");
    let nothing = on_host(wsapi("GET", "/v1/instances"));
    refused(&server.send(nothing), 404, "There is nothing at this path.");
    assert_eq!(server.send(on_host(text())).status, 201);
    let own = Server::with(|config| config.hosts = Hosts::parse("native=own.example.org").expect("hosts"));
    let native_alone = own.send(wsapi("GET", "/chats").header("host", "own.example.org."));
    assert_eq!((native_alone.status, native_alone.problem().as_str()), (404, "ROUTE_NOT_FOUND"));
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

/// Who waited for a code took the place of a request for half a minute, and a few such stopped everything.
#[test]
fn waiting_for_a_code_is_no_work() {
    let server = Server::bounded(Bounds { requests_max: 1, ..Bounds::default() });
    let addr = server.addr();
    let waiting = wsapi("GET", "/session/qr/text").header("x-instance-id", "fresh");
    let meanwhile = async {
        server.fake.tails(1).await;
        exchange(addr, wsapi("GET", "/session/status")).await
    };
    server.wait(async {
        tokio::select! {
            answer = exchange(addr, waiting) => panic!("there is no code: {}", answer.text()),
            answer = meanwhile => assert_eq!(answer.status, 200, "{}", answer.text()),
        }
    });
}

/// What is changed through a dialect is remembered as what is changed natively is.
#[test]
fn changes_are_remembered() {
    let server = Server::start();
    let check_subject = |sent: Sent, action: AuditAction, subject: &str| {
        let answer = server.send(sent);
        assert!((200..300).contains(&answer.status), "{}", answer.text());
        let notes = server.fake.take_notes();
        let told: Vec<_> = notes.iter().map(|(_, action, subject)| (*action, subject.as_str())).collect();
        assert_eq!(told, [(action, subject)]);
    };
    let check = |sent: Sent, action: AuditAction| check_subject(sent, action, &OPEN.to_string());
    check(wsapi("POST", "/admin/instances").json(r#"{"id":"new"}"#), AuditAction::InstanceCreated);
    let config = wsapi("PUT", "/admin/instances/shop/config").json(CONFIG);
    check_subject(config, AuditAction::WebhookUpdated, "an endpoint");
    let history = wsapi("PUT", "/admin/instances/shop/config").json(r#"{"historySync":true}"#);
    check(history, AuditAction::InstanceSettings);
    let name = wsapi("PUT", "/account/instances/shop/name").json(r#"{"name":"Support line"}"#);
    check(name, AuditAction::InstanceUpdated);
    for path in ["/instance/restart", "/account/instances/shop/restart", "/admin/instances/shop/restart"] {
        check(wsapi("PUT", path), AuditAction::InstanceRestarted);
    }
    check(wsapi("POST", "/session/logout"), AuditAction::InstanceLoggedOut);
    check(wsapi("DELETE", "/admin/instances/shop"), AuditAction::InstanceDeleted);
}
