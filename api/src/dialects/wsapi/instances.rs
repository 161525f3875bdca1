//! Instances as the operator of a self-hosted server makes them: the caller chooses their ids, which are names here.

use std::collections::BTreeMap;

use trunkline_model::command::{Command, CreateInstance, InstanceView};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::{Failure, InstanceId};

use super::admit::no_instance;
use super::body::instance::{ConfigBody, CreateInstanceBody};
use super::config::{self, Change};
use super::shown::instance::{AdminInstanceJson, MadeInstanceJson};
use super::table::admin::AdminOperation;
use super::{Ask, given, wrong};
use crate::body::RequestBody;
use crate::call::{Call, in_time, instance_in};
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::instance::check_name;
use crate::limits::DIALECT_LIST_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: AdminOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use AdminOperation as Op;
    match operation {
        Op::Create => create(ask, body.json(ask.call.headers).await?).await,
        Op::List => {
            let views = all(ask.call).await?;
            let endpoints = config::endpoints(ask.call).await?;
            let mut shown = Vec::with_capacity(views.len());
            for view in &views {
                shown.push(AdminInstanceJson::of(view, &config::read(ask.call, view.id, &endpoints).await?));
            }
            Ok(ask.show(&shown))
        }
        Op::Get => {
            let view = named(ask).await?;
            let config = config::read(ask.call, view.id, &config::endpoints(ask.call).await?).await?;
            Ok(ask.show(&AdminInstanceJson::of(&view, &config)))
        }
        Op::Delete => {
            let view = named(ask).await?;
            ask.call.command(view.id, Command::DeleteInstance).await?;
            config::forget(ask.call, view.id).await?;
            Ok(ask.nothing())
        }
        Op::Config => {
            let body: ConfigBody = body.json(ask.call.headers).await?;
            let change = checked(body)?;
            config::change(ask.call, &*named(ask).await?, change).await?;
            Ok(ask.nothing())
        }
        Op::Restart => restart(ask).await,
    }
}

/// Closes the connection of the instance in the path and opens it again.
pub(super) async fn restart<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = named(ask).await?;
    ask.call.command(view.id, Command::Restart).await?;
    Ok(ask.nothing())
}

/// The instance in the path, by its name or its id.
pub(super) async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<InstanceView>, Failure> {
    let name = ask.param("id");
    let id = ask.call.front.gateway.resolve(ask.call.account(), &name).ok_or_else(no_instance)?;
    instance_in(ask.call.command(id, Command::GetInstance).await?)
}

/// Every instance of the account, up to a bound.
pub(super) async fn all<G: Gateway>(call: &Call<'_, G>) -> Result<Vec<InstanceView>, Failure> {
    let mut all = BTreeMap::<InstanceId, InstanceView>::new();
    let mut after = None;
    while all.len() < DIALECT_LIST_MAX {
        let page = call.front.gateway.list_instances(call.account(), after, PAGE_LIMIT_MAX, None);
        let (views, more) = in_time(page).await?;
        after = views.last().map(|view| view.id);
        all.extend(views.into_iter().map(|view| (view.id, view)));
        if !more {
            break;
        }
    }
    Ok(all.into_values().collect())
}

fn checked(body: ConfigBody) -> Result<Change, Failure> {
    if given(body.api_key).is_some() {
        return Err(wrong("apiKey", "cannot be chosen; keys are made by the account, with POST /v1/keys"));
    }
    let mut change = Change {
        webhook_url: body.webhook_url,
        signing_secret: given(body.signing_secret),
        event_filters: body.event_filters,
        history_sync: body.history_sync,
        auth_header: None,
    };
    change.check()?;
    Ok(change)
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: CreateInstanceBody) -> Result<Answer, Failure> {
    let mut problems = Problems::default();
    check_name(&mut problems, &body.id);
    problems.or(Some(()))?;
    let change = checked(body.config)?;
    let wanted = CreateInstance { name: Some(body.id), metadata: None };
    let view = in_time(ask.call.front.gateway.create_instance(ask.call.account(), wanted)).await?;
    match config::change(ask.call, &view, change).await {
        Ok(config) => Ok(ask.show(&MadeInstanceJson::of(&view, &config))),
        Err(failure) => {
            // Half of it would be in the caller's way when it tries again.
            ask.call.command(view.id, Command::DeleteInstance).await?;
            Err(failure)
        }
    }
}
