//! A place in which everything is that the requests name.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, Request, in_base64};
use trunkline_tests::{Baileys, Gateway, Instance, Media, World};

use super::super::contract::{Case, filled};
use crate::engine::live::PICTURE;

/// The person that everything is about, and the second one.
pub const ANA: &str = "5511912345678";
pub const RUI: &str = "5511987654321";

/// What a customer shows: the key of an app, and the key of the workspace.
pub struct Keys {
    app: String,
    key: String,
}

impl Keys {
    /// Makes both, and lets the account ask as often as it likes.
    pub async fn made(gateway: &Gateway) -> Keys {
        let api = gateway.api();
        let account = api.get("/v1/account").send().await.expect(200);
        let limits = json!({"rate_limits": {"send": 0, "read": 0, "write": 0, "lookup": 0}});
        let path = format!("/v1/accounts/{}", text(&account["id"]));
        api.request(Method::PATCH, &path).json(&limits).send().await.expect(200);
        let app = api.post("/v1/apps", &json!({"name": "customer"})).send().await.expect(201);
        let key = json!({"label": "customer", "dialect": "wastack", "scopes": ["admin"]});
        let key = api.post("/v1/keys", &key).send().await.expect(201);
        let keys = Keys { app: text(&app["key"]), key: text(&key["key"]) };
        assert!(
            keys.key.starts_with("wa_live_") && keys.app.starts_with("wapp_"),
            "the prefixes of the service"
        );
        api.keep_private(&keys.app);
        api.keep_private(&keys.key);
        keys
    }

    /// The same workspace, by another app.
    pub fn of_app(&self, app: &str) -> Keys {
        Keys { app: app.to_owned(), key: self.key.clone() }
    }

    /// A request of the customer.
    pub fn ask(&self, gateway: &Gateway, method: &str, path: &str) -> Request {
        let request = gateway.api().request(method.parse().expect("a method"), path);
        request.key(Some(&self.key)).header("x-app-key", &self.app)
    }
}

pub struct Town<'a> {
    gateway: &'a Gateway,
    keys: Keys,
    shop: Instance,
    things: BTreeMap<&'static str, String>,
    // Their connections end with them.
    _laptop: Baileys,
    _tablet: Baileys,
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What the service calls an instance.
pub fn device(instance: &str) -> String {
    let digits = instance.strip_prefix("ins_").expect("an instance's id");
    format!("device_{}", u64::from_str_radix(digits, 16).expect("a number"))
}

/// Whether what says that it is a page says where that is.
pub fn paged(answer: &Answer) -> Result<(), String> {
    if !answer.header("content-type").starts_with("application/json") {
        return Ok(());
    }
    let json = answer.json();
    let Some(pagination) = json.get("pagination") else { return Ok(()) };
    for member in ["page", "limit", "total", "totalPages"] {
        if !pagination[member].is_number() {
            return Err(format!("`{member}` is no number: {pagination}"));
        }
    }
    Ok(())
}

impl<'a> Town<'a> {
    pub async fn found(world: &World, gateway: &'a Gateway) -> Town<'a> {
        let numbered = |pn: &str| json!({"pn": pn});
        let owner = world.account("Shop").await;
        let ana = world.account_with("Ana", numbered(ANA)).await;
        let rui = world.account_with("Rui", numbered(RUI)).await;
        let shown = json!({"about": "At the bakery", "picture_base64": in_base64(PICTURE)});
        world.control().post(&format!("/accounts/{ANA}/profile"), shown).await;
        let shop = gateway.create_instance(json!({"name": "shop"})).await;
        shop.link(&owner).await;
        // Sent again when everything else is done.
        let soon = json!({"instance": "shop", "to": ANA, "resend_seconds": 1});
        let soon = gateway.api().post("/v1/otps", &soon).send().await.expect(202);
        let fresh = gateway.create_instance(json!({"name": "fresh"})).await;
        let (laptop, tablet) = (ana.link_baileys().await, rui.link_baileys().await);
        let received = laptop.send_text(&owner, "an invoice, please").await;
        shop.expect_text("an invoice, please").await;
        laptop.send_media(&owner, &Media::sample("image", "image/jpeg", 20_001)).await;
        let media = shop.expect_received("image").await;
        let media = text(&media.data["image"]["url"]);
        let readers = laptop.create_group("Readers", &[]).await;
        let invite = laptop.must("group_invite", json!({"group": readers.id})).await;
        let left = json!({"subject": "Past", "participants": [ANA]});
        let left = text(&shop.post("/groups", left).await.expect(201)["id"]);
        let newest = shop.view().await["newest_event"].as_u64().expect("a number");
        let digits = shop.id().strip_prefix("ins_").expect("an id");
        let sample = |kind, mime| in_base64(&Media::sample(kind, mime, 9_001).bytes);
        let things = BTreeMap::from([
            ("phone", ANA.to_owned()),
            ("other", RUI.to_owned()),
            ("device", device(shop.id())),
            ("fresh", device(fresh.id())),
            ("received", received.key.id.clone()),
            ("media", media.rsplit('/').next().unwrap_or_default().to_owned()),
            ("readers", text(&invite["code"])),
            ("left", left),
            ("soon", text(&soon["id"])),
            ("delivery", format!("dlv_{digits}_{newest}_1")),
            ("jpeg", in_base64(PICTURE)),
            ("png", sample("image", "image/png")),
            ("mp4", sample("video", "video/mp4")),
            ("mp3", sample("audio", "audio/mpeg")),
            ("ogg", sample("voice", "audio/ogg; codecs=opus")),
            ("webp", sample("sticker", "image/webp")),
            ("pdf", sample("document", "application/pdf")),
        ]);
        let keys = Keys::made(gateway).await;
        Town { gateway, keys, shop, things, _laptop: laptop, _tablet: tablet }
    }

    /// Sends a request as a customer does.
    pub async fn send(&self, case: &Case) -> Answer {
        let request = self.keys.ask(self.gateway, case.method, &case.address(&self.things));
        let body = filled(case.body, &self.things);
        let request = if body.is_empty() { request } else { request.body("application/json", body) };
        request.send().await
    }

    /// What an answer has to look like, with the town's own things in it.
    pub fn shape(&self, case: &Case) -> String {
        case.expected(&self.things)
    }

    /// What has to be true before the case after this one.
    pub async fn settle(&mut self, case: &Case, answer: &Answer) {
        if case.path.ends_with("/restart") || case.path.ends_with("/connect") {
            self.shop.expect_state("open").await;
        }
        if case.path.ends_with("/disconnect") {
            self.shop.expect_state("stopped").await;
        }
        let (learnt, member) = match (case.method, case.path) {
            ("POST", "/api/v1/devices") => ("made", "id"),
            ("POST", "/api/v1/templates") => ("template", "id"),
            ("POST", "/api/v1/messages/text") => ("txn", "transactionId"),
            ("POST", "/api/v1/otp/send") => ("otp", "otpId"),
            ("POST", "/api/v1/contacts") => ("contact", "id"),
            ("POST", "/api/v1/groups") => ("group", "id"),
            ("POST", "/api/v1/schedule") => ("schedule", "id"),
            ("POST", "/api/v1/webhooks") => ("webhook", "id"),
            ("POST", "/api/v1/apps") => ("app", "id"),
            _ => return,
        };
        if (200..300).contains(&answer.status) {
            self.things.insert(learnt, text(&answer.json()["data"][member]));
        }
    }
}
