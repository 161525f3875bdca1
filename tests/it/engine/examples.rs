//! The examples of the OpenAPI document, sent to a running gateway in a world where they hold: each operation is called as its page
//! says, and each has to work.
//!
//! An example names things of its own (a person, a group, a message). [`Town`] makes these, and what an example calls them is put
//! in the place of their real ids. Nothing else of an example is changed.

mod plans;

use std::collections::{BTreeMap, BTreeSet};

use super::files::bytes;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, EventStream, Received, WebServer, in_base64};
use trunkline_tests::{Accepted, Account, Baileys, Gateway, Instance, Media, World};

/// The person of the examples, and the second one.
const ANA: &str = "5511912345678";
const RUI: &str = "5511987654321";
/// A number without an account.
const NOBODY: &str = "4930901820";

/// When the invitation of the examples ends, in seconds since the Unix epoch.
const INVITED_UNTIL: u64 = 1_893_456_000;

/// What the examples call the things of the town.
const NAMES: &[(&str, &str)] = &[
    ("120363021033254949@g.us", "group"),
    ("120363021033254950@g.us", "community"),
    ("120400000000000001@newsletter", "newsletter"),
    ("3EB0C127D7BACC83D6A1", "received"),
    ("3EB0C767D26A1B2E5F31", "received"),
    ("3EB0C431C26A1916E07E", "status"),
    ("msg_0000000000002a", "message"),
    ("med_0000000000000007", "media"),
    ("9F7A21C04B6D3E58", "call"),
    ("101", "post"),
    ("3", "label"),
    ("https://whatsapp.com/channel/0029VaAbCdEfGhIjKlMnOp", "their_newsletter_link"),
    ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", "their_group_link"),
    ("AbCdEfGhIjKl", "invitation"),
    ("VExFWFAAAAE=", "sealed"),
    ("Y3JlZA", "credential_id"),
    ("eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0", "client_data_json"),
    ("YXV0aA", "authenticator_data"),
    ("c2ln", "signature"),
    ("whk_0000000000000021", "webhook"),
    ("whk_0000000000000022", "consumer"),
    ("YQAAAAAAAAAiAAAAAAAAABEAAAAAAAAAKg", "ack"),
    ("con_0000000000000031", "contact"),
    ("otp_0000000000000032", "otp"),
    ("cmp_0000000000000033", "campaign"),
    ("sch_0000000000000034", "schedule"),
    ("acc_0000000000000002", "account"),
    ("wsp_0000000000000031", "workspace"),
    ("key_0000000000000032", "key"),
    ("app_0000000000000033", "app"),
    ("mem_0000000000000034", "member"),
    ("fil_0000000000000037", "file"),
    ("a-word", "word"),
    ("/v/t62.7118-24/12345678_901234567_n.enc?ccb=11-4", "direct_path"),
    ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "media_key"),
    ("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=", "file_sha256"),
    ("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", "file_enc_sha256"),
];

/// Where the webhook and the files of the examples are; a server of the test has both.
const SERVER: &str = "https://example.org/";

/// Where an operation's thing is another one than that of the other operations: those of somebody else, and those that an operation
/// before it has used up.
const INSTEAD: &[(&str, &str, &str)] = &[
    ("messages.vote", "3EB0C127D7BACC83D6A1", "poll"),
    ("messages.revoke", "3EB0C127D7BACC83D6A1", "group_message"),
    ("messages.resend", "msg_0000000000002a", "failed"),
    ("chats.star_message", "3EB0C127D7BACC83D6A1", "sent"),
    ("chats.delete_message", "3EB0C127D7BACC83D6A1", "sent"),
    ("newsletters.follow", "120400000000000001@newsletter", "their_newsletter"),
    ("newsletters.mute", "120400000000000001@newsletter", "their_newsletter"),
    ("newsletters.unfollow", "120400000000000001@newsletter", "their_newsletter"),
    ("groups.accept_invitation", "120363021033254949@g.us", "invited_group"),
    ("communities.link_groups", "120363021033254949@g.us", "loose_group"),
    ("communities.unlink_group", "120363021033254949@g.us", "loose_group"),
    ("communities.join_group", "120363021033254949@g.us", "their_sub_group"),
    ("communities.join_group", "120363021033254950@g.us", "their_community"),
    ("communities.leave", "120363021033254950@g.us", "their_community"),
    ("pairing.get", "support", "fresh"),
    ("pairing.qr", "support", "fresh"),
    ("pairing.code", "support", "fresh"),
    ("pairing.passkey", "support", "guarded"),
    ("pairing.passkey_confirm", "support", "guarded"),
    ("otps.cancel", "otp_0000000000000032", "otp_cancelled"),
    ("campaigns.start", "cmp_0000000000000033", "campaign_to_start"),
    ("campaigns.pause", "cmp_0000000000000033", "campaign_running"),
    ("campaigns.resume", "cmp_0000000000000033", "campaign_paused"),
    ("campaigns.delete", "cmp_0000000000000033", "campaign_to_delete"),
    ("schedules.resume", "sch_0000000000000034", "schedule_paused"),
];

