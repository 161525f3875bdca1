//! Subscriptions of the hosted service. Nothing is bought here, so there is one: the account itself, under its id, without an end.
//! What changes it are the instances that come and go, which the account's log of changes remembers.

use std::collections::BTreeMap;

use serde_json::Map;
use trunkline_model::account::{AccountRecord, AuditRecord};
use trunkline_model::command::{AccountCommand, AccountReply, CreateInstance, InstanceView};
use trunkline_model::limits::{METADATA_BYTES_MAX, PAGE_LIMIT_MAX};
use trunkline_model::{ErrorCode, Failure};

use super::account::list;
use super::error::without_conflict;
use super::instances::delete;
use super::paging::{Paging, time, word};
use super::shown::instance::{DISPLAY_NAME, public_id};
use super::shown::subscription::{ChangeJson, SubscriptionJson};
use super::table::subscriptions::SubscriptionOperation;
use super::{Ask, no_instance};
use crate::act;
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::limits::DIALECT_LIST_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: SubscriptionOperation,
    ask: &Ask<'_, G>,
) -> Result<Answer, Failure> {
    done(operation, ask).await.map_err(without_conflict)
}

async fn done<G: Gateway>(operation: SubscriptionOperation, ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    use SubscriptionOperation as Op;
    match operation {
        Op::List => {
            let paging = Paging::of(&ask.call.query)?;
            let shown = SubscriptionJson::of(&*account(ask).await?, &act::all(&ask.call).await?);
            Ok(ask.show(&paging.page_of(vec![shown])))
        }
        Op::Instances => {
            check(ask)?;
            list(ask).await
        }
        Op::Create => {
            check(ask)?;
            create(ask).await
        }
        Op::Delete => {
            check(ask)?;
            let instance = ask.call.resolve(&ask.param("instanceId")?).ok_or_else(no_instance)?;
            delete(ask, instance).await?;
            Ok(ask.nothing())
        }
        Op::Changes => {
            check(ask)?;
            changes(ask).await
        }
    }
}

async fn account<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<AccountRecord>, Failure> {
    match ask.call.of_account(AccountCommand::Get).await? {
        AccountReply::Account(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

/// Refuses another subscription than the one that there is.
fn check<G: Gateway>(ask: &Ask<'_, G>) -> Result<(), Failure> {
    if ask.param("id")? == ask.call.account().to_string() {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::AccountNotFound, "subscription not found"))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let metadata = word(&ask.call.query, "name").map(|name| {
        let named = Map::from_iter([(DISPLAY_NAME.to_owned(), name.into())]);
        serde_json::Value::Object(named).to_string()
    });
    let mut problems = Problems::default();
    problems.bound("name", metadata.as_deref().unwrap_or_default(), METADATA_BYTES_MAX);
    problems.or(Some(()))?;
    let made = act::create(&ask.call, CreateInstance { metadata, ..CreateInstance::default() }).await?;
    Ok(ask.show(&public_id(&made)))
}

async fn changes<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let paging = Paging::of(query)?;
    let (from_ms, to_ms) = (time(query, "timestampFrom")?, time(query, "timestampTo")?);
    let (kind, instance) = (word(query, "changeType"), word(query, "instanceId"));
    // One that is there may be named as the customer calls it; one that is gone has its id left.
    let instance = instance
        .map(|name| ask.call.resolve(&name).map_or_else(|| name.clone(), |instance| instance.to_string()));
    let account = account(ask).await?;
    let log = log(ask).await?;
    let names: BTreeMap<String, String> = act::all(&ask.call).await?.iter().map(named).collect();
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let mut changes = ChangeJson::of(&account, &log, (names.len(), name));
    changes.retain(|change| {
        from_ms.is_none_or(|from_ms| change.time_ms >= from_ms)
            && to_ms.is_none_or(|to_ms| change.time_ms <= to_ms)
            && kind.as_deref().is_none_or(|kind| kind == change.change_type)
            && instance.as_deref().is_none_or(|instance| instance == change.subject)
    });
    Ok(ask.show(&paging.page_of(changes)))
}

fn named(view: &InstanceView) -> (String, String) {
    (view.id.to_string(), public_id(view))
}

/// The account's log of changes, newest first, up to a bound.
async fn log<G: Gateway>(ask: &Ask<'_, G>) -> Result<Vec<AuditRecord>, Failure> {
    let (mut log, mut before) = (Vec::new(), None);
    while log.len() < DIALECT_LIST_MAX {
        let command = AccountCommand::Audit { before, limit: PAGE_LIMIT_MAX };
        let AccountReply::Audit(entries, more) = ask.call.of_account(command).await? else {
            return Err(unexpected());
        };
        before = entries.last().map(|entry| entry.number);
        log.extend(entries);
        if !more || before.is_none() {
            break;
        }
    }
    Ok(log)
}
