//! Instances: how they are made and what they are told.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// An instance that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CreateInstanceBody {
    /// Its id: letters, digits, `.`, `_` and `-`.
    #[schemars(length(max = 64))]
    pub(crate) id: String,
    /// Its configuration.
    #[serde(flatten)]
    pub(crate) config: ConfigBody,
}

/// An instance's configuration; what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigBody {
    /// A key of its own, of 24 characters at least; the one before it opens nothing any more. Empty for none.
    pub(crate) api_key: Option<String>,
    /// Where its events go; empty for nowhere.
    pub(crate) webhook_url: Option<String>,
    /// Key of the signature.
    pub(crate) signing_secret: Option<String>,
    /// The events that are told; none for all.
    pub(crate) event_filters: Option<Vec<String>>,
    /// Whether the phone is asked for its history.
    pub(crate) history_sync: Option<bool>,
}

/// The same, in the words of the hosted service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountSettingsBody {
    /// Where its events go; empty for nowhere.
    pub(crate) webhook_url: Option<String>,
    /// Key of the signature.
    pub(crate) event_signing_secret: Option<String>,
    /// The events that are told; none for all.
    pub(crate) event_filters: Option<Vec<String>>,
    /// Whether the phone is asked for its history.
    pub(crate) history_sync: Option<bool>,
    /// Whether events are come for instead of sent.
    pub(crate) pull_mode: Option<bool>,
}

/// The same, in the words of the first generation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LegacySettingsBody {
    /// The instance's name.
    pub(crate) name: Option<String>,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// Whether events are come for instead of sent.
    pub(crate) pull_mode: Option<bool>,
    /// Where its events go; empty for nowhere.
    pub(crate) webhook_url: Option<String>,
    /// Name of a header that goes with them.
    pub(crate) webhook_auth_header: Option<String>,
    /// Its value.
    pub(crate) webhook_auth_value: Option<String>,
    /// The events that are told; none for all.
    pub(crate) event_filters: Option<Vec<String>>,
}

/// What new instances begin with; what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefaultsBody {
    /// Where their events go; empty for nowhere.
    pub(crate) default_webhook_url: Option<String>,
    /// Key of the signature.
    pub(crate) default_signing_secret: Option<String>,
    /// The events that are told; none for all.
    pub(crate) default_event_filters: Option<Vec<String>>,
    /// Whether the phone is asked for its history.
    pub(crate) default_history_sync: Option<bool>,
    /// Whether events are come for instead of sent.
    pub(crate) default_pull_mode: Option<bool>,
}

/// A name.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RenameBody {
    /// The name.
    #[serde(deserialize_with = "trimmed")]
    pub(crate) name: String,
}

fn trimmed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|name| name.trim().to_owned())
}
