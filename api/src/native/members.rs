//! Members of an account.

use hyper::StatusCode;
use hyper::header::LOCATION;
use trunkline_model::account::MemberRecord;
use trunkline_model::command::{AccountCommand as Ask, AccountReply, Shown};
use trunkline_model::{AccountId, ErrorCode, Failure, MemberId};

use super::accounts::done;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::List;
use crate::json::member::{InviteMemberBody, InvitedJson, MemberJson, UpdateMemberBody};
use crate::reply::{self, Answer};

/// Invites somebody into an account: that of the caller, or, for the operator, any.
pub(super) async fn invite<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    account: AccountId,
) -> Result<Answer, Failure> {
    let body: InviteMemberBody = body.json(call.headers).await?;
    let (record, shown) = invited(call.of(account, Ask::InviteMember(body.read()?)).await?)?;
    let mailed = call.front.gateway.mail_link(&record, &shown);
    let mut answer = reply::json(StatusCode::CREATED, &InvitedJson::of(&record, &shown, mailed));
    reply::set_text(&mut answer, LOCATION, &format!("/v1/members/{}", record.id));
    Ok(answer)
}

pub(super) async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    match call.of_account(Ask::ListMembers).await? {
        AccountReply::Members(records) => {
            let data = records.iter().map(MemberJson::of).collect();
            Ok(reply::json(StatusCode::OK, &List { data }))
        }
        _ => Err(unexpected()),
    }
}

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    show(call.of_account(Ask::GetMember(named(call)?)).await?)
}

pub(super) async fn update<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = named(call)?;
    let body: UpdateMemberBody = body.json(call.headers).await?;
    show(call.of_account(Ask::UpdateMember(id, body.read()?)).await?)
}

pub(super) async fn remove<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    done(call.of_account(Ask::RemoveMember(named(call)?)).await?)
}

pub(super) async fn link<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = named(call)?;
    body.empty(call.headers).await?;
    let (record, shown) = invited(call.of_account(Ask::LinkMember(id)).await?)?;
    let mailed = call.front.gateway.mail_link(&record, &shown);
    Ok(reply::json(StatusCode::OK, &InvitedJson::of(&record, &shown, mailed)))
}

fn named<G: Gateway>(call: &Call<'_, G>) -> Result<MemberId, Failure> {
    call.param("member")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::new(ErrorCode::MemberNotFound, "This account has no member with that id."))
}

fn invited(reply: AccountReply) -> Result<(Box<MemberRecord>, Shown), Failure> {
    match reply {
        AccountReply::Invited(record, shown) => Ok((record, shown)),
        _ => Err(unexpected()),
    }
}

/// The member in a reply.
pub(crate) fn member_in(reply: AccountReply) -> Result<Box<MemberRecord>, Failure> {
    match reply {
        AccountReply::Member(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

fn show(reply: AccountReply) -> Result<Answer, Failure> {
    Ok(reply::json(StatusCode::OK, &MemberJson::of(&*member_in(reply)?)))
}
