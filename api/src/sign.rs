//! Signing in and out: members, with a cookie. Everything else takes the cookie as it takes a key.

use std::net::IpAddr;

use hyper::header::{HeaderValue, SET_COOKIE, USER_AGENT};
use hyper::{HeaderMap, Method, StatusCode};
use trunkline_model::account::{Author, SessionRecord, Who};
use trunkline_model::command::{AccountCommand as Ask, AccountReply};
use trunkline_model::limits::AGENT_BYTES_MAX;
use trunkline_model::{ErrorCode, Failure, MemberId};

use crate::auth::{self, Presented, SESSION_COOKIE};
use crate::body::RequestBody;
use crate::call::{in_time, unexpected};
use crate::gateway::{Gateway, Principal};
use crate::json::List;
use crate::json::member::{
    ForgotPasswordBody, SessionJson, SetPasswordBody, SignInBody, SignedInJson, session_number,
};
use crate::json::time::now_ms;
use crate::native::member_in;
use crate::reply::{self, Answer};
use crate::route::SignOperation;
use crate::server::Front;

/// One request on its way through a handler.
pub(crate) struct Visit<'a, G: Gateway> {
    pub(crate) front: &'a Front<G>,
    /// The address that the request came from.
    pub(crate) from: Option<IpAddr>,
    pub(crate) params: matchit::Params<'a, 'a>,
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
}

/// Answers an operation of signing in.
///
/// # Errors
/// Those of the operation; `CROSS_SITE` for a change that another site asks for.
pub(crate) async fn answer<G: Gateway>(
    operation: SignOperation,
    visit: &Visit<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    match operation {
        SignOperation::SignIn => sign_in(visit, body).await,
        SignOperation::Forgot => {
            auth::refuse_other_sites(visit.method, visit.headers)?;
            let body: ForgotPasswordBody = body.json(visit.headers).await?;
            visit.front.gateway.forgot_password(&body.email, visit.from)?;
            Ok(reply::no_content())
        }
        SignOperation::SetPassword => {
            auth::refuse_other_sites(visit.method, visit.headers)?;
            let body: SetPasswordBody = body.json(visit.headers).await?;
            let (link, password) = body.read()?;
            in_time(Box::pin(visit.front.gateway.set_password((&link, password), visit.from))).await?;
            Ok(reply::no_content())
        }
        SignOperation::SignOut => {
            let (principal, member) = visit.member()?;
            body.empty(visit.headers).await?;
            visit.ask(&principal, Ask::EndSession(member, principal.key.0)).await?;
            let mut answer = reply::no_content();
            visit.set_cookie(&mut answer, "", 0);
            Ok(answer)
        }
        SignOperation::Session => session(visit).await,
        SignOperation::Sessions => {
            let (principal, member) = visit.member()?;
            let sessions = visit.sessions(&principal, member).await?;
            let data = sessions.iter().map(|session| SessionJson::of(session, principal.key.0)).collect();
            Ok(reply::json(StatusCode::OK, &List { data }))
        }
        SignOperation::EndSession => {
            let (principal, member) = visit.member()?;
            // One that never was is as much over as one that was.
            if let Some(number) = visit.params.get("session").and_then(session_number) {
                visit.ask(&principal, Ask::EndSession(member, number)).await?;
            }
            Ok(reply::no_content())
        }
    }
}

async fn sign_in<G: Gateway>(visit: &Visit<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    auth::refuse_other_sites(visit.method, visit.headers)?;
    let body: SignInBody = body.json(visit.headers).await?;
    let agent = visit.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent = agent.map(|agent| agent.chars().take(AGENT_BYTES_MAX).collect());
    let signing = visit.front.gateway.sign_in(body.read(), visit.from, agent);
    let (member, session, cookie) = in_time(Box::pin(signing)).await?;
    let mut answer = reply::json(StatusCode::OK, &SignedInJson::of(member.account, &member, &session));
    let seconds = session.expires_at_ms.saturating_sub(now_ms()) / 1_000;
    visit.set_cookie(&mut answer, &cookie.0, seconds.max(0));
    Ok(answer)
}

async fn session<G: Gateway>(visit: &Visit<'_, G>) -> Result<Answer, Failure> {
    let (principal, id) = visit.member()?;
    let member = member_in(visit.ask(&principal, Ask::GetMember(id)).await?)?;
    let sessions = visit.sessions(&principal, id).await?;
    let current = sessions.iter().find(|session| session.id == principal.key.0).ok_or_else(|| {
        Failure::new(ErrorCode::Unauthorized, "You are not signed in any more. Sign in again.")
    })?;
    Ok(reply::json(StatusCode::OK, &SignedInJson::of(principal.account, &member, current)))
}

impl<G: Gateway> Visit<'_, G> {
    /// Who is signed in.
    fn member(&self) -> Result<(Principal, MemberId), Failure> {
        let nobody =
            || Failure::new(ErrorCode::Unauthorized, "You are not signed in. POST /auth/sign-in first.");
        let presented = auth::presented(self.headers).map_err(|_| nobody())?;
        if matches!(presented, Presented::Key(_)) {
            return Err(Failure::new(ErrorCode::Unauthorized, "An API key is not signed in; leave it out."));
        }
        presented.check_site(self.method, self.headers)?;
        let principal = presented.principal(&self.front.gateway, self.from)?;
        let member = principal.member.ok_or_else(nobody)?;
        Ok((principal, member))
    }

    async fn ask(&self, principal: &Principal, command: Ask) -> Result<AccountReply, Failure> {
        let author = Author {
            who: principal.member.map_or(Who::Key(principal.key), Who::Member),
            address: self.from.map(|address| address.to_string()),
            scopes: principal.scopes.clone(),
        };
        in_time(Box::pin(self.front.gateway.account(principal.account, author, command))).await
    }

    async fn sessions(&self, principal: &Principal, member: MemberId) -> Result<Vec<SessionRecord>, Failure> {
        match self.ask(principal, Ask::ListSessions(member)).await? {
            AccountReply::Sessions(sessions) => Ok(sessions),
            _ => Err(unexpected()),
        }
    }

    /// Browsers send the cookie back to this site alone, over TLS unless the operator does without, and show it to no script.
    fn set_cookie(&self, answer: &mut Answer, value: &str, seconds: i64) {
        let secure = if self.front.bounds.plain_cookies { "" } else { "; Secure" };
        let cookie =
            format!("{SESSION_COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            answer.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
}
