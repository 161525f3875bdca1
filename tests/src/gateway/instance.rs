//! One number of the gateway: its life, its state, its events.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::events::{Follower, GatewayEvent};
use super::{Answer, Api};
use crate::account::Account;
use crate::limits::GATEWAY_EVENT_TIMEOUT;

/// An instance, by its id. Knows what it was told and remembers which events a test has waited for.
pub struct Instance {
    pub(super) api: Api,
    id: String,
    follower: Mutex<Follower>,
}

impl Instance {
    pub(super) fn new(api: Api, id: String) -> Self {
        Self { api, id, follower: Mutex::default() }
    }

    /// `ins_…`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A path below this instance's own.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/instances/{}{rest}", self.id)
    }

    /// Connects, has the account's phone scan the code, and waits until the instance is open.
    pub async fn link(&self, account: &Account) {
        self.api.keep_private(account.pn());
        self.connect().await;
        self.link_here(account).await;
    }

    /// As [`Instance::link`], when it is connecting already.
    pub async fn link_here(&self, account: &Account) {
        let qr = self.expect_qr().await;
        account.phone().scan(&qr).await;
        self.expect_state("open").await;
    }

    /// Asks for a connection.
    pub async fn connect(&self) -> Value {
        self.act("/connect").await.expect(200)
    }

    /// Asks for the connection to be closed.
    pub async fn disconnect(&self) -> Value {
        self.act("/disconnect").await.expect(200)
    }

    /// A POST without a body.
    pub async fn act(&self, action: &str) -> Answer {
        self.api.request(Method::POST, &self.path(action)).send().await
    }

    /// A POST with a JSON body.
    pub async fn post(&self, action: &str, body: Value) -> Answer {
        self.api.post(&self.path(action), &body).send().await
    }

    /// Any request below this instance's own path; with a body unless that is null.
    pub async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.api.request(method, &self.path(path));
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await
    }

    /// A PUT of a file.
    pub async fn put_file(&self, path: &str, mime_type: &str, bytes: &[u8]) -> Answer {
        self.api.request(Method::PUT, &self.path(path)).body(mime_type, bytes.to_vec()).send().await
    }

    /// Waits for an event of a type; returns its data.
    pub async fn expect_event(&self, kind: &str) -> Value {
        self.expect(kind, |event| (event.kind == kind).then(|| event.data.clone())).await
    }

    /// A GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.api.get(&self.path(path)).send().await
    }

    /// Changes the instance.
    pub async fn update(&self, change: Value) -> Answer {
        self.api.request(Method::PATCH, &self.path("")).json(&change).send().await
    }

    /// A PATCH.
    pub async fn patch(&self, path: &str, change: &Value) -> Answer {
        self.api.request(Method::PATCH, &self.path(path)).json(change).send().await
    }

    /// Deletes the instance.
    pub async fn delete(&self) -> Answer {
        self.api.request(Method::DELETE, &self.path("")).send().await
    }

    /// The instance as the API shows it now.
    pub async fn view(&self) -> Value {
        self.get("").await.expect(200)
    }

    /// Waits for a QR code.
    pub async fn expect_qr(&self) -> String {
        self.expect("a QR code", |event| code_in(event, "instance.qr")).await
    }

    /// Asks for a code to be typed on this account's phone.
    pub async fn request_pairing_code(&self, account: &Account) -> String {
        self.api.keep_private(account.pn());
        let answer = self.post("/pairing-code", json!({"phone": format!("+{}", account.pn())})).await;
        let shown = answer.expect(200);
        shown["code"]["text"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("no code: {answer}"))
    }

    /// Waits until the instance enters a state, after the last one that was waited for; returns `{from, to, reason}`.
    pub async fn expect_state(&self, state: &str) -> Value {
        self.expect_state_within(state, GATEWAY_EVENT_TIMEOUT).await
    }

    /// As [`Instance::expect_state`], for a state that takes its time.
    pub async fn expect_state_within(&self, state: &str, limit: Duration) -> Value {
        let mut follower = self.follower.lock().await;
        let waiting = follower.next_state(&self.api, &self.id, state);
        match timeout(limit, waiting).await {
            Ok(data) => data,
            Err(_) => self.fail(&format!("state {state}"), &follower),
        }
    }

    /// As [`Instance::expect_state`], with the reason that the change must have.
    pub async fn expect_state_because(&self, state: &str, reason: &str) {
        let change = self.expect_state(state).await;
        assert_eq!(change["reason"], reason, "{change}");
    }

    /// Waits for the first event, old or new, that nobody waited for yet and that `pick` accepts; takes it.
    pub async fn expect<T>(&self, what: &str, pick: impl FnMut(&GatewayEvent) -> Option<T>) -> T {
        let mut follower = self.follower.lock().await;
        let waiting = follower.take(&self.api, &self.id, pick);
        match timeout(GATEWAY_EVENT_TIMEOUT, waiting).await {
            Ok(picked) => picked,
            Err(_) => self.fail(what, &follower),
        }
    }

    /// Waits for an event, taken or not.
    pub(super) async fn find<T>(&self, what: &str, pick: impl FnMut(&GatewayEvent) -> Option<T>) -> T {
        let mut follower = self.follower.lock().await;
        let waiting = follower.find(&self.api, &self.id, pick);
        match timeout(GATEWAY_EVENT_TIMEOUT, waiting).await {
            Ok(picked) => picked,
            Err(_) => self.fail(what, &follower),
        }
    }

    /// Waits for a received text; returns the event.
    pub async fn expect_text(&self, text: &str) -> GatewayEvent {
        let wanted = |event: &GatewayEvent| (event.text() == Some(text)).then(|| event.clone());
        self.expect(&format!("text {text:?}"), wanted).await
    }

    /// Waits until a text is in the log, whether or not somebody waited for it before.
    pub async fn expect_logged(&self, text: &str) {
        let wanted = |event: &GatewayEvent| (event.text() == Some(text)).then_some(());
        self.find(&format!("text {text:?}"), wanted).await;
    }

    /// Waits for a received message of a type, such as `image` or `reaction`; returns the event.
    pub async fn expect_received(&self, kind: &str) -> GatewayEvent {
        let wanted = |event: &GatewayEvent| {
            (event.kind == "message.received" && event.data["type"] == kind).then(|| event.clone())
        };
        self.expect(&format!("a message of type {kind}"), wanted).await
    }

    /// The whole log, pulled page by page.
    pub async fn all_events(&self) -> Vec<GatewayEvent> {
        let mut events: Vec<GatewayEvent> = Vec::new();
        let mut page = self.get("/events?limit=200").await.expect(200);
        loop {
            let more: Vec<GatewayEvent> = serde_json::from_value(page["data"].clone())
                .unwrap_or_else(|error| panic!("no page of events: {error}: {page}"));
            let cursor =
                page["next_cursor"].as_str().unwrap_or_else(|| panic!("no cursor: {page}")).to_owned();
            if more.is_empty() {
                return events;
            }
            events.extend(more);
            page = self.get(&format!("/events?limit=200&cursor={cursor}")).await.expect(200);
        }
    }

    /// The whole log, and the number of its newest event as the instance itself tells it, from a moment in which nothing was
    /// added. A log that ends before that number is given back as it is; it is for a judge to see.
    pub async fn whole_log(&self) -> (Vec<GatewayEvent>, u64) {
        loop {
            let before = self.newest_event().await;
            let events = self.all_events().await;
            let newest = self.newest_event().await;
            // An event can be read a moment before its number is told.
            if before == newest && events.last().is_none_or(|last| last.sequence <= newest) {
                return (events, newest);
            }
        }
    }

    async fn newest_event(&self) -> u64 {
        let view = self.view().await;
        view["newest_event"].as_u64().unwrap_or_else(|| panic!("no number of the newest event: {view}"))
    }

    fn fail(&self, what: &str, follower: &Follower) -> ! {
        let story = follower.story();
        panic!("{} did not show {what} within {GATEWAY_EVENT_TIMEOUT:?}; untaken events:\n  {story}", self.id)
    }
}

fn code_in(event: &GatewayEvent, kind: &str) -> Option<String> {
    if event.kind == kind { event.data["code"].as_str().map(str::to_owned) } else { None }
}
