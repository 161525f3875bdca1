//! 7aduta in front of an engine that remembers: who may come in, what is refused how, and how often.

use serde_json::{Value, json};
use trunkline_model::command::{Command, EndpointCommand};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::Content;
use trunkline_model::{ErrorCode, Failure};

use crate::client::{Answer, Sent, Server};
use crate::fake::{KEEPER_KEY, OPEN, SESSION_KEY, Seen, TOKEN_KEY, UNLINKED, message_id};

/// A request of a session.
fn session(method: &str, path: &str) -> Sent {
    Sent::new(method, path).key(Some(SESSION_KEY))
}

/// A request with a personal token.
fn token(method: &str, path: &str) -> Sent {
    Sent::new(method, path).key(None).header("x-api-token", TOKEN_KEY)
}

fn text() -> Sent {
    session("POST", "/api/v1/send-message").json(r#"{"to":"1234567890","text":"Hello from the API!"}"#)
}

/// Checks that an answer is an error of the service, its code at the top and once more below `error`.
fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    let json = answer.json();
    let codes = (&json["code"], &json["error"]["code"]);
    assert_eq!((answer.status, codes), (status, (&json!(code), &json!(code))), "{json}");
    assert_eq!((&json["success"], &json["message"]), (&json!(false), &json["error"]["message"]), "{json}");
    json
}

/// Collisions 17, 21 and 24, as 7aduta has them: WhatsApp's id and a number, 200, digits as the recipient.
#[test]
fn the_sample_of_the_reference_is_accepted_and_reaches_the_engine() {
    let server = Server::start();
    let answer = server.send(text());
    let json = answer.json();
    assert_eq!((answer.status, &json["success"]), (200, &json!(true)), "{json}");
    assert_eq!((&json["messageId"], &json["data"]["msgId"]), (&json!("3EB0AA"), &json!(message_id().get())));
    let seen = server.fake.take_seen();
    let sent = seen.iter().find_map(|seen| match seen {
        Seen::Command(OPEN, Command::Send(request)) => Some(request),
        _ => None,
    });
    let message = &sent.unwrap_or_else(|| panic!("{seen:?}")).message;
    assert_eq!(message.to.jid(), "1234567890@s.whatsapp.net");
    assert!(matches!(&message.content, Content::Text(text) if text.body == "Hello from the API!"));
}

