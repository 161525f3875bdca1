//! Health, and who calls.

use hyper::StatusCode;
use trunkline_model::Failure;
use trunkline_model::command::{AccountCommand, AccountReply};

use super::shown::app::{ApiKeyJson, AppNameJson, HealthJson, MeJson, WorkspaceJson};
use super::shown::device::DevicesHealthJson;
use super::table::health::HealthOperation;
use super::{Ask, Operation, apps, show};
use crate::call::unexpected;
use crate::dialects::envelope::Success;
use crate::gateway::Gateway;
use crate::json::time::{Time, now_ms};
use crate::reply::{self, Answer};

/// Answers what needs no key.
pub(super) fn open<G: Gateway>(gateway: &G, operation: Operation) -> Result<Answer, Failure> {
    let Operation::Health(operation) = operation else { return Err(unexpected()) };
    let health = |status| {
        let node = gateway.node();
        let (uptime, version) = (node.uptime_ms / 1_000, node.version);
        HealthJson { status, uptime, version, timestamp: Time(now_ms()) }
    };
    match operation {
        HealthOperation::Health => Ok(reply::json(StatusCode::OK, &Success::of(health("ok")))),
        HealthOperation::Ready if gateway.health().ready => {
            Ok(reply::json(StatusCode::OK, &Success::of(health("ok"))))
        }
        HealthOperation::Ready => Err(Failure::busy("The service is not ready.", 1_000)),
        HealthOperation::Devices | HealthOperation::Me => Err(unexpected()),
    }
}

pub(super) async fn answer<G: Gateway>(
    operation: HealthOperation,
    ask: &mut Ask<'_, G>,
) -> Result<Answer, Failure> {
    match operation {
        HealthOperation::Devices => {
            let mut all = ask.call.front.gateway.instances_of(ask.call.account());
            all.retain(|(id, _)| ask.call.principal.may_see(*id));
            show(ask, DevicesHealthJson::of(&all))
        }
        HealthOperation::Me => me(ask).await,
        HealthOperation::Health | HealthOperation::Ready => Err(unexpected()),
    }
}

async fn me<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let principal = &ask.call.principal;
    let AccountReply::Account(account) = ask.call.of_account(AccountCommand::Get).await? else {
        return Err(unexpected());
    };
    // The operator's first key is in no table.
    let key = ask.call.of_account(AccountCommand::GetKey(principal.key)).await;
    let name = match key {
        Ok(AccountReply::Key(view)) => view.record.label,
        _ => principal.key.to_string(),
    };
    let scopes = match principal.dialect_scopes.as_ref() {
        [] => principal.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        words => words.to_vec(),
    };
    let app = match principal.app {
        Some(id) => {
            let record = apps::app(ask, AccountCommand::GetApp(id)).await?;
            Some(AppNameJson { id: record.id.to_string(), name: record.name })
        }
        None => None,
    };
    let workspace = WorkspaceJson { id: account.id.to_string(), name: account.name };
    show(ask, MeJson { workspace, api_key: ApiKeyJson { name, scopes }, app })
}
