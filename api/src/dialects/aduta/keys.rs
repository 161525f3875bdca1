//! Keys: personal tokens, which open the account, and those of sessions.

use trunkline_model::command::{AccountCommand, AccountReply, KeyView, NewKey, Shown};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, KeyId};

use super::Ask;
use super::body::token::TokenBody;
use super::shown::Success;
use super::shown::token::TokenJson;
use super::table::tokens::TokenOperation;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
pub(super) use crate::dialects::keys::permit;
use crate::dialects::keys::{self, Kind};
use crate::gateway::Gateway;
use crate::reply::Answer;

/// A personal token.
const TOKEN: Kind = Kind { dialect: Dialect::Aduta, word: "pat" };
/// The key of a session.
const SESSION: Kind = Kind { dialect: Dialect::Aduta, word: "session" };

pub(super) async fn answer<G: Gateway>(
    operation: TokenOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let call = &ask.call;
    match operation {
        TokenOperation::List => {
            let tokens = keys::all(call, |view| TOKEN.has(view)).await?;
            Ok(ask.show(&Success::of(tokens.iter().map(TokenJson::of).collect::<Vec<_>>())))
        }
        TokenOperation::Create => {
            let (label, expires_at_ms) = body.json::<TokenBody>(call.headers).await?.read()?;
            let new = NewKey { label, expires_at_ms, ..TOKEN.new_key() };
            let (view, Shown(token)) = keys::make(call, new).await?;
            Ok(ask.show(&Success::of(TokenJson::of(&view).with(&token))))
        }
        TokenOperation::Get => Ok(ask.show(&Success::of(TokenJson::of(&*token(ask).await?)))),
        TokenOperation::Revoke => {
            keys::revoke(call, token(ask).await?.record.id).await?;
            Ok(ask.show(&Success::of(())))
        }
    }
}

/// The personal token in the path.
async fn token<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<KeyView>, Failure> {
    let unknown = || Failure::new(ErrorCode::KeyNotFound, "There is no token with this id.");
    let id: KeyId = ask.param("id")?.parse().map_err(|_| unknown())?;
    match ask.call.of_account(AccountCommand::GetKey(id)).await? {
        AccountReply::Key(view) if TOKEN.has(&view) => Ok(view),
        AccountReply::Key(_) => Err(unknown()),
        _ => Err(unexpected()),
    }
}

/// Makes a key for a session.
pub(super) async fn make_for<G: Gateway>(
    call: &Call<'_, G>,
    session: InstanceId,
    name: &str,
) -> Result<(KeyId, String), Failure> {
    let (view, Shown(key)) = keys::make(call, SESSION.bound_to(session, name)).await?;
    Ok((view.record.id, key))
}

/// Takes back the keys of a session, but for one.
pub(super) async fn revoke_all_of<G: Gateway>(
    call: &Call<'_, G>,
    session: InstanceId,
    but: Option<KeyId>,
) -> Result<(), Failure> {
    SESSION.revoke_all_of(call, session, but).await
}

/// The same after the session was deleted.
pub(super) async fn forget<G: Gateway>(call: &Call<'_, G>, session: InstanceId) {
    SESSION.forget(call, session).await;
}
