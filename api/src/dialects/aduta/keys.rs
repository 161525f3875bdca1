//! Keys: personal tokens, which open the account, and those of sessions.

use trunkline_model::account::KeyKind;
use trunkline_model::command::{AccountCommand, AccountReply, KeyView, NewKey, Shown};
use trunkline_model::limits::{KEY_LABEL_BYTES_MAX, PAGE_LIMIT_MAX};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, KeyId, Scope};

use super::Ask;
use super::body::token::TokenBody;
use super::shown::Success;
use super::shown::token::TokenJson;
use super::table::tokens::TokenOperation;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::limits::DIALECT_LIST_MAX;
use crate::reply::Answer;

/// The word for the rights of a personal token.
const TOKEN: &str = "pat";
/// The word for the rights of a session's key.
const SESSION: &str = "session";

pub(super) async fn answer<G: Gateway>(
    operation: TokenOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let call = &ask.call;
    match operation {
        TokenOperation::List => {
            let tokens = keys(call, is_token).await?;
            Ok(ask.show(&Success::of(tokens.iter().map(TokenJson::of).collect::<Vec<_>>())))
        }
        TokenOperation::Create => {
            let (label, expires_at_ms) = body.json::<TokenBody>(call.headers).await?.read()?;
            let new = NewKey { label, expires_at_ms, ..new_key(TOKEN) };
            let (view, Shown(token)) = make(call, new).await?;
            Ok(ask.show(&Success::of(TokenJson::of(&view).with(&token))))
        }
        TokenOperation::Get => Ok(ask.show(&Success::of(TokenJson::of(&*token(ask).await?)))),
        TokenOperation::Revoke => {
            let id = token(ask).await?.record.id;
            done(call.of_account(AccountCommand::RevokeKey(id)).await?)?;
            Ok(ask.show(&Success::of(())))
        }
    }
}

fn new_key(word: &str) -> NewKey {
    NewKey {
        label: String::new(),
        dialect: Dialect::Aduta,
        scopes: vec![word.to_owned()],
        instances: None,
        allowed_ips: Vec::new(),
        expires_at_ms: None,
    }
}

async fn make<G: Gateway>(call: &Call<'_, G>, new: NewKey) -> Result<(Box<KeyView>, Shown), Failure> {
    match call.of_account(AccountCommand::CreateKey(Box::new(new))).await? {
        AccountReply::NewKey(view, shown) => Ok((view, shown)),
        _ => Err(unexpected()),
    }
}

fn done(reply: AccountReply) -> Result<(), Failure> {
    match reply {
        AccountReply::Done => Ok(()),
        _ => Err(unexpected()),
    }
}

/// Whether a key has the rights that a word of this dialect stands for.
fn has(view: &KeyView, word: &str) -> bool {
    let record = &view.record;
    debug_assert!(KeyKind::parse(Dialect::Aduta, word).is_some(), "{word} is a word of the dialect");
    record.dialect == Dialect::Aduta && record.dialect_scopes.iter().any(|known| known == word)
}

fn is_token(view: &KeyView) -> bool {
    has(view, TOKEN)
}

fn is_key_of(view: &KeyView, session: InstanceId) -> bool {
    has(view, SESSION) && view.record.instances.as_deref() == Some(&[session])
}

/// The account's keys of a kind, up to a bound.
async fn keys<G: Gateway>(
    call: &Call<'_, G>,
    wanted: impl Fn(&KeyView) -> bool,
) -> Result<Vec<KeyView>, Failure> {
    let (mut found, mut after, mut seen) = (Vec::new(), None, 0);
    while seen < DIALECT_LIST_MAX {
        let command = AccountCommand::ListKeys { after, limit: PAGE_LIMIT_MAX };
        let AccountReply::Keys(views, more) = call.of_account(command).await? else {
            return Err(unexpected());
        };
        seen += views.len();
        after = views.last().map(|view| view.record.id);
        found.extend(views.into_iter().filter(&wanted));
        if !more {
            break;
        }
    }
    Ok(found)
}

/// The personal token in the path.
async fn token<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<KeyView>, Failure> {
    let unknown = || Failure::new(ErrorCode::KeyNotFound, "There is no token with this id.");
    let id: KeyId = ask.param("id")?.parse().map_err(|_| unknown())?;
    match ask.call.of_account(AccountCommand::GetKey(id)).await? {
        AccountReply::Key(view) if is_token(&view) => Ok(view),
        AccountReply::Key(_) => Err(unknown()),
        _ => Err(unexpected()),
    }
}

/// Refuses a caller who may not make the key of a session.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn permit<G: Gateway>(call: &Call<'_, G>) -> Result<(), Failure> {
    if Scope::KeysWrite.is_granted_by(&call.principal.scopes) {
        return Ok(());
    }
    let detail = format!("the key lacks the scope {}", Scope::KeysWrite.as_str());
    Err(Failure::new(ErrorCode::Forbidden, detail))
}

/// Makes a key for a session.
pub(super) async fn make_for<G: Gateway>(
    call: &Call<'_, G>,
    session: InstanceId,
    name: &str,
) -> Result<(KeyId, String), Failure> {
    let mut label = name.to_owned();
    while label.len() > KEY_LABEL_BYTES_MAX {
        label.pop();
    }
    let new = NewKey { label, instances: Some(vec![session]), ..new_key(SESSION) };
    let (view, Shown(key)) = make(call, new).await?;
    Ok((view.record.id, key))
}

/// Takes back the keys of a session, but for one.
pub(super) async fn revoke_all_of<G: Gateway>(
    call: &Call<'_, G>,
    session: InstanceId,
    but: Option<KeyId>,
) -> Result<(), Failure> {
    for view in keys(call, |view| is_key_of(view, session)).await? {
        if Some(view.record.id) != but {
            done(call.of_account(AccountCommand::RevokeKey(view.record.id)).await?)?;
        }
    }
    Ok(())
}
