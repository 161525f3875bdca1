//! The examples in WSAPI's OpenAPI document: bodies, each sent to its operation, with the status that the document says. Every message
//! among them arrives.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_tests::gateway::{WebServer, in_base64};
use trunkline_tests::{Baileys, Gateway, Instance, Media, World};

use super::scene::{Scene, sample};
use crate::engine::live::PICTURE;

/// The number that the examples are about, and the other one.
const CUSTOMER: &str = "1234567890";
const OTHER: &str = "9876543210";

/// A file's extension, how the document abbreviates one in base64, kind, and type.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("mp4", "AAAAGGZ0eXBtcDQy...", "video", "video/mp4"),
    ("mp3", "SUQzBAAAAAAAI1RTU0U...", "audio", "audio/mpeg"),
    ("ogg", "T2dnUwACAAAAAAAAAAA...", "voice", "audio/ogg; codecs=opus"),
    ("pdf", "JVBERi0xLjQKJeLjz9M...", "document", "application/pdf"),
    ("webp", "UklGRiIAAABXRUJQVlA4...", "sticker", "image/webp"),
];

#[derive(Deserialize)]
struct Example {
    method: String,
    path: String,
    example: String,
    status: u16,
    body: Value,
}

impl Example {
    /// The path, about what the town has.
    fn address(&self) -> String {
        let thing = match (self.path.as_str(), self.example.as_str()) {
            ("/messages/{messageId}/edit" | "/messages/{messageId}/delete", _) => "$sent",
            ("/messages/{messageId}/delete-for-me", _) => "$sent",
            ("/groups/{id}/requests", "reject") => "$closedToo",
            ("/groups/{id}/requests", _) => "$closed",
            (path, _) if path.starts_with("/groups") => "$group",
            (path, _) if path.starts_with("/communities") => "$community",
            (path, _) if path.starts_with("/newsletters") => "$theirs",
            (path, _) if path.starts_with("/chats") => "$customer",
            _ => "$received",
        };
        let segments = self.path.split('/').map(|part| if part.starts_with('{') { thing } else { part });
        segments.collect::<Vec<_>>().join("/")
    }

    /// A message, which its recipients get.
    fn is_message(&self) -> bool {
        self.path.starts_with("/messages/") && self.status == 201
    }
}

/// Serves a file of the type that an address ends with.
fn files() -> WebServer {
    WebServer::start(|request| {
        let named = |(extension, _, _, _): &&(&str, &str, &str, &str)| request.path.ends_with(extension);
        let (bytes, mime_type) = match FILES.iter().find(named) {
            Some((_, _, kind, mime_type)) => (Media::sample(kind, mime_type, 9_001).bytes, *mime_type),
            None => (PICTURE.to_vec(), "image/jpeg"),
        };
        let mut response = Response::new(Full::from(Bytes::from(bytes)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(mime_type));
        response
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Groups, a community and a newsletter for the examples to be about.
async fn furnish(scene: &mut Scene<'_>, shop: &Instance, laptop: &Baileys) {
    let group = async |subject: &str, member: &str, closed: bool| {
        let settings = json!({"join_approval": closed});
        let body = json!({"subject": subject, "participants": [member], "settings": settings});
        text(&shop.post("/groups", body).await.expect(201)["id"])
    };
    scene.learn("room", group("Room", CUSTOMER, false).await);
    scene.learn("group", group("Orders", OTHER, false).await);
    for (name, subject) in [("closed", "Closed"), ("closedToo", "Closed, too")] {
        let closed = group(subject, OTHER, true).await;
        let link = shop.get(&format!("/groups/{closed}/invite-link")).await.expect(200);
        let code = text(&link["link"]).rsplit('/').next().unwrap_or_default().to_owned();
        laptop.must("group_join", json!({"code": code})).await;
        shop.expect_event("group.changed").await;
        scene.learn(name, closed);
    }
    let community = shop.post("/communities", json!({"subject": "Our street"})).await.expect(201);
    scene.learn("community", text(&community["id"]));
    let theirs = laptop.must("newsletter_create", json!({"name": "Street News"})).await;
    scene.learn("theirs", text(&theirs["id"]));
    scene.learn("customer", format!("{CUSTOMER}@s.whatsapp.net"));
}

#[tokio::test]
async fn examples_of_wsapi() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut scene = Scene::new((&world, &gateway), "wsapi", "https://api.wsapi.chat");
    let owner = world.account("Shop").await;
    let shop = scene.linked("shop", &owner).await;
    scene.phone(OTHER).await;
    let laptop = scene.phone(CUSTOMER).await.link_baileys().await;
    let received = laptop.send_text(&owner, "an invoice, please").await;
    shop.expect_text("an invoice, please").await;
    scene.learn("received", received.key.id.clone());
    furnish(&mut scene, &shop, &laptop).await;
    let server = files();
    scene.stands("https://example.com", server.url());
    scene.stands("/9j/4AAQSkZJRgABAQ...", in_base64(PICTURE));
    for (_, abbreviated, kind, mime_type) in FILES {
        scene.stands(abbreviated, in_base64(&Media::sample(kind, mime_type, 9_001).bytes));
    }
    scene.stands("1234567890@g.us", "$room");
    scene.stands("3EB0A0B0C1D2E3F4", "$received");
    let key = scene.key("customer", &["customer"], Value::Null).await;
    scene.carries("x-api-key", key);
    scene.carries("x-instance-id", "shop".to_owned());

    let examples: Vec<Example> =
        serde_json::from_str(&sample("wsapi", "openapi-examples.json")).expect("a list");
    for example in &examples {
        let body = scene.ours(&example.body.to_string());
        let answer = scene.ask(&example.method, &example.address(), &body).await;
        assert_eq!(answer.status, example.status, "{} {}\n{answer}", example.path, example.example);
        if example.is_message() {
            let id = answer.json()["id"].clone();
            scene.arrives_at(CUSTOMER, &example.example, &id).await;
            if example.example == "simpleMessage" {
                scene.learn("sent", text(&id));
            }
        }
    }
    drop(scene);
    drop(laptop);
    gateway.finish().await;
    world.finish().await;
}
