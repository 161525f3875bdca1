//! What a customer's server hears of a session: by 7aduta's names and signed, or by WasenderAPI's with the secret itself.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline_tests::gateway::{Received, WebServer};
use trunkline_tests::limits::GATEWAY_EVENT_TIMEOUT;
use trunkline_tests::{Gateway, World};

use super::town::{SAMPLE, key};

const SECRET: &str = "k1";

/// A server that hands on what it hears.
fn server() -> (WebServer, mpsc::Receiver<Received>) {
    let (tell, told) = mpsc::channel(256);
    let tell = Arc::new(tell);
    let server = WebServer::start(move |request| {
        tell.try_send(request).expect("the test reads on");
        Response::new(Full::from(Bytes::new()))
    });
    (server, told)
}

fn signature(request: &Received) -> &str {
    let header = request.headers.get("x-webhook-signature").and_then(|value| value.to_str().ok());
    header.expect("a signature")
}

/// The next event of a name that `accept`s it, and the request that it came in.
async fn expect(
    told: &mut mpsc::Receiver<Received>,
    name: &str,
    accept: impl Fn(&Value) -> bool,
) -> (Value, Received) {
    loop {
        let request = timeout(GATEWAY_EVENT_TIMEOUT, told.recv()).await;
        let request = request.unwrap_or_else(|_| panic!("no {name} came")).expect("the server runs");
        let event: Value = serde_json::from_slice(&request.body).expect("it is JSON");
        if event["event"] == name && accept(&event["data"]) {
            return (event, request);
        }
    }
}

/// The sample of the reference as a program of its own: what it prints.
async fn sample(url: &str, session_key: &str) -> String {
    let mut command = tokio::process::Command::new("node");
    command.arg(crate::tidy::root().join("tests/dialect/samples/aduta/send-text.mjs"));
    command.env("BASE_URL", url).env("SESSION_API_KEY", session_key);
    let ended = timeout(GATEWAY_EVENT_TIMEOUT, command.output()).await.expect("it ends").expect("node runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8_lossy(&ended.stdout).trim().to_owned()
}

#[tokio::test]
async fn a_customers_server_hears_of_its_session_in_the_words_of_either_service() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let number_of_the_sample = world.account_with("Sample", json!({"pn": SAMPLE})).await;
    let gateway = Gateway::start(&world).await;
    let (server, mut told) = server();
    let token = key(&gateway, "pat", Value::Null).await;
    let api = gateway.api();
    let ask = |method: Method, path: &str, body: Value| {
        api.request(method, &format!("/api/v1{path}"))
            .key(None)
            .header("x-api-token", &token)
            .json(&body)
            .send()
    };
    let url = format!("{}/events", server.url());
    let body = json!({"name": "Shop", "webhookUrl": url, "webhook_secret": SECRET});
    let made = ask(Method::POST, "/whatsapp-sessions", body).await.expect(201)["data"].clone();
    let (id, session_key) = (made["id"].as_str().expect("an id"), made["api_key"].as_str().expect("a key"));
    api.keep_private(session_key);
    let path = format!("/whatsapp-sessions/{id}");
    let shown = ask(Method::POST, &format!("{path}/connect"), json!({})).await.expect(200);
    alice.phone().scan(shown["data"]["qrCode"].as_str().expect("a code")).await;
    let (event, request) = expect(&mut told, "session.connected", |_| true).await;
    assert_eq!(
        (&event["sessionId"], &event["data"]["status"]),
        (&made["id"], &json!("CONNECTED")),
        "{event}"
    );
    let hmac_key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let digest = hex::encode(hmac::sign(&hmac_key, &request.body).as_ref());
    assert_eq!(signature(&request), format!("sha256={digest}"));

    let laptop = bob.link_baileys().await;
    let heard = laptop.send_text(&alice, "from a customer").await;
    let (event, _) = expect(&mut told, "message.received", |data| data["text"] == "from a customer").await;
    assert_eq!(
        (&event["data"]["messageId"], &event["data"]["fromMe"]),
        (&json!(heard.key.id), &json!(false))
    );

    let message = json!({"to": bob.pn(), "text": "to a customer"});
    let sent = api.post("/api/v1/send-message", &message).key(Some(session_key)).send().await.expect(200);
    let id_of_it = sent["messageId"].as_str().expect("an id");
    assert_eq!(laptop.expect_text("to a customer").await.key.id, id_of_it);
    let (event, _) = expect(&mut told, "message.sent", |data| data["status"] == "delivered").await;
    assert_eq!(event["data"]["messageId"], sent["messageId"], "{event}");

    let printed = sample(&api.url(), session_key).await;
    let arrived = number_of_the_sample.phone().expect_text("Hello from the API!").await;
    assert_eq!(arrived["id"], json!(printed), "{arrived}");

    // By a name that WasenderAPI alone has.
    let change = json!({"webhook_events": ["messages.received", "session.status"]});
    let changed = ask(Method::PUT, &path, change).await.expect(200);
    assert_eq!(changed["data"]["webhook_secret"], SECRET, "{changed}");
    laptop.send_text(&alice, "in other words").await;
    let body_is = |data: &Value| data["messages"]["messageBody"] == "in other words";
    let (event, request) = expect(&mut told, "messages.received", body_is).await;
    assert_eq!(signature(&request), SECRET);
    assert!(event["timestamp"].is_i64() && event["data"]["messages"]["key"]["fromMe"] == false, "{event}");

    assert_eq!(ask(Method::DELETE, &path, json!({})).await.status, 200);
    expect(&mut told, "session.status", |data| {
        data["status"] == "DISCONNECTED" || data["status"] == "LOGGED_OUT"
    })
    .await;
    let keys = gateway.api().get("/v1/keys").send().await.expect(200);
    let labels: Vec<&Value> =
        keys["data"].as_array().expect("keys").iter().map(|key| &key["label"]).collect();
    assert!(!labels.contains(&&json!("Shop")), "the key of the session went with it: {keys}");
    gateway.finish().await;
    world.finish().await;
}
