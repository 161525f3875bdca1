//! An endpoint that receives an instance's events, and can be told to refuse some.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{GatewayEvent, Received, WebServer};
use crate::limits::GATEWAY_EVENT_TIMEOUT;

/// Key of the signature, of the shortest length that the API takes or more.
const SECRET: &str = "a secret of the tests alone";

/// A running endpoint.
pub struct Webhook {
    server: WebServer,
    log: Arc<Log>,
}

/// One request that the endpoint got.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The event.
    pub event: GatewayEvent,
    /// Whether the signature is right for exactly these bytes.
    pub signed: bool,
    /// What the endpoint answered.
    pub answered: u16,
}

#[derive(Default)]
struct Log {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    deliveries: Vec<Delivery>,
    refusals: VecDeque<u16>,
}

impl Webhook {
    /// An endpoint that takes everything.
    pub fn start() -> Self {
        let log = Arc::new(Log::default());
        let receiving = Arc::clone(&log);
        Self { server: WebServer::start(move |request| receiving.take_in(&request)), log }
    }

    /// The webhook setting of an instance; empty `events` means all of them.
    pub fn setting(&self, events: &[&str]) -> Value {
        json!({"url": format!("{}/hook", self.server.url()), "secret": SECRET, "events": events})
    }

    /// Answers the next deliveries with these statuses.
    pub fn refuse_next(&self, statuses: &[u16]) {
        self.log.lock().refusals.extend(statuses);
    }

    /// Everything that came so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.log.lock().deliveries.clone()
    }

    /// Waits until the endpoint took an event that `accept` likes.
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

    /// Waits until the endpoint took this text.
    pub async fn expect_text(&self, text: &str) -> Delivery {
        let taken = |delivery: &Delivery| delivery.answered == 200 && delivery.event.text() == Some(text);
        self.expect(&format!("text {text:?}"), taken).await
    }
}

impl Log {
    fn take_in(&self, request: &Received) -> Response<Full<Bytes>> {
        let event = serde_json::from_slice(&request.body);
        let event = event.unwrap_or_else(|error| panic!("a delivery that is no event: {error}"));
        let signature = request.headers.get("trunkline-signature").and_then(|value| value.to_str().ok());
        let signed = signature.is_some_and(|signature| is_signed(signature, &request.body));
        let mut state = self.lock();
        let answered = state.refusals.pop_front().unwrap_or(200);
        state.deliveries.push(Delivery { event, signed, answered });
        drop(state);
        self.changed.notify_waiters();
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::from_u16(answered).unwrap_or_default();
        response
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `t=<unix seconds>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`.
fn is_signed(signature: &str, body: &[u8]) -> bool {
    let Some((time, mac)) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")) else {
        return false;
    };
    let Ok(mac) = hex::decode(mac) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, &[time.as_bytes(), b".", body].concat(), &mac).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL: `printf '1700000000.{}' | openssl dgst -sha256 -hmac 'a secret of the tests alone'`.
    #[test]
    fn a_signature_is_checked_with_time_and_body() {
        let mac = "83faecf00fe67782e88cc1b4de5015fc213ee9e2fd3759a97fb7464f63637483";
        assert!(is_signed(&format!("t=1700000000,v1={mac}"), b"{}"));
        assert!(!is_signed(&format!("t=1700000001,v1={mac}"), b"{}"));
        assert!(!is_signed(&format!("t=1700000000,v1={mac}"), b"{ }"));
        assert!(!is_signed(mac, b"{}"));
    }
}
