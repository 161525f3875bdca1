//! Where the contracts of the five meet on one node: one number, five customers. The numbers are those of the contract's list of
//! collisions; what host, path and credentials decide (1 to 16 and 25) is tested where they are read, in `api/src/dialects/dispatch`.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, Request};
use trunkline_tests::{Gateway, Instance, World};

use super::heard::{Server, header, signature};

/// How one service differs from the others.
struct Service {
    dialect: &'static str,
    scope: &'static str,
    /// Where a text is sent.
    path: &'static str,
    /// The member that says who gets it, and the one that says what.
    members: (&'static str, &'static str),
    /// Status of a message that was taken.
    accepted: u16,
    /// Status of one for a number that is not connected.
    offline: u16,
    /// Status of one without a recipient.
    invalid: u16,
    /// Where the answer has the message's id.
    id: &'static str,
}

const SERVICES: [Service; 5] = [
    Service {
        dialect: "wastack",
        scope: "admin",
        path: "/api/v1/messages/send",
        members: ("to", "text"),
        accepted: 202,
        offline: 409,
        invalid: 400,
        id: "/data/transactionId",
    },
    Service {
        dialect: "wasaas",
        scope: "full",
        path: "/api/messages/send",
        members: ("to", "text"),
        accepted: 200,
        offline: 409,
        invalid: 400,
        id: "/data/messageId",
    },
    Service {
        dialect: "wsapi",
        scope: "instance",
        path: "/messages/text",
        members: ("to", "message"),
        accepted: 201,
        // Its published document has 409 for a number that was never paired, and this for one that is offline.
        offline: 503,
        invalid: 400,
        id: "/id",
    },
    Service {
        dialect: "aduta",
        scope: "session",
        path: "/api/v1/send-message",
        members: ("to", "text"),
        accepted: 200,
        offline: 409,
        invalid: 422,
        id: "/data/messageId",
    },
    Service {
        dialect: "wessaal",
        scope: "send_message",
        path: "/integration/v1/messages/send",
        members: ("recipient", "content"),
        accepted: 202,
        offline: 202,
        invalid: 422,
        id: "/data/message_id",
    },
];

