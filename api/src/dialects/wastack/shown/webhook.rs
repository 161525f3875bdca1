//! Webhooks, and what became of what was delivered to them.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::InstanceId;
use trunkline_model::command::{EndpointView, TestResult};
use trunkline_model::delivery::{DeliveryRecord, Endpoint};

use super::super::event::EVENTS;
use super::super::ids;
use crate::json::time::Time;

/// A webhook.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookJson {
    id: String,
    url: String,
    events: Vec<String>,
    /// The devices that it hears of; empty for every one.
    device_ids: Vec<String>,
    /// `active` or `paused`.
    status: &'static str,
    is_active: bool,
    /// Events that were given up.
    failure_count: u64,
    created_at: Time,
    /// Key of the signature: when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookJson {
    pub(crate) fn of(view: &EndpointView) -> WebhookJson {
        let endpoint = &view.endpoint;
        let hook = endpoint.hook();
        let events = hook.map(|(_, format)| format.events.clone()).filter(|events| !events.is_empty());
        let active = endpoint.pause.is_none();
        WebhookJson {
            id: endpoint.id.to_string(),
            url: hook.map(|(target, _)| target.url.clone()).unwrap_or_default(),
            events: events.unwrap_or_else(|| EVENTS.iter().map(|event| (*event).to_owned()).collect()),
            device_ids: endpoint.filter.instances.iter().flatten().copied().map(ids::device).collect(),
            status: if active { "active" } else { "paused" },
            is_active: active,
            failure_count: view.health.counts.dead,
            created_at: Time(endpoint.created_at_ms),
            secret: None,
        }
    }

    /// One that was just made, with its secret.
    pub(crate) fn made(view: &EndpointView) -> WebhookJson {
        let secret = view.endpoint.hook().map(|(target, _)| target.secret.clone());
        WebhookJson { secret, ..WebhookJson::of(view) }
    }
}

/// A webhook's new secret.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SecretJson {
    pub(crate) secret: String,
}

/// How a test went.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestJson {
    /// HTTP status, where there was an answer.
    status_code: Option<u16>,
    duration_ms: u32,
    /// Why it was not taken.
    error: Option<String>,
}

impl TestJson {
    pub(crate) fn of(result: TestResult) -> TestJson {
        let outcome = result.outcome;
        TestJson {
            status_code: outcome.status,
            duration_ms: result.latency_ms,
            error: Some(outcome.word).filter(|word| word != "delivered"),
        }
    }
}

/// One delivery.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryJson {
    id: String,
    /// Null for an event that the log has forgotten.
    event: Option<&'static str>,
    attempt: u32,
    /// `success` or `failed`.
    status: &'static str,
    status_code: Option<u16>,
    error: Option<String>,
    duration_ms: u32,
    next_retry_at: Option<Time>,
    created_at: Time,
}

/// What names a delivery: its event, and which attempt it was.
pub(crate) fn delivery_id(instance: InstanceId, sequence: u64, attempt: u32) -> String {
    format!("dlv_{:016x}_{sequence}_{attempt}", instance.0)
}

/// The event that a delivery was of.
pub(crate) fn event_of_delivery(id: &str) -> Option<(InstanceId, u64)> {
    let mut parts = id.strip_prefix("dlv_")?.splitn(3, '_');
    let instance = u64::from_str_radix(parts.next()?, 16).ok()?;
    let sequence = parts.next()?.parse().ok()?;
    let _attempt: u32 = parts.next()?.parse().ok()?;
    Some((InstanceId(instance), sequence))
}

/// Whether a delivery was taken.
pub(crate) fn was_taken(record: &DeliveryRecord) -> bool {
    record.outcome.word == "delivered"
}

impl DeliveryJson {
    /// `is_newest` of its event: only then something follows.
    pub(crate) fn of(
        endpoint: &Endpoint,
        record: &DeliveryRecord,
        (event, is_newest): (Option<&'static str>, bool),
    ) -> DeliveryJson {
        let taken = was_taken(record);
        let delay_ms = endpoint.schedule.delay_ms(record.attempt, 0, 0);
        let delay_ms = delay_ms.filter(|_| !taken && is_newest && endpoint.pause.is_none());
        let ended_ms = record.time_ms.saturating_add(i64::from(record.latency_ms));
        DeliveryJson {
            id: delivery_id(record.instance, record.sequence, record.attempt),
            event,
            attempt: record.attempt,
            status: if taken { "success" } else { "failed" },
            status_code: record.outcome.status,
            error: Some(record.outcome.word.clone()).filter(|_| !taken),
            duration_ms: record.latency_ms,
            next_retry_at: delay_ms.map(|delay_ms| Time(ended_ms.saturating_add_unsigned(delay_ms))),
            created_at: Time(record.time_ms),
        }
    }
}

/// That an event is delivered again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReplayJson {
    pub(crate) id: String,
    /// `queued`.
    pub(crate) status: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_name_their_events() {
        let id = delivery_id(InstanceId(0xff), 7, 2);
        assert_eq!(id, "dlv_00000000000000ff_7_2");
        assert_eq!(event_of_delivery(&id), Some((InstanceId(0xff), 7)));
        for wrong in ["", "dlv_", "dlv_x_7_2", "dlv_00ff_7", "dlv_00ff_7_2_3"] {
            assert_eq!(event_of_delivery(wrong), None, "{wrong}");
        }
    }
}
