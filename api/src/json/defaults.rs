//! What new instances begin with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::account::{HookDefaults, InstanceDefaults};
use trunkline_model::limits::WEBHOOK_URL_BYTES_MAX;
use trunkline_model::settings::InstanceSettings;
use trunkline_model::{Dialect, Failure};

use super::fields::{First, Object, Problems, nullable};
use super::instance::is_http_url;
use super::settings::{SettingsJson, UpdateSettingsBody};
use crate::dialects::hook_form;
use crate::limits::{WEBHOOK_SECRET_BYTES_MAX, WORDS_MAX};

/// Hooks that are read: one more than there may be.
const HOOKS_READ: usize = Dialect::ALL.len() + 1;

/// Body of `account.set_instance_defaults`: all of it, what is left out is as every instance begins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "SetInstanceDefaults")]
pub(crate) struct InstanceDefaultsBody {
    /// How it behaves.
    settings: Object<UpdateSettingsBody>,
    /// Its webhooks in the form of other services, one for a dialect.
    hooks: First<Object<HookBody>, HOOKS_READ>,
}

/// The webhook of one instance, as a service calls it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetHookDefaults")]
struct HookBody {
    /// Whose form it has: `wsapi` or `wasaas`.
    dialect: String,
    /// Where events go; empty for nowhere.
    #[serde(default)]
    url: String,
    /// Key of the signature; null for none, left out for the one that was given before.
    #[serde(default, deserialize_with = "nullable")]
    #[schemars(with = "Option<String>")]
    secret: Option<Option<String>>,
    /// The events that are told, by the names of the dialect; empty for all.
    #[serde(default)]
    events: First<String, { WORDS_MAX + 1 }>,
}

impl InstanceDefaultsBody {
    /// What instances begin with. `before` is what they began with until now.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, before: &InstanceDefaults) -> Result<InstanceDefaults, Failure> {
        let mut problems = Problems::default();
        let Object(settings) = self.settings;
        let settings = settings.read().unwrap_or_else(|failure| {
            for field in failure.fields {
                problems.add(format!("settings.{}", field.field), field.message);
            }
            Default::default()
        });
        let First(bodies) = self.hooks;
        problems.few("hooks", &bodies, Dialect::ALL.len());
        let mut defaults = InstanceDefaults { settings, hooks: Vec::new() };
        for (index, Object(body)) in bodies.into_iter().enumerate() {
            let at = format!("hooks.{index}");
            let Some(hook) = body.read(&mut problems, &at, before) else { continue };
            if defaults.hook(hook.dialect).is_some() {
                problems.add(format!("{at}.dialect"), "is there twice");
            }
            defaults.set_hook(hook);
        }
        problems.or(Some(defaults))
    }
}

impl HookBody {
    fn read(self, problems: &mut Problems, at: &str, before: &InstanceDefaults) -> Option<HookDefaults> {
        let form = Dialect::parse(&self.dialect).and_then(|dialect| Some((dialect, hook_form(dialect)?)));
        let Some((dialect, form)) = form else {
            problems.add(format!("{at}.dialect"), "is neither `wsapi` nor `wasaas`");
            return None;
        };
        problems.bound(&format!("{at}.url"), &self.url, WEBHOOK_URL_BYTES_MAX);
        if !self.url.is_empty() && !is_http_url(&self.url) {
            problems.add(format!("{at}.url"), "is not an http or https URL with a host");
        }
        let known = || before.hook(dialect).map(|hook| hook.secret.clone()).unwrap_or_default();
        let secret = self.secret.map_or_else(known, Option::unwrap_or_default);
        problems.bound(&format!("{at}.secret"), &secret, WEBHOOK_SECRET_BYTES_MAX);
        let First(mut events) = self.events;
        problems.few(&format!("{at}.events"), &events, WORDS_MAX);
        for (index, event) in events.iter().enumerate() {
            if !form.events.contains(&event.as_str()) {
                problems.add(format!("{at}.events.{index}"), "is not the name of an event of the dialect");
            }
        }
        events.sort_unstable();
        events.dedup();
        let (timeout_ms, schedule) = (form.timeout_ms, form.schedule);
        Some(HookDefaults { dialect, url: self.url, secret, events, timeout_ms, schedule })
    }
}

/// What new instances begin with.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InstanceDefaults")]
pub(crate) struct InstanceDefaultsJson<'a> {
    settings: SettingsJson<'a>,
    hooks: Vec<HookDefaultsJson<'a>>,
}

/// A webhook that new instances begin with.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HookDefaults")]
struct HookDefaultsJson<'a> {
    dialect: &'static str,
    url: &'a str,
    /// Whether deliveries are signed; the key is not shown.
    signed: bool,
    events: &'a [String],
}

impl<'a> InstanceDefaultsJson<'a> {
    /// `settings` are those of an instance that begins so.
    pub(crate) fn of(
        defaults: &'a InstanceDefaults,
        settings: &'a InstanceSettings,
    ) -> InstanceDefaultsJson<'a> {
        let hook = |hook: &'a HookDefaults| HookDefaultsJson {
            dialect: hook.dialect.as_str(),
            url: &hook.url,
            signed: !hook.secret.is_empty(),
            events: &hook.events,
        };
        InstanceDefaultsJson {
            settings: SettingsJson::of(settings),
            hooks: defaults.hooks.iter().map(hook).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, before: &InstanceDefaults) -> Result<InstanceDefaults, Vec<String>> {
        let body: InstanceDefaultsBody = serde_json::from_str(body).expect("JSON of this form");
        let fields = |failure: Failure| failure.fields.into_iter().map(|field| field.field).collect();
        body.read(before).map_err(fields)
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |body: &str, expected: &[&str]| {
            let fields = read(body, &InstanceDefaults::default()).err().unwrap_or_default();
            assert_eq!(fields, expected, "{body}");
        };
        check("{}", &[]);
        check(r#"{"settings":{"history_sync":"all"}}"#, &["settings.history_sync"]);
        check(r#"{"hooks":[{"dialect":"wessaal"}]}"#, &["hooks.0.dialect"]);
        check(r#"{"hooks":[{"dialect":"wsapi","url":"ftp://a"}]}"#, &["hooks.0.url"]);
        check(r#"{"hooks":[{"dialect":"wsapi","events":["message","none"]}]}"#, &["hooks.0.events.1"]);
        check(r#"{"hooks":[{"dialect":"wsapi"},{"dialect":"wsapi"}]}"#, &["hooks.1.dialect"]);
    }

    #[test]
    fn a_secret_stays_where_nothing_is_said() {
        let hook = |body: &str, before: &InstanceDefaults| {
            let read = read(body, before).expect("it is in order");
            (read.hooks[0].secret.clone(), read)
        };
        let empty = InstanceDefaults::default();
        let (secret, given) = hook(r#"{"hooks":[{"dialect":"wsapi","secret":"s"}]}"#, &empty);
        assert_eq!(secret, "s");
        assert_eq!(hook(r#"{"hooks":[{"dialect":"wsapi"}]}"#, &given).0, "s");
        assert_eq!(hook(r#"{"hooks":[{"dialect":"wsapi","secret":null}]}"#, &given).0, "");
    }
}
