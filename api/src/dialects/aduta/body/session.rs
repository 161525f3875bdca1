//! Sessions and their webhooks.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::limits::{PROXY_CREDENTIAL_BYTES_MAX, PROXY_URL_BYTES_MAX, WEBHOOK_URL_BYTES_MAX};
use trunkline_model::settings::{ProxyConfig, SettingsUpdate};
use trunkline_model::{Address, Failure};

use super::{Loose, text, twofold};
use crate::dialects::aduta::event::known_name;
use crate::dialects::aduta::{given, person};
use crate::json::fields::{First, Problems};
use crate::json::instance::is_http_url;
use crate::limits::{WEBHOOK_SECRET_BYTES_MAX, WORDS_MAX};

type Words = First<String, { WORDS_MAX + 1 }>;

/// Longest name of a session, in characters.
const NAME_CHARS_MAX: usize = 255;

twofold! {
    /// A session that is to be made, or what is to be changed about one.
    SessionBody, SessionOthers {
        /// What people call it.
        name / "sessionName": String,
        /// The number that it is meant for.
        phone_number / "phoneNumber": Loose,
        /// Where its events go; empty for nowhere.
        webhook_url / "webhookUrl": String,
        /// Which events; all that 7aduta has when there are none.
        webhook_events / "webhookEvents": Words,
        /// Whether they are sent.
        webhook_enabled / "webhookEnabled": bool,
        /// Key of their signature.
        webhook_secret / "webhookSecret": String,
        /// Whether it sends one message in five seconds at the most.
        account_protection / "accountProtection": bool,
        /// Whether its log of messages says to whom they went.
        log_messages / "logMessages": bool,
        /// Whether received messages are marked as read.
        read_incoming_messages / "readIncomingMessages": bool,
        /// Whether calls are declined.
        auto_reject_calls / "autoRejectCalls": bool,
        /// Whether the number shows as online.
        always_online / "alwaysOnline": bool,
        /// Whether messages of groups leave no event.
        ignore_groups / "ignoreGroups": bool,
        /// Whether messages of broadcast lists leave no event.
        ignore_broadcasts / "ignoreBroadcasts": bool,
        /// Whether messages of channels leave no event.
        ignore_channels / "ignoreChannels": bool,
        /// The way out to WhatsApp, as `http://name:password@host:port` or `socks5://…`; empty for the direct one.
        proxy_url / "proxyUrl": String,
    }
}

twofold! {
    /// Where a session's events are to go.
    WebhookBody, WebhookOthers {
        /// The address; empty for nowhere.
        url / "webhook_url": String,
        /// Which events.
        events / "webhook_events": Words,
        /// Key of the signature.
        secret / "webhook_secret": String,
        /// Whether they are sent.
        enabled / "webhook_enabled": bool,
    }
}

/// How a session is to connect.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ConnectBody {
    /// Whether the QR code is given as a picture (a `data:` URL of a PNG) instead of as text.
    pub(crate) qr_as_image: Option<bool>,
}

twofold! {
    /// The phone that will type a code.
    PhoneBody, PhoneOthers {
        /// Its number.
        phone / "phoneNumber": Loose,
        /// The same.
        phone_number / "number": Loose,
    }
}

/// What is asked of a session, checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionWish {
    pub(crate) marks: Marks,
    pub(crate) hook: HookWish,
    pub(crate) settings: SettingsUpdate,
}

/// What is remembered beside the instance: `None` leaves a thing as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) name: Option<String>,
    /// As the caller wrote it.
    pub(crate) phone_number: Option<String>,
    pub(crate) account_protection: Option<bool>,
    pub(crate) log_messages: Option<bool>,
}

/// Where events are to go: `None` leaves a thing as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct HookWish {
    /// Empty for nowhere.
    pub(crate) url: Option<String>,
    pub(crate) events: Option<Vec<String>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) secret: Option<String>,
}

impl SessionBody {
    /// Checks everything that can be checked before anything is changed. `is_new` needs a name.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, is_new: bool) -> Result<SessionWish, Failure> {
        let body = self.merged();
        let mut problems = Problems::default();
        let name = given(body.name).map(|name| name.trim().to_owned());
        match &name {
            None if is_new => problems.add("name", "is missing"),
            Some(name) if name.is_empty() => problems.add("name", "is empty"),
            Some(name) => problems.bound_chars("name", name, NAME_CHARS_MAX),
            None => {}
        }
        let phone_number = text(body.phone_number);
        if let Some(phone) = &phone_number {
            problems.keep("phone_number", phone.parse::<Address>());
        }
        let hook = HookWish {
            url: body.webhook_url,
            events: body.webhook_events.map(|First(words)| words),
            enabled: body.webhook_enabled,
            secret: given(body.webhook_secret),
        };
        let hook = hook.checked(&mut problems, ["webhook_url", "webhook_events", "webhook_secret"]);
        let settings = SettingsUpdate {
            auto_read: body.read_incoming_messages,
            reject_calls: body.auto_reject_calls,
            always_online: body.always_online,
            ignore_groups: body.ignore_groups,
            ignore_broadcasts: body.ignore_broadcasts,
            ignore_newsletters: body.ignore_channels,
            proxy: body.proxy_url.map(|url| proxy(&mut problems, &url)),
            ..SettingsUpdate::default()
        };
        let (account_protection, log_messages) = (body.account_protection, body.log_messages);
        let marks = Marks { name, phone_number, account_protection, log_messages };
        problems.or(Some(SessionWish { marks, hook, settings }))
    }
}

