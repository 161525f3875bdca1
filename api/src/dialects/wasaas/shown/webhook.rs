//! Webhooks.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::delivery::Endpoint;

use crate::dialects::wasaas::event::EVENTS;
use crate::dialects::wasaas::session_id;
use crate::json::time::Time;

/// A webhook.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Webhook")]
pub(in crate::dialects::wasaas) struct WebhookJson {
    id: String,
    url: String,
    events: Vec<String>,
    /// The session that it hears of; null for all.
    session_id: Option<String>,
    /// Key of the signature, where it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    active: bool,
    created_at: Time,
}

impl WebhookJson {
    /// The webhook that an endpoint is; `None` for one that speaks otherwise.
    pub(in crate::dialects::wasaas) fn of(endpoint: &Endpoint) -> Option<WebhookJson> {
        let (target, format) = endpoint.hook()?;
        let all = || EVENTS.iter().map(|event| (*event).to_owned()).collect();
        let only = endpoint.filter.instances.as_deref().and_then(<[_]>::first);
        Some(WebhookJson {
            id: endpoint.id.to_string(),
            url: target.url.clone(),
            events: if format.events.is_empty() { all() } else { format.events.clone() },
            session_id: only.map(|id| session_id(*id)),
            secret: None,
            active: endpoint.pause.is_none(),
            created_at: Time(endpoint.created_at_ms),
        })
    }

    /// With its secret.
    pub(in crate::dialects::wasaas) fn with_secret(self, secret: String) -> WebhookJson {
        WebhookJson { secret: Some(secret), ..self }
    }
}
