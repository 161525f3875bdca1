//! The key, instances, workspaces.

use trunkline_model::account::{KeyKind, Role};
use trunkline_model::command::{AccountCommand, AccountReply};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, WorkspaceId};

use super::ids::only;
use super::shown::SuccessJson;
use super::shown::account::{
    InstanceDetailJson, InstanceJson, LiveJson, MeJson, PongJson, WorkspaceDetailJson, WorkspaceJson,
    WorkspaceNames,
};
use super::shown::book::workspace_of;
use super::table::account::AccountOperation;
use super::{book, lookup};
use crate::act;
use crate::call::{Call, unexpected};
use crate::dialects::Ask;
use crate::gateway::Gateway;
use crate::json::time::now_ms;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: AccountOperation,
    ask: &mut Ask<'_, G>,
) -> Result<Answer, Failure> {
    use AccountOperation as Op;
    match operation {
        Op::Ping => Ok(ask.show(&PongJson::at(now_ms()))),
        Op::Me => me(ask).await,
        Op::Instances => {
            let workspaces = workspace_names(ask).await?;
            let views = act::all(&ask.call).await?;
            let data: Vec<_> = views.iter().map(|view| InstanceJson::of(view, &workspaces)).collect();
            Ok(ask.show(&SuccessJson::of(data)))
        }
        Op::Instance => {
            named(ask)?;
            let workspaces = workspace_names(ask).await?;
            let view = ask.instance().await?;
            Ok(ask.show(&SuccessJson::of(InstanceDetailJson::of(&view, &workspaces))))
        }
        Op::Live => {
            named(ask)?;
            let view = ask.instance().await?;
            Ok(ask.show(&SuccessJson::of(LiveJson::of(&view))))
        }
        Op::Workspaces => {
            let records = lookup::workspaces(&ask.call).await?;
            let data: Vec<_> = records.iter().map(WorkspaceJson::of).collect();
            Ok(ask.show(&SuccessJson::of(data)))
        }
        Op::Workspace => workspace(ask).await,
    }
}

/// The account by its owner, the key that asks, and what is in the pockets.
async fn me<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let call = &ask.call;
    let account = lookup::account(call).await?;
    let AccountReply::Credits(credits) = call.of_account(AccountCommand::GetCredits).await? else {
        return Err(unexpected());
    };
    let AccountReply::Members(members) = call.of_account(AccountCommand::ListMembers).await? else {
        return Err(unexpected());
    };
    let AccountReply::Key(key) = call.of_account(AccountCommand::GetKey(call.principal.key)).await? else {
        return Err(unexpected());
    };
    let owner = members.iter().find(|member| member.role == Role::Owner);
    let shown = MeJson::of((&account, owner), (&key.record, permissions(call)), &credits.pockets);
    Ok(ask.show(&SuccessJson::of(shown)))
}

/// What the key may do, in the service's words; a native key may do what all scopes of a word allow.
fn permissions<G: Gateway>(call: &Call<'_, G>) -> Vec<String> {
    let principal = &call.principal;
    if principal.dialect == Some(Dialect::Wessaal) {
        return principal.dialect_scopes.to_vec();
    }
    let may = |kind: &&KeyKind| kind.scopes.iter().all(|scope| scope.is_granted_by(&principal.scopes));
    KeyKind::of(Dialect::Wessaal).filter(may).map(|kind| kind.word.to_owned()).collect()
}

/// Takes the instance in the path.
fn named<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<InstanceId, Failure> {
    let word = ask.param("instanceId")?;
    lookup::instance(ask, &word)
}

async fn workspace_names<G: Gateway>(ask: &Ask<'_, G>) -> Result<WorkspaceNames, Failure> {
    Ok(WorkspaceNames::of(&lookup::workspaces(&ask.call).await?))
}

async fn workspace<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let number = ask.param("workspaceId")?.parse().unwrap_or(0);
    let records = lookup::workspaces(&ask.call).await?;
    let record = only(records, |record| record.id.0, number)
        .ok_or_else(|| Failure::new(ErrorCode::WorkspaceNotFound, "Workspace not found"))?;
    let views = act::all(&ask.call).await?;
    let instances_count = views.iter().filter(|view| view.workspace == record.id).count();
    let default = WorkspaceId::default_of(ask.call.account());
    let templates = book::templates(&ask.call, None).await?;
    let templates_count =
        templates.iter().filter(|template| workspace_of(template, default) == record.id).count();
    let counts = (instances_count, templates_count);
    Ok(ask.show(&SuccessJson::of(WorkspaceDetailJson::of(&record, counts))))
}