/// Collision 13: WasenderAPI's paths have no version, and its token goes by `Authorization` as well.
#[test]
fn the_paths_of_wasender_lead_to_the_same_rows() {
    let server = Server::start();
    let sent = session("POST", "/api/send-message").json(r#"{"to":"+1234567890","text":"Hello"}"#);
    assert_eq!(server.send(sent).status, 200);
    let info = session("GET", &format!("/api/messages/{}/info", message_id().get()));
    assert_eq!(server.send(info).json()["data"]["id"], "3EB0AA");
    let by_wa_id = server.send(session("GET", "/api/messages/3EB0AA/info")).json();
    assert_eq!(by_wa_id["data"]["msgId"], json!(message_id().get()), "{by_wa_id}");
    let list = Sent::get("/api/whatsapp-sessions").key(Some(TOKEN_KEY));
    assert_eq!(server.send(list).json()["data"][0]["id"], OPEN.to_string());
}

#[test]
fn a_key_is_its_session_and_a_token_the_account() {
    let server = Server::start();
    refused(&server.send(token("POST", "/api/v1/send-message").json("{}")), 401, "UNAUTHORIZED");
    refused(&server.send(session("GET", "/api/v1/whatsapp-sessions")), 403, "FORBIDDEN");
    let unknown = Sent::get("/api/v1/whatsapp-sessions").key(Some("sess_other"));
    refused(&server.send(unknown), 401, "UNAUTHORIZED");
    let path = format!("/api/v1/whatsapp-sessions/{OPEN}");
    for one in [session("GET", &path), token("GET", &path)] {
        let shown = server.send(one).json();
        assert_eq!(
            (&shown["data"]["id"], &shown["data"]["status"]),
            (&json!(OPEN.to_string()), &json!("CONNECTED"))
        );
    }
    let other = session("GET", &format!("/api/v1/whatsapp-sessions/{UNLINKED}"));
    refused(&server.send(other), 404, "SESSION_NOT_FOUND");
    refused(&server.send(token("GET", "/api/v1/whatsapp-sessions/none")), 404, "SESSION_NOT_FOUND");
    assert_eq!(server.send(session("GET", "/api/v1/status")).json()["status"], "CONNECTED");
    assert_eq!(server.send(token("GET", "/api/v1/status")).json()["data"][0]["status"], "CONNECTED");
}

/// Collisions 22 and 23, as 7aduta has them: 409 for a session that is offline, 422 for what is wrong.
#[test]
fn failures_have_the_statuses_of_the_reference() {
    let check = |failure: Failure, status: u16, code: &str| {
        let server = Server::start();
        server.fake.refuse(failure);
        refused(&server.send(text()), status, code);
    };
    check(Failure::new(ErrorCode::InstanceNotLinked, "No."), 409, "SESSION_DISCONNECTED");
    check(
        Failure::in_state(ErrorCode::InstanceState, InstanceState::Stopped, "No."),
        409,
        "SESSION_DISCONNECTED",
    );
    check(Failure::new(ErrorCode::Internal, "No."), 500, "INTERNAL_ERROR");
    check(Failure::new(ErrorCode::IdempotencyConflict, "No."), 422, "VALIDATION_ERROR");
    let server = Server::start();
    let nobody = session("POST", "/api/v1/send-message").json(r#"{"text":"x"}"#);
    let json = refused(&server.send(nobody), 422, "VALIDATION_ERROR");
    assert_eq!(json["errors"]["to"], json!(["is missing"]), "{json}");
    refused(&server.send(session("POST", "/api/v1/send-message").json("{")), 422, "VALIDATION_ERROR");
    refused(&server.send(session("PUT", "/api/v1/send-message")), 405, "METHOD_NOT_ALLOWED");
}

#[test]
fn a_session_sends_ten_messages_a_minute() {
    let server = Server::start();
    for sent in 0..10 {
        let answer = server.send(text());
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, "10"), "{sent}");
    }
    let late = server.send(text());
    let json = refused(&late, 429, "RATE_LIMITED");
    assert_eq!(json["retry_after"].to_string(), late.header("retry-after"), "{json}");
    assert_eq!(late.header("x-ratelimit-remaining"), "0");
    // Others are counted for themselves.
    assert_eq!(server.send(session("GET", "/api/v1/status")).status, 200);
}

#[test]
fn where_events_go_is_said_by_who_may() {
    let server = Server::start();
    let path = format!("/api/v1/whatsapp-sessions/{OPEN}");
    let webhook = format!("{path}/webhook");
    let body = r#"{"url":"https://example.com/hook","events":["message.received"]}"#;
    let keeper = Sent::new("PUT", &webhook).key(Some(KEEPER_KEY)).json(body);
    refused(&server.send(keeper), 403, "FORBIDDEN");
    let seen = server.fake.take_seen();
    assert!(
        !seen.iter().any(|seen| matches!(seen, Seen::Endpoint(EndpointCommand::ChangeHook(..)))),
        "{seen:?}"
    );
    let set = server.send(session("PUT", &webhook).json(body)).json();
    let secret = set["data"]["secret"].as_str().expect("one was made").to_owned();
    assert_eq!((secret.len(), &set["data"]["enabled"]), (32, &json!(true)), "{set}");
    // It stays, and is shown to nobody who may not change it.
    let kept = server.send(token("PUT", &path).json(r#"{"webhook_events":["call"]}"#)).json();
    assert_eq!(
        (&kept["data"]["webhook_secret"], &kept["data"]["webhookUrl"]),
        (&json!(secret), &json!("https://example.com/hook"))
    );
    let shown = server.send(Sent::get(&webhook).key(Some(KEEPER_KEY))).json();
    assert_eq!(
        (&shown["data"]["secret"], &shown["data"]["events"]),
        (&Value::Null, &json!(["call"])),
        "{shown}"
    );
    let nothing = session("PUT", &webhook).json(r#"{"events":["nothing"]}"#);
    let json = refused(&server.send(nothing), 422, "VALIDATION_ERROR");
    assert!(json["errors"]["events"].is_array(), "{json}");
}
