//! Contacts, the number itself, calls.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::command::{PrivacySetting, PrivacyValue};

use crate::dialects::wsapi::wrong;
use crate::json::fields::{Base64, First};
use crate::limits::WSAPI_CHECKS_MAX;

/// Somebody to be saved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactBody {
    /// WhatsApp id.
    pub(crate) id: String,
    /// The whole name.
    pub(crate) full_name: String,
    /// The first part of it.
    pub(crate) first_name: Option<String>,
}

/// The names that somebody is saved under.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamesBody {
    /// The whole name.
    pub(crate) full_name: String,
    /// The first part of it.
    pub(crate) first_name: Option<String>,
}

/// Numbers that may be on WhatsApp.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CheckBody {
    /// The numbers.
    pub(crate) phones: First<String, { WSAPI_CHECKS_MAX + 1 }>,
}

/// Changes to the number's profile.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ProfileBody {
    /// The name that others see.
    pub(crate) name: Option<String>,
    /// The about text.
    pub(crate) status: Option<String>,
    /// The JPEG, in base64.
    pub(crate) picture: Option<Base64>,
}

/// The name that others see.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OwnNameBody {
    /// The name.
    pub(crate) name: String,
}

/// The about text.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OwnStatusBody {
    /// The text.
    pub(crate) status: String,
}

/// Whether the number is shown as online.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OwnPresenceBody {
    /// `available` or `unavailable`.
    #[serde(alias = "status")]
    presence: String,
}

/// One privacy setting.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PrivacyBody {
    /// Which.
    setting: String,
    /// What it is set to.
    value: String,
}

/// A call to be declined.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RejectBody {
    /// Who calls.
    #[serde(alias = "caller")]
    pub(crate) caller_id: String,
}

impl OwnPresenceBody {
    pub(crate) fn is_online(&self) -> Result<bool, Failure> {
        match self.presence.as_str() {
            "available" => Ok(true),
            "unavailable" => Ok(false),
            _ => Err(wrong("presence", "is neither available nor unavailable")),
        }
    }
}

/// The settings by the service's words.
pub(crate) const SETTINGS: &[(&str, PrivacySetting)] = &[
    ("groupadd", PrivacySetting::Groups),
    ("last", PrivacySetting::LastSeen),
    ("status", PrivacySetting::About),
    ("profile", PrivacySetting::Picture),
    ("readreceipts", PrivacySetting::ReadReceipts),
    ("online", PrivacySetting::Online),
    ("calladd", PrivacySetting::Calls),
];

/// The values by the service's words.
pub(crate) const VALUES: &[(&str, PrivacyValue)] = &[
    ("all", PrivacyValue::All),
    ("contacts", PrivacyValue::Contacts),
    ("contact_blacklist", PrivacyValue::ContactsExcept),
    ("match_last_seen", PrivacyValue::MatchLastSeen),
    ("known", PrivacyValue::Known),
    ("none", PrivacyValue::Nobody),
];

impl PrivacyBody {
    pub(crate) fn read(&self) -> Result<(PrivacySetting, PrivacyValue), Failure> {
        let setting = SETTINGS.iter().find(|(word, _)| *word == self.setting);
        let (_, setting) = setting.ok_or_else(|| wrong("setting", "is not the name of a setting"))?;
        let value = VALUES.iter().find(|(word, _)| *word == self.value);
        let (_, value) = value.ok_or_else(|| wrong("value", "is not a value of a setting"))?;
        if !setting.values().contains(value) {
            return Err(wrong("value", "is not a value of this setting"));
        }
        Ok((*setting, *value))
    }
}
