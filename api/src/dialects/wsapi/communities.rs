//! Communities.

use trunkline_model::command::{
    Command, CommunityCommand, CreateCommunity, GroupChanges, GroupId, GroupSettings, LinkOutcome,
    ParticipantAction, Reply,
};
use trunkline_model::{Address, ErrorCode, Failure};

use super::body::group::{
    CommunityBody, DescriptionBody, FlagBody, GroupRefBody, NameBody, PeopleBody, PictureBody, SubGroupBody,
    group, people,
};
use super::groups::{group_in, groups_in, jpeg, link, name, picture_set, some_worked};
use super::messages::held;
use super::shown::group::{CommunityJson, SubGroupJson};
use super::shown::{IdJson, Identity};
use super::table::communities::CommunityOperation;
use super::{Ask, given};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: CommunityOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use CommunityCommand as Tell;
    use CommunityOperation as Op;
    match operation {
        Op::List => {
            let communities = groups_in(tell(ask, Tell::List).await?)?;
            Ok(ask.show(&communities.iter().map(CommunityJson::of).collect::<Vec<_>>()))
        }
        Op::Create => create(ask, ask.call.body(body).await?).await,
        Op::Get => {
            let view = group_in(tell(ask, Tell::Get(id(ask)?)).await?)?;
            Ok(ask.show(&CommunityJson::of(&view)))
        }
        Op::Leave => ask.done(Command::Community(Tell::Leave(id(ask)?))).await,
        Op::Name => {
            let body: NameBody = ask.call.body(body).await?;
            update(ask, GroupChanges { subject: Some(name(body.name)?), ..GroupChanges::default() }).await
        }
        Op::Description => {
            let body: DescriptionBody = ask.call.body(body).await?;
            let description = Some(given(body.description));
            update(ask, GroupChanges { description, ..GroupChanges::default() }).await
        }
        Op::SetPicture => {
            let community = id(ask)?;
            let (body, _memory): (PictureBody, Memory) = held(ask, body).await?;
            let picture = Some(jpeg("data", body.data)?);
            let command = Command::Community(Tell::SetPicture(community.clone(), picture));
            picture_set(ask, command, Address::Group(community.0)).await
        }
        Op::Locked => {
            let body: FlagBody = ask.call.body(body).await?;
            let settings =
                GroupSettings { locked: Some(body.enabled.unwrap_or(false)), ..GroupSettings::default() };
            update(ask, GroupChanges { settings, ..GroupChanges::default() }).await
        }
        Op::Members => match tell(ask, Tell::ListMembers(id(ask)?)).await? {
            Reply::Members(people) => Ok(ask.show(&people.iter().map(Identity::of).collect::<Vec<_>>())),
            _ => Err(unexpected()),
        },
        Op::Change => {
            let (action, people) = ask.call.body::<PeopleBody>(body).await?.read()?;
            some_worked(ask, Command::Community(Tell::ChangeMembers(id(ask)?, action, people))).await
        }
        Op::InviteLink => link(ask, Command::Community(Tell::GetInviteLink(id(ask)?))).await,
        Op::ResetInviteLink => link(ask, Command::Community(Tell::ResetInviteLink(id(ask)?))).await,
        Op::Groups => match tell(ask, Tell::ListGroups(id(ask)?)).await? {
            Reply::SubGroups(groups) => {
                Ok(ask.show(&groups.iter().map(SubGroupJson::of).collect::<Vec<_>>()))
            }
            _ => Err(unexpected()),
        },
        Op::CreateGroup => create_group(ask, ask.call.body(body).await?).await,
        Op::Link => {
            let body: GroupRefBody = ask.call.body(body).await?;
            worked(ask, Tell::Link(id(ask)?, vec![group("groupId", &body.group_id)?])).await
        }
        Op::UnlinkNamed => {
            let body: GroupRefBody = ask.call.body(body).await?;
            worked(ask, Tell::Unlink(id(ask)?, group("groupId", &body.group_id)?)).await
        }
        Op::Unlink => worked(ask, Tell::Unlink(id(ask)?, group("groupId", &ask.param("groupId")?)?)).await,
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: CommunityCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Community(command)).await
}

/// The community in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<GroupId, Failure> {
    group("id", &ask.param("id")?)
}

async fn update<G: Gateway>(ask: &Ask<'_, G>, changes: GroupChanges) -> Result<Answer, Failure> {
    ask.done(Command::Community(CommunityCommand::Update(id(ask)?, changes))).await
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: CommunityBody) -> Result<Answer, Failure> {
    let members = people(body.participants.unwrap_or_default())?;
    let community = CreateCommunity {
        subject: name(body.name)?,
        description: None,
        closed: given(body.approval_mode).is_some_and(|mode| mode == "request_required"),
        members_can_create_groups: false,
        general_chat: false,
    };
    let view = group_in(tell(ask, CommunityCommand::Create(community)).await?)?;
    let made = IdJson { id: view.group.jid.clone() };
    if !members.is_empty() {
        let community = group("id", &made.id)?;
        let add = CommunityCommand::ChangeMembers(community, ParticipantAction::Add, members);
        // It is made: whoever is told otherwise makes another one.
        if let Err(failure) = tell(ask, add).await {
            tracing::debug!(code = failure.code.as_str(), "a community was made without its members");
        }
    }
    Ok(ask.show(&made))
}

async fn create_group<G: Gateway>(ask: &Ask<'_, G>, body: SubGroupBody) -> Result<Answer, Failure> {
    let participants = people(body.participants.unwrap_or_default())?;
    let command =
        CommunityCommand::CreateGroup { community: id(ask)?, subject: name(body.name)?, participants };
    let view = group_in(tell(ask, command).await?)?;
    Ok(ask.show(&IdJson { id: view.group.jid.clone() }))
}

/// A change to one group's link.
async fn worked<G: Gateway>(ask: &Ask<'_, G>, command: CommunityCommand) -> Result<Answer, Failure> {
    let Reply::Links(outcomes) = tell(ask, command).await? else {
        return Err(unexpected());
    };
    match outcomes.iter().find_map(|outcome: &LinkOutcome| outcome.error.as_deref()) {
        Some(word) => Err(Failure::new(ErrorCode::WhatsAppRefused, format!("WhatsApp refused it: {word}"))),
        None => Ok(ask.nothing()),
    }
}
