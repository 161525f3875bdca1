//! JSON over HTTP, for set-up and control.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Bench, BenchError, During};
use crate::limits::CALL_TIMEOUT;

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    base: String,
    bearer: Option<String>,
}

impl Http {
    /// Of the server at `base`, which is shown `bearer`.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn new(base: &str, bearer: Option<&str>) -> Bench<Http> {
        // Fails only when a provider is installed already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().no_proxy().timeout(CALL_TIMEOUT).build().during("making an HTTP client")?;
        Ok(Http { client, base: base.to_owned(), bearer: bearer.map(str::to_owned) })
    }

    /// Asks for JSON.
    ///
    /// # Errors
    /// On any status but 2xx.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Bench<T> {
        let bytes = self.bytes(path, self.client.get(self.url(path))).await?;
        serde_json::from_slice(&bytes).during(path)
    }

    /// Asks for text.
    ///
    /// # Errors
    /// On any status but 2xx.
    pub async fn text(&self, path: &str) -> Bench<String> {
        let bytes = self.bytes(path, self.client.get(self.url(path))).await?;
        String::from_utf8(bytes).during(path)
    }

    /// Posts JSON, reads JSON.
    ///
    /// # Errors
    /// On any status but 2xx.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Bench<T> {
        let bytes = self.bytes(path, self.client.post(self.url(path)).json(body)).await?;
        serde_json::from_slice(if bytes.is_empty() { b"null" } else { &bytes }).during(path)
    }

    /// As [`Http::post`], but 404 gives `None`.
    ///
    /// # Errors
    /// On any other status but 2xx.
    pub async fn try_post(&self, path: &str, body: &Value) -> Bench<Option<()>> {
        let answer = self.send(path, self.client.post(self.url(path)).json(body)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(path, answer).await.map(|_| Some(()))
    }

    /// Posts nothing, reads JSON.
    ///
    /// # Errors
    /// On any status but 2xx.
    pub async fn post_nothing<T: DeserializeOwned>(&self, path: &str) -> Bench<T> {
        let bytes = self.bytes(path, self.client.post(self.url(path))).await?;
        serde_json::from_slice(if bytes.is_empty() { b"null" } else { &bytes }).during(path)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn bytes(&self, path: &str, request: RequestBuilder) -> Bench<Vec<u8>> {
        read(path, self.send(path, request).await?).await
    }

    async fn send(&self, path: &str, request: RequestBuilder) -> Bench<reqwest::Response> {
        let request = match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        };
        request.send().await.during(path)
    }
}

async fn read(path: &str, answer: reqwest::Response) -> Bench<Vec<u8>> {
    let status = answer.status();
    let bytes = answer.bytes().await.during(path)?;
    if status.is_success() {
        return Ok(bytes.to_vec());
    }
    let body = String::from_utf8_lossy(&bytes);
    Err(BenchError::new(format_args!("{path} answers {status}: {body}")))
}
