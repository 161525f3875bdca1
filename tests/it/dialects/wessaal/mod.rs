//! Wessaal: every row that is served, then a customer's way through it, from a key to a delivered message.

mod cases;

use std::collections::BTreeMap;

use cases::CASES;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, FileServer, Request};
use trunkline_tests::{Baileys, Gateway, Instance, Media, World};

use super::contract::{Case, Findings, filled, served};
use super::enveloped::judged;

const ANA: &str = "966501234567";

/// A request of a customer.
fn ask(gateway: &Gateway, key: &str, method: &str, path: &str) -> Request {
    let request = gateway.api().request(method.parse().expect("a method"), path).key(None);
    request.header("x-api-key", key)
}

/// A number with everything that the requests name.
struct Town<'a> {
    gateway: &'a Gateway,
    shop: Instance,
    laptop: Baileys,
    things: BTreeMap<&'static str, String>,
    _files: FileServer,
}

impl<'a> Town<'a> {
    async fn found(world: &World, gateway: &'a Gateway) -> Town<'a> {
        let owner = world.account("Shop").await;
        let ana = world.account_with("Ana", json!({"pn": ANA})).await;
        let shop = gateway.create_instance(json!({"name": "my-instance"})).await;
        shop.link(&owner).await;
        let laptop = ana.link_baileys().await;
        let files = FileServer::start("image/png", Media::sample("image", "image/png", 5_001).bytes);
        let things = BTreeMap::from([("ana", format!("+{ANA}")), ("file", files.url("receipt.png"))]);
        Town { gateway, shop, laptop, things, _files: files }
    }

    async fn send(&self, case: &Case) -> Answer {
        let address = case.address(&self.things);
        let request = ask(self.gateway, &self.gateway.api().key(), case.method, &address);
        let body = filled(case.body, &self.things);
        let request = if body.is_empty() { request } else { request.body("application/json", body) };
        request.send().await
    }

    /// Remembers what the cases after this one name.
    fn learn(&mut self, case: &Case, answer: &Answer) {
        let (name, pointer) = match (case.method, case.path) {
            ("GET", "/integration/v1/workspaces") => ("workspace", "/data/0/id"),
            ("GET", "/integration/v1/instances") => ("instance", "/data/0/id"),
            ("POST", "/integration/v1/contacts") => ("contact", "/data/id"),
            ("POST", "/integration/v1/templates") => ("template", "/data/id"),
            ("POST", "/integration/v1/messages/send") => ("message", "/data/message_id"),
            _ => return,
        };
        if (200..300).contains(&answer.status)
            && let Some(learnt) = answer.json().pointer(pointer)
        {
            self.things.insert(name, learnt.to_string());
        }
    }
}

#[tokio::test]
async fn every_row_of_wessaal_is_answered_as_its_contract_says() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let document = gateway.api().get("/docs/wessaal/openapi.json").key(None).send().await.expect(200);
    let mut town = Town::found(&world, &gateway).await;
    let mut findings = Findings::default();
    for case in CASES {
        let answer = town.send(case).await;
        town.learn(case, &answer);
        findings.note(case.place(), judged(answer, case.status, case.shape));
    }
    town.laptop.expect_text("Hello from our API!").await;
    drop(town);
    gateway.finish().await;
    world.finish().await;
    findings.conclude("wessaal", &served(&document), &[]);
}

/// Asks until a message has come so far.
async fn until_status(town: &Town<'_>, key: &str, message: &Value, wanted: &str) -> Value {
    let path = format!("/integration/v1/messages/{message}/status");
    loop {
        let told = ask(town.gateway, key, "GET", &path).send().await.expect(200);
        if told["data"]["status"] == wanted {
            return told;
        }
        // What it waits for is an event of this instance.
        town.shop.view().await;
    }
}

#[tokio::test]
async fn a_customer_of_wessaal_sends_what_a_template_says_and_hears_that_it_arrived() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let town = Town::found(&world, &gateway).await;
    let wanted = json!({"label": "crm", "dialect": "wessaal", "scopes": ["send_message", "manage_contacts", "manage_templates"]});
    let made = gateway.api().post("/v1/keys", &wanted).send().await.expect(201);
    let key = made["key"].as_str().expect("a key").to_owned();
    assert!(key.starts_with("sk_live_"), "{made}");
    let post = |path: &str, body: &Value| ask(&gateway, &key, "POST", path).json(body);

    let contact = json!({"phone": format!("+{ANA}"), "label": "Ahmed"});
    let contact = post("/integration/v1/contacts", &contact).send().await.expect(201)["data"]["id"].clone();
    let again =
        post("/integration/v1/contacts", &json!({"phone": format!("+{ANA}")})).send().await.expect(422);
    assert_eq!(again["errors"]["phone"], json!(["The phone has already been taken."]), "{again}");
    let template = json!({"workspace_id": 1, "name": "Order Shipped", "message_type": "text", "content": "Hi {{name}}!"});
    let template =
        post("/integration/v1/templates", &template).send().await.expect(201)["data"]["id"].clone();

    let body = json!({"instance": "my-instance", "contact_id": contact, "template_id": template});
    let refused = post("/integration/v1/messages/send", &body).send().await.expect(422);
    assert!(refused["errors"]["template_variables.name"].is_array(), "{refused}");
    let mut body = body;
    body["template_variables"] = json!({"name": "Ahmed"});
    let sent = post("/integration/v1/messages/send", &body).send().await.expect(202);
    assert_eq!(sent["data"]["template_used"], true, "{sent}");
    town.laptop.expect_text("Hi Ahmed!").await;
    let arrived = until_status(&town, &key, &sent["data"]["message_id"], "delivered").await;
    assert!(arrived["data"]["delivered_at"].is_string(), "{arrived}");

    // What the key was not made for.
    let refused = ask(&gateway, &key, "GET", "/integration/v1/messages").send().await.expect(403);
    assert_eq!(refused["error_code"], "FORBIDDEN", "{refused}");
    let refused = ask(&gateway, &key, "GET", "/integration/v1/instances").send().await.expect(403);
    assert_eq!(refused["success"], false, "{refused}");
    let unknown = json!({"instance": "no-such", "recipient": format!("+{ANA}"), "content": "x"});
    let unknown = post("/integration/v1/messages/send", &unknown).send().await.expect(404);
    assert_eq!(unknown["error_code"], "NOT_FOUND", "{unknown}");
    drop(town);
    gateway.finish().await;
    world.finish().await;
}
