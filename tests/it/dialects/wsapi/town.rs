//! A place in which everything is that the requests name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, in_base64};
use trunkline_tests::{Account, Baileys, Gateway, Instance, Media, World};

use super::super::contract::{Case, filled};
use crate::engine::files::bytes;
use crate::engine::live::PICTURE;

/// The person that everything is about, and the second one.
pub const ANA: &str = "5511912345678";
pub const RUI: &str = "5511987654321";

pub struct Town<'a> {
    gateway: &'a Gateway,
    pub shop: Instance,
    things: BTreeMap<&'static str, String>,
    // Their connections end with them.
    _laptop: Baileys,
    _tablet: Baileys,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn code_of(link: &Value) -> String {
    text(link).rsplit('/').next().unwrap_or_default().to_owned()
}

impl<'a> Town<'a> {
    pub async fn found(world: &World, gateway: &'a Gateway) -> Town<'a> {
        let numbered = |pn: &str| json!({"pn": pn});
        let owner = world.account("Shop").await;
        let ana = world.account_with("Ana", numbered(ANA)).await;
        let rui = world.account_with("Rui", numbered(RUI)).await;
        let shown = json!({
            "about": "At the bakery",
            "picture_base64": in_base64(PICTURE),
            "business": {"description": "Bread", "email": "", "address": "", "websites": [], "categories": [], "days": []},
        });
        world.control().post(&format!("/accounts/{ANA}/profile"), shown).await;
        let shop = gateway.create_instance(json!({"name": "shop"})).await;
        shop.link(&owner).await;
        for name in ["fresh", "spare"] {
            gateway.create_instance(json!({"name": name})).await;
        }
        let api = gateway.api();
        let hook = json!({"historySync": true, "webhookUrl": "http://127.0.0.1:9/hook"});
        let configured = api.request(reqwest::Method::PUT, "/admin/instances/shop/config").key(None);
        configured.header("x-api-key", &api.key()).json(&hook).send().await.expect(204);
        let (laptop, tablet) = (ana.link_baileys().await, rui.link_baileys().await);
        let mut things = BTreeMap::from([
            ("ana", format!("{ANA}@s.whatsapp.net")),
            ("rui", format!("{RUI}@s.whatsapp.net")),
            ("me", owner.pn_jid()),
            ("phone", ANA.to_owned()),
            ("account", text(&api.get("/v1/account").send().await.expect(200)["id"])),
            ("jpeg", in_base64(PICTURE)),
            ("png", in_base64(&Media::sample("image", "image/png", 9_001).bytes)),
            ("mp4", in_base64(&Media::sample("video", "video/mp4", 9_001).bytes)),
            ("mp3", in_base64(&Media::sample("audio", "audio/mpeg", 9_001).bytes)),
            ("ogg", in_base64(&Media::sample("voice", "audio/ogg; codecs=opus", 9_001).bytes)),
            ("webp", in_base64(&Media::sample("sticker", "image/webp", 9_001).bytes)),
            ("pdf", in_base64(&Media::sample("document", "application/pdf", 9_001).bytes)),
        ]);
        things.extend(groups(&shop, &laptop, &tablet, &owner).await);
        things.extend(messages(&shop, &laptop, &owner).await);
        Town { gateway, shop, things, _laptop: laptop, _tablet: tablet }
    }

    /// Sends a request as a customer does.
    pub async fn send(&self, case: &Case) -> Answer {
        let api = self.gateway.api();
        let method = case.method.parse().expect("a method");
        let request =
            api.request(method, &case.address(&self.things)).key(None).header("x-api-key", &api.key());
        let request = match case.instance {
            "" => request,
            instance => request.header("x-instance-id", instance),
        };
        let body = filled(case.body, &self.things);
        let request = if body.is_empty() { request } else { request.body("application/json", body) };
        request.send().await
    }

    /// What has to be true before the case after this one.
    pub async fn settle(&mut self, case: &Case, answer: &Answer) {
        if case.path.ends_with("/restart") && answer.status == 204 {
            self.shop.expect_state("open").await;
        }
        let learnt = match (case.method, case.path) {
            ("POST", "/messages/text") => "sent",
            ("POST", "/status/text") => "status",
            ("POST", "/account/subscriptions/{id}/instances") if answer.status == 200 => {
                self.things.insert("resold", text(&answer.json()));
                return;
            }
            _ => return,
        };
        if answer.status == 201 {
            self.things.insert(learnt, text(&answer.json()["id"]));
        }
    }

    /// The stream of events opens, and its first bytes come.
    pub async fn stream(&self) -> Result<(), String> {
        let api = self.gateway.api();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client
            .get(format!("{}/events/stream", api.url()))
            .header("x-api-key", api.key())
            .header("x-instance-id", "shop");
        let mut answer = request.send().await.map_err(|error| error.to_string())?;
        let kind =
            answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if answer.status() != 200 || kind != "text/event-stream" {
            return Err(format!("{} {kind}", answer.status()));
        }
        match answer.chunk().await {
            Ok(Some(first)) if first.starts_with(b"retry: ") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }
}

/// Groups, communities and newsletters, of the number's own and of Ana's.
async fn groups(
    shop: &Instance,
    laptop: &Baileys,
    tablet: &Baileys,
    owner: &Account,
) -> BTreeMap<&'static str, String> {
    let mut things = BTreeMap::new();
    for (name, subject) in [
        ("group", "Orders"),
        ("left", "Past"),
        ("left2", "Gone"),
        ("left3", "Over"),
        ("loose", "Choir"),
        ("loose2", "Band"),
        ("loose3", "Chess"),
    ] {
        let body = json!({"subject": subject, "participants": [ANA]});
        things.insert(name, text(&shop.post("/groups", body).await.expect(201)["id"]));
    }
    // Rui asks twice to be let in: one wish is granted, the other is not.
    let closed = json!({"subject": "Closed", "participants": [ANA], "settings": {"join_approval": true}});
    let closed = text(&shop.post("/groups", closed).await.expect(201)["id"]);
    let link = shop.get(&format!("/groups/{closed}/invite-link")).await.expect(200);
    tablet.must("group_join", json!({"code": code_of(&link["link"])})).await;
    shop.expect_event("group.changed").await;
    things.insert("closed", closed);
    for (name, subject) in [("community", "Our street"), ("community2", "Old street")] {
        let made = shop.post("/communities", json!({"subject": subject})).await.expect(201);
        things.insert(name, text(&made["id"]));
    }
    let members = format!("/communities/{}/participants", things["community"]);
    shop.post(&members, json!({"people": [ANA]})).await.expect(200);
    let newsletter = shop.post("/newsletters", json!({"name": "News"})).await.expect(201);
    things.insert("newsletter", text(&newsletter["id"]));
    let readers = laptop.create_group("Readers", &[]).await;
    let invite = laptop.must("group_invite", json!({"group": readers.id})).await;
    things.insert("readers", text(&invite["code"]));
    let theirs = laptop.must("newsletter_create", json!({"name": "Street News"})).await;
    things.insert("theirs", text(&theirs["id"]));
    things.insert("their_code", text(&theirs["invite"]));
    things.extend(invitation(shop, laptop, owner).await);
    things
}

/// An invitation that Ana sends, because she may not add the number to her group.
async fn invitation(shop: &Instance, laptop: &Baileys, owner: &Account) -> BTreeMap<&'static str, String> {
    shop.ask(reqwest::Method::PATCH, "/privacy", json!({"groups": "nobody"})).await.expect(200);
    let group = laptop.create_group("Walkers", &[]).await;
    let add = json!({"group": group.id, "action": "add", "participants": [owner.pn_jid()]});
    let outcome = laptop.must("group_participants", add).await;
    BTreeMap::from([
        ("walkers", group.id.clone()),
        ("invitation", text(&outcome[0]["invitation"]["code"])),
        ("until", text(&outcome[0]["invitation"]["expiration"])),
    ])
}

/// Messages that arrived: a text, a text in a group, a picture.
async fn messages(shop: &Instance, laptop: &Baileys, owner: &Account) -> BTreeMap<&'static str, String> {
    let received = laptop.send_text(owner, "an invoice, please").await;
    shop.expect_text("an invoice, please").await;
    let sent = laptop.send_media(owner, &Media::sample("image", "image/jpeg", 20_001)).await;
    let media = shop.expect_received("image").await;
    let descriptor = json!({
        "mediaType": "image", "url": sent.facts["url"], "directPath": sent.facts["directPath"],
        "mediaKey": bytes(&sent.facts["mediaKey"]), "mimeType": "image/jpeg", "fileLength": 20_001,
        "fileSHA256": bytes(&sent.facts["fileSha256"]), "fileEncSHA256": bytes(&sent.facts["fileEncSha256"]),
    });
    let media = code_of(&media.data["image"]["url"]);
    BTreeMap::from([
        ("received", received.key.id.clone()),
        ("media", media),
        ("descriptor", descriptor.to_string()),
    ])
}
