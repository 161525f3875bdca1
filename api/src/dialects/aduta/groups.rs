//! Groups.

use trunkline_model::command::{Command, GroupCommand, GroupId, GroupView, ParticipantAction, Reply};
use trunkline_model::{Address, Failure};

use super::Ask;
use super::body::group::{AcceptBody, ActionBody, CreateBody, ParticipantsBody, SettingsBody, code, group};
use super::contacts::picture;
use super::pages::ListJson;
use super::shown::contact::ImageJson;
use super::shown::group::{
    ChangedJson, GroupJson, JoinedJson, LinkJson, MetadataJson, OutcomeJson, ParticipantJson,
};
use super::shown::{Said, Success};
use super::table::groups::GroupOperation;
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: GroupOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use GroupOperation as Op;
    match operation {
        Op::List => match tell(ask, GroupCommand::List).await? {
            Reply::Groups(groups) => {
                let shown = groups.iter().map(GroupJson::of).collect();
                Ok(ask.show(&Success::of(ListJson::of(&ask.call.query, shown)?)))
            }
            _ => Err(unexpected()),
        },
        Op::Create => {
            let wanted = ask.call.body::<CreateBody>(body).await?.read()?;
            metadata(ask, GroupCommand::Create(wanted)).await
        }
        Op::Get => metadata(ask, GroupCommand::Get(id(ask)?)).await,
        Op::Participants => {
            let view = view(ask, GroupCommand::Get(id(ask)?)).await?;
            let shown: Vec<_> = view.participants.iter().map(ParticipantJson::of).collect();
            Ok(ask.show(&Success::of(shown)))
        }
        Op::Add | Op::Remove => {
            let action =
                if operation == Op::Add { ParticipantAction::Add } else { ParticipantAction::Remove };
            let people = ask.call.body::<ParticipantsBody>(body).await?.read()?;
            change(ask, (action, people)).await
        }
        Op::Change => {
            let wanted = ask.call.body::<ActionBody>(body).await?.read()?;
            change(ask, wanted).await
        }
        Op::Leave => {
            tell(ask, GroupCommand::Leave(id(ask)?)).await?;
            Ok(ask.show(&Success::of(Said { message: "The session has left the group." })))
        }
        Op::Settings => {
            let changes = ask.call.body::<SettingsBody>(body).await?.read()?;
            let view = view(ask, GroupCommand::Update(id(ask)?, changes)).await?;
            Ok(ask.show(&Success::of(ChangedJson::of(&view))))
        }
        Op::InviteLink => match tell(ask, GroupCommand::GetInviteLink(id(ask)?)).await? {
            Reply::InviteLink(link) => Ok(ask.show(&Success::of(LinkJson::of(link)))),
            _ => Err(unexpected()),
        },
        Op::Picture => {
            let picture = picture(ask, Address::Group(id(ask)?.0)).await?;
            Ok(ask.show(&Success::of(ImageJson::of(picture))))
        }
        Op::Preview => metadata(ask, GroupCommand::Preview(code(&ask.param("code")?)?)).await,
        Op::Accept => {
            let code = ask.call.body::<AcceptBody>(body).await?.read()?;
            match tell(ask, GroupCommand::Join(code)).await? {
                Reply::Joined(joined) => Ok(ask.show(&Success::of(JoinedJson::of(&joined)))),
                _ => Err(unexpected()),
            }
        }
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Group(command)).await
}

/// The group in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<GroupId, Failure> {
    group(&ask.param("jid")?)
}

async fn view<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Box<GroupView>, Failure> {
    match tell(ask, command).await? {
        Reply::Group(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

async fn metadata<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Answer, Failure> {
    let view = view(ask, command).await?;
    Ok(ask.show(&Success::of(MetadataJson::of(&view))))
}

/// Changes people of the group, and says of each what became of it.
async fn change<G: Gateway>(
    ask: &Ask<'_, G>,
    (action, people): (ParticipantAction, Vec<Address>),
) -> Result<Answer, Failure> {
    match tell(ask, GroupCommand::ChangeParticipants(id(ask)?, action, people)).await? {
        Reply::Participants(outcomes) => {
            let shown: Vec<_> = outcomes.iter().map(OutcomeJson::of).collect();
            Ok(ask.show(&Success::of(shown)))
        }
        _ => Err(unexpected()),
    }
}
