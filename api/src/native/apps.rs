//! Apps.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::account::AppRecord;
use trunkline_model::command::{AccountCommand as Ask, AccountReply, Shown};
use trunkline_model::{AppId, ErrorCode, Failure};

use super::accounts::done;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::access::RotateKeyBody;
use crate::json::app::{AppJson, CreateAppBody, NewAppJson, UpdateAppBody};
use crate::json::cursor::Cursor;
use crate::reply::{self, Answer};

pub(super) async fn create<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let body: CreateAppBody = body.json(call.headers).await?;
    let new = body.read(&|name| call.front.gateway.resolve(call.account(), name))?;
    let (record, shown) = new_app(call.of_account(Ask::CreateApp(Box::new(new))).await?)?;
    let mut answer = reply::json(StatusCode::CREATED, &NewAppJson::of(&record, &shown));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/apps/{}", record.id));
    Ok(answer)
}

pub(super) async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::App(id) => Some(id),
        _ => None,
    })?;
    let AccountReply::Apps(records, more) = call.of_account(Ask::ListApps { after, limit }).await? else {
        return Err(unexpected());
    };
    let next_cursor = records.last().filter(|_| more).map(|last| Cursor::App(last.id).encode());
    let data = records.iter().map(AppJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    show(call.of_account(Ask::GetApp(named(call)?)).await?)
}

pub(super) async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = named(call)?;
    let body: UpdateAppBody = body.json(call.headers).await?;
    let update = body.read(&|name| call.front.gateway.resolve(call.account(), name))?;
    show(call.of_account(Ask::UpdateApp(id, Box::new(update))).await?)
}

pub(super) async fn rotate<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = named(call)?;
    let body: RotateKeyBody = body.json(call.headers).await?;
    let (record, shown) = new_app(call.of_account(Ask::RotateApp(id, body.read()?)).await?)?;
    Ok(reply::json(StatusCode::OK, &NewAppJson::of(&record, &shown)))
}

pub(super) async fn delete<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    done(call.of_account(Ask::DeleteApp(named(call)?)).await?)
}

fn named<G: Gateway>(call: &Call<'_, G>) -> Result<AppId, Failure> {
    call.param("app")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::new(ErrorCode::AppNotFound, "This account has no app with that id."))
}

fn new_app(reply: AccountReply) -> Result<(Box<AppRecord>, Shown), Failure> {
    match reply {
        AccountReply::NewApp(record, shown) => Ok((record, shown)),
        _ => Err(unexpected()),
    }
}

fn show(reply: AccountReply) -> Result<Answer, Failure> {
    match reply {
        AccountReply::App(record) => Ok(reply::json(StatusCode::OK, &AppJson::of(&record))),
        _ => Err(unexpected()),
    }
}
