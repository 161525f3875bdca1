//! JSON over HTTP with bounds.

use futures_util::StreamExt;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use crate::limits::{API_ANSWER_BYTES_MAX, API_CALL_TIMEOUT, API_CONNECT_TIMEOUT};

/// Makes ring the process's TLS provider. Call once, before the first [`Http`].
pub fn install_tls() {
    // Fails only when a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    base: Url,
    bearer: Option<String>,
}

impl Http {
    /// A client of the server at `base`, which presents `bearer` where there is one.
    ///
    /// # Errors
    /// [`ApiError::Garbled`] when the address is no HTTP URL.
    pub fn new(base: &str, bearer: Option<String>) -> Result<Http, ApiError> {
        let unusable = |reason: String| ApiError::Garbled { url: base.to_owned(), reason };
        let url = Url::parse(base).map_err(|error| unusable(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable("the address must start with http:// or https://".to_owned()));
        }
        let mut builder = Client::builder().connect_timeout(API_CONNECT_TIMEOUT);
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| unusable(error.to_string()))?;
        Ok(Http { client, base: url, bearer })
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let request = self.request(Method::GET, path)?;
        self.read(request.timeout(API_CALL_TIMEOUT)).await
    }

    /// Posts `body` as JSON, or nothing.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        headers: &[(&str, &str)],
    ) -> Result<T, ApiError> {
        let mut request = self.request(Method::POST, path)?;
        if let Some(body) = body {
            request = request.json(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.read(request.timeout(API_CALL_TIMEOUT)).await
    }

    /// Asks with any method, sending `body` as JSON, or nothing; null where the answer is empty.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| self.garbled(error))?;
        let mut request = self.request(method, path)?;
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = self.answer(request.timeout(API_CALL_TIMEOUT)).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let status = response.status();
        let body = self.bytes(response).await?;
        if !status.is_success() {
            return Err(ApiError::refused(status.as_u16(), &body));
        }
        serde_json::from_slice(&body).map_err(|error| self.garbled(error))
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ApiError> {
        let url = self.base.join(path).map_err(|error| self.garbled(error))?;
        let request = self.client.request(method, url);
        Ok(match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        })
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let response = self.answer(request).await?;
        let status = response.status();
        let body = self.bytes(response).await?;
        if !status.is_success() {
            return Err(ApiError::refused(status.as_u16(), &body));
        }
        serde_json::from_slice(&body).map_err(|error| self.garbled(error))
    }

    pub(super) async fn answer(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        request.send().await.map_err(|error| self.unreachable(error))
    }

    pub(super) async fn bytes(&self, response: Response) -> Result<Vec<u8>, ApiError> {
        let mut chunks = response.bytes_stream();
        let mut body = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.unreachable(error))?;
            if body.len() + chunk.len() > API_ANSWER_BYTES_MAX {
                return Err(self.garbled(format!("an answer of more than {API_ANSWER_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    pub(super) fn unreachable(&self, error: reqwest::Error) -> ApiError {
        let error = error.without_url();
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            reason = inner.to_string();
            source = inner.source();
        }
        ApiError::Unreachable { url: self.base.to_string(), reason }
    }

    pub(super) fn garbled(&self, reason: impl ToString) -> ApiError {
        ApiError::Garbled { url: self.base.to_string(), reason: reason.to_string() }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
