//! Bad input over the real binary: the right status and code, nothing stored, nothing told to the log.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::Answer;
use trunkline_tests::{Gateway, Instance, World};

/// A text, a number and a key that must not show up in any log.
const TEXT: &str = "the text that nobody may see";
const NUMBER: &str = "4915199887766";
const WRONG_KEY: &str = "tk_bm90LWEta2V5LWJ1dC1hcy1sb25nLWFzLW9uZS1pcw";

/// Everything that a refused request could have left behind.
async fn books(shop: &Instance) -> (Value, Value, Value) {
    let mut view = shop.view().await;
    // This one counts time.
    view["last_frame_age_ms"] = Value::Null;
    (view, shop.get("/events?limit=200").await.expect(200), shop.get("/messages?limit=200").await.expect(200))
}

#[tokio::test]
async fn a_refused_message_leaves_nothing_behind() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for secret in [TEXT, NUMBER, WRONG_KEY] {
        gateway.api().keep_private(secret);
    }
    let before = books(&shop).await;
    let good = || json!({"to": NUMBER, "text": {"body": TEXT}});
    let with = |field: &str, value: Value| {
        let mut body = good();
        body[field] = value;
        body
    };
    let wrong_fields = [
        (with("texts", json!({"body": TEXT})), "texts"),
        (with("text", json!({"body": TEXT, "bold": true})), "text.bold"),
        (with("text", json!({"body": 17})), "text.body"),
        (with("text", json!(TEXT)), "text"),
        (with("text", json!({"body": " "})), "text.body"),
        (with("text", json!({"body": "x".repeat(65_537)})), "text.body"),
        (with("to", json!("12345")), "to"),
        (with("to", json!("call me maybe")), "to"),
        (with("to", json!("1@example.com")), "to"),
        (with("to", json!("status@broadcast")), "to"),
        (with("to", json!(4_915_199_887_766_u64)), "to"),
        (with("to", Value::Null), "to"),
        (with("mentions", json!(["nobody"])), "mentions.0"),
        (with("lane", json!("fast")), "lane"),
        (with("image", json!({"data": "AAAA"})), "image"),
        (json!({"to": NUMBER, "image": {"data": "not base64!"}}), "image.data"),
        (json!({"to": NUMBER, "image": {"url": "file:///etc/passwd"}}), "image.url"),
        (json!({"to": NUMBER, "image": {}}), "image.url"),
    ];
    for (body, field) in wrong_fields {
        let problem = shop.sending(&body).send().await.expect_problem(422, "VALIDATION");
        let named: Vec<&str> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .filter_map(|e| e["field"].as_str())
            .collect();
        assert_eq!(named, [field], "{body} → {problem}");
        assert_tells_nothing(&problem);
    }
    assert_eq!(books(&shop).await, before, "something was stored");
    gateway.finish().await;
    world.finish().await;
}

/// A problem is logged by callers: no text and no number of theirs is in it.
fn assert_tells_nothing(problem: &Value) {
    let told = problem.to_string();
    assert!(!told.contains(TEXT) && !told.contains(NUMBER) && !told.contains(WRONG_KEY), "{told}");
}