/// What comes first, in this order: what the rest builds on.
const FIRST: &[&str] = &[
    "templates.create",
    "suppressions.add",
    "newsletters.preview",
    "newsletters.follow",
    "groups.preview",
    "presence.follow",
    "profile.set_picture",
    "groups.set_picture",
    "communities.set_picture",
    "communities.link_groups",
    "chats.add_label",
    "pairing.get",
    "pairing.qr",
    "pairing.code",
    "pairing.passkey",
];

/// What comes last, in this order: it takes away what the rest needs.
const LAST: &[&str] = &[
    "account.set_instance_defaults",
    "files.delete",
    "settings.update",
    "profile.remove_picture",
    "groups.remove_picture",
    "communities.remove_picture",
    "chats.delete_message",
    "messages.delete",
    "groups.remove_participants",
    "groups.leave",
    "communities.unlink_group",
    "communities.remove_participants",
    "communities.leave",
    "communities.deactivate",
    "newsletters.unfollow",
    "newsletters.delete",
    "chats.remove_label",
    "labels.delete",
    "chats.clear",
    "chats.delete",
    "webhooks.delete",
    "consumers.delete",
    "templates.delete",
    "address_book.delete",
    "suppressions.remove",
    "campaigns.cancel",
    "schedules.pause",
    "schedules.cancel",
    "workspaces.delete",
    "keys.revoke",
    "apps.delete",
    "members.remove",
    "accounts.delete",
    "instances.restart",
    "instances.disconnect",
    "instances.export",
    "instances.import",
    "instances.connect",
    "instances.logout",
    "instances.delete",
];

/// An operation as the document describes it.
struct Operation {
    name: String,
    method: Method,
    path: String,
    described: Value,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &Value)| -> Vec<Operation> {
        let methods = methods.as_object().expect("methods");
        let operation = |(method, described): (&String, &Value)| Operation {
            name: described["operationId"].as_str().expect("a name").to_owned(),
            method: method.to_ascii_uppercase().parse().expect("a method"),
            path: path.clone(),
            described: described.clone(),
        };
        methods.iter().map(operation).collect()
    };
    let mut all: Vec<Operation> = paths.iter().flat_map(of_path).collect();
    let place = |name: &str| {
        let first = FIRST.iter().position(|first| *first == name).map(|place| (0, place));
        let last = LAST.iter().position(|last| *last == name).map(|place| (2, place));
        first.or(last).unwrap_or((1, 0))
    };
    all.sort_by_key(|operation| place(&operation.name));
    all
}

/// A place in which everything is that the examples name.
struct Town {
    world: World,
    gateway: Gateway,
    support: Instance,
    guarded: Instance,
    things: BTreeMap<&'static str, Value>,
    server: WebServer,
}

fn text(value: &Value) -> Value {
    assert!(value.is_string(), "no text: {value}");
    value.clone()
}

