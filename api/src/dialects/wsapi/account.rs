//! The instance of the first generation, and the account's instances of the hosted service.

use serde_json::{Map, Value};
use trunkline_model::command::{Command, InstanceView, UpdateInstance};
use trunkline_model::limits::{METADATA_BYTES_MAX, PAGE_LIMIT_MAX};
use trunkline_model::{ErrorCode, Failure};

use super::body::instance::{AccountSettingsBody, LegacySettingsBody, RenameBody};
use super::config::{self, Change, Config};
use super::instances::{all, named, restart};
use super::session::instance;
use super::shown::instance::{
    AccountDetailJson, AccountInstanceJson, AccountPageJson, InstanceDetailsJson, LegacySettingsJson,
    standing,
};
use super::table::account::AccountOperation;
use super::{Ask, given, wrong};
use crate::body::RequestBody;
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::instance::check_name;
use crate::json::time::parse_time;
use crate::limits::WSAPI_PAGE_SIZE_DEFAULT;
use crate::reply::Answer;

/// The member of an instance's metadata that holds what the first generation calls its description.
const DESCRIPTION: &str = "description";

pub(super) async fn answer<G: Gateway>(
    operation: AccountOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use AccountOperation as Op;
    match operation {
        Op::Settings => {
            let view = instance(ask).await?;
            let config = config::read(ask.call, view.id, &config::endpoints(ask.call).await?).await?;
            Ok(ask.show(&LegacySettingsJson::of(&view, &config, description(&view))))
        }
        Op::SetSettings => set_settings(ask, ask.call.body(body).await?).await,
        Op::RestartThis => ask.done(Command::Restart).await,
        Op::Details => Ok(ask.show(&InstanceDetailsJson::of(&*instance(ask).await?))),
        Op::List => list(ask).await,
        Op::Get => {
            let view = named(ask).await?;
            let config = config::read(ask.call, view.id, &config::endpoints(ask.call).await?).await?;
            Ok(ask.show(&AccountDetailJson::of(&view, &config)))
        }
        Op::Rename => {
            let body: RenameBody = body.json(ask.call.headers).await?;
            let view = named(ask).await?;
            rename(ask, &view, body.name, None).await?;
            Ok(ask.nothing())
        }
        Op::Configure => configure(ask, body.json(ask.call.headers).await?).await,
        Op::Restart => restart(ask).await,
    }
}

fn metadata(view: &InstanceView) -> Map<String, Value> {
    view.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn description(view: &InstanceView) -> String {
    metadata(view).get(DESCRIPTION).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Gives an instance another name or description; an endpoint that tells its name tells the new one.
async fn rename<G: Gateway>(
    ask: &Ask<'_, G>,
    view: &InstanceView,
    name: String,
    described: Option<String>,
) -> Result<Config, Failure> {
    let mut problems = Problems::default();
    check_name(&mut problems, &name);
    let described = described.map(|text| {
        let mut metadata = metadata(view);
        metadata.insert(DESCRIPTION.to_owned(), Value::String(text));
        Value::Object(metadata).to_string()
    });
    problems.bound("description", described.as_deref().unwrap_or_default(), METADATA_BYTES_MAX);
    problems.or(Some(()))?;
    let update = UpdateInstance {
        name: Some(name.clone()).filter(|name| view.name.as_ref() != Some(name)),
        metadata: described.map(Some),
    };
    ask.call.command(view.id, Command::UpdateInstance(Box::new(update))).await?;
    let named = InstanceView { name: Some(name), ..view.clone() };
    config::change(ask.call, &named, Change::default()).await
}

async fn set_settings<G: Gateway>(ask: &Ask<'_, G>, body: LegacySettingsBody) -> Result<Answer, Failure> {
    let mut change = Change {
        webhook_url: pulled(body.webhook_url, body.pull_mode)?,
        signing_secret: None,
        event_filters: body.event_filters,
        history_sync: None,
        auth_header: body.webhook_auth_header.map(|name| (name, body.webhook_auth_value.unwrap_or_default())),
    };
    change.check()?;
    let view = instance(ask).await?;
    if body.name.is_some() || body.description.is_some() {
        let name = given(body.name).unwrap_or_else(|| super::shown::instance::public_id(&view));
        // An instance without a name goes by its id, which is no name.
        if view.name.is_none() && name == view.id.to_string() {
            return Err(wrong("name", "is missing; an instance with a description has one"));
        }
        rename(ask, &view, name, body.description).await?;
    }
    let view = instance(ask).await?;
    let config = config::change(ask.call, &view, change).await?;
    Ok(ask.show(&LegacySettingsJson::of(&view, &config, description(&view))))
}

/// Events are come for where they are sent nowhere, so one excludes the other.
fn pulled(webhook_url: Option<String>, pull_mode: Option<bool>) -> Result<Option<String>, Failure> {
    match (webhook_url, pull_mode) {
        (Some(url), Some(true)) if !url.is_empty() => {
            Err(wrong("pullMode", "stands beside a `webhookUrl`; give one of them"))
        }
        (_, Some(true)) => Ok(Some(String::new())),
        (url, _) => Ok(url),
    }
}

async fn configure<G: Gateway>(ask: &Ask<'_, G>, body: AccountSettingsBody) -> Result<Answer, Failure> {
    let mut change = Change {
        webhook_url: pulled(body.webhook_url, body.pull_mode)?,
        signing_secret: given(body.event_signing_secret),
        event_filters: body.event_filters,
        history_sync: body.history_sync,
        auth_header: None,
    };
    change.check()?;
    config::change(ask.call, &*named(ask).await?, change).await?;
    Ok(ask.nothing())
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let number = |name: &str, default: usize, most: usize| match query.get(name) {
        None | Some("") => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| malformed(name, &format!("is not a whole number from 1 to {most}"))),
    };
    let time = |name: &str| match query.get(name) {
        None | Some("") => Ok(None),
        Some(text) => parse_time(text).map(Some).ok_or_else(|| malformed(name, "is not a time in RFC 3339")),
    };
    let page_number = number("pageNumber", 1, usize::from(u16::MAX))?;
    let page_size = number("pageSize", WSAPI_PAGE_SIZE_DEFAULT, PAGE_LIMIT_MAX)?;
    let (from_ms, to_ms) = (time("createdFrom")?, time("createdTo")?);
    let status = query.get("status").filter(|status| !status.is_empty());
    let mut views = all(ask.call).await?;
    views.retain(|view| {
        from_ms.is_none_or(|from_ms| view.created_at_ms >= from_ms)
            && to_ms.is_none_or(|to_ms| view.created_at_ms <= to_ms)
            && status.is_none_or(|status| standing(view.state) == status)
    });
    let skipped = (page_number - 1) * page_size;
    let items = views.iter().skip(skipped).take(page_size).map(AccountInstanceJson::of).collect();
    Ok(ask.show(&AccountPageJson { items, total_count: views.len(), page_number, page_size }))
}

fn malformed(name: &str, message: &str) -> Failure {
    Failure::new(ErrorCode::MalformedRequest, format!("`{name}` {message}"))
}
