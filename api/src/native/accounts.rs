//! Accounts and what belongs to them.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::account::{AccountRecord, WorkspaceRecord};
use trunkline_model::command::{AccountCommand as Ask, AccountReply};
use trunkline_model::{AccountId, ErrorCode, Failure, WorkspaceId};

use crate::body::RequestBody;
use crate::call::{Call, in_time, unexpected};
use crate::gateway::Gateway;
use crate::json::account::{
    AccountJson, CreateAccountBody, CreateWorkspaceBody, RenameAccountBody, UpdateAccountBody,
    UpdateWorkspaceBody, WorkspaceJson,
};
use crate::json::audit::AuditJson;
use crate::json::cursor::Cursor;
use crate::json::{List, Page};
use crate::native::{apps, credits, defaults, keys, members};
use crate::reply::{self, Answer};
use crate::route::AccountOperation;

pub(super) async fn answer<G: Gateway>(
    operation: AccountOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use AccountOperation as Op;
    match operation {
        Op::Get => show(call.of_account(Ask::Get).await?),
        Op::Rename => {
            let body: RenameAccountBody = body.json(call.headers).await?;
            show(call.of_account(Ask::Update(Box::new(body.read()?))).await?)
        }
        Op::CreateWorkspace => create_workspace(call, body).await,
        Op::ListWorkspaces => list_workspaces(call).await,
        Op::GetWorkspace => show_workspace(call.of_account(Ask::GetWorkspace(workspace(call)?)).await?),
        Op::UpdateWorkspace => {
            let id = workspace(call)?;
            let body: UpdateWorkspaceBody = body.json(call.headers).await?;
            show_workspace(call.of_account(Ask::RenameWorkspace(id, body.read()?)).await?)
        }
        Op::DeleteWorkspace => done(call.of_account(Ask::DeleteWorkspace(workspace(call)?)).await?),
        Op::CreateKey => keys::create(call, body, call.account()).await,
        Op::ListKeys => keys::list(call).await,
        Op::GetKey => keys::get(call).await,
        Op::UpdateKey => keys::update(call, body).await,
        Op::RotateKey => keys::rotate(call, body).await,
        Op::RevokeKey => keys::revoke(call).await,
        Op::CreateApp => apps::create(call, body).await,
        Op::ListApps => apps::list(call).await,
        Op::GetApp => apps::get(call).await,
        Op::UpdateApp => apps::update(call, body).await,
        Op::RotateApp => apps::rotate(call, body).await,
        Op::DeleteApp => apps::delete(call).await,
        Op::Audit => audit(call).await,
        Op::Create => create(call, body).await,
        Op::List => list(call).await,
        Op::GetOne => show(call.of(named(call)?, Ask::Get).await?),
        Op::Update => {
            let id = named(call)?;
            let body: UpdateAccountBody = body.json(call.headers).await?;
            show(call.of(id, Ask::Update(Box::new(body.read()?))).await?)
        }
        Op::Delete => done(call.of(named(call)?, Ask::Delete).await?),
        Op::CreateKeyFor => keys::create(call, body, named(call)?).await,
        Op::InviteMember => members::invite(call, body, call.account()).await,
        Op::ListMembers => members::list(call).await,
        Op::GetMember => members::get(call).await,
        Op::UpdateMember => members::update(call, body).await,
        Op::RemoveMember => members::remove(call).await,
        Op::LinkMember => members::link(call, body).await,
        Op::InviteMemberFor => members::invite(call, body, named(call)?).await,
        Op::Credits => credits::get(call, call.account()).await,
        Op::CreditEntries => credits::entries(call).await,
        Op::CreditsOf => credits::get(call, named(call)?).await,
        Op::AddCredits => credits::add(call, body, named(call)?).await,
        Op::InstanceDefaults => defaults::get(call).await,
        Op::SetInstanceDefaults => defaults::set(call, body).await,
    }
}

async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: CreateAccountBody = body.json(call.headers).await?;
    let record = in_time(call.front.gateway.create_account(call.author(), body.read()?)).await?;
    let mut answer = reply::json(StatusCode::CREATED, &AccountJson::of(&record));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/accounts/{}", record.id));
    Ok(answer)
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Account(id) => Some(id),
        _ => None,
    })?;
    let (records, more) = call.front.gateway.list_accounts(after, limit);
    let next_cursor = records.last().filter(|_| more).map(|last| Cursor::Account(last.id).encode());
    let data = records.iter().map(AccountJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

async fn create_workspace<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: CreateWorkspaceBody = body.json(call.headers).await?;
    let record = workspace_in(call.of_account(Ask::CreateWorkspace(body.read()?)).await?)?;
    let mut answer = reply::json(StatusCode::CREATED, &WorkspaceJson::of(&record));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/workspaces/{}", record.id));
    Ok(answer)
}

async fn list_workspaces<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    match call.of_account(Ask::ListWorkspaces).await? {
        AccountReply::Workspaces(records) => {
            let data = records.iter().map(WorkspaceJson::of).collect();
            Ok(reply::json(StatusCode::OK, &List { data }))
        }
        _ => Err(unexpected()),
    }
}

async fn audit<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let before = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Audit(number) => Some(number),
        _ => None,
    })?;
    let AccountReply::Audit(entries, more) = call.of_account(Ask::Audit { before, limit }).await? else {
        return Err(unexpected());
    };
    let next_cursor = entries.last().filter(|_| more).map(|last| Cursor::Audit(last.number).encode());
    let data = entries.iter().map(AuditJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

/// The account in the path.
fn named<G: Gateway>(call: &Call<'_, G>) -> Result<AccountId, Failure> {
    call.param("account")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::new(ErrorCode::AccountNotFound, "This node has no account with that id."))
}

fn workspace<G: Gateway>(call: &Call<'_, G>) -> Result<WorkspaceId, Failure> {
    call.param("workspace").and_then(|text| text.parse().ok()).ok_or_else(|| {
        Failure::new(ErrorCode::WorkspaceNotFound, "This account has no workspace with that id.")
    })
}

fn account_in(reply: AccountReply) -> Result<Box<AccountRecord>, Failure> {
    match reply {
        AccountReply::Account(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

fn workspace_in(reply: AccountReply) -> Result<WorkspaceRecord, Failure> {
    match reply {
        AccountReply::Workspace(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

fn show(reply: AccountReply) -> Result<Answer, Failure> {
    Ok(reply::json(StatusCode::OK, &AccountJson::of(&*account_in(reply)?)))
}

fn show_workspace(reply: AccountReply) -> Result<Answer, Failure> {
    Ok(reply::json(StatusCode::OK, &WorkspaceJson::of(&workspace_in(reply)?)))
}

/// The answer where nothing is to be told.
pub(super) fn done(reply: AccountReply) -> Result<Answer, Failure> {
    match reply {
        AccountReply::Done => Ok(reply::no_content()),
        _ => Err(unexpected()),
    }
}