impl Town {
    async fn found(document: &Value, world: World, gateway: Gateway) -> Town {
        let numbered = |pn: &str| json!({"pn": pn});
        let owner = world.account("Support").await;
        let ana = world.account_with("Ana", numbered(ANA)).await;
        world.account_with("Rui", numbered(RUI)).await;
        let shown = json!({
            "about": "At the bakery",
            "picture_base64": in_base64(super::live::PICTURE),
            "business": {"description": "Bread", "email": "", "address": "", "websites": [], "categories": [], "days": []},
        });
        world.control().post(&format!("/accounts/{ANA}/profile"), shown).await;
        let create = &document["paths"]["/v1/instances"]["post"]["requestBody"];
        let example = &create["content"]["application/json"]["example"];
        let support = gateway.create_instance(example.clone()).await;
        support.link(&owner).await;
        let fresh = gateway.create_instance(json!({"name": "fresh"})).await;
        fresh.connect().await;
        fresh.expect_qr().await;
        let guarded = gateway.create_instance(json!({"name": "guarded"})).await;
        let server = WebServer::start(served);
        let mut things = BTreeMap::from([("fresh", json!("fresh")), ("guarded", json!("guarded"))]);
        let laptop = ana.link_baileys().await;
        let hook = json!({"url": format!("{}/hook", server.url())});
        things.insert("webhook", json!(gateway.add_webhook(&hook).await.id()));
        let consumer = gateway.add_consumer(&json!({})).await;
        things.extend(plans::plans(&gateway, &support).await);
        things.extend(things_of_the_account(&gateway).await);
        things.extend(own_things(&support).await);
        things.extend(messages(&support, &laptop, &owner, &things).await);
        things.extend(things_of_ana(&support, &laptop, &owner).await);
        things.extend(passkey(&world, &guarded).await);
        let pulled = consumer.pull(1, 10_000).await;
        things.extend([("consumer", json!(consumer.id())), ("ack", json!(pulled.ack))]);
        Town { world, gateway, support, guarded, things, server }
    }

    /// An example with the real names of things.
    fn real(&self, operation: &str, value: &Value) -> Value {
        match value {
            Value::String(name) if name.starts_with(SERVER) => {
                json!(name.replacen(SERVER, &format!("{}/", self.server.url()), 1))
            }
            Value::String(name) => {
                let instead = INSTEAD.iter().find(|(op, of, _)| *op == operation && of == name);
                let thing = instead.map(|(_, _, thing)| *thing);
                let thing =
                    thing.or_else(|| NAMES.iter().find(|(of, _)| of == name).map(|(_, thing)| *thing));
                thing.map_or_else(|| value.clone(), |thing| self.thing(thing))
            }
            Value::Array(items) => items.iter().map(|item| self.real(operation, item)).collect(),
            Value::Object(members) => {
                let members = members.iter();
                Value::Object(
                    members.map(|(key, value)| (key.clone(), self.real(operation, value))).collect(),
                )
            }
            Value::Number(number) if number.as_u64() == Some(INVITED_UNTIL) => self.thing("invited_until"),
            other => other.clone(),
        }
    }

    fn thing(&self, name: &str) -> Value {
        self.things.get(name).unwrap_or_else(|| panic!("the town has no {name}")).clone()
    }

    /// The path with its examples, and the query with those that do not depend on an answer before.
    fn address(&self, operation: &Operation) -> String {
        let (mut path, mut query) = (operation.path.clone(), Vec::new());
        for parameter in operation.described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let plain = match &parameter["example"] {
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            };
            let real = self.real(&operation.name, &plain);
            let real = real.as_str().map_or_else(|| real.to_string(), str::to_owned);
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &real),
                // A cursor is the end of another page.
                Some("query") if name != "cursor" => query.push((name.to_owned(), real)),
                _ => {}
            }
        }
        let mut url = reqwest::Url::parse("http://gateway/").expect("a base");
        url.set_path(&path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url.as_str().strip_prefix("http://gateway").expect("the base").to_owned()
    }

    /// Sends an operation with one of its examples. The error says what came instead of a success of which the document knows.
    async fn send(&self, operation: &Operation, body: Body) -> Result<Answer, String> {
        let Operation { name, method, described, .. } = operation;
        let address = self.address(operation);
        let request = self.gateway.api().request(method.clone(), &address);
        let request = match body {
            Body::None => request,
            Body::List => request.body("text/csv", format!("phone\n{RUI}\n")),
            Body::Picture => request.body("image/jpeg", super::live::PICTURE.to_vec()),
            Body::Json(body) => request.json(&self.real(name, &body)),
            Body::WithFile(body) => {
                let file = Media::sample("image", "image/png", 9_001);
                request.multipart(&self.real(name, &body), file.mimetype, &file.bytes)
            }
        };
        let answer = request.send().await;
        let documented = described["responses"].get(answer.status.to_string()).is_some();
        if (200..300).contains(&answer.status) && documented {
            return Ok(answer);
        }
        Err(format!("{name}: {answer}"))
    }

    /// What has to be true before the operation after this one.
    async fn settle(&mut self, operation: &str, answer: &Answer) {
        match operation {
            // What is accepted has to be of use, too.
            "messages.send" | "status.post" => {
                self.support.expect_status(&Accepted::of(answer), "sent").await;
            }
            "instances.restart" | "instances.connect" => drop(self.support.expect_state("open").await),
            "instances.disconnect" => drop(self.support.expect_state("stopped").await),
            "instances.export" => drop(self.things.insert("sealed", text(&answer.json()["sealed"]))),
            "pairing.passkey" => drop(self.guarded.expect_event("instance.passkey_confirmation").await),
            _ => {}
        }
    }

    async fn abandon(self) {
        self.gateway.finish().await;
        self.world.finish().await;
    }
}

