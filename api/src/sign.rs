//! Signing in and out: members, with a cookie. Everything else takes the cookie as it takes a key.

use std::net::IpAddr;

use hyper::header::{HeaderValue, SET_COOKIE, USER_AGENT};
use hyper::{HeaderMap, Method, StatusCode};
use trunkline_model::account::{Author, MemberRecord, SessionRecord, Who};
use trunkline_model::command::{AccountCommand as Ask, AccountReply, Credentials, NewSession, Shown, SignUp};
use trunkline_model::limits::AGENT_BYTES_MAX;
use trunkline_model::{ErrorCode, Failure, MemberId};

use crate::auth::{self, Presented, SESSION_COOKIE};
use crate::body::RequestBody;
use crate::call::{in_time, unexpected};
use crate::gateway::{Gateway, Principal};
use crate::json::List;
use crate::json::member::{
    ForgotPasswordBody, SessionJson, SetPasswordBody, SignInBody, SignUpBody, SignedInJson, session_number,
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
            visit.set_password(body.read()?).await?;
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
        SignOperation::SignUp => {
            auth::refuse_other_sites(visit.method, visit.headers)?;
            let body: SignUpBody = body.json(visit.headers).await?;
            let signed_in = visit.sign_up(body.read()?).await?;
            Ok(visit.welcome(StatusCode::CREATED, &signed_in))
        }
        SignOperation::Renew => {
            let (principal, member) = visit.member()?;
            body.empty(visit.headers).await?;
            let new = new_session(visit.from, visit.headers);
            let renewed = visit.ask(&principal, Ask::RenewSession(member, principal.key.0, new)).await?;
            Ok(visit.welcome(StatusCode::OK, &signed_in_by(renewed)?))
        }
    }
}

/// What the caller's browser calls itself.
fn agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.map(|agent| agent.chars().take(AGENT_BYTES_MAX).collect())
}

/// Where a session begins that takes the place of another one.
pub(crate) fn new_session(from: Option<IpAddr>, headers: &HeaderMap) -> Box<NewSession> {
    let address = from.map(|address| address.to_string());
    Box::new(NewSession { address, agent: agent(headers) })
}

/// Who an answer of an account signs in.
///
/// # Errors
/// `INTERNAL` for any other answer.
pub(crate) fn signed_in_by(reply: AccountReply) -> Result<SignedIn, Failure> {
    match reply {
        AccountReply::SignedIn(member, session, shown) => Ok((*member, session, shown)),
        _ => Err(unexpected()),
    }
}

async fn sign_in<G: Gateway>(visit: &Visit<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    auth::refuse_other_sites(visit.method, visit.headers)?;
    let body: SignInBody = body.json(visit.headers).await?;
    let signed_in = visit.sign_in(body.read()).await?;
    Ok(visit.welcome(StatusCode::OK, &signed_in))
}

/// A member, the session that begins, and what it is presented by.
pub(crate) type SignedIn = (MemberRecord, SessionRecord, Shown);

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
    /// Signs a member in.
    ///
    /// # Errors
    /// As [`Gateway::sign_in`].
    pub(crate) async fn sign_in(&self, credentials: Credentials) -> Result<SignedIn, Failure> {
        let agent = agent(self.headers);
        in_time(Box::pin(self.front.gateway.sign_in(credentials, self.from, agent))).await
    }

    /// Makes an account for a stranger, and signs them in.
    ///
    /// # Errors
    /// As [`Gateway::sign_up`].
    pub(crate) async fn sign_up(&self, new: SignUp) -> Result<SignedIn, Failure> {
        let agent = agent(self.headers);
        in_time(Box::pin(self.front.gateway.sign_up(new, self.from, agent))).await
    }

    /// Sets the password of whoever has a link.
    ///
    /// # Errors
    /// As [`Gateway::set_password`].
    pub(crate) async fn set_password(&self, (link, password): (String, String)) -> Result<(), Failure> {
        in_time(Box::pin(self.front.gateway.set_password((&link, password), self.from))).await
    }

    /// What somebody hears who is signed in from now on.
    fn welcome(&self, status: StatusCode, (member, session, cookie): &SignedIn) -> Answer {
        let mut answer = reply::json(status, &SignedInJson::of(member.account, member, session));
        let seconds = session.expires_at_ms.saturating_sub(now_ms()) / 1_000;
        self.set_cookie(&mut answer, &cookie.0, seconds.max(0));
        answer
    }

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
