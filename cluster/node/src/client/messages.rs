//! The calls of the native API that the demo makes besides: messages and events.

use serde::Deserialize;
use serde_json::json;

use super::api::Api;
use super::error::ApiError;
use super::sse::EventStream;
use super::types::Page;
use crate::limits::API_PAGE;

/// An outgoing message.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: String,
}

/// An event of an instance.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// Position in the instance's log.
    pub sequence: u64,
    /// `noun.verb_past`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What belongs to that type.
    #[serde(default)]
    pub data: EventData,
}

/// The members of all event types that matter here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EventData {
    /// `instance.qr`: the code.
    pub code: Option<String>,
    /// State changes: why.
    pub reason: Option<String>,
    /// `message.sent` and its like: which message.
    pub message: Option<String>,
    /// `message.failed`: the reason word.
    pub error: Option<String>,
    /// WhatsApp's id of the message.
    pub wa_id: Option<String>,
    /// `message.received`: sent by another device of the own account.
    pub from_me: bool,
    /// `message.received`: its text.
    pub text: Option<Text>,
}

/// The text of a received message.
#[derive(Debug, Clone, Deserialize)]
pub struct Text {
    /// The text.
    pub body: String,
}

impl Api {
    /// Hands in a text. Repeating the call with the same key does not send it again.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn send_text(
        &self,
        instance: &str,
        to: &str,
        body: &str,
        idempotency_key: &str,
    ) -> Result<Message, ApiError> {
        let message = json!({ "to": to, "text": { "body": body }, "lane": "bulk" });
        let headers = [("Idempotency-Key", idempotency_key)];
        self.0.post(&format!("/v1/instances/{instance}/messages"), Some(&message), &headers).await
    }

    /// A page of an instance's event log after a position.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn events_after(&self, instance: &str, after: u64) -> Result<Vec<Event>, ApiError> {
        let path = format!("/v1/instances/{instance}/events?after={after}&limit={API_PAGE}");
        self.0.get(&path).await.map(|page: Page<Event>| page.data)
    }

    /// Follows an instance's events after a position.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn follow(&self, instance: &str, after: u64) -> Result<EventStream, ApiError> {
        let path = format!("/v1/instances/{instance}/events?after={after}");
        self.follow_path(&path, None).await
    }
}