/// What goes with a request.
enum Body {
    None,
    Picture,
    List,
    Json(Value),
    /// The example of a message that names a file, and the file beside it.
    WithFile(Value),
}

/// Every example of an operation's body, in each form in which a body may be sent.
fn bodies(described: &Value) -> Vec<Body> {
    let content = &described["requestBody"]["content"];
    if content["image/jpeg"].is_object() {
        return vec![Body::Picture];
    }
    if content["text/csv"].is_object() {
        return vec![Body::List];
    }
    let one = content["application/json"].get("example").cloned();
    let forms = content["application/json"]["examples"].as_object().into_iter().flatten();
    let forms = forms.map(|(_, form)| form["value"].clone());
    let mut bodies: Vec<Body> = one.into_iter().chain(forms).map(Body::Json).collect();
    if content["multipart/form-data"].is_object() {
        let mut message = content["application/json"]["examples"]["image"]["value"].clone();
        let named = message["image"].as_object_mut().and_then(|image| image.remove("url"));
        assert!(named.is_some(), "an example of a picture: {described}");
        bodies.push(Body::WithFile(message));
    }
    if bodies.is_empty() { vec![Body::None] } else { bodies }
}

/// The files of the examples.
fn served(request: Received) -> Response<Full<Bytes>> {
    let path = request.path.as_str();
    let (kind, mime_type) = match path.rsplit('.').next() {
        Some("png") => ("image", "image/png"),
        Some("mp4") => ("video", "video/mp4"),
        Some("mp3") => ("audio", "audio/mpeg"),
        Some("ogg") => ("voice", "audio/ogg; codecs=opus"),
        Some("webp") => ("sticker", "image/webp"),
        _ => ("document", "application/pdf"),
    };
    let mut response = Response::new(Full::from(Media::sample(kind, mime_type, 9_001).bytes));
    response.headers_mut().insert("content-type", mime_type.parse().expect("a value"));
    response
}

/// What the account has besides instances, and another account.
async fn things_of_the_account(gateway: &Gateway) -> BTreeMap<&'static str, Value> {
    let mut things = BTreeMap::new();
    for (thing, path, body) in [
        ("account", "/v1/accounts", json!({"name": "another"})),
        ("workspace", "/v1/workspaces", json!({"name": "a workspace"})),
        ("key", "/v1/keys", json!({"label": "a key", "scopes": ["messages:send"]})),
        ("app", "/v1/apps", json!({"name": "an app"})),
        ("member", "/v1/members", json!({"email": "rui@example.org", "name": "Rui", "role": "viewer"})),
    ] {
        things.insert(thing, text(&gateway.api().post(path, &body).send().await.expect(201)["id"]));
    }
    let file = gateway.api().request(Method::POST, "/v1/files").body("image/png", &b"a picture"[..]);
    let file = file.send().await.expect(201);
    things.insert("word", json!(text(&file["url"]).as_str().and_then(|url| url.rsplit('/').next())));
    things.insert("file", text(&file["id"]));
    things
}

