//! Apps, health, and who calls.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::account::AppRecord;
use trunkline_model::command::Shown;

use super::super::ids;
use crate::json::time::Time;

/// An app.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppJson {
    id: String,
    name: String,
    /// The devices that it is bound to; empty for all.
    device_ids: Vec<String>,
    allowed_ips: Vec<String>,
    /// `active`: one that is not is gone.
    status: &'static str,
    /// Null: it is not kept.
    last_used_at: Option<Time>,
    /// How its key begins.
    key_prefix: String,
    created_at: Time,
    /// Its key: when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_key: Option<String>,
}

impl AppJson {
    pub(crate) fn of(record: &AppRecord) -> AppJson {
        AppJson {
            id: record.id.to_string(),
            name: record.name.clone(),
            device_ids: record.instances.iter().flatten().copied().map(ids::device).collect(),
            allowed_ips: record.allowed_ips.clone(),
            status: "active",
            last_used_at: None,
            key_prefix: record.secrets.current.prefix.clone(),
            created_at: Time(record.created_at_ms),
            app_key: None,
        }
    }

    /// One that was just made, with its key.
    pub(crate) fn made(record: &AppRecord, Shown(key): Shown) -> AppJson {
        AppJson { app_key: Some(key), ..AppJson::of(record) }
    }
}

/// An app's new key.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyJson {
    pub(crate) app_key: String,
}

/// That requests are served.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HealthJson {
    /// `ok`, or `unavailable`.
    pub(crate) status: &'static str,
    /// Seconds since the start.
    pub(crate) uptime: u64,
    pub(crate) version: &'static str,
    pub(crate) timestamp: Time,
}

/// Whose keys these are.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeJson {
    pub(crate) workspace: WorkspaceJson,
    pub(crate) api_key: ApiKeyJson,
    pub(crate) app: Option<AppNameJson>,
}

/// What the service calls a workspace: the account.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkspaceJson {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An API key.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ApiKeyJson {
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
}

/// An app by its name.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AppNameJson {
    pub(crate) id: String,
    pub(crate) name: String,
}
