//! Input that is wrong: status, code and field of the answer, and that nothing reached the engine.

use serde_json::Value;

use crate::client::{Sent, Server};
use crate::fake::Seen;

/// What is sent, and the status, code and first field that come back.
type Row = (Sent, u16, &'static str, Option<&'static str>);

const MESSAGES: &str = "/v1/instances/shop/messages";

fn message(body: &str) -> Sent {
    Sent::post(MESSAGES, body)
}

/// A text message with more members.
fn text_with(members: &str) -> Sent {
    message(&format!(r#"{{"to":"+966501234567","text":{{"body":"hi"}},{members}}}"#))
}

/// An image message with these members of the image.
fn image(members: &str) -> Sent {
    message(&format!(r#"{{"to":"+966501234567","image":{{{members}}}}}"#))
}

fn check(rows: Vec<Row>) {
    let server = Server::start();
    for (request, status, code, field) in rows {
        let told = format!(
            "{} {} {}",
            request.method,
            request.path,
            String::from_utf8_lossy(&request.body).chars().take(200).collect::<String>()
        );
        let answer = server.send(request);
        assert_eq!(answer.status, status, "{told}: {}", answer.text());
        assert_eq!(answer.problem(), code, "{told}");
        let first = answer.json()["errors"][0]["field"].clone();
        assert_eq!(first, field.map_or(Value::Null, Value::from), "{told}");
        assert_eq!(server.fake.take_seen(), [], "{told}");
    }
}

fn invalid(request: Sent, field: &'static str) -> Row {
    (request, 422, "VALIDATION", Some(field))
}

fn malformed(request: Sent, field: &'static str) -> Row {
    (request, 400, "MALFORMED_REQUEST", Some(field))
}

#[test]
fn paths_that_lead_nowhere() {
    check(vec![
        (Sent::get("/v1/nothing"), 404, "ROUTE_NOT_FOUND", None),
        (Sent::get("/v1/instances/"), 404, "ROUTE_NOT_FOUND", None),
        (Sent::get("/docs/errors/NO_SUCH_CODE"), 404, "ROUTE_NOT_FOUND", None),
        (Sent::get("/v1/instances/nobody"), 404, "INSTANCE_NOT_FOUND", None),
        (Sent::get("/v1/instances/ins_00000000000000ff"), 404, "INSTANCE_NOT_FOUND", None),
        (Sent::get("/v1/instances/%ff"), 404, "INSTANCE_NOT_FOUND", None),
        (Sent::post("/v1/instances/nobody/messages", "not even JSON"), 404, "INSTANCE_NOT_FOUND", None),
        (Sent::get("/v1/messages/3EB0AA"), 404, "MESSAGE_NOT_FOUND", None),
        (Sent::get("/v1/messages/msg_000000000000ff"), 404, "MESSAGE_NOT_FOUND", None),
        (Sent::get("/v1/instances/shop/media/7"), 404, "MEDIA_NOT_FOUND", None),
    ]);
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let server = Server::start();
    let answer = server.send(Sent::new("DELETE", "/v1/instances").key(None));
    assert_eq!((answer.status, answer.problem().as_str()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS, POST");
}

#[test]
fn query_parameters_and_headers() {
    let list = |query: &str| Sent::get(&format!("/v1/instances?{query}"));
    check(vec![
        malformed(list("limit=0"), "limit"),
        malformed(list("limit=201"), "limit"),
        malformed(list("limit=ten"), "limit"),
        malformed(list("limit=-1"), "limit"),
        malformed(list("limit=5&limit=6"), "limit"),
        malformed(list("cursor=nonsense"), "cursor"),
        malformed(list("state=happy"), "state"),
        malformed(Sent::get("/v1/instances/shop/messages?status=happy"), "status"),
        // A cursor of another list.
        malformed(Sent::get("/v1/instances/shop/messages?cursor=aQAAAAAAAAAR"), "cursor"),
        malformed(Sent::get("/v1/instances/shop/events?after=-1"), "after"),
        malformed(Sent::get("/v1/instances/shop/events?after=1&cursor=ZQAAAAAAAAAB"), "after"),
        malformed(
            Sent::get("/v1/instances/shop/events?limit=5").header("accept", "text/event-stream"),
            "limit",
        ),
        malformed(
            Sent::get("/v1/instances/shop/events")
                .header("accept", "text/event-stream")
                .header("last-event-id", "7"),
            "Last-Event-ID",
        ),
        malformed(Sent::get("/v1/instances/shop/qr?format=jpeg"), "format"),
        malformed(Sent::new("POST", "/v1/instances/shop/messages?wait=read"), "wait"),
        malformed(Sent::new("POST", "/v1/instances/shop/messages?wait=sent&timeout_ms=0"), "timeout_ms"),
        malformed(Sent::new("POST", "/v1/instances/shop/messages?timeout_ms=5"), "timeout_ms"),
        malformed(text_with("\"lane\":\"bulk\"").header("idempotency-key", ""), "Idempotency-Key"),
        malformed(text_with("\"lane\":\"bulk\"").header("idempotency-key", "two words"), "Idempotency-Key"),
        malformed(
            text_with("\"lane\":\"bulk\"").header("idempotency-key", &"k".repeat(256)),
            "Idempotency-Key",
        ),
    ]);
}

#[test]
fn instances() {
    let create = |body: &str| Sent::post("/v1/instances", body);
    let update = |body: &str| Sent::new("PATCH", "/v1/instances/shop").json(body);
    let long_metadata = format!(r#"{{"metadata":{{"a":"{}"}}}}"#, "x".repeat(4_096));
    check(vec![
        invalid(create(r#"[]"#), "body"),
        invalid(create(r#"["shop"]"#), "body"),
        invalid(create(r#""shop""#), "body"),
        (create(r#"{"surprise":1"#), 400, "MALFORMED_BODY", None),
        (create(r#"{"name":"a"} {}"#), 400, "MALFORMED_BODY", None),
        (create("{\"name\":\"a\u{1}\"}"), 400, "MALFORMED_BODY", None),
        (Sent::new("POST", "/v1/instances"), 400, "MALFORMED_BODY", None),
        invalid(create(r#"{"name":1}"#), "name"),
        invalid(create(r#"{"name":"a","name":"b"}"#), "name"),
        invalid(create(r#"{"name":"with space"}"#), "name"),
        invalid(create(r#"{"name":""}"#), "name"),
        invalid(create(r#"{"name":"ins_1"}"#), "name"),
        invalid(create(&format!(r#"{{"name":"{}"}}"#, "a".repeat(65))), "name"),
        invalid(create(r#"{"metadata":[1]}"#), "metadata"),
        invalid(create(&long_metadata), "metadata"),
        invalid(update(r#"{"name":null}"#), "name"),
    ]);
}

#[test]
fn pairing() {
    let phone = |body: &str| Sent::post("/v1/instances/shop/pairing-code", body);
    let passkey = |body: &str| Sent::post("/v1/instances/shop/passkey", body);
    check(vec![
        invalid(phone("{}"), "phone"),
        invalid(phone(r#"{"phone":966501234567}"#), "phone"),
        invalid(phone(r#"{"phone":"call me"}"#), "phone"),
        invalid(phone(r#"{"phone":"120363021033254949@g.us"}"#), "phone"),
        invalid(passkey("{}"), "credential_id"),
        invalid(passkey(r#"{"credential_id":"***"}"#), "credential_id"),
        invalid(
            passkey(
                r#"{"credential_id":"","client_data_json":"e30","authenticator_data":"AQ","signature":"AQ"}"#,
            ),
            "credential_id",
        ),
    ]);
}

#[test]
fn recipients_and_texts() {
    let long = "x".repeat(trunkline_model::limits::TEXT_BYTES_MAX + 1);
    check(vec![
        invalid(message("{}"), "to"),
        invalid(message(r#"{"to":966501234567,"text":{"body":"hi"}}"#), "to"),
        invalid(message(r#"{"to":"not a number","text":{"body":"hi"}}"#), "to"),
        invalid(message(r#"{"to":"123","text":{"body":"hi"}}"#), "to"),
        invalid(message(r#"{"to":"1@example.com","text":{"body":"hi"}}"#), "to"),
        invalid(message(r#"{"to":"status@broadcast","text":{"body":"hi"}}"#), "to"),
        invalid(message(r#"{"to":"+966501234567"}"#), "type"),
        invalid(message(r#"{"to":"+966501234567","type":"text"}"#), "text"),
        invalid(message(r#"{"to":"+966501234567","type":"poll","text":{"body":"hi"}}"#), "type"),
        invalid(message(r#"{"to":"+966501234567","type":"image","text":{"body":"hi"}}"#), "type"),
        invalid(
            message(
                r#"{"to":"+966501234567","text":{"body":"hi"},"image":{"url":"https://example.org/a.png"}}"#,
            ),
            "image",
        ),
        invalid(message(r#"{"to":"+966501234567","text":"hi"}"#), "text"),
        invalid(message(r#"{"to":"+966501234567","text":["hi"]}"#), "text"),
        invalid(message(r#"{"to":"+966501234567","text":null}"#), "text"),
        invalid(message(r#"{"to":"+966501234567","text":{}}"#), "text.body"),
        invalid(message(r#"{"to":"+966501234567","text":{"body":["hi"]}}"#), "text.body"),
        invalid(message(r#"{"to":"+966501234567","text":{"body":"  "}}"#), "text.body"),
        invalid(message(r#"{"to":"+966501234567","text":{"body":"hi","previews":true}}"#), "text.previews"),
        invalid(message(&format!(r#"{{"to":"+966501234567","text":{{"body":"{long}"}}}}"#)), "text.body"),
    ]);
}

#[test]
fn what_stands_beside_the_text() {
    check(vec![
        invalid(text_with(r#""lane":"fast""#), "lane"),
        invalid(text_with(r#""lane":1"#), "lane"),
        invalid(text_with(r#""send_at":"2030-01-01T00:00:00Z""#), "send_at"),
        invalid(text_with(r#""metadata":"text""#), "metadata"),
        invalid(text_with(r#""mentions":"+966501234567""#), "mentions"),
        invalid(text_with(r#""mentions":["+966501234567","me"]"#), "mentions.1"),
        invalid(text_with(r#""mentions":["120363021033254949@g.us"]"#), "mentions.0"),
        invalid(text_with(&format!(r#""mentions":[{}5]"#, r#""+966501234567","#.repeat(1_025))), "mentions"),
        invalid(text_with(r#""reply_to":"3EB0AA""#), "reply_to"),
        invalid(text_with(r#""reply_to":{}"#), "reply_to.wa_id"),
        invalid(text_with(r#""reply_to":{"wa_id":""}"#), "reply_to.wa_id"),
        invalid(text_with(r#""reply_to":{"wa_id":"3EB0","participant":"x"}"#), "reply_to.participant"),
    ]);
}

#[test]
fn media() {
    check(vec![
        invalid(image(""), "image.url"),
        invalid(image(r#""url":"https://example.org/a.png","data":"aGk=""#), "image.data"),
        invalid(image(r#""data":"not base64!""#), "image.data"),
        invalid(image(r#""data":"""#), "image.data"),
        invalid(image(r#""url":"file:///etc/passwd""#), "image.url"),
        invalid(image(r#""url":"/a.png""#), "image.url"),
        invalid(image(r#""data":"aGk=","mime_type":"picture""#), "image.mime_type"),
        invalid(image(r#""data":"aGk=","duration_seconds":3"#), "image.duration_seconds"),
        invalid(image(r#""data":"aGk=","file_name":"a.png""#), "image.file_name"),
        invalid(image(r#""data":"aGk=","size":3"#), "image.size"),
        invalid(image(&format!(r#""data":"aGk=","caption":"{}""#, "x".repeat(4_097))), "image.caption"),
        invalid(
            message(r#"{"to":"+966501234567","sticker":{"data":"aGk=","caption":"hi"}}"#),
            "sticker.caption",
        ),
        invalid(
            message(r#"{"to":"+966501234567","voice":{"data":"aGk=","duration_seconds":-1}}"#),
            "voice.duration_seconds",
        ),
        invalid(
            message(r#"{"to":"+966501234567","document":{"data":"aGk=","file_name":"../../etc/passwd"}}"#),
            "document.file_name",
        ),
    ]);
}

#[test]
fn read_marks() {
    let read = |body: &str| Sent::post("/v1/instances/shop/messages/read", body);
    let many = vec!["\"3EB0AA\""; 257].join(",");
    check(vec![
        invalid(read(r#"{"chat":"+966501234567"}"#), "wa_ids"),
        invalid(read(r#"{"chat":"+966501234567","wa_ids":[]}"#), "wa_ids"),
        invalid(read(r#"{"chat":"+966501234567","wa_ids":[""]}"#), "wa_ids.0"),
        invalid(read(r#"{"chat":"+966501234567","wa_ids":["a",1]}"#), "wa_ids.1"),
        invalid(read(&format!(r#"{{"chat":"+966501234567","wa_ids":[{many}]}}"#)), "wa_ids"),
        invalid(read(r#"{"chat":"everybody","wa_ids":["a"]}"#), "chat"),
    ]);
}

#[test]
fn every_wrong_field_is_told_at_once() {
    let server = Server::start();
    let body = r#"{"to":"x","lane":"y","mentions":["z"],"image":{"url":"u","mime_type":"m"}}"#;
    let answer = server.send(message(body));
    let json = answer.json();
    let fields: Vec<&str> = json["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    assert_eq!(fields, ["to", "image.mime_type", "image.url", "mentions.0", "lane"]);
    assert_eq!(server.fake.take_seen(), []);
}

#[test]
fn a_value_is_not_repeated_in_the_answer() {
    let server = Server::start();
    for body in [
        r#"{"to":["+966501234567"]}"#,
        r#"{"to":"+966501234567","text":"+966501234567"}"#,
        r#"{"to":"x +966501234567"}"#,
    ] {
        let text = server.send(message(body)).text();
        assert!(!text.contains("966501234567"), "{text}");
    }
}

#[test]
fn json_that_is_too_deep_is_refused() {
    let server = Server::start();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let answer = server.send(message(&deep));
    assert_eq!(answer.status, 422, "the outermost array is no object");
    let answer = server.send(text_with(&format!("\"mentions\":{deep}")));
    assert!((400..500).contains(&answer.status), "{}", answer.text());
    let answer = server.send(text_with(&format!("\"metadata\":{{\"a\":{deep}}}")));
    assert!((400..500).contains(&answer.status), "{}", answer.text());
    assert_eq!(server.fake.take_seen(), []);
}

#[test]
fn the_engines_refusals_are_passed_on() {
    let server = Server::start();
    let answer = server
        .send(Sent::post("/v1/instances/fresh/messages", r#"{"to":"+966501234567","text":{"body":"hi"}}"#));
    assert_eq!((answer.status, answer.problem().as_str()), (409, "INSTANCE_NOT_LINKED"));
    assert_eq!(answer.json()["state"], "new");
    assert!(matches!(server.fake.take_seen().as_slice(), [Seen::Command(..)]));

    let answer = server.send(Sent::post("/v1/instances", r#"{"name":"taken"}"#));
    assert_eq!((answer.status, answer.problem().as_str()), (409, "NAME_TAKEN"));

    let answer = server.send(Sent::get("/v1/instances/fresh/qr"));
    assert_eq!((answer.status, answer.problem().as_str()), (409, "INSTANCE_STATE"));
}

#[test]
fn keys_that_would_open_nothing_or_too_much() {
    let key = |body: &str| Sent::post("/v1/keys", body);
    check(vec![
        invalid(key(r#"{"label":" ","scopes":["*"]}"#), "label"),
        invalid(key(r#"{"label":"crm","scopes":[]}"#), "scopes"),
        invalid(key(&format!(r#"{{"label":"crm","scopes":[{}"*"]}}"#, r#""*","#.repeat(64))), "scopes"),
        invalid(key(r#"{"label":"crm","scopes":["messages:send","everything"]}"#), "scopes.1"),
        invalid(key(r#"{"label":"crm"}"#), "scopes"),
    ]);
}