/// A customer of one of them.
struct Customer<'a> {
    service: &'static Service,
    gateway: &'a Gateway,
    shop: &'a Instance,
    key: String,
    /// The key of an app, which WAStack asks for as well.
    app: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl<'a> Customer<'a> {
    async fn of(service: &'static Service, gateway: &'a Gateway, shop: &'a Instance) -> Customer<'a> {
        let api = gateway.api();
        let instances = if service.scope == "session" { json!([shop.id()]) } else { Value::Null };
        let wanted = json!({
            "label": service.dialect, "dialect": service.dialect, "scopes": [service.scope], "instances": instances,
        });
        let key = text(&api.post("/v1/keys", &wanted).send().await.expect(201)["key"]);
        let app =
            text(&api.post("/v1/apps", &json!({"name": service.dialect})).send().await.expect(201)["key"]);
        api.keep_private(&key);
        api.keep_private(&app);
        Customer { service, gateway, shop, key, app }
    }

    /// A request with what this service's customers show.
    fn ask(&self, method: &str, path: &str) -> Request {
        let request = self.gateway.api().request(method.parse().expect("a method"), path);
        match self.service.dialect {
            "wastack" => request.key(Some(&self.key)).header("x-app-key", &self.app),
            "wsapi" => {
                request.key(None).header("x-api-key", &self.key).header("x-instance-id", self.shop.id())
            }
            "wessaal" => request.key(None).header("x-api-key", &self.key),
            _ => request.key(Some(&self.key)),
        }
    }

    /// What this service calls the instance, in the member that says so.
    fn session(&self) -> Option<(&'static str, Value)> {
        let number = self.shop.id().strip_prefix("ins_").and_then(|hex| u64::from_str_radix(hex, 16).ok());
        match self.service.dialect {
            "wastack" => Some(("deviceId", json!(format!("device_{}", number.expect("a number"))))),
            "wasaas" => Some(("sessionId", json!(self.shop.id()))),
            "wessaal" => Some(("instance", json!("shop"))),
            _ => None,
        }
    }

    /// Sends a text under a key that is made of it.
    async fn send(&self, to: Option<&str>, said: &str) -> Answer {
        let (recipient, content) = self.service.members;
        let mut body = json!({content: said});
        if let Some(to) = to {
            body[recipient] = json!(to);
        }
        if let Some((member, session)) = self.session() {
            body[member] = session;
        }
        let key = said.replace(' ', "-");
        self.ask("POST", self.service.path).header("idempotency-key", &key).json(&body).send().await
    }
}

/// Collisions 17, 18, 21 to 24: one message each, in every form of a recipient, of an instance that each names in its own way.
#[tokio::test]
async fn each_service_sends_by_one_number_in_its_own_words() {
    let world = World::start().await;
    let (owner, ana) = (world.account("Shop").await, world.account("Ana").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({"name": "shop"})).await;
    shop.link(&owner).await;
    let laptop = ana.link_baileys().await;
    for service in &SERVICES {
        let Service { dialect, accepted, offline, invalid, .. } = *service;
        let customer = Customer::of(service, &gateway, &shop).await;
        let mut first: Option<Answer> = None;
        for (form, to) in [
            ("digits", ana.pn().to_owned()),
            ("E.164", format!("+{}", ana.pn())),
            ("a WhatsApp id", ana.pn_jid()),
        ] {
            let said = format!("{dialect} to {form}");
            let answer = customer.send(Some(&to), &said).await;
            assert_eq!(answer.status, accepted, "{said}: {answer}");
            let arrived = laptop.expect_text(&said).await;
            let shown = answer.json().pointer(service.id).cloned().unwrap_or_default();
            let is_its_own = match dialect {
                "wastack" => shown.as_str().is_some_and(|id| id.starts_with("txn_")),
                "wessaal" => shown.is_u64(),
                _ => shown.as_str() == Some(arrived.key.id.as_str()),
            };
            assert!(is_its_own, "{dialect} names its messages in its own way: {answer}");
            first.get_or_insert(answer);
        }
        let refused = customer.send(None, "to nobody").await;
        assert_eq!(refused.status, invalid, "{dialect}: {refused}");
        shop.disconnect().await;
        let late = customer.send(Some(ana.pn()), &format!("{dialect} offline")).await;
        assert_eq!(late.status, offline, "{dialect}: {late}");
        // Whoever did not hear the answer asks again, and hears it, whatever became of the number since.
        let again = customer.send(Some(ana.pn()), &format!("{dialect} to digits")).await;
        let id = |answer: &Answer| answer.json().pointer(service.id).cloned();
        assert_eq!((again.status, id(&again)), (accepted, id(&first.expect("it was sent"))), "{dialect}");
        shop.connect().await;
        shop.expect_state("open").await;
    }
    // Four refused it, one has waited with it.
    laptop.expect_text("wessaal offline").await;
    gateway.finish().await;
    world.finish().await;
}

/// Collisions 19 and 20: one message, told to the server of each in its form and with its signature.
#[tokio::test]
async fn each_service_tells_one_message_in_its_own_form() {
    let world = World::start().await;
    let (owner, ana) = (world.account("Shop").await, world.account("Ana").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({"name": "shop"})).await;
    shop.link(&owner).await;
    let mut told = Vec::new();
    for service in SERVICES.iter().filter(|service| service.dialect != "wessaal") {
        let customer = Customer::of(service, &gateway, &shop).await;
        let server = Server::start();
        let secret = format!("the secret of {}", service.dialect);
        let secret = listen(&customer, &server, secret).await;
        told.push((service.dialect, server, secret));
    }
    let laptop = ana.link_baileys().await;
    let sent = laptop.send_text(&owner, "to all of you").await;
    for (dialect, server, secret) in &mut told {
        let says_it = |event: &Value| event.to_string().contains("to all of you");
        let (event, request) = server.next(dialect, says_it).await;
        let (name, data) = match *dialect {
            "wsapi" => (&event["eventType"], &event["eventData"]),
            _ => (&event["event"], &event["data"]),
        };
        let expected = if *dialect == "wsapi" { "message" } else { "message.received" };
        assert_eq!(*name, expected, "{dialect}: {event}");
        assert!(data.to_string().contains(&sent.key.id), "{dialect}: {event}");
        let shown = match *dialect {
            "wastack" => header(&request, "x-wastack-signature"),
            _ => header(&request, "x-webhook-signature"),
        };
        assert_eq!(shown, signature(secret, &request), "{dialect}: {event}");
    }
    let mut forms: Vec<String> = Vec::new();
    for (dialect, server, _) in &mut told {
        drop(laptop.send_text(&owner, "once more").await);
        let (event, _) = server.next(dialect, |event| event.to_string().contains("once more")).await;
        let members = |of: &Value| of.as_object().map(|of| of.keys().cloned().collect::<Vec<_>>().join(" "));
        forms.push(format!(
            "{:?} {:?} {:?}",
            members(&event),
            members(&event["data"]),
            members(&event["eventData"])
        ));
    }
    forms.sort_unstable();
    let of_each = forms.len();
    forms.dedup();
    assert_eq!(forms.len(), of_each, "no two say it alike: {forms:?}");
    gateway.finish().await;
    world.finish().await;
}

/// Has the customer's server told of what the number receives; the secret that it is signed with.
async fn listen(customer: &Customer<'_>, server: &Server, secret: String) -> String {
    let session = customer.session().map(|(_, session)| session).unwrap_or_default();
    match customer.service.dialect {
        "wastack" => {
            let hook = json!({
                "url": server.hook(), "events": ["message.received"], "secret": secret, "deviceIds": [session],
            });
            customer.ask("POST", "/api/v1/webhooks").json(&hook).send().await.expect(201);
            secret
        }
        "wasaas" => {
            let hook = json!({"url": server.hook(), "events": ["message.received"]});
            let made = customer.ask("POST", "/api/webhooks").json(&hook).send().await.expect(201);
            text(&made["data"]["secret"])
        }
        "wsapi" => {
            let hook =
                json!({"webhookUrl": server.hook(), "signingSecret": secret, "eventFilters": ["message"]});
            let api = customer.gateway.api();
            let set = api.request(Method::PUT, "/admin/instances/shop/config").key(None);
            set.header("x-api-key", &api.key()).json(&hook).send().await.expect(204);
            secret
        }
        _ => {
            let hook = json!({
                "webhook_url": server.hook(), "webhook_secret": secret, "webhook_events": ["message.received"],
            });
            let token = json!({"label": "token", "dialect": "aduta", "scopes": ["pat"]});
            let token = customer.gateway.api().post("/v1/keys", &token).send().await.expect(201);
            let path = format!("/api/v1/whatsapp-sessions/{}", customer.shop.id());
            let api = customer.gateway.api();
            let change = api.request(Method::PUT, &path).key(None);
            change.header("x-api-token", &text(&token["key"])).json(&hook).send().await.expect(200);
            secret
        }
    }
}
