//! The calls of the native API that the commands make.

use serde_json::{Value, json};

use super::error::ApiError;
use super::http::Http;
use super::types::{Instance, Pairing};

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
}
