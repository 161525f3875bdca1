//! Wessaal and WASaaS in front of an engine that remembers: the samples of their references, and what is refused how.

use serde_json::{Value, json};
use trunkline_model::command::Command;
use trunkline_model::message::{Content, Text};

use crate::client::{Answer, Sent, Server};
use crate::fake::{NO_SCOPE_KEY, OPEN, OTHER_KEY, ROOT_KEY, Seen, WASAAS_KEY};

/// A request of a customer of Wessaal.
fn wessaal(method: &str, path: &str) -> Sent {
    Sent::new(method, &format!("/integration/v1{path}")).key(None).header("x-api-key", ROOT_KEY)
}

fn is_hello(seen: &[Seen], text: &str, to: &str) -> bool {
    seen.iter().any(|seen| {
        matches!(seen, Seen::Command(OPEN, Command::Send(request))
            if request.message.to.jid() == to && request.message.content == Content::Text(Text::plain(text)))
    })
}

fn json_of(answer: &Answer, status: u16) -> Value {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, "application/json"),
        "{}",
        answer.text()
    );
    answer.json()
}

#[test]
fn the_sample_of_wessaal_is_queued_and_says_what_it_cost() {
    let server = Server::start();
    let body = r#"{"instance":"shop","recipient":"+966501234567","message_type":"text","content":"Hello from cURL!"}"#;
    let answer = server.send(wessaal("POST", "/messages/send").json(body));
    let queued = json_of(&answer, 202);
    assert_eq!(queued["message"], "Message queued for sending");
    assert_eq!((&queued["data"]["type"], &queued["data"]["template_used"]), (&json!("text"), &json!(false)));
    assert!(queued["data"]["message_id"].is_u64() && queued["data"]["credits_charged"].is_u64(), "{queued}");
    assert!(is_hello(&server.fake.take_seen(), "Hello from cURL!", "966501234567@s.whatsapp.net"));
    assert_eq!(answer.header("x-ratelimit-limit"), "5000");
}

/// Collision 18: an instance goes by its name, and is told with a whole number.
#[test]
fn an_instance_of_wessaal_has_a_number() {
    let server = Server::start();
    let path = |name: &str| format!("/instances/{name}/status");
    let live = json_of(&server.send(wessaal("GET", &path("shop"))), 200);
    assert!(live["data"]["instance_id"].is_u64(), "{live}");
    for unknown in ["424242424242", "no-such"] {
        let missing = json_of(&server.send(wessaal("GET", &path(unknown))), 404);
        assert_eq!((&missing["success"], &missing["error_code"]), (&json!(false), &json!("NOT_FOUND")));
    }
    let foreign = wessaal("GET", &path("shop")).header("x-api-key", OTHER_KEY);
    assert_eq!(server.send(foreign).status, 404);
}

#[test]
fn what_wessaal_refuses_has_its_form() {
    let server = Server::start();
    let missing = wessaal("POST", "/messages/send")
        .json(r#"{"recipient":"+966501234567","message_type":"image","content":"x","filename":"a.png"}"#);
    let expected = json!({
        "success": false, "message": "Validation failed",
        "errors": {
            "instance": ["The instance field is required."],
            "media_url": ["The media url field is required when message type is image."],
        },
    });
    assert_eq!(json_of(&server.send(missing), 422), expected);
    for closed in ["/messages/send-reaction", "/messages/send-list"] {
        let gone = wessaal("POST", closed).header("x-api-key", NO_SCOPE_KEY).json("not even JSON");
        assert_eq!(json_of(&server.send(gone), 410)["error_code"], "GONE");
    }
    let refused = wessaal("GET", "/contacts").header("x-api-key", NO_SCOPE_KEY);
    assert_eq!(json_of(&server.send(refused), 403)["error_code"], "FORBIDDEN");
    let pong = json_of(&server.send(wessaal("GET", "/ping").header("x-api-key", NO_SCOPE_KEY)), 200);
    assert_eq!(pong["message"], "pong");
    let broken = json_of(&server.send(wessaal("POST", "/messages/send").json("{")), 400);
    assert_eq!(broken["success"], false);
}

#[test]
fn the_sample_of_wasaas_is_accepted_and_what_it_refuses_has_its_form() {
    let server = Server::start();
    let wasaas = |method: &str, path: &str| Sent::new(method, path).key(Some(WASAAS_KEY));
    let body = format!(
        r#"{{"sessionId":"{OPEN}","to":"5511999999999@s.whatsapp.net","text":"Hello from WASaaS!"}}"#
    );
    let answer = server.send(wasaas("POST", "/api/messages/send").json(&body));
    let sent = json_of(&answer, 200);
    assert!(sent["data"]["messageId"].is_string() && sent["data"]["status"] == "queued", "{sent}");
    assert!(is_hello(&server.fake.take_seen(), "Hello from WASaaS!", "5511999999999@s.whatsapp.net"));
    assert_eq!(answer.header("x-ratelimit-remaining"), "999");
    let check = |sent: Sent, status: u16, code: &str| {
        let refused = json_of(&server.send(sent), status);
        assert_eq!((&refused["success"], &refused["error"]["code"]), (&json!(false), &json!(code)));
    };
    let no_text = json!({"sessionId": OPEN.to_string(), "to": "5511999999999"}).to_string();
    check(wasaas("POST", "/api/messages/send").json(&no_text), 400, "VALIDATION_ERROR");
    check(wasaas("GET", "/api/sessions/ins_0000000000000bad"), 404, "NOT_FOUND");
    let unlinked = json!({"sessionId": "fresh", "to": "5511999999999", "text": "hi"}).to_string();
    check(wasaas("POST", "/api/messages/send").json(&unlinked), 409, "SESSION_NOT_CONNECTED");
    let listed = json_of(&server.send(wasaas("GET", "/api/sessions?limit=1")), 200);
    assert_eq!(listed["pagination"]["limit"], 1, "{listed}");
}