impl WebhookBody {
    /// Checks everything that can be checked before anything is changed.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<HookWish, Failure> {
        let body = self.merged();
        let mut problems = Problems::default();
        let hook = HookWish {
            url: body.url,
            events: body.events.map(|First(words)| words),
            enabled: body.enabled,
            secret: given(body.secret),
        };
        let hook = hook.checked(&mut problems, ["url", "events", "secret"]);
        problems.or(Some(hook))
    }
}

impl HookWish {
    fn checked(mut self, problems: &mut Problems, [url, events, secret]: [&str; 3]) -> HookWish {
        if let Some(address) = self.url.as_deref().filter(|address| !address.is_empty()) {
            problems.bound(url, address, WEBHOOK_URL_BYTES_MAX);
            if !is_http_url(address) {
                problems.add(url, "is not an http or https URL with a host");
            }
        }
        let given = self.secret.as_deref().unwrap_or_default();
        problems.bound(secret, given, WEBHOOK_SECRET_BYTES_MAX);
        if given.chars().any(char::is_control) {
            // In WasenderAPI's form it is the value of a header.
            problems.add(secret, "has control characters");
        }
        let Some(words) = self.events.take() else { return self };
        problems.few(events, &words, WORDS_MAX);
        let mut known: Vec<String> = Vec::with_capacity(words.len());
        for word in &words {
            match known_name(word) {
                Some(name) if known.iter().any(|known| known == name) => {}
                Some(name) => known.push(name.to_owned()),
                None => {
                    let word: String = word.chars().take(32).collect();
                    problems.add(events, format!("has `{word}`, which is not the name of an event"));
                }
            }
        }
        self.events = Some(known);
        self
    }

    /// Whether it says anything.
    pub(crate) fn is_some(&self) -> bool {
        *self != HookWish::default()
    }
}

impl PhoneBody {
    /// Digits of the phone.
    ///
    /// # Errors
    /// `VALIDATION` when it is missing, or no phone number.
    pub(crate) fn read(self) -> Result<String, Failure> {
        let body = self.merged();
        let missing = || crate::dialects::aduta::wrong("phone", "is missing");
        let phone = text(body.phone).or(text(body.phone_number)).ok_or_else(missing)?;
        let address = person("phone", &phone)?;
        let digits = address.phone().map(str::to_owned);
        digits.ok_or_else(|| crate::dialects::aduta::wrong("phone", "is not a phone number"))
    }
}

/// The proxy at a URL, credentials being taken out of it; `None` for the direct way.
fn proxy(problems: &mut Problems, text: &str) -> Option<ProxyConfig> {
    const FORM: &str = "is neither http://host:port nor socks5://host:port";
    if text.is_empty() {
        return None;
    }
    problems.bound("proxy_url", text, PROXY_URL_BYTES_MAX);
    let url = problems.keep("proxy_url", url::Url::parse(text).map_err(|_| FORM))?;
    if !matches!(url.scheme(), "http" | "socks5") || !url.has_host() {
        problems.add("proxy_url", FORM);
        return None;
    }
    let decoded = |part: &str| {
        let part = percent_encoding::percent_decode_str(part).decode_utf8().ok()?.into_owned();
        let is_usable = part.len() <= PROXY_CREDENTIAL_BYTES_MAX && !part.chars().any(char::is_control);
        is_usable.then_some(part)
    };
    let username = Some(url.username()).filter(|name| !name.is_empty());
    let credentials = [username, url.password()].map(|part| part.map(decoded));
    let [username, password] = credentials;
    if matches!(username, Some(None)) || matches!(password, Some(None)) {
        problems.add("proxy_url", "has a name or password that a proxy does not take");
        return None;
    }
    let (username, password) = (username.flatten(), password.flatten());
    if username.as_ref().is_some_and(|name| name.contains(':')) || (username.is_none() && password.is_some())
    {
        problems.add("proxy_url", "has a name or password that a proxy does not take");
        return None;
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
    Some(ProxyConfig { url: format!("{}://{host}{port}", url.scheme()), username, password })
}
