//! The libraries that services publish for their customers, as they are: who uses one changes address and key. Each links a number
//! by the QR code that it gets, sends, asks for a group, and is told by webhook, which it checks by its own code.

use serde_json::{Value, json};
use trunkline_tests::gateway::{FileServer, in_base64};
use trunkline_tests::{Account, Baileys, Gateway, Instance, Library, LibraryKind, Media, World};

/// A library, and what its service calls things.
struct Service {
    library: LibraryKind,
    dialect: &'static str,
    /// The right that the customer's key is made with.
    word: &'static str,
    /// Whether the key is limited to the instance, which it has to be where the right is that of one.
    bound: bool,
    /// The webhook of a number that was linked: its name, and a member and what it says.
    linked: (&'static str, &'static str, &'static str),
    /// That of a message that arrived: its name, and the member with the text.
    heard: (&'static str, &'static str),
    /// That of a message of the number's own.
    sent: &'static str,
    /// The status of a request without a text.
    refusal: u16,
}

const WSAPI1: Service = Service {
    library: LibraryKind::Wsapi1,
    dialect: "wsapi",
    word: "legacy",
    bound: true,
    linked: ("logged_in", "/device_id", "$me"),
    heard: ("message", "/text"),
    sent: "message_read",
    refusal: 400,
};

const WSAPI3: Service = Service { library: LibraryKind::Wsapi3, word: "customer", bound: false, ..WSAPI1 };

const WASENDER: Service = Service {
    library: LibraryKind::Wasender,
    dialect: "aduta",
    word: "pat",
    bound: false,
    linked: ("session.status", "/status", "CONNECTED"),
    heard: ("messages.received", "/messages/messageBody"),
    sent: "message.sent",
    refusal: 422,
};

/// What everybody has before the customer begins: for WSAPI there is an instance, WasenderAPI's customers make theirs.
struct Stage<'a> {
    service: &'a Service,
    library: Library,
    instance: Option<Instance>,
    owner: Account,
    bob: Account,
    laptop: Baileys,
}

