//! An address that receives an account's events, and can be told to refuse some, or to take its time.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, Response, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{GatewayEvent, Received, WebServer};
use crate::limits::GATEWAY_EVENT_TIMEOUT;

/// Key of the signature, of the shortest length that the API takes or more.
pub const WEBHOOK_SECRET: &str = "a secret of the tests alone";

/// A running receiver. What it is held back from answering is let go when this is dropped.
pub struct Webhook {
    server: WebServer,
    log: Arc<Log>,
}

/// One request that came.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The events in it; none in a test.
    pub events: Vec<GatewayEvent>,
    /// Whether they came as a batch.
    pub is_batch: bool,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What was answered.
    pub answered: u16,
    /// When it came.
    pub at: Instant,
}

impl Delivery {
    /// The first event.
    pub fn event(&self) -> &GatewayEvent {
        self.events.first().unwrap_or_else(|| panic!("there is no event in {self:?}"))
    }

    /// Texts of the received messages in it.
    pub fn texts(&self) -> Vec<&str> {
        self.events.iter().filter_map(GatewayEvent::text).collect()
    }

    /// A header field; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// How many keys signed it.
    pub fn signatures(&self) -> usize {
        self.header("trunkline-signature").split(",v1=").count() - 1
    }

    /// Whether one of the signatures is that of this key, for exactly these bytes.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        is_signed(self.header("trunkline-signature"), secret, &self.body)
    }
}

/// How a delivery is refused.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    status: u16,
    retry_after_s: Option<u64>,
}

#[derive(Default)]
struct Log {
    state: Mutex<State>,
    changed: Notify,
    let_go: Condvar,
}

#[derive(Default)]
struct State {
    deliveries: Vec<Delivery>,
    refusals: VecDeque<Refusal>,
    is_held: bool,
    is_gone: bool,
}

impl Webhook {
    /// A receiver that takes everything.
    pub fn start() -> Self {
        let log = Arc::new(Log::default());
        let receiving = Arc::clone(&log);
        Self { server: WebServer::start(move |request| receiving.take_in(request)), log }
    }

    /// The body of `webhooks.create` for this receiver: it is tried again soon, unless `settings` say otherwise.
    pub fn with(&self, settings: Value) -> Value {
        let retry = json!({"base_ms": 100, "cap_ms": 500});
        let mut body = json!({"url": self.url(), "secret": WEBHOOK_SECRET, "retry": retry});
        for (name, value) in settings.as_object().unwrap_or_else(|| panic!("settings are an object")) {
            body[name] = value.clone();
        }
        body
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}/hook", self.server.url())
    }

    /// Answers the next deliveries with these statuses.
    pub fn refuse_next(&self, statuses: &[u16]) {
        let refusals = statuses.iter().map(|&status| Refusal { status, retry_after_s: None });
        self.log.lock().refusals.extend(refusals);
    }

    /// Answers the next delivery with 503 and asks to be left alone for so long.
    pub fn refuse_next_for(&self, seconds: u64) {
        self.log.lock().refusals.push_back(Refusal { status: 503, retry_after_s: Some(seconds) });
    }

    /// Takes what it was told to refuse, from now on.
    pub fn refuse_no_more(&self) {
        self.log.lock().refusals.clear();
    }

    /// Answers nothing until [`Webhook::let_go`].
    pub fn hold(&self) {
        self.log.lock().is_held = true;
    }

    /// Answers again.
    pub fn let_go(&self) {
        self.log.lock().is_held = false;
        self.log.let_go.notify_all();
    }

    /// Everything that came so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.log.lock().deliveries.clone()
    }

    /// Texts of the messages that it took, in the order of their deliveries.
    pub fn taken_texts(&self) -> Vec<String> {
        let deliveries = self.deliveries();
        let taken = deliveries.iter().filter(|delivery| delivery.answered == 200);
        taken.flat_map(Delivery::texts).map(str::to_owned).collect()
    }

    /// Waits for a request that `accept` likes.
    pub async fn expect(&self, what: &str, accept: impl Fn(&Delivery) -> bool) -> Delivery {
        let found = timeout(GATEWAY_EVENT_TIMEOUT, async {
            loop {
                let changed = self.log.changed.notified();
                if let Some(found) = self.deliveries().into_iter().find(|delivery| accept(delivery)) {
                    return found;
                }
                changed.await;
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("no delivery of {what}; there were {:#?}", self.deliveries()),
        }
    }

    /// Waits until it took this text.
    pub async fn expect_text(&self, text: &str) -> Delivery {
        let taken = |delivery: &Delivery| delivery.answered == 200 && delivery.texts().contains(&text);
        self.expect(&format!("text {text:?}"), taken).await
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.log.lock().is_gone = true;
        self.log.let_go.notify_all();
    }
}

impl Log {
    fn take_in(&self, request: Received) -> Response<Full<Bytes>> {
        let (events, is_batch) = events_in(&request.body);
        let mut state = self.lock();
        let refusal = state.refusals.pop_front();
        let answered = refusal.map_or(200, |refusal| refusal.status);
        let Received { headers, body, .. } = request;
        state.deliveries.push(Delivery { events, is_batch, headers, body, answered, at: Instant::now() });
        self.changed.notify_waiters();
        while state.is_held && !state.is_gone {
            state = self.let_go.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        let mut response = Response::new(Full::from(if answered == 200 { "" } else { "not now" }));
        *response.status_mut() = StatusCode::from_u16(answered).unwrap_or_default();
        if let Some(seconds) = refusal.and_then(|refusal| refusal.retry_after_s) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of a delivery, and whether it is a batch.
fn events_in(body: &[u8]) -> (Vec<GatewayEvent>, bool) {
    let wrong = |error: serde_json::Error| -> ! { panic!("a delivery that is no event: {error}") };
    let json: Value = serde_json::from_slice(body).unwrap_or_else(|error| wrong(error));
    if json["type"] == "webhook.test" {
        return (Vec::new(), false);
    }
    if json["type"].is_null() {
        return (serde_json::from_value(json["data"].clone()).unwrap_or_else(|error| wrong(error)), true);
    }
    (vec![serde_json::from_value(json).unwrap_or_else(|error| wrong(error))], false)
}

/// `t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`, with more `v1` while keys overlap.
fn is_signed(signature: &str, secret: &str, body: &[u8]) -> bool {
    let mut parts = signature.split(",v1=");
    let Some(time) = parts.next().and_then(|first| first.strip_prefix("t=")) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [time.as_bytes(), b".", body].concat();
    parts.filter_map(|mac| hex::decode(mac).ok()).any(|mac| hmac::verify(&key, &signed, &mac).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL: `printf '1700000000.{}' | openssl dgst -sha256 -hmac 'a secret of the tests alone'`.
    #[test]
    fn a_signature_is_checked_with_time_and_body() {
        let mac = "83faecf00fe67782e88cc1b4de5015fc213ee9e2fd3759a97fb7464f63637483";
        let check = |signature: &str, body: &[u8], expected: bool| {
            assert_eq!(is_signed(signature, WEBHOOK_SECRET, body), expected, "{signature}");
        };
        check(&format!("t=1700000000,v1={mac}"), b"{}", true);
        check(&format!("t=1700000000,v1=00,v1={mac}"), b"{}", true);
        check(&format!("t=1700000001,v1={mac}"), b"{}", false);
        check(&format!("t=1700000000,v1={mac}"), b"{ }", false);
        check(mac, b"{}", false);
        assert!(!is_signed(&format!("t=1700000000,v1={mac}"), "another key", b"{}"));
    }
}
