//! A place in which everything is that the requests name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, FileServer, in_base64};
use trunkline_tests::{Account, Baileys, Gateway, Instance, Media, World};

use super::super::contract::{Case, filled};
use crate::engine::live::PICTURE;

/// The person that everything is about, the second one, and the number in the bodies of the reference.
pub const ANA: &str = "5511912345678";
pub const RUI: &str = "5511987654321";
const SAMPLE: &str = "1234567890";

pub struct Town<'a> {
    gateway: &'a Gateway,
    shop: Instance,
    things: BTreeMap<&'static str, String>,
    _files: FileServer,
    // Their connections end with them.
    _laptop: Baileys,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A key of this dialect, made as the operator does.
pub async fn key(gateway: &Gateway, word: &str, instances: Value) -> String {
    let body = json!({"label": word, "dialect": "aduta", "scopes": [word], "instances": instances});
    let made = gateway.api().post("/v1/keys", &body).send().await.expect(201);
    let key = text(&made["key"]);
    gateway.api().keep_private(&key);
    key
}

impl<'a> Town<'a> {
    pub async fn found(world: &World, gateway: &'a Gateway) -> Town<'a> {
        let numbered = |pn: &str| json!({"pn": pn});
        let owner = world.account("Shop").await;
        let ana = world.account_with("Ana", numbered(ANA)).await;
        for (name, pn) in [("Rui", RUI), ("Sample", SAMPLE)] {
            world.account_with(name, numbered(pn)).await;
        }
        let shown = json!({"about": "At the bakery", "picture_base64": in_base64(PICTURE)});
        world.control().post(&format!("/accounts/{ANA}/profile"), shown).await;
        let shop = gateway.create_instance(json!({"name": "shop"})).await;
        shop.link(&owner).await;
        let laptop = ana.link_baileys().await;
        let png = Media::sample("image", "image/png", 9_001);
        let files = FileServer::start("image/png", png.bytes.clone());
        let mut things = BTreeMap::from([
            ("key", key(gateway, "session", json!([shop.id()])).await),
            ("pat", key(gateway, "pat", Value::Null).await),
            ("session", shop.id().to_owned()),
            ("ana", format!("{ANA}@s.whatsapp.net")),
            ("rui", format!("{RUI}@s.whatsapp.net")),
            ("ruiPhone", RUI.to_owned()),
            ("phone", ANA.to_owned()),
            ("lid", ana.lid_jid()),
            ("me", owner.pn_jid()),
            ("picture", files.url("a.png")),
            ("link", link(gateway).await),
        ]);
        things.extend(heard(&shop, &laptop, &owner).await);
        for (name, subject) in [("group", "Orders"), ("left", "Past")] {
            let body = json!({"subject": subject, "participants": [ANA]});
            things.insert(name, text(&shop.post("/groups", body).await.expect(201)["id"]));
        }
        // One that WhatsApp does not take, once.
        let refusal = json!({"device": owner.device_jid(1), "value": "479", "count": 1});
        world.control().fault("ack_error", refusal).await;
        let failed = shop.send_text(&ana, "second try").await;
        shop.expect_failed(&failed).await;
        things.insert("failed", failed.wa_id);
        Town { gateway, shop, things, _files: files, _laptop: laptop }
    }

    /// Sends a request as a customer does.
    pub async fn send(&self, case: &Case) -> Answer {
        let method = case.method.parse().expect("a method");
        let request = self.gateway.api().request(method, &case.address(&self.things));
        let request = match case.instance {
            "token" => request.key(None).header("x-api-token", &self.things["pat"]),
            "login" => request.key(None).header("x-api-token", &self.things["login"]),
            "nobody" => request.key(None),
            _ => request.key(Some(&self.things["key"])),
        };
        // What stands for an address in the sample of the reference.
        let body = filled(case.body, &self.things).replace("https://...", &self.things["picture"]);
        let request = if body.is_empty() { request } else { request.body("application/json", body) };
        request.send().await
    }

    /// What an answer has to look like, with the town's own things in it.
    pub fn shape(&self, case: &Case) -> String {
        case.expected(&self.things)
    }

    /// What has to be true before the case after this one.
    pub async fn settle(&mut self, case: &Case, answer: &Answer) {
        if case.path.ends_with("/restart") && answer.status == 200 {
            self.shop.expect_state("open").await;
        }
        let data = || answer.json()["data"].clone();
        match (case.method, case.path, answer.status) {
            ("POST", "/api/v1/whatsapp-sessions", 201) => {
                self.things.insert("made", text(&data()["id"]));
            }
            ("POST", "/api/v1/api-tokens", 201) => {
                self.things.insert("token", text(&data()["id"]));
            }
            ("POST", "/api/v1/auth/login" | "/api/v1/auth/refresh", 200) => {
                self.gateway.api().keep_private(&text(&data()["token"]));
                self.things.insert("login", text(&data()["token"]));
            }
            ("POST", "/api/v1/send-message", 200) if !self.things.contains_key("sent") => {
                self.things.insert("sent", data()["msgId"].to_string());
                self.things.insert("waId", text(&data()["messageId"]));
            }
            _ => {}
        }
    }
}

/// The word of a link by which somebody chooses a password.
async fn link(gateway: &Gateway) -> String {
    let body = json!({"email": "rui@example.org", "name": "Rui", "role": "viewer"});
    let invited = gateway.api().post("/v1/members", &body).send().await.expect(201);
    let link = text(&invited["token"]);
    gateway.api().keep_private(&link);
    link
}

/// A message that arrived, and a group that the number may join.
async fn heard(shop: &Instance, laptop: &Baileys, owner: &Account) -> BTreeMap<&'static str, String> {
    let received = laptop.send_text(owner, "an invoice, please").await;
    shop.expect_text("an invoice, please").await;
    laptop.send_media(owner, &Media::sample("image", "image/jpeg", 20_001)).await;
    let media = shop.expect_received("image").await;
    let media = text(&media.data["image"]["url"]).rsplit('/').next().unwrap_or_default().to_owned();
    let readers = laptop.create_group("Readers", &[]).await;
    let invite = laptop.must("group_invite", json!({"group": readers.id})).await;
    BTreeMap::from([
        ("received", received.key.id.clone()),
        ("readers", text(&invite["code"])),
        ("media", media),
    ])
}
