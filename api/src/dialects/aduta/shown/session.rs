//! Sessions, their webhooks, and how they connect.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use trunkline_model::command::{InstanceView, ProfileView};
use trunkline_model::instance::InstanceState;
use trunkline_model::settings::InstanceSettings;

use super::{id_of, lid_of};
use crate::dialects::aduta::config::Hook;
use crate::dialects::aduta::event::is_wasender;
use crate::dialects::pairing::dashed;
use crate::json::time::{Time, now_ms};

/// The members of an instance's metadata that hold what is remembered of a session.
pub(crate) const NAME: &str = "name";
/// The number that it is meant for, as its maker wrote it.
pub(crate) const PHONE_NUMBER: &str = "phone_number";
/// Whether it sends one message in a while.
pub(crate) const PROTECTED: &str = "account_protection";
/// Whether its log says to whom messages went.
pub(crate) const LOGGED: &str = "log_messages";

/// What is remembered of a session.
pub(crate) fn metadata(view: &InstanceView) -> Map<String, Value> {
    view.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Whether a session is protected.
pub(crate) fn is_protected(view: &InstanceView) -> bool {
    metadata(view).get(PROTECTED).and_then(Value::as_bool).unwrap_or(false)
}

/// Whether a session's log says to whom messages went.
pub(crate) fn is_logged(view: &InstanceView) -> bool {
    metadata(view).get(LOGGED).and_then(Value::as_bool).unwrap_or(true)
}

/// The word for where a session stands.
pub(crate) fn word(state: InstanceState) -> &'static str {
    use InstanceState as State;
    match state {
        State::Open => "CONNECTED",
        State::AwaitingScan
        | State::AwaitingPasskey
        | State::Pairing
        | State::Connecting
        | State::Syncing => "CONNECTING",
        State::LoggedOut => "LOGGED_OUT",
        State::New
        | State::BackingOff
        | State::Conflict
        | State::Restricted
        | State::Stopped
        | State::Parked
        | State::Deleted => "DISCONNECTED",
    }
}

/// The word as the session's customer reads it: WasenderAPI's are in lower case, and it has one more.
fn word_for(hook: &Hook, state: InstanceState) -> &'static str {
    match (is_wasender(&hook.events), state, word(state)) {
        (false, _, word) => word,
        (true, InstanceState::AwaitingScan, _) => "need_scan",
        (true, _, "CONNECTED") => "connected",
        (true, _, "CONNECTING") => "connecting",
        (true, _, "LOGGED_OUT") => "logged_out",
        (true, _, _) => "disconnected",
    }
}

/// A session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionJson {
    id: String,
    name: String,
    phone_number: Option<String>,
    /// `CONNECTED`, `CONNECTING`, `DISCONNECTED`, `LOGGED_OUT`; in lower case, and with `need_scan`, where a session asks for events by
    /// WasenderAPI's names.
    status: &'static str,
    account_protection: bool,
    log_messages: bool,
    webhook_url: Option<String>,
    webhook_enabled: bool,
    webhook_events: Vec<String>,
    /// Shown when it is made.
    api_key: Option<String>,
    /// Shown to whoever may change it.
    webhook_secret: Option<String>,
    last_active_at: Option<Time>,
    created_at: Time,
    /// When its webhook was changed, or it was made.
    updated_at: Time,
    #[serde(flatten)]
    twins: TwinsJson,
    #[serde(flatten)]
    #[serde(skip_serializing_if = "Option::is_none")]
    behaviour: Option<BehaviourJson>,
}

/// The same as 7aduta's webhooks would have them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TwinsJson {
    phone_number: Option<String>,
    webhook_url: Option<String>,
    webhook_enabled: bool,
    webhook_events: Vec<String>,
    api_key: Option<String>,
    webhook_secret: Option<String>,
    last_active_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// How a session behaves by itself.
#[derive(Debug, Serialize, JsonSchema)]
struct BehaviourJson {
    read_incoming_messages: bool,
    auto_reject_calls: bool,
    always_online: bool,
    ignore_groups: bool,
    ignore_broadcasts: bool,
    ignore_channels: bool,
    /// The way out to WhatsApp, without its credentials.
    proxy_url: Option<String>,
}

impl BehaviourJson {
    fn of(settings: &InstanceSettings) -> BehaviourJson {
        BehaviourJson {
            read_incoming_messages: settings.auto_read,
            auto_reject_calls: settings.reject_calls,
            always_online: settings.always_online,
            ignore_groups: settings.ignore_groups,
            ignore_broadcasts: settings.ignore_broadcasts,
            ignore_channels: settings.ignore_newsletters,
            proxy_url: settings.proxy.as_ref().map(|proxy| proxy.url.clone()),
        }
    }
}

/// What people call a session.
fn name(view: &InstanceView) -> String {
    let said = metadata(view).get(NAME).and_then(Value::as_str).map(str::to_owned);
    said.or_else(|| view.name.clone()).unwrap_or_else(|| view.id.to_string())
}

/// The number of a session: that which is linked, or that which it is meant for.
fn phone_number(view: &InstanceView) -> Option<String> {
    let linked = view.linked.as_ref().and_then(|own| own.phone.as_ref()).map(|digits| format!("+{digits}"));
    linked.or_else(|| metadata(view).get(PHONE_NUMBER).and_then(Value::as_str).map(str::to_owned))
}

