//! People who log in: natively members who sign in, whose session is presented as a token instead of a cookie. How often anybody may
//! try is counted where they sign in natively, too.

use hyper::StatusCode;
use serde::Serialize;
use trunkline_model::command::{AccountCommand, AccountReply};
use trunkline_model::{ErrorCode, Failure, MemberId};

use super::Ask;
use super::body::auth::{ForgotBody, LoginBody, RegisterBody, Registration, ResetBody};
use super::shown::auth::LoggedInJson;
use super::shown::{Said, Success};
use super::table::auth::AuthOperation;
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::dialects::Row;
use crate::gateway::Gateway;
use crate::reply::{self, Answer};
use crate::sign::{Visit, new_session, signed_in_by};

/// Answers somebody who is nobody yet.
pub(super) async fn welcome<G: Gateway>(
    (operation, row): (AuthOperation, &'static Row),
    visit: &Visit<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        AuthOperation::Register => {
            let signed_in = match body.json::<RegisterBody>(visit.headers).await?.read()? {
                Registration::Stranger(new) => visit.sign_up(new).await?,
                Registration::Invited(chosen, credentials) => {
                    visit.set_password(chosen).await?;
                    visit.sign_in(credentials).await?
                }
            };
            Ok(show(row, &LoggedInJson::of(&signed_in)))
        }
        AuthOperation::Login => {
            let credentials = body.json::<LoginBody>(visit.headers).await?.read()?;
            Ok(show(row, &LoggedInJson::of(&visit.sign_in(credentials).await?)))
        }
        AuthOperation::Forgot => {
            let email = body.json::<ForgotBody>(visit.headers).await?.read()?;
            visit.front.gateway.forgot_password(&email, visit.from)?;
            Ok(said(row, "If somebody has this address, a letter is on its way to them."))
        }
        AuthOperation::Reset => {
            visit.set_password(body.json::<ResetBody>(visit.headers).await?.read()?).await?;
            Ok(said(row, "The password is set. Log in with it."))
        }
        AuthOperation::Logout | AuthOperation::Refresh => Err(unexpected()),
    }
}

/// Answers somebody who is logged in.
pub(super) async fn answer<G: Gateway>(
    operation: AuthOperation,
    ask: &Ask<'_, G>,
) -> Result<Answer, Failure> {
    let call = &ask.call;
    let (member, session) = (member(ask)?, call.principal.key.0);
    match operation {
        AuthOperation::Logout => match call.of_account(AccountCommand::EndSession(member, session)).await? {
            AccountReply::Done => Ok(said(ask.row, "You are logged out.")),
            _ => Err(unexpected()),
        },
        AuthOperation::Refresh => {
            let renew = AccountCommand::RenewSession(member, session, new_session(call.from, call.headers));
            Ok(show(ask.row, &LoggedInJson::of(&signed_in_by(call.of_account(renew).await?)?)))
        }
        _ => Err(unexpected()),
    }
}

/// Who is logged in; a key is nobody.
fn member<G: Gateway>(ask: &Ask<'_, G>) -> Result<MemberId, Failure> {
    let nobody = || Failure::new(ErrorCode::Unauthorized, "The token of somebody who logged in is needed.");
    ask.call.principal.member.ok_or_else(nobody)
}

fn said(row: &Row, message: &'static str) -> Answer {
    show(row, &Success::of(Said { message }))
}

fn show(row: &Row, value: &impl Serialize) -> Answer {
    reply::json(StatusCode::from_u16(row.status).unwrap_or(StatusCode::OK), value)
}