#[tokio::test]
async fn broken_requests_are_told_apart() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for secret in [TEXT, NUMBER, WRONG_KEY] {
        gateway.api().keep_private(secret);
    }
    let before = books(&shop).await;
    let body = json!({"to": NUMBER, "text": {"body": TEXT}});
    let messages = shop.path("/messages");
    let post = || gateway.api().request(Method::POST, &messages);
    let check = |answer: Answer, status: u16, code: &str| {
        assert_tells_nothing(&answer.expect_problem(status, code));
    };
    check(post().json(&body).key(None).send().await, 401, "UNAUTHORIZED");
    check(post().json(&body).key(Some(WRONG_KEY)).send().await, 401, "UNAUTHORIZED");
    check(post().json(&body).key(Some("")).send().await, 401, "UNAUTHORIZED");
    check(
        post().body("application/json", format!("{{\"to\":\"{NUMBER}\"")).send().await,
        400,
        "MALFORMED_BODY",
    );
    check(post().body("application/json", "").send().await, 400, "MALFORMED_BODY");
    check(post().body("text/plain", TEXT).send().await, 415, "UNSUPPORTED_MEDIA_TYPE");
    check(post().json(&body).header("idempotency-key", "two words").send().await, 400, "MALFORMED_REQUEST");
    let strange = gateway.api().post(&format!("{messages}?wait=forever"), &body);
    check(strange.send().await, 400, "MALFORMED_REQUEST");
    check(gateway.api().request(Method::PUT, &messages).json(&body).send().await, 405, "METHOD_NOT_ALLOWED");
    check(gateway.api().post("/v1/nothing", &body).send().await, 404, "ROUTE_NOT_FOUND");
    assert_eq!(books(&shop).await, before, "something was stored");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    gateway.api().keep_private(TEXT);
    let before = books(&shop).await;
    let long = json!({"name": "shop", "metadata": {"note": TEXT.repeat(3_000)}});
    gateway.api().post("/v1/instances", &long).send().await.expect_problem(413, "BODY_TOO_LARGE");
    let message = json!({"to": NUMBER, "image": {"data": "A".repeat(25 << 20)}});
    shop.sending(&message).send().await.expect_problem(413, "BODY_TOO_LARGE");
    assert_eq!(books(&shop).await, before, "something was stored");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn unknown_things_are_not_found() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    let body = json!({"to": NUMBER, "text": {"body": TEXT}});
    let other = format!("ins_{}", "0".repeat(16));
    for instance in [other.as_str(), "nobody", "ins_1", "%00"] {
        let path = format!("/v1/instances/{instance}");
        let api = gateway.api();
        api.get(&path).send().await.expect_problem(404, "INSTANCE_NOT_FOUND");
        api.get(&format!("{path}/events")).send().await.expect_problem(404, "INSTANCE_NOT_FOUND");
        api.post(&format!("{path}/messages"), &body).send().await.expect_problem(404, "INSTANCE_NOT_FOUND");
        api.request(Method::DELETE, &path).send().await.expect_problem(404, "INSTANCE_NOT_FOUND");
    }
    for message in [format!("msg_{}", "0".repeat(16)), "nothing".to_owned()] {
        shop.get(&format!("/messages/{message}")).await.expect_problem(404, "MESSAGE_NOT_FOUND");
        let alone = gateway.api().get(&format!("/v1/messages/{message}"));
        alone.send().await.expect_problem(404, "MESSAGE_NOT_FOUND");
    }
    assert_eq!(
        gateway.api().get("/v1/instances").send().await.expect(200)["data"].as_array().map(Vec::len),
        Some(1)
    );
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn an_unlinked_instance_accepts_no_message() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    gateway.api().keep_private(TEXT);
    gateway.api().keep_private(NUMBER);
    let body = json!({"to": NUMBER, "text": {"body": TEXT}});
    let refused = || shop.sending(&body).header("idempotency-key", "k").send();
    assert_eq!(refused().await.expect_problem(409, "INSTANCE_NOT_LINKED")["state"], "new");
    shop.connect().await;
    shop.expect_state("awaiting_scan").await;
    assert_eq!(refused().await.expect_problem(409, "INSTANCE_NOT_LINKED")["state"], "awaiting_scan");
    let file = json!({"to": NUMBER, "image": {"data": "AAAA"}});
    shop.sending(&file).send().await.expect_problem(409, "INSTANCE_NOT_LINKED");
    let beside = gateway.api().request(Method::POST, &shop.path("/messages"));
    let beside = beside.multipart(&json!({"to": NUMBER, "image": {}}), "image/png", &[0; 100_000]);
    beside.send().await.expect_problem(409, "INSTANCE_NOT_LINKED");
    assert!(gateway.stored_files().is_empty(), "a file was stored for nobody");
    assert_eq!(shop.get("/messages").await.expect(200)["data"], json!([]));
    let events = shop.all_events().await;
    assert!(events.iter().all(|event| event.kind.starts_with("instance.")), "{events:?}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn wrong_settings_make_no_instance() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let wrong = [
        (json!({"nmae": "shop"}), "nmae"),
        (json!({"name": "two words"}), "name"),
        (json!({"name": 7}), "name"),
        (json!({"metadata": []}), "metadata"),
        (json!({"webhook": {"url": "http://127.0.0.1/"}}), "webhook"),
    ];
    for (body, field) in wrong {
        let problem =
            gateway.api().post("/v1/instances", &body).send().await.expect_problem(422, "VALIDATION");
        assert_eq!(problem["errors"][0]["field"], field, "{body} → {problem}");
    }
    assert_eq!(gateway.api().get("/v1/instances").send().await.expect(200)["data"], json!([]));
    gateway.finish().await;
    world.finish().await;
}
