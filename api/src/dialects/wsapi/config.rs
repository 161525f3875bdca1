//! What WSAPI calls an instance's configuration. It is an endpoint of this dialect that hears of that one instance, and some of the
//! instance's settings: nothing of it is kept anywhere else.

use std::collections::BTreeMap;

use trunkline_model::command::{
    Command, EndpointCommand, EndpointReply, EndpointView, InstanceView, NewEndpoint, Reply, UpdateEndpoint,
};
use trunkline_model::delivery::{DialectFormat, Filter, Format, HttpTarget, RetrySchedule, Target};
use trunkline_model::limits::{ENDPOINT_CONCURRENCY_DEFAULT, PAGE_LIMIT_MAX, WEBHOOK_URL_BYTES_MAX};
use trunkline_model::settings::{HistorySync, SettingsUpdate};
use trunkline_model::{Dialect, EndpointId, Failure, InstanceId};

use super::event::{EVENTS, SYSTEM_EVENTS};
use super::shown::instance::public_id;
use super::wrong;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::instance::is_http_url;
use crate::json::webhook::read_headers;
use crate::limits::WEBHOOK_SECRET_BYTES_MAX;

/// Longest that a delivery takes, in milliseconds, as the service has it.
const TIMEOUT_MS: u32 = 10_000;

/// An instance's configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    endpoint: Option<EndpointId>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) signing_secret: Option<String>,
    /// The events that are told; none for all.
    pub(crate) event_filters: Vec<String>,
    pub(crate) history_sync: bool,
    /// A header of the caller's own, and its value.
    pub(crate) auth_header: Option<(String, String)>,
}

/// Changes to it: `None` leaves a thing as it is.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Empty for none.
    pub(super) webhook_url: Option<String>,
    pub(super) signing_secret: Option<String>,
    pub(super) event_filters: Option<Vec<String>>,
    pub(super) history_sync: Option<bool>,
    /// Name and value; without a name there is none.
    pub(super) auth_header: Option<(String, String)>,
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
        if let Some((name, value)) = self.auth_header.as_ref().filter(|(name, _)| !name.is_empty()) {
            read_headers(&BTreeMap::from([(name.clone(), value.clone())]), &mut problems);
        }
        problems.or(Some(()))
    }
}

/// The endpoints of this dialect, by the instance that each is about.
pub(super) async fn endpoints<G: Gateway>(
    call: &Call<'_, G>,
) -> Result<BTreeMap<InstanceId, EndpointView>, Failure> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let ask = EndpointCommand::List { pulling: false, after, limit: PAGE_LIMIT_MAX };
        let EndpointReply::Endpoints(views, more) = call.endpoints(ask).await? else {
            return Err(unexpected());
        };
        after = views.last().map(|view| view.endpoint.id);
        for view in views {
            if let (Some(_), Some([instance])) = (target_of(&view), view.endpoint.filter.instances.as_deref())
            {
                found.entry(*instance).or_insert(view);
            }
        }
        if !more || after.is_none() {
            return Ok(found);
        }
    }
}

/// The target of an endpoint of this dialect.
fn target_of(view: &EndpointView) -> Option<(&HttpTarget, &DialectFormat)> {
    match &view.endpoint.target {
        Target::Http(target) => match &target.format {
            Format::Dialect(format) if format.dialect == Dialect::Wsapi => Some((target, format)),
            Format::Dialect(_) | Format::Native => None,
        },
        _ => None,
    }
}

/// The configuration of an instance, whose endpoint is among `endpoints`.
pub(super) async fn read<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    endpoints: &BTreeMap<InstanceId, EndpointView>,
) -> Result<Config, Failure> {
    let Reply::Settings(settings) = call.command(instance, Command::GetSettings).await? else {
        return Err(unexpected());
    };
    let mut config = Config { history_sync: settings.history_sync != HistorySync::Off, ..Config::default() };
    if let Some(view) = endpoints.get(&instance)
        && let Some((target, format)) = target_of(view)
    {
        config.endpoint = Some(view.endpoint.id);
        config.webhook_url = Some(target.url.clone());
        config.signing_secret = Some(target.secret.clone());
        config.event_filters.clone_from(&format.events);
        config.auth_header = target.headers.first().cloned();
    }
    Ok(config)
}

/// Changes the configuration of an instance. A change that was checked can still be refused for its address.
pub(super) async fn change<G: Gateway>(
    call: &Call<'_, G>,
    view: &InstanceView,
    change: Change,
) -> Result<Config, Failure> {
    let mut config = read(call, view.id, &endpoints(call).await?).await?;
    let url = change.webhook_url.clone().or_else(|| config.webhook_url.clone()).filter(|url| !url.is_empty());
    if url.is_none() && change.event_filters.as_ref().is_some_and(|filters| !filters.is_empty()) {
        return Err(wrong("eventFilters", "belong to a `webhookUrl`; give both"));
    }
    match (url, config.endpoint) {
        (Some(url), known) => {
            let target = Target::Http(target(view, &config, &change, url));
            let ask = match known {
                Some(id) => {
                    let update = UpdateEndpoint { target: Some(target), ..UpdateEndpoint::default() };
                    EndpointCommand::Update(id, Box::new(update))
                }
                None => EndpointCommand::Create(Box::new(new_endpoint(view.id, target))),
            };
            call.endpoints(ask).await?;
        }
        (None, Some(id)) => drop(call.endpoints(EndpointCommand::Delete(id)).await?),
        (None, None) => {}
    }
    if let Some(on) = change.history_sync {
        let amount = if on { HistorySync::Recent } else { HistorySync::Off };
        let update = SettingsUpdate { history_sync: Some(amount), ..SettingsUpdate::default() };
        call.command(view.id, Command::UpdateSettings(Box::new(update))).await?;
    }
    config = read(call, view.id, &endpoints(call).await?).await?;
    Ok(config)
}

fn new_endpoint(instance: InstanceId, target: Target) -> NewEndpoint {
    NewEndpoint {
        name: Some(Dialect::Wsapi.as_str().to_owned()),
        target,
        filter: Filter { instances: Some(vec![instance]), ..Filter::default() },
        batching: None,
        concurrency: ENDPOINT_CONCURRENCY_DEFAULT,
        timeout_ms: TIMEOUT_MS,
        schedule: RetrySchedule::STANDARD,
    }
}

fn target(view: &InstanceView, config: &Config, change: &Change, url: String) -> HttpTarget {
    let header = change.auth_header.clone().or_else(|| config.auth_header.clone());
    let events = change.event_filters.clone().unwrap_or_else(|| config.event_filters.clone());
    HttpTarget {
        url,
        // Without one the endpoint is given one, or keeps the one that it has.
        secret: change.signing_secret.clone().unwrap_or_default(),
        old_secret: None,
        headers: header.filter(|(name, _)| !name.is_empty()).into_iter().collect(),
        format: Format::Dialect(DialectFormat {
            dialect: Dialect::Wsapi,
            instance: Some(public_id(view)),
            events,
        }),
    }
}

/// Removes the endpoint of an instance that is gone.
pub(super) async fn forget<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<(), Failure> {
    if let Some(view) = endpoints(call).await?.get(&instance) {
        call.endpoints(EndpointCommand::Delete(view.endpoint.id)).await?;
    }
    Ok(())
}