/// Groups, a community, a newsletter and a label of the instance's own.
async fn own_things(support: &Instance) -> BTreeMap<&'static str, Value> {
    let group = support.post("/groups", json!({"subject": "Orders", "participants": [ANA, RUI]})).await;
    let loose = support.post("/groups", json!({"subject": "Choir", "participants": [ANA]})).await;
    let community = support.post("/communities", json!({"subject": "Our street"})).await;
    let community = text(&community.expect(201)["id"]);
    let path = format!("/communities/{}/participants", community.as_str().expect("an id"));
    support.post(&path, json!({"people": [ANA]})).await.expect(200);
    let newsletter = support.post("/newsletters", json!({"name": "News"})).await;
    let newsletter = text(&newsletter.expect(201)["id"]);
    let post = support.send(json!({"to": newsletter, "text": {"body": "a first word"}})).await;
    support.expect_status(&post, "sent").await;
    let posts = format!("/newsletters/{}/messages", newsletter.as_str().expect("an id"));
    let number = support.get(&posts).await.expect(200)["data"][0]["number"].clone();
    let label = support.post("/labels", json!({"name": "New order", "color": 1})).await.expect(201);
    BTreeMap::from([
        ("group", text(&group.expect(201)["id"])),
        ("loose_group", text(&loose.expect(201)["id"])),
        ("community", community),
        ("newsletter", newsletter),
        ("post", number),
        ("label", text(&label["id"])),
    ])
}

/// A message of each kind that an operation is about.
async fn messages(
    support: &Instance,
    laptop: &Baileys,
    owner: &Account,
    things: &BTreeMap<&'static str, Value>,
) -> BTreeMap<&'static str, Value> {
    let received = laptop.send_text(owner, "an invoice, please").await;
    support.expect_text("an invoice, please").await;
    let poll = json!({"poll": {"name": "What?", "values": ["tea", "coffee"], "selectableCount": 1}});
    let poll = laptop.send(owner, poll).await;
    support.expect_received("poll").await;
    let picture = laptop.send_media(owner, &Media::sample("image", "image/jpeg", 20_001)).await;
    let media = support.expect_received("image").await;
    assert_eq!(media.data["wa_id"], json!(picture.key.id));
    let url = text(&media.data["image"]["url"]);
    let media = url.as_str().and_then(|url| url.rsplit('/').next()).expect("an id").to_owned();
    let group = things["group"].as_str().expect("an id").to_owned();
    laptop.expect_group("Orders").await;
    let in_group = laptop.send_text(&group, "a word to all").await;
    support.expect_text("a word to all").await;
    let sent = support.send(json!({"to": ANA, "text": {"body": "Your order is on its way."}})).await;
    support.expect_status(&sent, "delivered").await;
    let failed = support.send(json!({"to": NOBODY, "text": {"body": "Is anybody there?"}})).await;
    support.expect_failed(&failed).await;
    let status = support.post("/status", json!({"audience": [ANA], "text": {"body": "Open."}})).await;
    BTreeMap::from([
        ("received", json!(received.key.id)),
        ("poll", json!(poll.key.id)),
        ("media", json!(media)),
        ("direct_path", picture.facts["directPath"].clone()),
        ("media_key", json!(bytes(&picture.facts["mediaKey"]))),
        ("file_sha256", json!(bytes(&picture.facts["fileSha256"]))),
        ("file_enc_sha256", json!(bytes(&picture.facts["fileEncSha256"]))),
        ("group_message", json!(in_group.key.id)),
        ("sent", json!(sent.wa_id)),
        ("message", json!(sent.id)),
        ("failed", json!(failed.id)),
        ("status", text(&status.expect(202)["wa_id"])),
    ])
}

