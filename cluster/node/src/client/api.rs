//! The calls of the native API that the commands make.

use serde_json::{Value, json};
use trunkline_model::limits::{ENDPOINTS_PER_ACCOUNT_MAX, KEYS_PER_ACCOUNT_MAX};

use super::error::ApiError;
use super::http::Http;
use super::sse::EventStream;
use super::types::{Instance, Page, Pairing, Webhook};
use crate::limits::API_PAGE;

/// A node's API.
#[derive(Debug, Clone)]
pub struct Api(pub(super) Http);

/// Posts without a body have this type.
const NOTHING: Option<&Value> = None;

impl Api {
    /// The API of the server at `url`, opened by `key`.
    ///
    /// # Errors
    /// [`ApiError::Garbled`] when the address is no HTTP URL.
    pub fn new(url: &str, key: String) -> Result<Api, ApiError> {
        Http::new(url, Some(key)).map(Api)
    }

    /// Makes an instance, or gives the one that has this name.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn obtain_instance(&self, name: &str) -> Result<Instance, ApiError> {
        let body = json!({ "name": name });
        match self.0.post("/v1/instances", Some(&body), &[]).await {
            Err(error) if error.has_code("NAME_TAKEN") => self.instance(name).await,
            made => made,
        }
    }

    /// An instance by id or name.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn instance(&self, instance: &str) -> Result<Instance, ApiError> {
        self.0.get(&format!("/v1/instances/{instance}")).await
    }

    /// Opens its connection, and starts pairing when it is not linked.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn connect(&self, instance: &str) -> Result<Instance, ApiError> {
        self.0.post(&format!("/v1/instances/{instance}/connect"), NOTHING, &[]).await
    }

    /// What pairing waits for.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn pairing(&self, instance: &str) -> Result<Pairing, ApiError> {
        self.0.get(&format!("/v1/instances/{instance}/pairing")).await
    }

    /// Asks for an 8-character code to be typed on the phone with this number.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn request_pairing_code(&self, instance: &str, phone: &str) -> Result<Pairing, ApiError> {
        let body = json!({ "phone": phone });
        self.0.post(&format!("/v1/instances/{instance}/pairing-code"), Some(&body), &[]).await
    }

    /// Follows a stream of events; `last` is the id of the last event that was seen.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn follow_path(&self, path: &str, last: Option<&str>) -> Result<EventStream, ApiError> {
        let last = last.map(|last| ("last-event-id", last));
        let response = self.0.open(path, "text/event-stream", last.as_slice()).await?;
        Ok(EventStream::new(self.0.clone(), response))
    }

    /// Asks with any method; null where there is no answer to read.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        self.0.ask(method, path, body).await
    }

    /// Posts an order; the server carries out only one under the same key.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn order(&self, path: &str, body: &Value, once: Option<&str>) -> Result<Value, ApiError> {
        let header = once.map(|key| ("idempotency-key", key));
        self.0.post(path, Some(body), header.as_slice()).await
    }

    /// Every entry of a list.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn all(&self, list: &str) -> Result<Vec<Value>, ApiError> {
        let mut all = Vec::new();
        let mut path = format!("{list}?limit={API_PAGE}");
        loop {
            let page: Page<Value> = self.0.get(&path).await?;
            all.extend(page.data);
            match page.next_cursor {
                Some(cursor) if all.len() < KEYS_PER_ACCOUNT_MAX => {
                    path = format!("{list}?limit={API_PAGE}&cursor={cursor}");
                }
                _ => return Ok(all),
            }
        }
    }

    /// Every webhook of the account.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, ApiError> {
        let mut all = Vec::new();
        let mut path = format!("/v1/webhooks?limit={API_PAGE}");
        loop {
            let page: Page<Webhook> = self.0.get(&path).await?;
            all.extend(page.data);
            match page.next_cursor {
                Some(cursor) if all.len() < ENDPOINTS_PER_ACCOUNT_MAX => {
                    path = format!("/v1/webhooks?limit={API_PAGE}&cursor={cursor}");
                }
                _ => return Ok(all),
            }
        }
    }
}
