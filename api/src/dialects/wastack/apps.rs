//! Apps: the native API's, in the service's words.

use trunkline_model::account::AppRecord;
use trunkline_model::command::{AccountCommand as Tell, AccountReply};
use trunkline_model::limits::{KEY_OVERLAP_MS_DEFAULT, PAGE_LIMIT_MAX};
use trunkline_model::{AppId, ErrorCode, Failure};

use super::body::app::AppBody;
use super::shown::DeletedJson;
use super::shown::app::{AppJson, KeyJson};
use super::table::apps::AppOperation;
use super::{Ask, resolve, show};
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::limits::DIALECT_PARTS_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: AppOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use AppOperation as Op;
    let find = |name: &str| resolve(&ask.call, name);
    match operation {
        Op::List => list(ask).await,
        Op::Create => {
            let body: AppBody = body.json(ask.call.headers).await?;
            match ask.call.of_account(Tell::CreateApp(Box::new(body.create(&find)?))).await? {
                AccountReply::NewApp(record, shown) => show(ask, AppJson::made(&record, shown)),
                _ => Err(unexpected()),
            }
        }
        Op::Get => show(ask, AppJson::of(&*app(ask, Tell::GetApp(id(ask)?)).await?)),
        Op::Update => {
            let body: AppBody = body.json(ask.call.headers).await?;
            let command = Tell::UpdateApp(id(ask)?, Box::new(body.update(&find)?));
            show(ask, AppJson::of(&*app(ask, command).await?))
        }
        Op::Delete => match ask.call.of_account(Tell::DeleteApp(id(ask)?)).await? {
            AccountReply::Done => show(ask, DeletedJson::of(id(ask)?.to_string())),
            _ => Err(unexpected()),
        },
        Op::RotateKey => {
            match ask.call.of_account(Tell::RotateApp(id(ask)?, KEY_OVERLAP_MS_DEFAULT)).await? {
                AccountReply::NewApp(_, shown) => show(ask, KeyJson { app_key: shown.0 }),
                _ => Err(unexpected()),
            }
        }
    }
}

fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<AppId, Failure> {
    let none = || Failure::new(ErrorCode::AppNotFound, "App not found.");
    ask.param("appId")?.parse().map_err(|_| none())
}

pub(super) async fn app<G: Gateway>(ask: &Ask<'_, G>, command: Tell) -> Result<Box<AppRecord>, Failure> {
    match ask.call.of_account(command).await? {
        AccountReply::App(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        match ask.call.of_account(Tell::ListApps { after, limit: PAGE_LIMIT_MAX }).await? {
            AccountReply::Apps(records, more) => {
                let next = records.last().map(|last| last.id).filter(|_| more);
                Ok((records, next))
            }
            _ => Err(unexpected()),
        }
    });
    let all: Vec<AppRecord> = all.await?;
    show(ask, all.iter().map(AppJson::of).collect::<Vec<_>>())
}
