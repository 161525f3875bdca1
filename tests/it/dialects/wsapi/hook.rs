//! What a customer's server hears: the events of one instance, in the service's envelope, signed.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

use super::super::heard::{Server, header, signature};

const SECRET: &str = "k1";

/// The next event of a type, its signature checked.
async fn expect(told: &mut Server, kind: &str) -> Value {
    let (event, request) = told.next(kind, |event| event["eventType"] == kind).await;
    assert_eq!(header(&request, "x-webhook-signature"), signature(SECRET, &request), "{event}");
    assert_eq!(
        (header(&request, "x-instance-id"), &event["instanceId"]),
        ("store", &json!("store")),
        "{event}"
    );
    event
}

#[tokio::test]
async fn a_customers_server_hears_of_its_instance_in_the_words_of_wsapi() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    bob.phone().send_text(&alice, "long ago").await;
    alice.phone().expect_text("long ago").await;
    let gateway = Gateway::start(&world).await;
    let mut told = Server::start();
    let api = gateway.api();
    let ask = |method: &str, path: &str| {
        let request = api.request(method.parse().expect("a method"), path).key(None);
        request.header("x-api-key", &api.key()).header("x-instance-id", "store")
    };
    let body = json!({
        "id": "store", "webhookUrl": told.hook(), "signingSecret": SECRET,
        "eventFilters": ["message", "message_read", "message_history_sync", "logged_in"], "historySync": true,
    });
    let made = ask("POST", "/admin/instances").json(&body).send().await.expect(201);
    assert_eq!(
        made["config"]["eventFilters"],
        json!(["message", "message_history_sync", "message_read"]),
        "{made}"
    );
    let code = ask("GET", "/session/qr/text").send().await.expect(200);
    alice.phone().scan(code["code"].as_str().expect("a code")).await;
    expect(&mut told, "logged_in").await;
    let past = expect(&mut told, "message_history_sync").await;
    assert_eq!(past["eventData"]["messages"][0]["text"], "long ago", "{past}");
    expect(&mut told, "initial_sync_finished").await;
    // Once more, for who asks.
    ask("POST", "/session/flush-history").send().await.expect(202);
    let again = expect(&mut told, "message_history_sync").await;
    assert_eq!((&again["eventId"], &again["eventData"]), (&past["eventId"], &past["eventData"]));

    let laptop = bob.link_baileys().await;
    laptop.send_text(&alice, "from a customer").await;
    let heard = expect(&mut told, "message").await;
    let data = &heard["eventData"];
    assert_eq!((&data["type"], &data["text"]), (&json!("text"), &json!("from a customer")), "{heard}");
    assert!(bob.is(data["chatId"].as_str().expect("an id")), "{heard}");
    assert_eq!(data["sender"]["isMe"], json!(false), "{heard}");

    let sent = ask("POST", "/messages/text").json(&json!({"to": bob.pn_jid(), "text": "to a customer"}));
    let sent = sent.send().await.expect(201);
    assert_eq!(laptop.expect_text("to a customer").await.key.id, sent["id"].as_str().expect("an id"));
    let read = expect(&mut told, "message_read").await;
    assert_eq!(read["eventData"]["messageIds"], json!([sent["id"]]), "{read}");

    assert_eq!(ask("POST", "/session/logout").send().await.status, 204);
    let out = expect(&mut told, "logged_out").await;
    assert_eq!(out["eventData"]["reason"], "api_logout", "{out}");
    gateway.finish().await;
    world.finish().await;
}

/// The log was erased with the instance before anybody had read in it that the instance was deleted.
#[tokio::test]
async fn a_customers_server_hears_that_its_instance_is_gone() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut told = Server::start();
    let api = gateway.api();
    let ask = |method: &str, path: &str| {
        let request = api.request(method.parse().expect("a method"), path).key(None);
        request.header("x-api-key", &api.key())
    };
    let body = json!({
        "id": "store", "webhookUrl": told.hook(), "signingSecret": SECRET,
        "eventFilters": ["call_offer"],
    });
    ask("POST", "/admin/instances").json(&body).send().await.expect(201);
    // It is a webhook of the account, which native requests do not bend out of its form.
    let webhooks = api.get("/v1/webhooks").send().await.expect(200);
    let webhook = &webhooks["data"][0];
    assert_eq!((&webhook["dialect"], &webhook["name"]), (&json!("wsapi"), &json!("wsapi")), "{webhooks}");
    let path = format!("/v1/webhooks/{}", webhook["id"].as_str().expect("an id"));
    let native = |method: &str, path: &str| api.request(method.parse().expect("a method"), path);
    let test = native("POST", &format!("{path}/test")).send().await;
    test.expect_problem(409, "WEBHOOK_STATE");
    for bent in [json!({"batch": {"events_max": 10, "wait_ms": 100}}), json!({"instances": null})] {
        native("PATCH", &path).json(&bent).send().await.expect_problem(409, "WEBHOOK_STATE");
    }
    assert_eq!(ask("DELETE", "/admin/instances/store").send().await.status, 204);
    let out = expect(&mut told, "logged_out").await;
    assert_eq!(out["eventData"]["reason"], "instance_deleted", "{out}");
    let webhooks = api.get("/v1/webhooks").send().await.expect(200);
    assert_eq!(webhooks["data"], json!([]), "the webhook is gone with it");
    // One of that name is another instance.
    let again = ask("POST", "/admin/instances").json(&json!({"id": "store"})).send().await.expect(201);
    assert_eq!(again["config"]["signingSecret"], Value::Null, "{again}");
    gateway.finish().await;
    world.finish().await;
}
