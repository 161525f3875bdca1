//! WAStack in front of an engine that remembers: who may come in, what is accepted, what reaches the engine.

use serde_json::{Value, json};
use trunkline_model::command::{Command, PlanCommand, ScheduleCommand};
use trunkline_model::message::Content;
use trunkline_model::plan::Timing;
use trunkline_model::{ErrorCode, Failure};

use crate::client::{Answer, Sent, Server};
use crate::fake::{APP_KEY, BOUND_APP_KEY, OPEN, ROOT_KEY, Seen, UNLINKED, WASAAS_KEY, WASTACK_KEY};

/// A request of a customer.
fn wastack(method: &str, path: &str) -> Sent {
    Sent::new(method, path)
        .key(None)
        .header("x-app-key", APP_KEY)
        .header("authorization", &format!("Bearer {WASTACK_KEY}"))
}

fn text() -> Sent {
    wastack("POST", "/api/v1/messages/text")
        .json(r#"{"deviceId":"device_17","to":"919876543210","text":"hi"}"#)
}

/// Checks that an answer is an error of the service: a sentence and nothing else.
fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, answer.json()), (status, json!({"success": false, "error": error})));
}

/// The sample of the reference, and what its answer looks like there.
#[test]
fn the_sample_of_the_reference_lists_the_devices() {
    let server = Server::start();
    let answer = server.send(wastack("GET", "/api/v1/devices"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    assert_eq!((&json["success"], &json["data"][0]["id"]), (&json!(true), &json!("device_17")), "{json}");
    assert_eq!(json["pagination"]["total"], 2, "{json}");
    assert_eq!(answer.header("x-ratelimit-limit"), "60");
}

#[test]
fn both_keys_are_needed_and_each_is_good_for_this_service_alone() {
    let server = Server::start();
    let unknown = "A valid API key is needed.";
    let ask = |app: Option<&str>, key: Option<&str>| {
        let sent = Sent::new("GET", "/api/v1/devices").key(None);
        let sent = app.into_iter().fold(sent, |sent, app| sent.header("x-app-key", app));
        let bearer = key.map(|key| format!("Bearer {key}"));
        server.send(bearer.iter().fold(sent, |sent, bearer| sent.header("authorization", bearer)))
    };
    refused(&ask(None, None), 401, unknown);
    refused(&ask(Some(APP_KEY), None), 401, unknown);
    refused(&ask(None, Some(WASTACK_KEY)), 401, unknown);
    refused(&ask(Some(APP_KEY), Some(WASAAS_KEY)), 401, unknown);
    assert_eq!(ask(Some("wapp_wrong"), Some(WASTACK_KEY)).status, 401);
    assert_eq!(ask(Some(APP_KEY), Some(WASTACK_KEY)).status, 200);
    assert_eq!(ask(Some(APP_KEY), Some(ROOT_KEY)).status, 200, "a native key opens every dialect");
    let bound = ask(Some(BOUND_APP_KEY), Some(WASTACK_KEY)).json();
    assert_eq!((&bound["pagination"]["total"], &bound["data"][0]["id"]), (&json!(1), &json!("device_17")));
    refused(&server.send(wastack("GET", "/api/v1/nothing")), 404, "There is nothing at this path.");
    assert_eq!(server.send(wastack("DELETE", "/api/v1/devices")).status, 405);
    refused(&server.send(wastack("GET", "/api/v1/devices/device_99")), 404, "Device not found.");
}

#[test]
fn a_message_is_queued_and_reaches_the_engine_once_under_its_own_name() {
    let server = Server::start();
    let answer = server.send(text());
    let json = answer.json();
    assert_eq!((answer.status, &json["data"]["status_code"]), (202, &json!(202)), "{json}");
    assert_eq!(json["data"]["messageType"], "plain-text", "{json}");
    assert!(json["data"]["transactionId"].as_str().is_some_and(|id| id.starts_with("txn_")), "{json}");
    let seen = server.fake.take_seen();
    let [Seen::Command(OPEN, Command::Send(request))] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(matches!(&request.message.content, Content::Text(text) if text.body == "hi"));
    // An app that is bound to one device need not name it.
    let named = r#"{"phone":"+91 98765 43210","message":"hi","correlationId":"order-7"}"#;
    let bound = Sent::new("POST", "/api/v1/messages").key(None).header("x-app-key", BOUND_APP_KEY);
    let bound = bound.header("authorization", &format!("Bearer {WASTACK_KEY}")).json(named);
    assert_eq!(server.send(bound).status, 202);
    let seen = server.fake.take_seen();
    let [Seen::Command(OPEN, Command::Send(request))] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(request.idempotency_key.as_deref(), Some("order-7"));
    let metadata: Value =
        serde_json::from_str(request.message.metadata.as_deref().unwrap_or_default()).expect("its metadata");
    assert_eq!(metadata, json!({"correlationId": "order-7"}));
    let nameless = wastack("POST", "/api/v1/messages").json(r#"{"to":"919876543210","text":"hi"}"#);
    refused(&server.send(nameless), 400, "`deviceId` is missing");
}

#[test]
fn a_message_for_later_is_a_schedule() {
    let server = Server::start();
    let body = r#"{"deviceId":"device_17","to":"919876543210","text":"hi","cron":"0 9 * * MON","timezone":"Asia/Kolkata"}"#;
    let answer = server.send(wastack("POST", "/api/v1/schedules").json(body));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let seen = server.fake.take_seen();
    let [Seen::Plan(PlanCommand::Schedule(command))] = seen.as_slice() else { panic!("{seen:?}") };
    let ScheduleCommand::Create(new) = command.as_ref() else { panic!("{command:?}") };
    assert!(matches!(&new.timing, Timing::Cron { zone, .. } if zone == "Asia/Kolkata"), "{new:?}");
    assert_eq!(new.instance, OPEN);
}

#[test]
fn the_engines_failures_have_the_services_statuses() {
    let check = |code, status: u16| {
        let server = Server::start();
        server.fake.refuse(Failure::new(code, "No."));
        refused(&server.send(text()), status, "No.");
    };
    check(ErrorCode::InstanceState, 409);
    check(ErrorCode::Validation, 400);
    check(ErrorCode::BodyTooLarge, 413);
    check(ErrorCode::WhatsAppRefused, 502);
    let server = Server::start();
    let unlinked = format!(r#"{{"deviceId":"device_{}","to":"919876543210","text":"hi"}}"#, UNLINKED.0);
    let unlinked = wastack("POST", "/api/v1/messages/text").json(&unlinked);
    assert_eq!(server.send(unlinked).status, 409);
}

/// Thirty sends in a minute, as the reference says; what is asked beside them is counted by itself.
#[test]
fn the_thirty_first_message_waits() {
    let server = Server::start();
    for sent in 0..30 {
        assert_eq!(server.send(text()).status, 202, "message {sent}");
    }
    let answer = server.send(text());
    assert_eq!((answer.status, answer.json()["success"].clone()), (429, json!(false)), "{}", answer.text());
    assert_ne!(answer.header("retry-after"), "");
    assert_eq!(server.send(wastack("GET", "/api/v1/devices")).status, 200);
}

#[test]
fn health_needs_no_key() {
    let server = Server::start();
    for path in ["/api/v1/health", "/api/v1/health/ready"] {
        let answer = server.send(Sent::new("GET", path).key(None));
        assert_eq!((answer.status, &answer.json()["data"]["status"]), (200, &json!("ok")), "{path}");
        assert_eq!(answer.header("x-ratelimit-limit"), "100");
    }
}

/// A form's file may come before or after what is said of it.
#[test]
fn a_file_comes_as_a_part_of_a_form_in_any_order() {
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\n\r\nsome bytes\r\n";
    let fields =
        [field("deviceId", "device_17"), field("to", "919876543210"), field("mediaType", "image")].concat();
    let check = |form: String, status: u16| {
        let server = Server::start();
        let sent = wastack("POST", "/api/v1/messages/media");
        let answer = server.send(sent.body("multipart/form-data; boundary=b", format!("{form}--b--\r\n")));
        assert_eq!(answer.status, status, "{}", answer.text());
        server.fake.take_seen()
    };
    for form in [format!("{fields}{file}"), format!("{file}{fields}")] {
        let seen = check(form, 202);
        assert!(seen.contains(&Seen::Blob(b"some bytes".to_vec())), "{seen:?}");
        let Some(Seen::Command(OPEN, Command::Send(request))) = seen.last() else { panic!("{seen:?}") };
        let Content::Media(media) = &request.message.content else { panic!("{request:?}") };
        assert_eq!((media.kind.as_str(), media.mime_type.as_deref()), ("image", Some("image/png")));
    }
    assert_eq!(check(format!("{}{file}", field("deviceId", "device_99")), 404), Vec::new());
    let seen = check(fields, 400);
    assert_eq!(seen, Vec::new(), "there is no file");
}
