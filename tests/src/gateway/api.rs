//! The gateway's HTTP API as a caller meets it: requests, answers, problems.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::control::http_client;
use crate::limits::GATEWAY_REPLY_TIMEOUT;

/// A caller of one gateway. Cheap to clone; it follows the gateway through restarts.
#[derive(Clone)]
pub struct Api {
    http: Client,
    gateway: Arc<Mutex<Facts>>,
}

/// What a caller has to know, and what must never show up in a log.
#[derive(Default)]
struct Facts {
    url: String,
    key: String,
    private: Vec<String>,
}

/// A request that is being put together. Sent with the root key unless told otherwise.
pub struct Request {
    builder: RequestBuilder,
    key: Option<String>,
    told: String,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    told: String,
}

impl Api {
    pub(super) fn new() -> Self {
        Self { http: http_client(None), gateway: Arc::default() }
    }

    pub(super) fn moved_to(&self, url: String, key: Option<String>) {
        let mut facts = self.facts();
        facts.url = url;
        if let Some(key) = key {
            facts.private.push(key.clone());
            facts.key = key;
        }
    }

    /// Address of the gateway, without a trailing slash.
    pub fn url(&self) -> String {
        self.facts().url.clone()
    }

    /// The root key.
    pub fn key(&self) -> String {
        self.facts().key.clone()
    }

    /// From now on `secret` must not show up in the gateway's log.
    pub fn keep_private(&self, secret: &str) {
        self.facts().private.push(secret.to_owned());
    }

    pub(super) fn private(&self) -> Vec<String> {
        self.facts().private.clone()
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// A POST request with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    /// Any request.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let builder = self.http.request(method.clone(), format!("{}{path}", self.url()));
        Request { builder, key: Some(self.key()), told: format!("{method} {path}") }
    }

    fn facts(&self) -> std::sync::MutexGuard<'_, Facts> {
        // A panic while holding the lock already failed the test.
        self.gateway.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Request {
    /// With another key, or none.
    pub fn key(self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self }
    }

    /// With a header field.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a body of this type.
    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self { builder: self.builder.header("content-type", content_type).body(body), ..self }
    }

    /// With a multipart body: the part `message`, then the part `file`.
    pub fn multipart(self, message: &Value, mime_type: &str, file: &[u8]) -> Self {
        const BOUNDARY: &str = "trunkline-tests-boundary";
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"message\"\r\n\
             Content-Type: application/json\r\n\r\n{message}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"upload\"\r\n\
             Content-Type: {mime_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// The connection broke before the answer was complete.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let told = self.told.clone();
        let exchange = async {
            let response = self.open().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok(Answer { status, headers, body: response.bytes().await?, told: told.clone() })
        };
        match timeout(GATEWAY_REPLY_TIMEOUT, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => panic!("{told} was not answered within {GATEWAY_REPLY_TIMEOUT:?}"),
        }
    }

    /// As [`Request::try_send`], where a broken connection fails the test.
    pub async fn send(self) -> Answer {
        let told = self.told.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("{told} was not answered: {error:?}"))
    }

    /// Sends it and gives the answer before its body is read.
    pub(super) async fn open(self) -> Result<Response, reqwest::Error> {
        let builder = match self.key {
            Some(key) => self.builder.header("authorization", format!("Bearer {key}")),
            None => self.builder,
        };
        builder.send().await
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{self} is no JSON: {error}"))
    }

    /// A header field, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The JSON body of an answer that must have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem document of an answer that must have this status and code.
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self}");
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{self}");
        assert_eq!(problem["status"], status, "{self}");
        assert_eq!(problem["type"], format!("/docs/errors/{code}"), "{self}");
        problem
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} answered {}: {}", self.told, self.status, &body[..body.floor_char_boundary(1_000)])
    }
}

/// Bytes in the form that a JSON body takes.
pub fn in_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
