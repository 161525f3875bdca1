//! Settings of an instance.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::settings::{HistorySync, InstanceSettings, ProxyConfig, SettingsUpdate};
use trunkline_model::{Failure, limits as model_limits};

use super::event::EVENT_TYPES;
use super::fields::{First, Object, Problems, nullable, present};
use crate::limits;

/// Body of `settings.update`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "UpdateSettings")]
pub(crate) struct UpdateSettingsBody {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    auto_read: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    ignore_groups: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    ignore_broadcasts: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    ignore_newsletters: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    reject_calls: Option<bool>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    reject_calls_message: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    always_online: Option<bool>,
    /// `off`, `recent` or `full`.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "String")]
    history_sync: Option<String>,
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<ProxyBody>")]
    proxy: Option<Option<Object<ProxyBody>>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "First<String, { limits::WORDS_MAX + 1 }>")]
    ignored_events: Option<First<String, { limits::WORDS_MAX + 1 }>>,
}

/// A proxy: `http://host:port` (CONNECT) or `socks5://host:port`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetProxy")]
pub(crate) struct ProxyBody {
    url: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

impl UpdateSettingsBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<SettingsUpdate, Failure> {
        let mut problems = Problems::default();
        let history_sync = self.history_sync.and_then(|word| {
            let amount = HistorySync::parse(&word);
            if amount.is_none() {
                problems.add("history_sync", "is neither `off` nor `recent` nor `full`");
            }
            amount
        });
        if let Some(Some(message)) = &self.reject_calls_message {
            problems.bound("reject_calls_message", message, model_limits::TEXT_BYTES_MAX);
            if message.trim().is_empty() {
                problems.add("reject_calls_message", "is empty; give null to send none");
            }
        }
        let proxy = self.proxy.map(|given| given.map(|Object(body)| body.read(&mut problems)));
        let ignored_events = self.ignored_events.map(|First(words)| event_types(&mut problems, words));
        problems.or(Some(SettingsUpdate {
            auto_read: self.auto_read,
            ignore_groups: self.ignore_groups,
            ignore_broadcasts: self.ignore_broadcasts,
            ignore_newsletters: self.ignore_newsletters,
            reject_calls: self.reject_calls,
            reject_calls_message: self.reject_calls_message,
            always_online: self.always_online,
            history_sync,
            proxy,
            ignored_events,
        }))
    }
}

fn event_types(problems: &mut Problems, words: Vec<String>) -> Vec<String> {
    problems.few("ignored_events", &words, limits::WORDS_MAX);
    let mut known: Vec<String> = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        if !EVENT_TYPES.contains(&word.as_str()) {
            let field = format!("ignored_events.{index}");
            problems.add(field, "is not an event type; see the list in the documentation");
        } else if !known.contains(&word) {
            known.push(word);
        }
    }
    known
}

impl ProxyBody {
    fn read(self, problems: &mut Problems) -> ProxyConfig {
        problems.bound("proxy.url", &self.url, model_limits::PROXY_URL_BYTES_MAX);
        let well_formed = url::Url::parse(&self.url).is_ok_and(|url| {
            let anonymous = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "http" | "socks5") && url.has_host() && anonymous
        });
        if !well_formed {
            problems.add("proxy.url", "is neither http://host:port nor socks5://host:port");
        }
        for (field, given) in [("proxy.username", &self.username), ("proxy.password", &self.password)] {
            let Some(text) = given else { continue };
            problems.bound(field, text, model_limits::PROXY_CREDENTIAL_BYTES_MAX);
            if text.is_empty() || text.chars().any(char::is_control) {
                problems.add(field, "is empty, or has control characters");
            }
        }
        if self.password.is_some() && self.username.is_none() {
            problems.add("proxy.username", "is missing beside a password");
        }
        if self.username.as_ref().is_some_and(|name| name.contains(':')) {
            problems.add("proxy.username", "has a colon, which proxies cannot tell from the password");
        }
        ProxyConfig { url: self.url, username: self.username, password: self.password }
    }
}

/// How an instance behaves by itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub(crate) struct SettingsJson<'a> {
    /// Received messages are marked as read once they are in the event log.
    auto_read: bool,
    /// Messages of groups leave no event.
    ignore_groups: bool,
    /// Messages of broadcast lists and status updates leave no event.
    ignore_broadcasts: bool,
    /// Messages of newsletters leave no event.
    ignore_newsletters: bool,
    /// Calls are declined.
    reject_calls: bool,
    /// Text that a declined caller is sent.
    reject_calls_message: Option<&'a str>,
    /// The number shows as online while it is connected.
    always_online: bool,
    /// How much of the past the phone is asked for when the instance is linked: `off`, `recent` or `full`.
    history_sync: &'static str,
    /// The way out to WhatsApp.
    proxy: Option<ProxyJson<'a>>,
    /// Event types that are not recorded.
    ignored_events: &'a [String],
}

/// A proxy, without its password.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Proxy")]
struct ProxyJson<'a> {
    url: &'a str,
    username: Option<&'a str>,
}

impl<'a> SettingsJson<'a> {
    pub(crate) fn of(settings: &'a InstanceSettings) -> SettingsJson<'a> {
        let proxy = settings.proxy.as_ref();
        SettingsJson {
            auto_read: settings.auto_read,
            ignore_groups: settings.ignore_groups,
            ignore_broadcasts: settings.ignore_broadcasts,
            ignore_newsletters: settings.ignore_newsletters,
            reject_calls: settings.reject_calls,
            reject_calls_message: settings.reject_calls_message.as_deref(),
            always_online: settings.always_online,
            history_sync: settings.history_sync.as_str(),
            proxy: proxy.map(|proxy| ProxyJson { url: &proxy.url, username: proxy.username.as_deref() }),
            ignored_events: &settings.ignored_events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Vec<String> {
        let body: UpdateSettingsBody = serde_json::from_str(body).expect("JSON of this form");
        body.read()
            .err()
            .map_or_else(Vec::new, |failure| failure.fields.into_iter().map(|f| f.field).collect())
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, expected) in [
            ("{}", &[][..]),
            (r#"{"history_sync":"all"}"#, &["history_sync"][..]),
            (r#"{"reject_calls_message":" "}"#, &["reject_calls_message"]),
            (r#"{"reject_calls_message":null,"proxy":null}"#, &[]),
            (r#"{"ignored_events":["message.received","nonsense"]}"#, &["ignored_events.1"]),
            (r#"{"proxy":{"url":"socks5://host:1080","username":"a","password":"b"}}"#, &[]),
            (r#"{"proxy":{"url":"ftp://host"}}"#, &["proxy.url"]),
            (r#"{"proxy":{"url":"http://a:b@host:1"}}"#, &["proxy.url"]),
            (r#"{"proxy":{"url":"http://host:1","password":"b"}}"#, &["proxy.username"]),
            (r#"{"proxy":{"url":"http://host:1","username":"a:b"}}"#, &["proxy.username"]),
            (r#"{"proxy":{"url":"http://host:1","username":""}}"#, &["proxy.username"]),
        ] {
            assert_eq!(fields(body), expected, "{body}");
        }
    }
}
