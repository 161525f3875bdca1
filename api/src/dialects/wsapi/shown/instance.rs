//! Instances and their settings.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use trunkline_model::Dialect;
use trunkline_model::account::InstanceDefaults;
use trunkline_model::command::InstanceView;
use trunkline_model::instance::InstanceState;
use trunkline_model::settings::HistorySync;

use super::id_of;
use super::session::is_connected;
use crate::dialects::wsapi::config::Config;
use crate::json::time::Time;

/// An instance's configuration.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ConfigJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
    event_filters: Vec<String>,
    history_sync: bool,
}

impl ConfigJson {
    fn of(config: &Config) -> ConfigJson {
        ConfigJson {
            webhook_url: config.webhook_url.clone(),
            signing_secret: config.signing_secret.clone(),
            event_filters: config.event_filters.clone(),
            history_sync: config.history_sync,
        }
    }
}

/// An instance that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MadeInstanceJson {
    id: String,
    config: ConfigJson,
}

/// An instance as the operator sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminInstanceJson {
    id: String,
    config: ConfigJson,
    is_connected: bool,
    is_logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
}

/// What an instance is called by programs: its name where it has one, in answers, in paths and in events alike.
pub(crate) fn public_id(view: &InstanceView) -> String {
    view.name.clone().unwrap_or_else(|| view.id.to_string())
}

/// The member of an instance's metadata that holds what people call it.
pub(crate) const DISPLAY_NAME: &str = "name";
/// The member that holds what it is for.
pub(crate) const DESCRIPTION: &str = "description";

/// An instance's metadata.
pub(crate) fn metadata(view: &InstanceView) -> Map<String, Value> {
    view.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn said(view: &InstanceView, member: &str) -> Option<String> {
    metadata(view).get(member).and_then(Value::as_str).map(str::to_owned)
}

/// What an instance is called by people.
fn display_name(view: &InstanceView) -> String {
    said(view, DISPLAY_NAME).unwrap_or_else(|| public_id(view))
}

impl MadeInstanceJson {
    pub(crate) fn of(view: &InstanceView, config: &Config) -> MadeInstanceJson {
        MadeInstanceJson { id: public_id(view), config: ConfigJson::of(config) }
    }
}

impl AdminInstanceJson {
    pub(crate) fn of(view: &InstanceView, config: &Config) -> AdminInstanceJson {
        AdminInstanceJson {
            id: public_id(view),
            config: ConfigJson::of(config),
            is_connected: is_connected(view.state),
            is_logged_in: view.linked.is_some(),
            device_id: view.linked.as_ref().map(id_of),
        }
    }
}

/// An instance of the account. Nothing here is bought, so nothing ends.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountInstanceJson {
    id: String,
    created: Time,
    name: String,
    use_custom_defaults: bool,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    expired_at: Option<Time>,
    trial_ends_at: Option<Time>,
    is_in_trial: bool,
    has_api_key: bool,
}

/// The word for where an instance stands with the service.
pub(crate) fn standing(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Restricted | InstanceState::Parked => "suspended",
        InstanceState::Deleted => "expired",
        _ => "active",
    }
}

impl AccountInstanceJson {
    pub(crate) fn of(view: &InstanceView, has_api_key: bool) -> AccountInstanceJson {
        AccountInstanceJson {
            id: public_id(view),
            created: Time(view.created_at_ms),
            name: display_name(view),
            use_custom_defaults: true,
            status: standing(view.state),
            device_id: view.linked.as_ref().map(id_of),
            expired_at: None,
            trial_ends_at: None,
            is_in_trial: false,
            has_api_key,
        }
    }
}

/// An instance of the account with its settings.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountDetailJson {
    id: String,
    name: String,
    has_api_key: bool,
    settings: AccountSettingsJson,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    created: Time,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountSettingsJson {
    use_custom_defaults: bool,
    /// Whether events are come for: nothing is sent anywhere.
    pull_mode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_signing_secret: Option<String>,
    history_sync: bool,
    event_filters: Vec<String>,
}

impl AccountDetailJson {
    pub(crate) fn of(view: &InstanceView, config: &Config, has_api_key: bool) -> AccountDetailJson {
        AccountDetailJson {
            id: public_id(view),
            name: display_name(view),
            has_api_key,
            settings: AccountSettingsJson {
                use_custom_defaults: true,
                pull_mode: config.webhook_url.is_none(),
                webhook_url: config.webhook_url.clone(),
                event_signing_secret: config.signing_secret.clone(),
                history_sync: config.history_sync,
                event_filters: config.event_filters.clone(),
            },
            status: standing(view.state),
            device_id: view.linked.as_ref().map(id_of),
            created: Time(view.created_at_ms),
        }
    }
}

/// What new instances begin with.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefaultsJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_webhook_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_signing_secret: Option<String>,
    default_event_filters: Vec<String>,
    default_history_sync: bool,
    default_pull_mode: bool,
}

impl DefaultsJson {
    /// `sees_secret`: whether its reader may see the key of the signature.
    pub(crate) fn of(defaults: &InstanceDefaults, sees_secret: bool) -> DefaultsJson {
        let hook = defaults.hook(Dialect::Wsapi);
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let url = hook.and_then(|hook| given(&hook.url));
        DefaultsJson {
            default_pull_mode: url.is_none(),
            default_webhook_url: url,
            default_signing_secret: hook.and_then(|hook| given(&hook.secret)).filter(|_| sees_secret),
            default_event_filters: hook.map(|hook| hook.events.clone()).unwrap_or_default(),
            default_history_sync: defaults
                .settings
                .history_sync
                .is_some_and(|amount| amount != HistorySync::Off),
        }
    }
}

/// An instance's settings, in the words of the first generation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LegacySettingsJson {
    name: String,
    description: String,
    pull_mode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_auth_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_auth_value: Option<String>,
    event_filters: Vec<String>,
}

impl LegacySettingsJson {
    pub(crate) fn of(view: &InstanceView, config: &Config) -> LegacySettingsJson {
        LegacySettingsJson {
            name: display_name(view),
            description: said(view, DESCRIPTION).unwrap_or_default(),
            pull_mode: config.webhook_url.is_none(),
            webhook_url: config.webhook_url.clone(),
            webhook_auth_header: config.auth_header.clone(),
            webhook_auth_value: config.auth_value.clone(),
            event_filters: config.event_filters.clone(),
        }
    }
}

/// An instance.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceDetailsJson {
    id: String,
    name: String,
    status: &'static str,
    is_connected: bool,
    is_logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    created: Time,
}

impl InstanceDetailsJson {
    pub(crate) fn of(view: &InstanceView) -> InstanceDetailsJson {
        InstanceDetailsJson {
            id: public_id(view),
            name: display_name(view),
            status: standing(view.state),
            is_connected: is_connected(view.state),
            is_logged_in: view.linked.is_some(),
            device_id: view.linked.as_ref().map(id_of),
            created: Time(view.created_at_ms),
        }
    }
}
