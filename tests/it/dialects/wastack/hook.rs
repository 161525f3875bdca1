//! What a customer's server hears: the events of its devices, in the service's envelope, signed.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

use super::super::heard::{Server, header, signature};
use super::town::{Keys, device, text};

const SECRET: &str = "a-secret-of-some-length";

/// The next event of a type, its signature checked.
async fn expect(told: &mut Server, kind: &str) -> Value {
    let (event, request) = told.next(kind, |event| event["event"] == kind).await;
    assert_eq!(header(&request, "x-wastack-signature"), signature(SECRET, &request), "{event}");
    assert_eq!(header(&request, "x-wastack-event"), kind, "{event}");
    assert!(header(&request, "x-wastack-delivery").starts_with("dlv_"), "{event}");
    event
}

#[tokio::test]
async fn a_customers_server_hears_of_its_device_in_the_words_of_wastack() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let keys = Keys::made(&gateway).await;
    let shop = gateway.create_instance(json!({"name": "shop"})).await;
    let device = device(shop.id());
    let mut told = Server::start();
    let body = json!({
        "url": told.hook(), "events": ["*"], "secret": SECRET, "deviceIds": [device],
    });
    let made = keys.ask(&gateway, "POST", "/api/v1/webhooks").json(&body).send().await.expect(201);
    assert_eq!(made["data"]["secret"], SECRET, "{made}");
    shop.link(&alice).await;
    let connected = expect(&mut told, "session.connected").await;
    assert_eq!((&connected["sessionId"], &connected["deviceId"]), (&json!(device), &json!(device)));

    let laptop = bob.link_baileys().await;
    laptop.send_text(&alice, "from a customer").await;
    let heard = expect(&mut told, "message.received").await;
    let data = &heard["data"];
    assert_eq!((&data["type"], &data["text"]), (&json!("plain-text"), &json!("from a customer")), "{heard}");
    assert_eq!(data["fromMe"], json!(false), "{heard}");

    let sent =
        json!({"deviceId": device, "to": bob.pn(), "text": "to a customer", "correlationId": "order-7"});
    let sent = keys.ask(&gateway, "POST", "/api/v1/messages/text").json(&sent).send().await.expect(202);
    laptop.expect_text("to a customer").await;
    let arrived = expect(&mut told, "message.delivered").await;
    assert_eq!(arrived["data"]["transactionId"], sent["data"]["transactionId"], "{arrived}");
    assert_eq!(arrived["data"]["correlationId"], "order-7", "{arrived}");

    let path = format!("/api/v1/webhooks/{}", text(&made["data"]["id"]));
    let test = keys.ask(&gateway, "POST", &format!("{path}/test")).json(&json!({"event": "message.failed"}));
    let test = test.send().await.expect(200);
    assert_eq!(test["data"]["statusCode"], 200, "{test}");
    expect(&mut told, "message.failed").await;

    let logout = keys.ask(&gateway, "POST", &format!("/api/v1/devices/{device}/logout")).send().await;
    logout.expect(200);
    let out = expect(&mut told, "session.disconnected").await;
    assert_eq!(out["data"]["status"], "logged_out", "{out}");
    // What became of a delivery is written down after the customer's server has answered.
    let newest = loop {
        let listed = keys.ask(&gateway, "GET", &format!("{path}/deliveries")).send().await.expect(200);
        let newest = &listed["data"][0];
        if newest["event"] == "session.disconnected" {
            break newest.clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(newest["status"], "success", "{newest}");
    let again = format!("{path}/deliveries/{}/replay", text(&newest["id"]));
    keys.ask(&gateway, "POST", &again).send().await.expect(202);
    let again = expect(&mut told, "session.disconnected").await;
    assert_eq!(again["id"], out["id"], "the same event has the same id");
    gateway.finish().await;
    world.finish().await;
}

/// A key that is limited to a device hears of no other one.
#[tokio::test]
async fn a_bound_app_sees_its_own_device_and_nothing_else() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let (shop, other) = (
        gateway.create_instance(json!({"name": "shop"})).await,
        gateway.create_instance(json!({"name": "other"})).await,
    );
    let keys = Keys::made(&gateway).await;
    let bound = json!({"name": "bound", "deviceIds": [device(shop.id())]});
    let bound = keys.ask(&gateway, "POST", "/api/v1/apps").json(&bound).send().await.expect(201);
    let key = text(&bound["data"]["appKey"]);
    gateway.api().keep_private(&key);
    let keys = keys.of_app(&key);
    let ask = |method: &str, path: &str| keys.ask(&gateway, method, path);
    let listed = ask("GET", "/api/v1/devices").send().await.expect(200);
    assert_eq!(listed["pagination"]["total"], 1, "{listed}");
    assert_eq!(listed["data"][0]["id"], device(shop.id()), "{listed}");
    ask("GET", &format!("/api/v1/devices/{}", device(other.id()))).send().await.expect(404);
    let hook = json!({"url": "http://127.0.0.1:9/", "events": ["*"]});
    let hook = ask("POST", "/api/v1/webhooks").json(&hook).send().await.expect(201);
    assert_eq!(hook["data"]["deviceIds"], json!([device(shop.id())]), "{hook}");
    let refused = ask("GET", "/api/v1/apps").send().await;
    assert_eq!((refused.status, &refused.json()["success"]), (403, &json!(false)));
    gateway.finish().await;
    world.finish().await;
}
