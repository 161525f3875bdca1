//! What WSAPI calls an instance's configuration: its hook in this dialect, and how much it is asked of the past. Nothing of it is
//! kept anywhere else.

use std::collections::BTreeMap;

use trunkline_model::account::{HookDefaults, InstanceDefaults};
use trunkline_model::command::{Command, InstanceView};
use trunkline_model::delivery::{Endpoint, HookChange, HookId, RetrySchedule};
use trunkline_model::limits::WEBHOOK_URL_BYTES_MAX;
use trunkline_model::settings::{HistorySync, SettingsUpdate};
use trunkline_model::{Dialect, Failure, InstanceId};

use super::event::{EVENTS, RESERVED_HEADERS, SYSTEM_EVENTS};
use crate::call::Call;
use crate::dialects::{change_hook, get_hook, hook_text, minds_hook, permit_hook};
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::instance::is_http_url;
use crate::json::webhook::read_headers;
use crate::limits::WEBHOOK_SECRET_BYTES_MAX;

/// Longest that a delivery takes, in milliseconds, as the service has it.
pub(super) const TIMEOUT_MS: u32 = 10_000;

/// An instance's configuration, as its caller may see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) webhook_url: Option<String>,
    pub(crate) signing_secret: Option<String>,
    /// The events that are told; none for all.
    pub(crate) event_filters: Vec<String>,
    pub(crate) history_sync: bool,
    /// Name of a header of the caller's own.
    pub(crate) auth_header: Option<String>,
    /// Its value.
    pub(crate) auth_value: Option<String>,
}

/// Changes to it: `None` leaves a thing as it is.
#[derive(Default)]
pub(super) struct Change {
    /// Empty for none.
    pub(super) webhook_url: Option<String>,
    /// Empty for none.
    pub(super) signing_secret: Option<String>,
    pub(super) event_filters: Option<Vec<String>>,
    pub(super) history_sync: Option<bool>,
    /// Empty for none.
    pub(super) auth_header: Option<String>,
    pub(super) auth_value: Option<String>,
}

impl Change {
    /// Checks everything that can be checked before anything is changed.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        let mut problems = Problems::default();
        if let Some(url) = self.webhook_url.as_ref().filter(|url| !url.is_empty()) {
            problems.bound("webhookUrl", url, WEBHOOK_URL_BYTES_MAX);
            if !is_http_url(url) {
                problems.add("webhookUrl", "is not an http or https URL with a host");
            }
        }
        if let Some(secret) = &self.signing_secret {
            problems.bound("signingSecret", secret, WEBHOOK_SECRET_BYTES_MAX);
        }
        if let Some(filters) = &mut self.event_filters {
            // Those are told anyway, and so are left out without a word.
            filters.retain(|filter| !SYSTEM_EVENTS.contains(&filter.as_str()));
            filters.sort_unstable();
            filters.dedup();
            for filter in filters.iter().filter(|filter| !EVENTS.contains(&filter.as_str())) {
                let name: String = filter.chars().take(32).collect();
                problems.add("eventFilters", format!("`{name}` is not the name of an event"));
            }
        }
        if let Some(name) = self.auth_header.as_ref().filter(|name| !name.is_empty()) {
            let value = self.auth_value.clone().unwrap_or_default();
            read_headers(&BTreeMap::from([(name.clone(), value)]), &mut problems);
            if RESERVED_HEADERS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
                problems.add("webhookAuthHeader", "is a header that says something else");
            }
        }
        problems.or(Some(()))
    }

    fn is_of_hook(&self) -> bool {
        self.webhook_url.is_some()
            || self.signing_secret.is_some()
            || self.event_filters.is_some()
            || self.auth_header.is_some()
            || self.auth_value.is_some()
    }

    /// Refuses a caller who may not say where events go. `instance` is there already, or about to be made.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub(super) fn permit<G: Gateway>(
        &self,
        call: &Call<'_, G>,
        instance: Option<InstanceId>,
    ) -> Result<(), Failure> {
        if self.is_of_hook() { permit_hook(call, Dialect::Wsapi, instance) } else { Ok(()) }
    }
}

fn hook_id(instance: InstanceId) -> HookId {
    HookId { instance, dialect: Dialect::Wsapi }
}

/// The events that an instance's customer wants to hear of; none for all.
pub(super) async fn filters<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
) -> Result<Vec<String>, Failure> {
    let hook = get_hook(call, hook_id(instance)).await?;
    let format = hook.as_deref().and_then(Endpoint::hook).map(|(_, format)| format.events.clone());
    Ok(format.unwrap_or_default())
}

/// Whether an instance's events are sent anywhere.
pub(super) async fn endpoint_at_work<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
) -> Result<Option<trunkline_model::EndpointId>, Failure> {
    Ok(get_hook(call, hook_id(instance)).await?.filter(|hook| hook.is_at_work()).map(|hook| hook.id))
}

