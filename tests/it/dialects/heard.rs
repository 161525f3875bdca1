//! What a customer's server hears.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use ring::hmac;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline_tests::gateway::{Received, WebServer};
use trunkline_tests::limits::GATEWAY_EVENT_TIMEOUT;

/// A server of a customer, and what came to it.
pub struct Server {
    server: WebServer,
    told: mpsc::Receiver<Received>,
}

impl Server {
    pub fn start() -> Server {
        let (tell, told) = mpsc::channel(256);
        let tell = Arc::new(tell);
        let server = WebServer::start(move |request| {
            tell.try_send(request).expect("the test reads on");
            Response::new(Full::from(Bytes::new()))
        });
        Server { server, told }
    }

    /// Where events are to be sent.
    pub fn hook(&self) -> String {
        format!("{}/events", self.server.url())
    }

    /// The next request that `accept`s, with the event in it.
    pub async fn next(&mut self, what: &str, accept: impl Fn(&Value) -> bool) -> (Value, Received) {
        loop {
            let request = timeout(GATEWAY_EVENT_TIMEOUT, self.told.recv()).await;
            let request = request.unwrap_or_else(|_| panic!("no {what} came")).expect("the server runs");
            let event: Value = serde_json::from_slice(&request.body).expect("it is JSON");
            if accept(&event) {
                return (event, request);
            }
        }
    }
}

/// A header of a request, empty where it has none.
pub fn header<'a>(request: &'a Received, name: &str) -> &'a str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What a customer expects in the header of a signature.
pub fn signature(secret: &str, request: &Received) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, &request.body).as_ref()))
}
