//! WASaaS: every row that is served, then what a customer's server hears.

mod cases;

use std::collections::BTreeMap;

use cases::CASES;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, Request, in_base64};
use trunkline_tests::{Baileys, Gateway, Instance, Media, World};

use super::contract::{Case, Findings, filled, served};
use super::enveloped::judged;
use super::heard::{Server, header, signature};

const ANA: &str = "5511912345678";
/// Where `mediaUrl` leads, which the contract leaves to the service.
const FILE: (&str, &str) = ("GET", "/api/sessions/{id}/media/{mediaId}");

/// A request of a customer.
fn ask(gateway: &Gateway, method: &str, path: &str) -> Request {
    let api = gateway.api();
    api.request(method.parse().expect("a method"), path).key(Some(&api.key()))
}

/// A number with everything that the requests name.
struct Town<'a> {
    gateway: &'a Gateway,
    shop: Instance,
    things: BTreeMap<&'static str, String>,
    laptop: Baileys,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl<'a> Town<'a> {
    async fn found(world: &World, gateway: &'a Gateway) -> Town<'a> {
        let owner = world.account("Shop").await;
        let ana = world.account_with("Ana", json!({"pn": ANA})).await;
        let shop = gateway.create_instance(json!({"name": "shop"})).await;
        shop.link(&owner).await;
        let spare = gateway.create_instance(json!({"name": "spare"})).await;
        let laptop = ana.link_baileys().await;
        laptop.send_text(&owner, "an invoice, please").await;
        shop.expect_text("an invoice, please").await;
        let template = json!({"name": "greeting", "body": "Hi {{name}}"});
        gateway.api().post("/v1/templates", &template).send().await.expect(201);
        // Slow enough to be paused: a thousand people at one message a minute.
        let people: Vec<Value> =
            (0..1_000).map(|number| json!({"phone": format!("55119{number:08}")})).collect();
        let slow = json!({
            "name": "slow", "instances": ["shop"], "per_minute": 1, "recipients": people,
            "message": {"body": "hello"},
        });
        let slow = text(&gateway.api().post("/v1/campaigns", &slow).send().await.expect(201)["id"]);
        gateway.api().post(&format!("/v1/campaigns/{slow}/start"), &json!({})).send().await.expect(200);
        let things = BTreeMap::from([
            ("ana", format!("{ANA}@s.whatsapp.net")),
            ("phone", ANA.to_owned()),
            ("session", shop.id().to_owned()),
            ("spare", spare.id().to_owned()),
            ("template", "greeting".to_owned()),
            ("slow", slow),
            ("png", in_base64(&Media::sample("image", "image/png", 9_001).bytes)),
        ]);
        Town { gateway, shop, things, laptop }
    }

    async fn send(&self, case: &Case) -> Answer {
        let request = ask(self.gateway, case.method, &case.address(&self.things));
        let body = filled(case.body, &self.things);
        let request = if body.is_empty() { request } else { request.body("application/json", body) };
        request.send().await
    }

    /// Waits until nobody is sent anything by the campaign that was stopped: what is in an outbox goes out.
    async fn until_nothing_is_under_way(&self) {
        let path = format!("/v1/campaigns/{}", self.things["slow"]);
        loop {
            let shown = self.gateway.api().get(&path).send().await.expect(200);
            let waits = ["claimed", "queued"].iter().any(|state| shown["statistics"][state] != 0);
            if !waits {
                return;
            }
            // What it waits for is an event of this instance.
            self.shop.view().await;
        }
    }

    /// Remembers what the cases after this one name.
    fn learn(&mut self, case: &Case, answer: &Answer) {
        let name = match (case.method, case.path) {
            ("POST", "/api/sessions") => "fresh",
            ("POST", "/api/contacts") => "contact",
            ("POST", "/api/campaigns") => "campaign",
            ("POST", "/api/webhooks") => "webhook",
            _ => return,
        };
        if answer.status == 201 {
            self.things.insert(name, text(&answer.json()["data"]["id"]));
        }
    }
}

#[tokio::test]
async fn every_row_of_wasaas_is_answered_as_its_contract_says() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let document = gateway.api().get("/docs/wasaas/openapi.json").key(None).send().await.expect(200);
    let mut town = Town::found(&world, &gateway).await;
    let mut findings = Findings::default();
    for case in CASES {
        if case.method == "DELETE" && case.path == "/api/campaigns/{id}" {
            town.until_nothing_is_under_way().await;
        }
        let answer = town.send(case).await;
        town.learn(case, &answer);
        findings.note(case.place(), judged(answer, case.status, case.shape));
        if case.path == "/api/messages/send" {
            town.laptop.expect_text("Hello from WASaaS!").await;
        }
    }
    let gone = ask(&gateway, "POST", "/api/messages/send");
    let late = json!({"sessionId": town.shop.id(), "to": ANA, "text": "too late"});
    let refused = gone.json(&late).send().await.expect(409);
    assert_eq!(refused["error"]["code"], "SESSION_NOT_CONNECTED", "{refused}");
    drop(town);
    gateway.finish().await;
    world.finish().await;
    findings.conclude("wasaas", &served(&document), &[FILE]);
}

