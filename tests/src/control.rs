//! The simulator's control interface, as the tests use it.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::limits::{COUNTER_POLL_INTERVAL, SERVICE_TIMEOUT};

/// A client of one simulator's control interface. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    http: Client,
    url: String,
}

impl Control {
    pub(crate) fn new(url: &str) -> Self {
        Self { http: http_client(None), url: url.trim_end_matches('/').to_owned() }
    }

    /// Its address, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a request and returns status and body, whatever they are.
    pub async fn request(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("control {method} {path} did not answer: {error}"));
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Reads a resource that must be there.
    pub async fn get(&self, path: &str) -> Value {
        self.must(Method::GET, path, None).await
    }

    /// Asks for something that must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.must(Method::POST, path, Some(body)).await
    }

    /// Arms a fault, e.g. `fault("bad_hmac", json!({"pn": …, "count": 1}))`.
    pub async fn fault(&self, name: &str, scope: Value) {
        let mut body = scope;
        body["fault"] = json!(name);
        self.post("/faults", body).await;
    }

    /// Disarms every fault.
    pub async fn clear_faults(&self) {
        self.must(Method::DELETE, "/faults", None).await;
    }

    /// Waits until a resource looks right. For counters; messages are waited for by long poll.
    pub async fn wait_for<T>(&self, what: &str, path: &str, mut look: impl FnMut(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + SERVICE_TIMEOUT;
        loop {
            let value = self.get(path).await;
            if let Some(found) = look(&value) {
                return found;
            }
            assert!(Instant::now() < deadline, "the service did not show {what}; {path} says {value:#}");
            sleep(COUNTER_POLL_INTERVAL).await;
        }
    }

    async fn must(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let sent = body.clone().unwrap_or_default();
        let (status, value) = self.request(method.clone(), path, body).await;
        assert!(status.is_success(), "control {method} {path} {sent} answered {status}: {value}");
        value
    }
}

/// An HTTP client; with `ca_pem` it trusts that authority and nothing else.
pub fn http_client(ca_pem: Option<&str>) -> Client {
    // The first caller installs it, later ones find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy();
    let builder = match ca_pem {
        None => builder.tls_certs_only([]),
        Some(pem) => {
            let authority = reqwest::Certificate::from_pem(pem.as_bytes())
                .unwrap_or_else(|error| panic!("the simulator's authority is no certificate: {error}"));
            builder.tls_certs_only([authority])
        }
    };
    builder.build().unwrap_or_else(|error| panic!("cannot build an HTTP client: {error}"))
}
