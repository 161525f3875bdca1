//! Where samples run: a gateway, the phones that they write to, and what stands for what in them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use trunkline_tests::gateway::{Answer, FileServer};
use trunkline_tests::limits::{COUNTER_POLL_INTERVAL, GATEWAY_EVENT_TIMEOUT};
use trunkline_tests::{Account, Gateway, Instance, Media, World};

use super::super::contract::filled;
use super::likeness::unlike;
use super::programs::{is_line, run};
use super::{Arrival, Body, Runs, Sample, Says};

/// The folder with a dialect's samples.
pub fn folder(dialect: &str) -> PathBuf {
    crate::tidy::root().join("tests/dialect/samples").join(dialect)
}

/// A sample as it is printed.
pub fn sample(dialect: &str, file: &str) -> String {
    let path = folder(dialect).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A dialect's customer, as far as its samples go.
pub struct Scene<'a> {
    pub world: &'a World,
    pub gateway: &'a Gateway,
    dialect: &'static str,
    /// The host that the samples name.
    host: &'static str,
    /// What else in them is the customer's own, and what it is here.
    stands: Vec<(&'static str, String)>,
    /// What the customer's requests carry.
    headers: Vec<(&'static str, String)>,
    phones: BTreeMap<String, Account>,
    things: BTreeMap<&'static str, String>,
    files: FileServer,
}

impl<'a> Scene<'a> {
    pub fn new(
        (world, gateway): (&'a World, &'a Gateway),
        dialect: &'static str,
        host: &'static str,
    ) -> Scene<'a> {
        let files = FileServer::start("image/png", Media::sample("image", "image/png", 9_001).bytes);
        let (stands, headers) = (Vec::new(), Vec::new());
        let (phones, things) = (BTreeMap::new(), BTreeMap::new());
        Scene { world, gateway, dialect, host, stands, headers, phones, things, files }
    }

    /// From now on this stands for that in a sample.
    pub fn stands(&mut self, printed: &'static str, ours: impl Into<String>) {
        self.stands.push((printed, ours.into()));
    }

    /// The customer's files are where the samples have this address.
    pub fn files_at(&mut self, printed: &'static str) {
        let ours = self.files.url("");
        self.stands(printed, ours);
    }

    /// What requests carry of the customer's.
    pub fn carries(&mut self, name: &'static str, value: String) {
        self.headers.push((name, value));
    }

    pub fn learn(&mut self, name: &'static str, thing: String) {
        self.things.insert(name, thing);
    }

    /// Makes the account of a number that the samples name.
    pub async fn phone(&mut self, pn: &str) -> &Account {
        let account = self.world.account_with(&format!("Phone {pn}"), json!({ "pn": pn })).await;
        self.phones.entry(pn.to_owned()).or_insert(account)
    }

    /// An instance that is linked to an account.
    pub async fn linked(&self, name: &str, owner: &Account) -> Instance {
        let instance = self.gateway.create_instance(json!({ "name": name })).await;
        instance.link(owner).await;
        instance
    }

    /// A key of this dialect, made as the operator does.
    pub async fn key(&self, label: &str, words: &[&str], instances: Value) -> String {
        let body = json!({"label": label, "dialect": self.dialect, "scopes": words, "instances": instances});
        let made = self.gateway.api().post("/v1/keys", &body).send().await.expect(201);
        let key = made["key"].as_str().expect("a key").to_owned();
        self.gateway.api().keep_private(&key);
        key
    }

    /// A sample with the customer's own things in it.
    pub fn ours(&self, text: &str) -> String {
        let stands = self.stands.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        filled(&stands.replace(self.host, &self.gateway.api().url()), &self.things)
    }

    /// Sends a request as the customer does.
    pub async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let method = method.parse().expect("a method");
        let request = self.gateway.api().request(method, &filled(path, &self.things)).key(None);
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request =
            if body.is_empty() { request } else { request.body("application/json", body.to_owned()) };
        request.send().await
    }

    /// Runs the samples in their order.
    pub async fn play(&mut self, samples: &[Sample]) {
        for sample in samples {
            self.try_out(sample).await;
        }
    }

    async fn try_out(&mut self, one: &Sample) {
        let answer = match &one.runs {
            Runs::Program(file) => {
                let text = self.ours(&sample(self.dialect, file));
                // Nobody else is asked by mistake.
                assert!(!text.contains("https://"), "{file} still has an address of its own: {text}");
                run(self.world.directory(), file, &text).await
            }
            Runs::Request(method, path, body, status) => {
                let body = match body {
                    Body::None => String::new(),
                    Body::File(file) => self.ours(&sample(self.dialect, file)),
                    Body::Text(text) => self.ours(text),
                };
                let answer = self.ask(method, path, &body).await;
                assert_eq!(answer.status, *status, "{body}\n{answer}");
                String::from_utf8_lossy(&answer.body).into_owned()
            }
            Runs::Until(path) => self.until(path, &one.says).await,
        };
        let judge = |ids: Option<&[String]>| {
            if let Some(why) = self.wrong(&one.says, &answer, ids) {
                panic!("{}: {why}: {answer}", one.files().collect::<Vec<_>>().join(", "));
            }
        };
        // What was said tells more of what went wrong than what does not arrive.
        judge(None);
        judge(Some(&self.arrived(one.arrives).await));
        if let Some((name, pointer)) = one.learns {
            let answer: Value = serde_json::from_str(&answer).expect("JSON");
            let learnt = answer.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}: {answer}"));
            let learnt = learnt.as_str().map_or_else(|| learnt.to_string(), str::to_owned);
            self.things.insert(name, learnt);
        }
    }

    /// Asks until the answer is as it should be.
    async fn until(&self, path: &str, says: &Says) -> String {
        let deadline = Instant::now() + GATEWAY_EVENT_TIMEOUT;
        loop {
            let answer = self.ask("GET", path, "").await;
            assert_eq!(answer.status, 200, "{answer}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            if self.wrong(says, &body, None).is_none() || Instant::now() >= deadline {
                return body;
            }
            sleep(COUNTER_POLL_INTERVAL).await;
        }
    }

    /// Asks until a member of the answer has a text, the one that is wanted where one is, and gives it.
    pub async fn until_shown(&self, path: &str, pointer: &str, wanted: Option<&str>) -> String {
        let deadline = Instant::now() + GATEWAY_EVENT_TIMEOUT;
        loop {
            let answer = self.ask("GET", path, "").await;
            let shown =
                (answer.status == 200).then(|| answer.json().pointer(pointer)?.as_str().map(str::to_owned));
            if let Some(shown) = shown.flatten().filter(|shown| wanted.is_none_or(|wanted| wanted == shown)) {
                return shown;
            }
            assert!(Instant::now() < deadline, "{path} does not show {pointer}: {answer}");
            sleep(COUNTER_POLL_INTERVAL).await;
        }
    }

    /// Waits for the message with an id on somebody's phone.
    pub async fn arrives_at(&self, pn: &str, what: &str, id: &Value) {
        self.phones[pn].phone().expect(what, |message| message["id"] == *id).await;
    }

    /// Ids of what arrives.
    async fn arrived(&self, arrivals: &[Arrival]) -> Vec<String> {
        let mut ids = Vec::new();
        for Arrival { to, kind, text } in arrivals {
            let phone = self.phones.get(*to).unwrap_or_else(|| panic!("nobody has {to}")).phone();
            let is_it = |message: &Value| message["kind"] == *kind && message["text"] == *text;
            let arrived = phone.expect(&format!("{kind} {text:?}"), is_it).await;
            if *kind == "image" {
                assert!(arrived["media"]["bytes"].is_number(), "the file came with it: {arrived}");
            }
            ids.push(arrived["id"].as_str().expect("an id").to_owned());
        }
        ids
    }

    /// Why an answer is not what it should be; what arrived counts as soon as it is known.
    fn wrong(&self, says: &Says, answer: &str, arrived: Option<&[String]>) -> Option<String> {
        let like = |printed: &str, varying: &[&str]| {
            let printed: Value = serde_json::from_str(printed).expect("the reference prints JSON");
            match serde_json::from_str(answer) {
                Ok(ours) => unlike(&printed, &ours, varying),
                Err(error) => Some(format!("it is no JSON: {error}")),
            }
        };
        match says {
            Says::Line(expected) => (!is_line(answer, expected)).then(|| format!("it is not {expected:?}")),
            Says::MessageId => {
                let ids = arrived?;
                (ids != [answer]).then(|| format!("what arrived is {ids:?}"))
            }
            Says::Like(file, varying) => like(&sample(self.dialect, file), varying),
            Says::Json(json, varying) => like(json, varying),
        }
    }
}
