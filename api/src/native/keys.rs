//! API keys.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::command::{AccountCommand as Ask, AccountReply, KeyView, Shown};
use trunkline_model::{AccountId, Dialect, ErrorCode, Failure, KeyId};

use super::accounts::done;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::cursor::Cursor;
use crate::json::key::{CreateKeyBody, KeyJson, NewKeyJson, RotateApiKeyBody, UpdateKeyBody};
use crate::reply::{self, Answer};

/// Makes a key for an account: that of the caller, or, for the operator, any.
pub(super) async fn create<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    account: AccountId,
) -> Result<Answer, Failure> {
    let body: CreateKeyBody = body.json(call.headers).await?;
    let new = body.read(&|name| call.front.gateway.resolve(account, name))?;
    let (view, shown) = new_key(call.of(account, Ask::CreateKey(Box::new(new))).await?)?;
    let mut answer = reply::json(StatusCode::CREATED, &NewKeyJson::of(&view, &shown));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/keys/{}", view.record.id));
    Ok(answer)
}

pub(super) async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let after = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Key(id) => Some(id),
        _ => None,
    })?;
    let AccountReply::Keys(views, more) = call.of_account(Ask::ListKeys { after, limit }).await? else {
        return Err(unexpected());
    };
    let next_cursor = views.last().filter(|_| more).map(|last| Cursor::Key(last.record.id).encode());
    let data = views.iter().map(KeyJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    show(&*one(call.of_account(Ask::GetKey(named(call)?)).await?)?)
}

pub(super) async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = named(call)?;
    let body: UpdateKeyBody = body.json(call.headers).await?;
    // Which words it may have depends on what it is.
    let dialect = match body.names_scopes() {
        true => one(call.of_account(Ask::GetKey(id)).await?)?.record.dialect,
        false => Dialect::Native,
    };
    let update = body.read(dialect, &|name| call.front.gateway.resolve(call.account(), name))?;
    show(&*one(call.of_account(Ask::UpdateKey(id, Box::new(update))).await?)?)
}

pub(super) async fn rotate<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = named(call)?;
    let body: RotateApiKeyBody = body.json(call.headers).await?;
    let (view, shown) = new_key(call.of_account(Ask::RotateKey(id, body.read()?)).await?)?;
    Ok(reply::json(StatusCode::OK, &NewKeyJson::of(&view, &shown)))
}

pub(super) async fn revoke<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    done(call.of_account(Ask::RevokeKey(named(call)?)).await?)
}

fn named<G: Gateway>(call: &Call<'_, G>) -> Result<KeyId, Failure> {
    call.param("key")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::new(ErrorCode::KeyNotFound, "This account has no API key with that id."))
}

fn one(reply: AccountReply) -> Result<Box<KeyView>, Failure> {
    match reply {
        AccountReply::Key(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

fn new_key(reply: AccountReply) -> Result<(Box<KeyView>, Shown), Failure> {
    match reply {
        AccountReply::NewKey(view, shown) => Ok((view, shown)),
        _ => Err(unexpected()),
    }
}

fn show(view: &KeyView) -> Result<Answer, Failure> {
    Ok(reply::json(StatusCode::OK, &KeyJson::of(view)))
}
