//! Devices.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use trunkline_model::InstanceId;
use trunkline_model::command::InstanceView;
use trunkline_model::instance::InstanceState;

use super::super::body::device::{METADATA, NAME, PHONE};
use super::super::ids;
use crate::json::time::Time;

/// The service's word for a state.
pub(crate) fn status_word(state: InstanceState) -> &'static str {
    match state {
        InstanceState::New => "pending",
        InstanceState::AwaitingScan | InstanceState::AwaitingPasskey => "qr",
        InstanceState::Pairing | InstanceState::Connecting | InstanceState::Syncing => "connecting",
        InstanceState::Open => "connected",
        InstanceState::BackingOff
        | InstanceState::Conflict
        | InstanceState::Stopped
        | InstanceState::Parked => "disconnected",
        InstanceState::LoggedOut | InstanceState::Deleted => "logged_out",
        InstanceState::Restricted => "banned",
    }
}

/// What a device is called.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJson {
    id: String,
    name: String,
    /// Digits of the number that is linked, or is to be.
    phone: Option<String>,
    /// `pending`, `qr`, `connecting`, `connected`, `disconnected`, `logged_out` or `banned`.
    status: &'static str,
    is_connected: bool,
    /// When something was last heard of it; null while it is not connected.
    last_seen_at: Option<Time>,
    created_at: Time,
    /// Null: it is not kept.
    updated_at: Option<Time>,
    metadata: Option<Value>,
}

/// What an instance's metadata says.
fn metadata(view: &InstanceView) -> Map<String, Value> {
    view.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn phone(view: &InstanceView, metadata: &Map<String, Value>) -> Option<String> {
    let linked = view.linked.as_ref().and_then(|own| own.phone.clone());
    linked.or_else(|| metadata.get(PHONE)?.as_str().map(str::to_owned))
}

fn last_seen(view: &InstanceView, now_ms: i64) -> Option<Time> {
    view.last_frame_age_ms.map(|age_ms| Time(now_ms.saturating_sub_unsigned(age_ms)))
}

impl DeviceJson {
    pub(crate) fn of(view: &InstanceView, now_ms: i64) -> DeviceJson {
        let metadata = metadata(view);
        let name = metadata.get(NAME).and_then(Value::as_str).map(str::to_owned);
        DeviceJson {
            id: ids::device(view.id),
            name: name.or_else(|| view.name.clone()).unwrap_or_else(|| ids::device(view.id)),
            phone: phone(view, &metadata),
            status: status_word(view.state),
            is_connected: view.state == InstanceState::Open,
            last_seen_at: last_seen(view, now_ms),
            created_at: Time(view.created_at_ms),
            updated_at: None,
            metadata: metadata.get(METADATA).cloned(),
        }
    }
}

/// Where a device's connection stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusJson {
    status: &'static str,
    is_connected: bool,
    phone: Option<String>,
    last_seen_at: Option<Time>,
    /// Why it is not connected, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl StatusJson {
    pub(crate) fn of(view: &InstanceView, now_ms: i64) -> StatusJson {
        StatusJson {
            status: status_word(view.state),
            is_connected: view.state == InstanceState::Open,
            phone: phone(view, &metadata(view)),
            last_seen_at: last_seen(view, now_ms),
            reason: view.reason.map(|reason| reason.as_str()),
        }
    }
}

/// How many devices are in which status.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DevicesHealthJson {
    /// `ok`, or `degraded` when a device that was paired is not connected.
    pub(crate) status: &'static str,
    total: usize,
    connected: usize,
    devices: Vec<DeviceHealthJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DeviceHealthJson {
    id: String,
    status: &'static str,
}

impl DevicesHealthJson {
    pub(crate) fn of(instances: &[(InstanceId, InstanceState)]) -> DevicesHealthJson {
        let lost = |state| matches!(status_word(state), "disconnected" | "banned");
        let shown = |(id, state): &(InstanceId, InstanceState)| DeviceHealthJson {
            id: ids::device(*id),
            status: status_word(*state),
        };
        DevicesHealthJson {
            status: if instances.iter().any(|(_, state)| lost(*state)) { "degraded" } else { "ok" },
            total: instances.len(),
            connected: instances.iter().filter(|(_, state)| *state == InstanceState::Open).count(),
            devices: instances.iter().map(shown).collect(),
        }
    }
}

/// A QR code.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QrJson {
    /// Its text.
    pub(crate) qr: String,
    /// The picture, as a `data:` URL.
    pub(crate) qr_image: String,
    pub(crate) expires_at: Time,
    /// `qr`.
    pub(crate) status: &'static str,
}

/// A code to type.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeJson {
    /// With the dash that phones show.
    pub(crate) code: String,
    pub(crate) expires_at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_of_the_services_words() {
        let words = ["pending", "qr", "connecting", "connected", "disconnected", "logged_out", "banned"];
        for state in InstanceState::ALL {
            assert!(words.contains(&status_word(state)), "{state:?}");
        }
        let health = DevicesHealthJson::of(&[
            (InstanceId(1), InstanceState::Open),
            (InstanceId(2), InstanceState::New),
        ]);
        assert_eq!((health.status, health.connected, health.total), ("ok", 1, 2));
        let health = DevicesHealthJson::of(&[(InstanceId(1), InstanceState::BackingOff)]);
        assert_eq!(health.status, "degraded");
    }
}