/// The next event of a name, its signature checked.
async fn expect(told: &mut Server, secret: &str, name: &str) -> Value {
    let (event, request) = told.next(name, |event| event["event"] == name).await;
    assert_eq!(header(&request, "x-webhook-signature"), signature(secret, &request), "{event}");
    event
}

#[tokio::test]
async fn a_customers_server_hears_of_all_its_sessions_in_the_words_of_wasaas() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let mut told = Server::start();
    let hook = json!({"url": told.hook(), "events": ["*"]});
    let hook = ask(&gateway, "POST", "/api/webhooks").json(&hook).send().await.expect(201);
    let secret = text(&hook["data"]["secret"]);

    let session = json!({"name": "Front desk"});
    let session = ask(&gateway, "POST", "/api/sessions").json(&session).send().await.expect(201);
    let id = text(&session["data"]["id"]);
    assert_eq!(session["data"]["name"], "Front desk", "{session}");
    let qr = expect(&mut told, &secret, "session.qr").await;
    assert_eq!(qr["sessionId"], json!(id), "{qr}");
    let shown = ask(&gateway, "GET", &format!("/api/sessions/{id}")).send().await.expect(200);
    let picture = text(&shown["data"]["qr"]);
    assert!(picture.starts_with("data:image/png;base64,"), "{shown}");
    alice.phone().scan(&text(&qr["data"]["code"])).await;
    expect(&mut told, &secret, "session.connected").await;

    let laptop = bob.link_baileys().await;
    laptop.send_text(&alice, "from a customer").await;
    let heard = expect(&mut told, &secret, "message.received").await;
    assert_eq!(
        (&heard["data"]["text"], &heard["data"]["fromMe"]),
        (&json!("from a customer"), &json!(false))
    );
    assert!(bob.is(heard["data"]["chatId"].as_str().expect("an id")), "{heard}");

    let photo = Media::sample("image", "image/png", 9_001);
    laptop.send_media(&alice, &photo).await;
    let heard = expect(&mut told, &secret, "message.received").await;
    let file = ask(&gateway, "GET", &text(&heard["data"]["mediaUrl"])).send().await;
    assert_eq!((file.status, file.body.as_ref()), (200, photo.bytes.as_slice()), "{heard}");

    let body = json!({"sessionId": id, "to": bob.pn_jid(), "text": "to a customer"});
    let sent = ask(&gateway, "POST", "/api/messages/send").json(&body).send().await.expect(200);
    let arrived = laptop.expect_text("to a customer").await;
    assert_eq!(arrived.key.id, text(&sent["data"]["messageId"]));
    let delivered = expect(&mut told, &secret, "message.delivered").await;
    assert_eq!(delivered["data"]["messageId"], sent["data"]["messageId"], "{delivered}");

    ask(&gateway, "POST", &format!("/api/sessions/{id}/logout")).send().await.expect(200);
    let out = expect(&mut told, &secret, "session.disconnected").await;
    assert_eq!(out["data"]["status"], "logged_out", "{out}");
    gateway.finish().await;
    world.finish().await;
}
