//! Groups.

use bytes::Bytes;
use hyper::StatusCode;
use trunkline_model::command::{Command, GroupCommand, GroupId, JoinAnswer, ParticipantAction, Reply};
use trunkline_model::{ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::List;
use crate::json::group::{
    CreateGroupBody, GroupJson, InvitationBody, InviteBody, InviteLinkJson, JoinRequestJson, JoinedJson,
    OutcomeJson, ParticipantJson, PeopleBody, UpdateGroupBody, group_id,
};
use crate::limits::PICTURE_BYTES_MAX;
use crate::reply::{self, Answer};
use crate::route::GroupOperation;

pub(super) async fn answer<G: Gateway>(
    operation: GroupOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use GroupOperation as Op;
    use ParticipantAction as Act;
    match operation {
        Op::List => show(call, GroupCommand::List).await,
        Op::Create => {
            let body: CreateGroupBody = call.body(body).await?;
            show_as(StatusCode::CREATED, call, GroupCommand::Create(body.read()?)).await
        }
        Op::Join => {
            let body: InviteBody = call.body(body).await?;
            show(call, GroupCommand::Join(body.read()?)).await
        }
        Op::AcceptInvitation => {
            let body: InvitationBody = call.body(body).await?;
            show(call, GroupCommand::AcceptInvitation(body.read()?)).await
        }
        Op::Preview => {
            let body: InviteBody = call.body(body).await?;
            show(call, GroupCommand::Preview(body.read()?)).await
        }
        Op::Get => show(call, GroupCommand::Get(group(call)?)).await,
        Op::Update => {
            let group = group(call)?;
            let body: UpdateGroupBody = call.body(body).await?;
            show(call, GroupCommand::Update(group, body.read()?)).await
        }
        Op::Leave => {
            let group = group(call)?;
            call.no_body(body).await?;
            show(call, GroupCommand::Leave(group)).await
        }
        Op::SetPicture => {
            let group = group(call)?;
            let picture = picture(call, body).await?;
            show(call, GroupCommand::SetPicture(group, Some(picture.to_vec()))).await
        }
        Op::RemovePicture => show(call, GroupCommand::SetPicture(group(call)?, None)).await,
        Op::ListParticipants => participants(call).await,
        Op::AddParticipants => change(call, body, Act::Add).await,
        Op::RemoveParticipants => change(call, body, Act::Remove).await,
        Op::PromoteParticipants => change(call, body, Act::Promote).await,
        Op::DemoteParticipants => change(call, body, Act::Demote).await,
        Op::ListJoinRequests => show(call, GroupCommand::ListJoinRequests(group(call)?)).await,
        Op::ApproveJoinRequests => decide(call, body, JoinAnswer::Approve).await,
        Op::RejectJoinRequests => decide(call, body, JoinAnswer::Reject).await,
        Op::GetInviteLink => show(call, GroupCommand::GetInviteLink(group(call)?)).await,
        Op::ResetInviteLink => {
            let group = group(call)?;
            call.no_body(body).await?;
            show(call, GroupCommand::ResetInviteLink(group)).await
        }
    }
}

async fn change<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    action: ParticipantAction,
) -> Result<Answer, Failure> {
    let group = group(call)?;
    let body: PeopleBody = call.body(body).await?;
    show(call, GroupCommand::ChangeParticipants(group, action, body.read()?)).await
}

async fn decide<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    answer: JoinAnswer,
) -> Result<Answer, Failure> {
    let group = group(call)?;
    let body: PeopleBody = call.body(body).await?;
    show(call, GroupCommand::AnswerJoinRequests(group, answer, body.read()?)).await
}

async fn participants<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let command = GroupCommand::Get(group(call)?);
    let Reply::Group(view) = call.ask(Command::Group(command)).await? else {
        return Err(unexpected());
    };
    let data = view.participants.iter().map(ParticipantJson::of).collect();
    Ok(reply::json(StatusCode::OK, &List { data }))
}

/// The picture in a body. It is small, so it is held.
pub(super) async fn picture<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Bytes, Failure> {
    call.instance()?;
    body.file(call.headers, "image/jpeg", PICTURE_BYTES_MAX).await
}

fn group<G: Gateway>(call: &Call<'_, G>) -> Result<GroupId, Failure> {
    call.param("group").as_deref().and_then(group_id).ok_or_else(|| {
        Failure::new(ErrorCode::WhatsAppNotFound, "The path does not have the id of a group where it should.")
    })
}

async fn show<G: Gateway>(call: &Call<'_, G>, command: GroupCommand) -> Result<Answer, Failure> {
    show_as(StatusCode::OK, call, command).await
}

/// Gives the instance a command and shows whatever it answers with.
async fn show_as<G: Gateway>(
    status: StatusCode,
    call: &Call<'_, G>,
    command: GroupCommand,
) -> Result<Answer, Failure> {
    let answer = match call.ask(Command::Group(command)).await? {
        Reply::Done => reply::no_content(),
        Reply::Group(view) => reply::json(status, &GroupJson::of(&view)),
        Reply::Groups(views) => {
            reply::json(status, &List { data: views.iter().map(GroupJson::of).collect::<Vec<_>>() })
        }
        Reply::Participants(outcomes) => {
            reply::json(status, &List { data: outcomes.iter().map(OutcomeJson::of).collect::<Vec<_>>() })
        }
        Reply::JoinRequests(waiting) => {
            reply::json(status, &List { data: waiting.iter().map(JoinRequestJson::of).collect::<Vec<_>>() })
        }
        Reply::InviteLink(link) => reply::json(status, &InviteLinkJson::of(&link)),
        Reply::Joined(joined) => reply::json(status, &JoinedJson::of(&joined)),
        _ => return Err(unexpected()),
    };
    Ok(answer)
}
