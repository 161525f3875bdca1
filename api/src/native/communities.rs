//! Communities.

use hyper::StatusCode;
use trunkline_model::command::{Command, CommunityCommand, GroupId, ParticipantAction, Reply};
use trunkline_model::{ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::List;
use crate::json::community::{
    CreateCommunityBody, CreateSubGroupBody, LinkGroupsBody, LinkJson, SubGroupJson,
};
use crate::json::group::{GroupJson, InviteLinkJson, OutcomeJson, PeopleBody, UpdateGroupBody, group_id};
use crate::json::party::Person;
use crate::native::groups::picture;
use crate::reply::{self, Answer};
use crate::route::CommunityOperation;

pub(super) async fn answer<G: Gateway>(
    operation: CommunityOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use CommunityCommand as Ask;
    use CommunityOperation as Op;
    let mut status = StatusCode::OK;
    let command = match operation {
        Op::List => Ask::List,
        Op::Create => {
            let body: CreateCommunityBody = call.body(body).await?;
            status = StatusCode::CREATED;
            Ask::Create(body.read()?)
        }
        Op::Get => Ask::Get(community(call)?),
        Op::Update => {
            let community = community(call)?;
            let body: UpdateGroupBody = call.body(body).await?;
            Ask::Update(community, body.read()?)
        }
        Op::Leave => Ask::Leave(alone(call, body).await?),
        Op::Deactivate => Ask::Deactivate(community(call)?),
        Op::SetPicture => {
            let community = community(call)?;
            Ask::SetPicture(community, Some(picture(call, body).await?.to_vec()))
        }
        Op::RemovePicture => Ask::SetPicture(community(call)?, None),
        Op::ListGroups => Ask::ListGroups(community(call)?),
        Op::CreateGroup => {
            let community = community(call)?;
            let body: CreateSubGroupBody = call.body(body).await?;
            status = StatusCode::CREATED;
            body.read(community)?
        }
        Op::LinkGroups => {
            let community = community(call)?;
            let body: LinkGroupsBody = call.body(body).await?;
            body.read(community)?
        }
        Op::UnlinkGroup => Ask::Unlink(community(call)?, named(call, "group")?),
        Op::JoinGroup => {
            let group = named(call, "group")?;
            Ask::JoinGroup(alone(call, body).await?, group)
        }
        Op::ListMembers => Ask::ListMembers(community(call)?),
        Op::AddMembers => change(call, body, ParticipantAction::Add).await?,
        Op::RemoveMembers => change(call, body, ParticipantAction::Remove).await?,
        Op::PromoteMembers => change(call, body, ParticipantAction::Promote).await?,
        Op::DemoteMembers => change(call, body, ParticipantAction::Demote).await?,
        Op::GetInviteLink => Ask::GetInviteLink(community(call)?),
        Op::ResetInviteLink => Ask::ResetInviteLink(alone(call, body).await?),
    };
    show_as(status, call.ask(Command::Community(command)).await?)
}

async fn change<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    action: ParticipantAction,
) -> Result<CommunityCommand, Failure> {
    let community = community(call)?;
    let body: PeopleBody = call.body(body).await?;
    Ok(CommunityCommand::ChangeMembers(community, action, body.read()?))
}

fn show_as(status: StatusCode, reply: Reply) -> Result<Answer, Failure> {
    Ok(match reply {
        Reply::Done => reply::no_content(),
        Reply::Group(view) => reply::json(status, &GroupJson::of(&view)),
        Reply::Groups(views) => {
            reply::json(status, &List { data: views.iter().map(GroupJson::of).collect::<Vec<_>>() })
        }
        Reply::SubGroups(groups) => {
            reply::json(status, &List { data: groups.iter().map(SubGroupJson::of).collect::<Vec<_>>() })
        }
        Reply::Links(outcomes) => {
            reply::json(status, &List { data: outcomes.iter().map(LinkJson::of).collect::<Vec<_>>() })
        }
        Reply::Members(people) => {
            reply::json(status, &List { data: people.iter().map(Person::of).collect::<Vec<_>>() })
        }
        Reply::Participants(outcomes) => {
            reply::json(status, &List { data: outcomes.iter().map(OutcomeJson::of).collect::<Vec<_>>() })
        }
        Reply::InviteLink(link) => reply::json(status, &InviteLinkJson::of(&link)),
        _ => return Err(unexpected()),
    })
}

/// The community in the path of an operation without a body.
async fn alone<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<GroupId, Failure> {
    let community = community(call)?;
    call.no_body(body).await?;
    Ok(community)
}

/// The community in the path.
fn community<G: Gateway>(call: &Call<'_, G>) -> Result<GroupId, Failure> {
    named(call, "community")
}

fn named<G: Gateway>(call: &Call<'_, G>, parameter: &str) -> Result<GroupId, Failure> {
    call.param(parameter).as_deref().and_then(group_id).ok_or_else(|| {
        let detail = format!("The path does not have the id of a {parameter} where it should.");
        Failure::new(ErrorCode::WhatsAppNotFound, detail)
    })
}
