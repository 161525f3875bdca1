//! Every sample of the references, as it is printed. Programs run, bodies are sent, and the answers that the references print are
//! what ours are compared with; what a sample is for has to happen on the other side.
//!
//! Of a sample nothing is changed but what its customer changes: host and key, and in a body the numbers of what he made himself and
//! where his files are. `tests/dialect/samples` has the files.

mod examples;
mod likeness;
mod programs;
mod scene;
mod tables;
mod wessaal;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline_tests::gateway::WebServer;
use trunkline_tests::limits::GATEWAY_EVENT_TIMEOUT;
use trunkline_tests::{Gateway, World};

use likeness::unlike;
use scene::Scene;

/// A sample, and what has to come of it.
pub struct Sample {
    pub runs: Runs,
    pub says: Says,
    /// What arrives on whose phone.
    pub arrives: &'static [Arrival],
    /// What the samples after this one call a member of the answer: a name, and where the member is.
    pub learns: Option<(&'static str, &'static str)>,
}

/// What is done with a sample. A file is one of its dialect's folder.
pub enum Runs {
    /// A program, by the file's extension.
    Program(&'static str),
    /// A request: method, path, body, and the status that is due.
    Request(&'static str, &'static str, Body, u16),
    /// A GET that is repeated until the answer is as it should be.
    Until(&'static str),
}

/// The body of a request.
pub enum Body {
    None,
    File(&'static str),
    /// Where the reference prints an answer and not what it is one to.
    Text(&'static str),
}

/// What a program prints, or what a request is answered with.
pub enum Says {
    /// A line, in which `#` stands for a whole number.
    Line(&'static str),
    /// WhatsApp's id of the message that arrives.
    MessageId,
    /// JSON that is like what the reference prints, which is in this file, but for these members: see [`likeness::unlike`].
    Like(&'static str, &'static [&'static str]),
    /// The same, where the reference prints nothing.
    Json(&'static str, &'static [&'static str]),
}

/// A message on a phone.
#[derive(Clone, Copy)]
pub struct Arrival {
    /// The number's digits.
    pub to: &'static str,
    pub kind: &'static str,
    pub text: &'static str,
}

impl Sample {
    pub const fn program(file: &'static str, says: Says) -> Sample {
        Sample { runs: Runs::Program(file), says, arrives: &[], learns: None }
    }

    pub const fn get(path: &'static str, says: Says) -> Sample {
        Sample { runs: Runs::Request("GET", path, Body::None, 200), says, arrives: &[], learns: None }
    }

    pub const fn post(path: &'static str, body: Body, status: u16, says: Says) -> Sample {
        Sample { runs: Runs::Request("POST", path, body, status), says, arrives: &[], learns: None }
    }

    pub const fn arrives(self, arrives: &'static [Arrival]) -> Sample {
        Sample { arrives, ..self }
    }

    pub const fn learns(self, name: &'static str, pointer: &'static str) -> Sample {
        Sample { learns: Some((name, pointer)), ..self }
    }

    /// Files of the dialect's folder that it uses.
    pub fn files(&self) -> impl Iterator<Item = &'static str> {
        let run = match &self.runs {
            Runs::Program(file) | Runs::Request(_, _, Body::File(file), _) => Some(*file),
            Runs::Request(..) | Runs::Until(_) => None,
        };
        let printed = match &self.says {
            Says::Like(file, _) => Some(*file),
            Says::Line(_) | Says::MessageId | Says::Json(..) => None,
        };
        run.into_iter().chain(printed)
    }
}

#[tokio::test]
async fn samples_of_wastack() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut scene = Scene::new((&world, &gateway), "wastack", "https://api.wastack.in");
    scene.phone("919876543211").await;
    let owner = world.account_with("Support Line", json!({"pn": "919876543210"})).await;
    let app = gateway.api().post("/v1/apps", &json!({"name": "customer"})).send().await.expect(201);
    let app = app["key"].as_str().expect("a key").to_owned();
    gateway.api().keep_private(&app);
    let key = scene.key("customer", &["admin"], Value::Null).await;
    scene.carries("x-app-key", app.clone());
    scene.carries("authorization", format!("Bearer {key}"));
    scene.stands("your_app_key", app);
    scene.stands("your_auth_key", key);
    // Its name is one that only its customer can give it.
    let made = scene.ask("POST", "/api/v1/devices", r#"{"name":"Support Line"}"#).await.expect(201);
    let device = format!("/api/v1/devices/{}", made["data"]["id"].as_str().expect("an id"));
    scene.ask("POST", &format!("{device}/connect"), "").await.expect(202);
    let shown = scene.until_shown(&format!("{device}/qr"), "/data/qr", None).await;
    owner.phone().scan(&shown).await;
    scene.until_shown(&format!("{device}/status"), "/data/status", Some("connected")).await;
    scene.play(tables::WASTACK).await;
    drop(scene);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn samples_of_wasaas() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut scene = Scene::new((&world, &gateway), "wasaas", "https://api.wasaas.app");
    scene.phone("5511999999999").await;
    let owner = world.account("Shop").await;
    scene.linked("your-session-id", &owner).await;
    let key = scene.key("customer", &["full"], Value::Null).await;
    scene.stands("YOUR_API_KEY", key);
    scene.play(tables::WASAAS).await;
    drop(scene);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn samples_of_wsapi() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut scene = Scene::new((&world, &gateway), "wsapi", "https://api.wsapi.chat");
    let owner = world.account("Shop").await;
    let instance = scene.linked("YOUR_INSTANCE_ID", &owner).await;
    // The chat that is in the list.
    scene.phone("1234567890").await.phone().send_text(&owner, "an invoice, please").await;
    instance.expect_text("an invoice, please").await;
    let key = scene.key("customer", &["instance"], json!([instance.id()])).await;
    scene.stands("YOUR_API_KEY", key);
    scene.play(tables::WSAPI).await;
    drop(scene);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn samples_of_aduta() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut scene = Scene::new((&world, &gateway), "aduta", "https://yourdomain.com");
    scene.files_at("https://...");
    let owner = world.account("Shop").await;
    let instance = scene.linked("shop", &owner).await;
    let key = scene.key("customer", &["session"], json!([instance.id()])).await;
    scene.carries("authorization", format!("Bearer {key}"));
    scene.stands("YOUR_SESSION_API_KEY", key);
    // Where the session's events go; what comes is like what is printed.
    let (tell, mut told) = mpsc::channel(256);
    let server = WebServer::start(move |request| {
        // Who reads them may be gone.
        drop(tell.try_send(request.body));
        Response::new(Full::from(Bytes::new()))
    });
    let hook =
        json!({"url": format!("{}/events", server.url()), "events": ["message.received"], "enabled": true});
    let hook_path = format!("/api/v1/whatsapp-sessions/{}/webhook", instance.id());
    scene.ask("PUT", &hook_path, &hook.to_string()).await.expect(200);
    let customer = scene.phone("1234567890").await;
    customer.phone().send_text(&owner, "from a customer").await;
    let heard =
        timeout(GATEWAY_EVENT_TIMEOUT, told.recv()).await.expect("it comes").expect("the server runs");
    let heard: Value = serde_json::from_slice(&heard).expect("it is JSON");
    // What the reference leaves out, a reader of JSON wants.
    let printed = scene::sample("aduta", "webhook.txt").replace("{ ... }", r#"{"text":"from a customer"}"#);
    let printed = serde_json::from_str(&printed).expect("it is JSON now");
    assert_eq!(unlike(&printed, &heard, &["sessionId", "timestamp"]), None, "{heard}");
    scene.play(tables::ADUTA).await;
    drop(scene);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn samples_of_wessaal() {
    const ALL: [&str; 6] = [
        "send_message",
        "read_messages",
        "manage_instances",
        "manage_contacts",
        "manage_templates",
        "manage_workspaces",
    ];
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let mut scene = Scene::new((&world, &gateway), "wessaal", "https://app.wessaal.com");
    for pn in ["966501234567", "966509876543", "971501234567"] {
        scene.phone(pn).await;
    }
    let owner = world.account_with("Shop", json!({"pn": "966500000001"})).await;
    owner.phone().change_app_state(json!({"contacts": {"966501234567": "Ahmed"}})).await;
    scene.linked("my-instance", &owner).await;
    gateway.charge(250).await;
    // The number in the sample is that of the instance in the sample.
    scene.stands(r#""workspace_id": 22"#, r#""workspace_id": $workspace"#);
    scene.stands(r#""template_id": 7"#, r#""template_id": $template"#);
    scene.files_at("https://example.com/");
    let narrow = scene.key("My Integration Key", &ALL[..2], Value::Null).await;
    let me = gateway.api().get("/integration/v1/me").key(None).header("x-api-key", &narrow);
    let me = me.send().await.expect(200);
    let printed = serde_json::from_str(&scene::sample("wessaal", "me.200.json")).expect("it is JSON");
    assert_eq!(unlike(&printed, &me, &["user.id", "user.name", "email?", "created_at"]), None, "{me}");

    let key = scene.key("customer", &ALL, Value::Null).await;
    scene.carries("x-api-key", key.clone());
    scene.stands("sk_live_your_api_key_here", key);
    scene.play(wessaal::SAMPLES).await;

    let left = gateway.settled_credits().await;
    gateway.charge(-left).await;
    let body = scene::sample("wessaal", "send-text.json");
    let refused = scene.ask("POST", "/integration/v1/messages/send", &body).await.expect(402);
    let printed = serde_json::from_str(&scene::sample("wessaal", "send.402.json")).expect("it is JSON");
    assert_eq!(unlike(&printed, &refused, &[]), None, "{refused}");
    drop(scene);
    gateway.finish().await;
    world.finish().await;
}

/// A sample that no table has would not run, and nobody would miss it.
#[test]
fn every_file_is_in_a_table() {
    for (dialect, tables, apart) in tables::ALL {
        let mut used: Vec<&str> =
            tables.iter().flat_map(|sample| sample.files()).chain(apart.iter().copied()).collect();
        used.sort_unstable();
        used.dedup();
        let mut there: Vec<String> = std::fs::read_dir(scene::folder(dialect))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        there.sort_unstable();
        assert_eq!(there, used, "{dialect}");
    }
}