impl SessionJson {
    pub(crate) fn of(view: &InstanceView, hook: &Hook, settings: Option<&InstanceSettings>) -> SessionJson {
        let age_ms = view.last_frame_age_ms.and_then(|ms| i64::try_from(ms).ok());
        let last_active_at = age_ms.map(|ms| Time(now_ms().saturating_sub(ms)));
        let created_at = Time(view.created_at_ms);
        let updated_at = Time(hook.changed_at_ms.unwrap_or(view.created_at_ms));
        let twins = TwinsJson {
            phone_number: phone_number(view),
            webhook_url: hook.url.clone(),
            webhook_enabled: hook.enabled,
            webhook_events: hook.events.clone(),
            api_key: None,
            webhook_secret: hook.secret.clone(),
            last_active_at,
            created_at,
            updated_at,
        };
        SessionJson {
            id: view.id.to_string(),
            name: name(view),
            phone_number: phone_number(view),
            status: word_for(hook, view.state),
            account_protection: is_protected(view),
            log_messages: is_logged(view),
            webhook_url: hook.url.clone(),
            webhook_enabled: hook.enabled,
            webhook_events: hook.events.clone(),
            api_key: None,
            webhook_secret: hook.secret.clone(),
            last_active_at,
            created_at,
            updated_at,
            twins,
            behaviour: settings.map(BehaviourJson::of),
        }
    }

    /// With the key that was made for it.
    pub(crate) fn with_key(mut self, key: &str) -> SessionJson {
        self.api_key = Some(key.to_owned());
        self.twins.api_key = Some(key.to_owned());
        self
    }
}

/// How connecting goes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProgressJson {
    /// As that of a session; `NEED_SCAN` beside a QR code.
    pub(crate) status: &'static str,
    /// Text of the QR code, or a `data:` URL of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) qr_code: Option<String>,
    pub(crate) message: &'static str,
}

/// A QR code.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QrJson {
    /// Its text.
    pub(crate) qr_code: String,
    /// When another one takes its place.
    pub(crate) expires_at: Time,
}

/// A code to type.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CodeJson {
    code: String,
}

impl CodeJson {
    /// An 8-character code, with the dash that phones show.
    pub(crate) fn of(code: &str) -> CodeJson {
        CodeJson { code: dashed(code) }
    }
}

/// A new key of a session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NewKeyJson {
    success: bool,
    api_key: String,
    #[serde(rename = "apiKey")]
    camel: String,
}

impl NewKeyJson {
    pub(crate) fn of(key: &str) -> NewKeyJson {
        NewKeyJson { success: true, api_key: key.to_owned(), camel: key.to_owned() }
    }
}

/// Where a session's events go.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WebhookJson {
    url: Option<String>,
    events: Vec<String>,
    enabled: bool,
    /// Shown to whoever may change it.
    secret: Option<String>,
}

impl WebhookJson {
    pub(crate) fn of(hook: Hook) -> WebhookJson {
        WebhookJson { url: hook.url, events: hook.events, enabled: hook.enabled, secret: hook.secret }
    }
}

/// Where the session of a key stands; to a token, where each does.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatusJson {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Vec<StandingJson>>,
}

/// Where a session stands.
#[derive(Debug, Serialize, JsonSchema)]
struct StandingJson {
    id: String,
    name: String,
    status: &'static str,
}

impl StatusJson {
    pub(crate) fn of(view: &InstanceView, hook: &Hook) -> StatusJson {
        StatusJson { success: true, status: Some(word_for(hook, view.state)), data: None }
    }

    pub(crate) fn of_all(views: &[InstanceView]) -> StatusJson {
        let standing = |view: &InstanceView| StandingJson {
            id: view.id.to_string(),
            name: name(view),
            status: word(view.state),
        };
        StatusJson { success: true, status: None, data: Some(views.iter().map(standing).collect()) }
    }
}

/// Who a session is on WhatsApp.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnJson {
    id: String,
    name: Option<String>,
    lid: Option<String>,
    phone_number: Option<String>,
    /// The text under the name.
    status: Option<String>,
    img_url: Option<String>,
}

impl OwnJson {
    pub(crate) fn of(profile: &ProfileView) -> OwnJson {
        OwnJson {
            id: id_of(&profile.account),
            name: profile.account.name.clone(),
            lid: lid_of(&profile.account),
            phone_number: profile.account.phone.as_ref().map(|digits| format!("+{digits}")),
            status: profile.about.clone(),
            img_url: profile.picture.as_ref().map(|picture| picture.url.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference gives a QR code while a session is connecting, and at no other time.
    #[test]
    fn a_code_is_on_show_only_while_connecting() {
        for state in InstanceState::ALL {
            let shows_code = state == InstanceState::AwaitingScan;
            assert!(!shows_code || word(state) == "CONNECTING", "{state:?}");
            assert_eq!(word(state) == "CONNECTED", state == InstanceState::Open, "{state:?}");
            let told = |events: &[&str]| {
                let events = events.iter().map(|name| (*name).to_owned()).collect();
                word_for(&Hook { events, ..Hook::default() }, state)
            };
            assert_eq!(told(&["message.received"]), word(state));
            assert_eq!(told(&["session.status"]) == "need_scan", shows_code, "{state:?}");
            assert!(shows_code || told(&["session.status"]) == word(state).to_ascii_lowercase(), "{state:?}");
        }
    }
}