impl Stage<'_> {
    async fn set<'a>(world: &World, gateway: &Gateway, service: &'a Service) -> Stage<'a> {
        let (owner, bob) = (world.account("Shop").await, world.account("Bob").await);
        let laptop = bob.link_baileys().await;
        let instance = match service.dialect {
            "wsapi" => Some(gateway.create_instance(json!({"name": "store"})).await),
            _ => None,
        };
        let bound = instance.as_ref().filter(|_| service.bound).map(|instance| json!([instance.id()]));
        let body = json!({
            "label": "customer", "dialect": service.dialect, "scopes": [service.word], "instances": bound,
        });
        let made = gateway.api().post("/v1/keys", &body).send().await.expect(201);
        let key = text(&made["key"]);
        gateway.api().keep_private(&key);
        let library = Library::start(world, service.library).await;
        let open = json!({"url": gateway.api().url(), "key": key, "instance": "store"});
        library.must("open", open).await;
        Stage { service, library, instance, owner, bob, laptop }
    }

    /// What a message is addressed to, as the service's documentation has it.
    fn to_bob(&self) -> String {
        match self.service.library {
            LibraryKind::Wasender => format!("+{}", self.bob.pn()),
            _ => self.bob.pn_jid(),
        }
    }

    /// The customer says where webhooks go, finds its instance in the list, and links its number.
    async fn link(&self, gateway: &Gateway) {
        let hook = self.library.must("webhook", json!({})).await;
        assert!(text(&hook["webhook_url"]).starts_with("http://127.0.0.1:"), "{hook}");
        let own = match self.service.library {
            // It knows nothing but its own settings, and has just changed the name in them.
            LibraryKind::Wsapi1 => "Front desk".to_owned(),
            LibraryKind::Wsapi3 => "store".to_owned(),
            LibraryKind::Wasender => {
                gateway.api().keep_private(&text(&hook["key"]));
                text(&hook["session"])
            }
        };
        let listed = self.library.must("instances", json!({})).await;
        assert_eq!(listed, json!([own]));
        let qr = self.library.must("qr", json!({})).await;
        self.owner.phone().scan(&text(&qr)).await;
        let (kind, member, value) = self.service.linked;
        let value = value.replace("$me", &self.owner.pn_jid());
        self.library.expect_webhook(kind, |data| data.pointer(member) == Some(&json!(value))).await;
        if let Some(instance) = &self.instance {
            instance.expect_state("open").await;
        }
        let status = self.library.must("status", json!({})).await;
        assert_eq!(status, json!({"connected": true, "linked": true}));
    }

    /// A text, and files by address and inline: they arrive as what they are, and the library hears of it.
    async fn send(&self) {
        let to = self.to_bob();
        let id = self.library.must("text", json!({"to": to, "text": "to a customer"})).await;
        let arrived = self.laptop.expect_text("to a customer").await;
        assert_eq!(json!(arrived.key.id), id);
        let about_it = |data: &Value| data.to_string().contains(&arrived.key.id);
        self.library.expect_webhook(self.service.sent, about_it).await;
        let png = Media::sample("image", "image/png", 9_001);
        let files = FileServer::start("image/png", png.bytes.clone());
        let image = json!({"to": to, "url": files.url("receipt.png"), "caption": "Your receipt"});
        let id = self.library.must("image", image).await;
        self.expect_picture(&id, Some("Your receipt"), &png.bytes).await;
        if self.service.dialect == "wsapi" {
            let file = json!({"to": to, "data": in_base64(&png.bytes), "mime_type": "image/png"});
            let id = self.library.must("file", file).await;
            self.expect_picture(&id, None, &png.bytes).await;
        }
        let refused = self.library.must("refused", json!({"to": to})).await;
        assert_eq!(refused["status"], self.service.refusal, "{refused}");
        assert_ne!(text(&refused["detail"]), "", "{refused}");
    }

    async fn expect_picture(&self, id: &Value, caption: Option<&str>, bytes: &[u8]) {
        let arrived = self.laptop.expect_media("image").await;
        assert_eq!((json!(arrived.key.id), arrived.text.as_deref()), (id.clone(), caption));
        assert_eq!(self.laptop.download(&arrived).await, bytes);
    }

    /// A group that somebody else made, and what only WSAPI's libraries ask.
    async fn ask(&self) {
        let readers = self.laptop.create_group("Readers", &[&self.owner]).await;
        let promote =
            json!({"group": readers.id, "action": "promote", "participants": [self.owner.pn_jid()]});
        self.laptop.must("group_participants", promote).await;
        let group = self.library.must("group", json!({"group": readers.id})).await;
        assert_eq!((&group["id"], &group["name"]), (&json!(readers.id), &json!("Readers")), "{group}");
        assert_eq!(group["listed"], json!([readers.id]), "{group}");
        let people: Vec<String> = serde_json::from_value(group["people"].clone()).expect("ids");
        let is_in = |account: &Account| people.iter().any(|person| account.is(person));
        assert!(people.len() == 2 && is_in(&self.owner) && is_in(&self.bob), "{group}");
        if self.service.dialect == "wsapi" {
            let invite = self.library.must("invite", json!({"group": readers.id})).await;
            let code = self.laptop.must("group_invite", json!({"group": readers.id})).await;
            assert!(text(&invite).ends_with(&text(&code["code"])), "{invite} {code}");
            let who = self.library.must("who", json!({})).await;
            assert_eq!(who, json!(self.owner.pn_jid()));
        }
    }

    async fn hear(&self) {
        self.laptop.send_text(&self.owner, "from a customer").await;
        let (kind, member) = self.service.heard;
        let says = |data: &Value| data.pointer(member) == Some(&json!("from a customer"));
        self.library.expect_webhook(kind, says).await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn customer(service: &Service) {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let stage = Stage::set(&world, &gateway, service).await;
    stage.link(&gateway).await;
    stage.send().await;
    stage.ask().await;
    stage.hear().await;
    stage.library.expect_no_trouble();
    drop(stage);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_program_with_the_first_library_of_wsapi_works_by_its_legacy_key() {
    customer(&WSAPI1).await;
}

#[tokio::test]
async fn a_program_with_the_third_library_of_wsapi_works() {
    customer(&WSAPI3).await;
}

#[tokio::test]
async fn a_program_with_the_library_of_wasender_works() {
    customer(&WASENDER).await;
}