/// What Ana has made, for the number to come into; and a call of hers.
async fn things_of_ana(
    support: &Instance,
    laptop: &Baileys,
    owner: &Account,
) -> BTreeMap<&'static str, Value> {
    let group = laptop.create_group("Readers", &[]).await;
    let invite = laptop.must("group_invite", json!({"group": group.id})).await;
    let link = format!("https://chat.whatsapp.com/{}", invite["code"].as_str().expect("a code"));
    let newsletter = laptop.must("newsletter_create", json!({"name": "Street News"})).await;
    let news = format!("https://whatsapp.com/channel/{}", newsletter["invite"].as_str().expect("a code"));
    let community =
        laptop.must("community_create", json!({"subject": "Their street", "description": "x"})).await;
    let community = text(&community["group"]);
    let sub_group = laptop.create_group("Gardeners", &[]).await;
    laptop.must("community_link", json!({"community": community, "group": sub_group.id})).await;
    let way_in = laptop.must("group_invite", json!({"group": community})).await;
    support.post("/groups/join", json!({"invite": way_in["code"]})).await.expect(200);

    // Whom nobody may add to a group gets an invitation instead.
    support.ask(Method::PATCH, "/privacy", json!({"groups": "nobody"})).await.expect(200);
    let invited = laptop.create_group("Walkers", &[]).await;
    let add = json!({"group": invited.id, "action": "add", "participants": [owner.pn_jid()]});
    let outcome = laptop.must("group_participants", add).await;
    let until = outcome[0]["invitation"]["expiration"].as_str().and_then(|text| text.parse::<u64>().ok());
    let me = laptop.me().await["id"].clone();
    let offer = json!({
        "tag": "call",
        "attrs": {"to": owner.pn_jid(), "id": "SIGNAL"},
        "content": [{
            "tag": "offer",
            "attrs": {"call-id": "CALL1", "call-creator": me},
            "content": [{"tag": "audio", "attrs": {"enc": "opus", "rate": "16000"}}],
        }],
    });
    laptop.must("send_node", json!({"node": offer})).await;
    support.expect_event("call.offered").await;
    BTreeMap::from([
        ("their_group_link", json!(link)),
        ("their_newsletter", text(&newsletter["id"])),
        ("their_newsletter_link", json!(news)),
        ("their_community", community),
        ("their_sub_group", json!(sub_group.id)),
        ("invited_group", json!(invited.id)),
        ("invitation", text(&outcome[0]["invitation"]["code"])),
        ("invited_until", json!(until)),
        ("call", json!("CALL1")),
    ])
}

/// A number whose owner is asked for a passkey, and the answer.
async fn passkey(world: &World, guarded: &Instance) -> BTreeMap<&'static str, Value> {
    let keeper = world.account("Keeper").await;
    keeper.phone().require_passkey().await;
    guarded.connect().await;
    keeper.phone().scan(&guarded.expect_qr().await).await;
    guarded.expect_state("awaiting_passkey").await;
    let request = guarded.get("/pairing").await.expect(200)["passkey"]["request"].clone();
    let assertion = keeper.phone().assert_passkey(&request).await;
    let part = |name: &'static str| (name, text(&assertion[name]));
    ["credential_id", "client_data_json", "authenticator_data", "signature"].map(part).into()
}

#[tokio::test]
async fn every_example_of_the_document_is_accepted() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let document = gateway.api().get("/openapi.json").send().await.expect(200);
    let operations = operations(&document);
    let known: BTreeSet<&str> = operations.iter().map(|operation| operation.name.as_str()).collect();
    let named = INSTEAD.iter().map(|(name, _, _)| name).chain(FIRST).chain(LAST);
    let gone: Vec<&&str> = named.filter(|name| !known.contains(**name)).collect();
    assert_eq!(gone, Vec::<&&str>::new(), "operations that the document does not have");

    let mut town = Town::found(&document, world, gateway).await;
    let mut refused = Vec::new();
    for operation in &operations {
        // About people, not keys; `members.rs` signs them in and out.
        if operation.name.starts_with("auth.") {
            continue;
        }
        // Sent when the town was founded: the other examples are about this instance.
        if operation.name == "instances.create" {
            continue;
        }
        if operation.name == "events.stream" {
            // It never ends: its first event is the answer.
            let mut stream = EventStream::open_all(town.gateway.api(), "2026-01-01T00:00:00Z", None).await;
            assert!(stream.next().await.is_some(), "the stream of the account tells nothing");
            continue;
        }
        for body in bodies(&operation.described) {
            match town.send(operation, body).await {
                Ok(answer) => town.settle(&operation.name, &answer).await,
                Err(answer) => refused.push(answer),
            }
        }
    }
    assert_eq!(refused, Vec::<String>::new(), "of {} operations", operations.len());
    town.abandon().await;
}