/// The configuration of an instance, without secrets that its caller may not see.
pub(super) async fn read<G: Gateway>(call: &Call<'_, G>, view: &InstanceView) -> Result<Config, Failure> {
    let hook = get_hook(call, hook_id(view.id)).await?;
    Ok(shown(call, view, hook.as_deref()))
}

fn shown<G: Gateway>(call: &Call<'_, G>, view: &InstanceView, hook: Option<&Endpoint>) -> Config {
    let mut config = Config { history_sync: view.history != HistorySync::Off, ..Config::default() };
    if let Some((target, format)) = hook.and_then(Endpoint::hook) {
        let sees = minds_hook(call, Dialect::Wsapi, Some(view.id));
        config.webhook_url = hook_text(&target.url);
        config.signing_secret = hook_text(&target.secret).filter(|_| sees);
        config.event_filters.clone_from(&format.events);
        (config.auth_header, config.auth_value) = target.headers.first().cloned().unzip();
        config.auth_value = config.auth_value.filter(|_| sees);
    }
    config
}

/// Changes the configuration of an instance. The hook is first: its address may still be refused, and then nothing is changed.
///
/// # Errors
/// `FORBIDDEN`, `VALIDATION`, or what the engine refuses it for.
pub(super) async fn change<G: Gateway>(
    call: &Call<'_, G>,
    view: &InstanceView,
    change: Change,
) -> Result<(), Failure> {
    change.permit(call, Some(view.id))?;
    let history = change.history_sync;
    if change.is_of_hook() {
        let headers = match (change.auth_header, change.auth_value) {
            (None, None) => None,
            (name, value) => Some(auth_header(call, view.id, (name, value)).await?),
        };
        let change = HookChange {
            url: change.webhook_url,
            secret: change.signing_secret,
            events: change.event_filters,
            headers,
            timeout_ms: TIMEOUT_MS,
            schedule: RetrySchedule::STANDARD,
            enabled: true,
        };
        change_hook(call, hook_id(view.id), (change, "webhookUrl")).await?;
    }
    let wanted = match (history, view.history) {
        (Some(false), HistorySync::Recent | HistorySync::Full) => Some(HistorySync::Off),
        // One that takes all of it takes what is asked for here.
        (Some(true), HistorySync::Off) => Some(HistorySync::Recent),
        _ => None,
    };
    if let Some(amount) = wanted {
        let update = SettingsUpdate { history_sync: Some(amount), ..SettingsUpdate::default() };
        call.command(view.id, Command::UpdateSettings(Box::new(update))).await?;
    }
    Ok(())
}

/// What new instances begin with, with a change that was checked.
pub(super) fn begin_with(defaults: &mut InstanceDefaults, change: Change) {
    let is_of_hook = change.is_of_hook();
    let Change { webhook_url, signing_secret, event_filters, history_sync, .. } = change;
    if is_of_hook {
        let before = defaults.hook(Dialect::Wsapi);
        let hook = HookDefaults {
            dialect: Dialect::Wsapi,
            url: webhook_url.or_else(|| before.map(|hook| hook.url.clone())).unwrap_or_default(),
            secret: signing_secret.or_else(|| before.map(|hook| hook.secret.clone())).unwrap_or_default(),
            events: event_filters.or_else(|| before.map(|hook| hook.events.clone())).unwrap_or_default(),
            timeout_ms: TIMEOUT_MS,
            schedule: RetrySchedule::STANDARD,
        };
        defaults.set_hook(hook);
    }
    let amount = &mut defaults.settings.history_sync;
    match (history_sync, &amount) {
        (Some(false), _) => *amount = Some(HistorySync::Off),
        // One that takes all of it takes what is asked for here.
        (Some(true), None | Some(HistorySync::Off)) => *amount = Some(HistorySync::Recent),
        _ => {}
    }
}

/// The caller's own header as it is to be: what is not given stays.
async fn auth_header<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    (name, value): (Option<String>, Option<String>),
) -> Result<Vec<(String, String)>, Failure> {
    if name.as_ref().is_some_and(String::is_empty) {
        return Ok(Vec::new());
    }
    let hook = get_hook(call, hook_id(instance)).await?;
    let known = hook.as_deref().and_then(Endpoint::hook).and_then(|(target, _)| target.headers.first());
    let name = name.or_else(|| known.map(|(name, _)| name.clone()));
    let value = value.or_else(|| known.map(|(_, value)| value.clone()));
    let name = name.ok_or_else(|| super::wrong("webhookAuthHeader", "is missing, and there is none yet"))?;
    let value = value.ok_or_else(|| super::wrong("webhookAuthValue", "is missing, and there is none yet"))?;
    let mut problems = Problems::default();
    let header = read_headers(&BTreeMap::from([(name, value)]), &mut problems);
    problems.or(Some(header))
}
