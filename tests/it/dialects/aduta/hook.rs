//! What a customer's server hears of a session: by 7aduta's names and signed, or by WasenderAPI's with the secret itself.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, Received};
use trunkline_tests::{Account, Gateway, World};

use super::super::heard::{Server, header, signature};
use super::town::key;

const SECRET: &str = "k1";

/// The next event of a name that `accept`s it, and the request that it came in.
async fn expect(told: &mut Server, name: &str, accept: impl Fn(&Value) -> bool) -> (Value, Received) {
    told.next(name, |event| event["event"] == name && accept(&event["data"])).await
}

/// A session that a customer made, with the webhook that it was made with.
struct Session {
    id: String,
    key: String,
    token: String,
}

impl Session {
    /// Makes it, and has a phone scan its code.
    async fn open(gateway: &Gateway, account: &Account, webhook: Value) -> Session {
        let token = key(gateway, "pat", Value::Null).await;
        let mut session = Session { id: String::new(), key: String::new(), token };
        let made = session.ask(gateway, Method::POST, "", webhook).await.expect(201)["data"].clone();
        let text = |member: &str| made[member].as_str().expect("a text").to_owned();
        (session.id, session.key) = (text("id"), text("api_key"));
        gateway.api().keep_private(&session.key);
        let path = format!("/{}/connect", session.id);
        let shown = session.ask(gateway, Method::POST, &path, json!({})).await.expect(200);
        account.phone().scan(shown["data"]["qrCode"].as_str().expect("a code")).await;
        session
    }

    /// Asks for something of sessions, with the personal token.
    async fn ask(&self, gateway: &Gateway, method: Method, path: &str, body: Value) -> Answer {
        let request = gateway.api().request(method, &format!("/api/v1/whatsapp-sessions{path}")).key(None);
        request.header("x-api-token", &self.token).json(&body).send().await
    }
}

#[tokio::test]
async fn a_customers_server_hears_of_its_session_in_the_words_of_the_reference() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let mut told = Server::start();
    let body = json!({"name": "Shop", "webhookUrl": told.hook(), "webhook_secret": SECRET});
    let session = Session::open(&gateway, &alice, body).await;
    let (event, request) = expect(&mut told, "session.connected", |_| true).await;
    assert_eq!((&event["sessionId"], &event["data"]["status"]), (&json!(session.id), &json!("CONNECTED")));
    assert_eq!(header(&request, "x-webhook-signature"), signature(SECRET, &request));

    let laptop = bob.link_baileys().await;
    let heard = laptop.send_text(&alice, "from a customer").await;
    let (event, _) = expect(&mut told, "message.received", |data| data["text"] == "from a customer").await;
    assert_eq!(
        (&event["data"]["messageId"], &event["data"]["fromMe"]),
        (&json!(heard.key.id), &json!(false))
    );

    let message = json!({"to": bob.pn(), "text": "to a customer"});
    let sent = gateway.api().post("/api/v1/send-message", &message).key(Some(&session.key)).send().await;
    let sent = sent.expect(200);
    assert_eq!(laptop.expect_text("to a customer").await.key.id, sent["messageId"].as_str().expect("an id"));
    let (event, _) = expect(&mut told, "message.sent", |data| data["status"] == "delivered").await;
    assert_eq!(event["data"]["messageId"], sent["messageId"], "{event}");

    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_session_that_asks_for_events_of_wasender_hears_them_in_its_form_until_it_is_gone() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let mut told = Server::start();
    let url = told.hook();
    let body = json!({"name": "Shop", "webhook_url": url, "webhook_secret": SECRET});
    let session = Session::open(&gateway, &alice, body).await;
    expect(&mut told, "session.connected", |_| true).await;
    let path = format!("/{}", session.id);
    // By names that WasenderAPI alone has.
    let change = json!({"webhook_events": ["messages.received", "session.status"]});
    let changed = session.ask(&gateway, Method::PUT, &path, change).await.expect(200);
    assert_eq!(changed["data"]["webhook_secret"], SECRET, "{changed}");
    let laptop = bob.link_baileys().await;
    laptop.send_text(&alice, "in other words").await;
    let body_is = |data: &Value| data["messages"]["messageBody"] == "in other words";
    let (event, request) = expect(&mut told, "messages.received", body_is).await;
    assert_eq!(header(&request, "x-webhook-signature"), SECRET);
    assert!(event["timestamp"].is_i64() && event["data"]["messages"]["key"]["fromMe"] == false, "{event}");

    assert_eq!(session.ask(&gateway, Method::DELETE, &path, json!({})).await.status, 200);
    let is_out = |data: &Value| data["status"] == "DISCONNECTED" || data["status"] == "LOGGED_OUT";
    expect(&mut told, "session.status", is_out).await;
    let keys = gateway.api().get("/v1/keys").send().await.expect(200);
    let labels: Vec<&Value> =
        keys["data"].as_array().expect("keys").iter().map(|key| &key["label"]).collect();
    assert!(!labels.contains(&&json!("Shop")), "the key of the session went with it: {keys}");
    gateway.finish().await;
    world.finish().await;
}
