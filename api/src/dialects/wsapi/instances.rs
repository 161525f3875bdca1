//! Instances as the operator of a self-hosted server makes them: the caller chooses their ids, which are names here.

use trunkline_model::command::{Command, CreateInstance, InstanceView, Shown};
use trunkline_model::{Failure, InstanceId};

use super::body::instance::{ConfigBody, CreateInstanceBody};
use super::config::{self, Change};
use super::error::without_conflict;
use super::shown::instance::{AdminInstanceJson, MadeInstanceJson};
use super::table::admin::AdminOperation;
use super::{Ask, keys, no_instance};
use crate::act;
use crate::body::RequestBody;
use crate::call::instance_in;
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::instance::check_name;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: AdminOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    done(operation, ask, body).await.map_err(without_conflict)
}

async fn done<G: Gateway>(
    operation: AdminOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use AdminOperation as Op;
    match operation {
        Op::Create => create(ask, body.json(ask.call.headers).await?).await,
        Op::List => {
            let mut shown = Vec::new();
            for view in &act::all(&ask.call).await? {
                shown.push(AdminInstanceJson::of(view, &config::read(&ask.call, view).await?));
            }
            Ok(ask.show(&shown))
        }
        Op::Get => {
            let view = named(ask).await?;
            Ok(ask.show(&AdminInstanceJson::of(&view, &config::read(&ask.call, &view).await?)))
        }
        Op::Delete => {
            delete(ask, id(ask)?).await?;
            Ok(ask.nothing())
        }
        Op::Config => {
            let body: ConfigBody = body.json(ask.call.headers).await?;
            let (change, key) = checked(ask, body)?;
            let view = named(ask).await?;
            config::change(&ask.call, &view, change).await?;
            if key.is_some() {
                keys::renew(&ask.call, &view, key).await?;
            }
            Ok(ask.nothing())
        }
        Op::Restart => restart(ask).await,
    }
}

/// Closes the connection of the instance in the path and opens it again.
pub(super) async fn restart<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    act::order(&ask.call, id(ask)?, Command::Restart).await?;
    Ok(ask.nothing())
}

/// The instance in the path, by its name or its id.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<InstanceId, Failure> {
    ask.call.resolve(&ask.param("id")?).ok_or_else(no_instance)
}

/// The instance in the path as it stands.
pub(super) async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<InstanceView>, Failure> {
    instance_in(ask.call.command(id(ask)?, Command::GetInstance).await?)
}

/// Deletes an instance with its keys.
pub(super) async fn delete<G: Gateway>(ask: &Ask<'_, G>, instance: InstanceId) -> Result<(), Failure> {
    act::delete(&ask.call, instance).await?;
    keys::forget(&ask.call, instance).await;
    Ok(())
}

/// What is to be changed, and the key that was chosen.
fn checked<G: Gateway>(ask: &Ask<'_, G>, body: ConfigBody) -> Result<(Change, Option<Shown>), Failure> {
    let key = keys::chosen(body.api_key)?;
    if key.is_some() {
        keys::permit(&ask.call)?;
    }
    let mut change = Change {
        webhook_url: body.webhook_url,
        signing_secret: body.signing_secret,
        event_filters: body.event_filters,
        history_sync: body.history_sync,
        ..Change::default()
    };
    change.check()?;
    Ok((change, key))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: CreateInstanceBody) -> Result<Answer, Failure> {
    let mut problems = Problems::default();
    check_name(&mut problems, &body.id);
    problems.or(Some(()))?;
    let (change, key) = checked(ask, body.config)?;
    change.permit(&ask.call, None)?;
    let wanted = CreateInstance { name: Some(body.id), ..CreateInstance::default() };
    let view = act::create(&ask.call, wanted).await?;
    let mut done = config::change(&ask.call, &view, change).await;
    if done.is_ok() && key.is_some() {
        done = keys::renew(&ask.call, &view, key).await.map(drop);
    }
    if let Err(failure) = done {
        // Half of it would be in the caller's way when it tries again.
        act::delete(&ask.call, view.id).await?;
        return Err(failure);
    }
    let view = instance_in(ask.call.command(view.id, Command::GetInstance).await?)?;
    let config = config::read(&ask.call, &view).await?;
    Ok(ask.show(&MadeInstanceJson::of(&view, &config)))
}
