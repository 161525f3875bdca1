//! Groups. Where contacts are meant by the word, they go by the tags of the address book.

use std::collections::BTreeMap;

use trunkline_model::command::{
    BookCommand, Command, GroupChanges, GroupCommand, GroupId, GroupView, ParticipantAction, PlanCommand,
    PlanReply, Reply,
};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::{Failure, Scope};

use super::body::contact::DeviceBody;
use super::body::group::{Changes, CreateBody, JoinBody, PeopleBody, UpdateBody, group};
use super::body::{person, text};
use super::shown::group::{GroupJson, JoinedJson, LeftJson, LinkJson, OutcomeJson, ParticipantJson};
use super::table::groups::GroupOperation;
use super::{Ask, device, maybe, messages, numbered, show, show_page, wrong};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::dialects::admit::also;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::limits::{DIALECT_PARTS_MAX, MESSAGE_JSON_BYTES_MAX};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: GroupOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use GroupOperation as Op;
    match operation {
        Op::List => list(ask).await,
        Op::Create => create(ask, body.json(ask.call.headers).await?).await,
        Op::Join => {
            let mut body: JoinBody = body.json(ask.call.headers).await?;
            device(ask, text(body.device()))?;
            match tell(ask, GroupCommand::Join(body.read()?)).await? {
                Reply::Joined(joined) => show(ask, JoinedJson::of(&joined)),
                _ => Err(unexpected()),
            }
        }
        Op::Update => update(ask, body).await,
        Op::Change => {
            let mut body: PeopleBody = body.json(ask.call.headers).await?;
            device(ask, text(body.device()))?;
            let (action, people) = body.read()?;
            outcomes(ask, GroupCommand::ChangeParticipants(id(ask)?, action, people)).await
        }
        Op::Leave => {
            let mut body: DeviceBody = maybe(ask, body).await?;
            device(ask, text(body.device()))?;
            tell(ask, GroupCommand::Leave(id(ask)?)).await?;
            show(ask, LeftJson { group_id: whole(&id(ask)?), left: true })
        }
        Op::Send => {
            let chat = whole(&id(ask)?);
            messages::send_to(ask, body, &chat).await
        }
        Op::Get | Op::Participants | Op::Remove | Op::InviteLink | Op::ResetInviteLink => {
            device(ask, None)?;
            of_one(operation, ask).await
        }
    }
}

async fn of_one<G: Gateway>(operation: GroupOperation, ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    match operation {
        GroupOperation::Get => show(ask, GroupJson::of(&*view(ask, GroupCommand::Get(id(ask)?)).await?)),
        GroupOperation::Participants => {
            let view = view(ask, GroupCommand::Get(id(ask)?)).await?;
            show(ask, view.participants.iter().map(ParticipantJson::of).collect::<Vec<_>>())
        }
        GroupOperation::Remove => {
            let people = vec![person("phone", &ask.param("phone")?)?];
            let command = GroupCommand::ChangeParticipants(id(ask)?, ParticipantAction::Remove, people);
            outcomes(ask, command).await
        }
        GroupOperation::InviteLink => link(ask, GroupCommand::GetInviteLink(id(ask)?)).await,
        _ => link(ask, GroupCommand::ResetInviteLink(id(ask)?)).await,
    }
}

/// The group in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<GroupId, Failure> {
    group(&ask.param("groupId")?)
}

fn whole(id: &GroupId) -> String {
    trunkline_model::Address::Group(id.0.clone()).jid()
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Group(command)).await
}

async fn view<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Box<GroupView>, Failure> {
    match tell(ask, command).await? {
        Reply::Group(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

async fn outcomes<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Answer, Failure> {
    match tell(ask, command).await? {
        Reply::Participants(outcomes) => show(ask, outcomes.iter().map(OutcomeJson::of).collect::<Vec<_>>()),
        _ => Err(unexpected()),
    }
}

async fn link<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Answer, Failure> {
    match tell(ask, command).await? {
        Reply::InviteLink(link) => show(ask, LinkJson::of(link)),
        _ => Err(unexpected()),
    }
}

async fn list<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<Answer, Failure> {
    let asked = numbered(ask)?;
    let all = match ask.call.query.get("type") {
        None | Some("whatsapp") => {
            device(ask, None)?;
            let Reply::Groups(groups) = tell(ask, GroupCommand::List).await? else {
                return Err(unexpected());
            };
            groups.iter().map(GroupJson::of).collect()
        }
        Some("contact") => tags(ask).await?,
        Some(_) => return Err(wrong("type", "is neither whatsapp nor contact")),
    };
    let total = all.len();
    show_page(ask, (asked, total), asked.of(all))
}

/// The tags of the address book, as the groups that its people are in.
async fn tags<G: Gateway>(ask: &Ask<'_, G>) -> Result<Vec<GroupJson>, Failure> {
    also(&ask.call.principal, Scope::BookRead)?;
    let people = walk(DIALECT_PARTS_MAX, async |after| {
        let list = BookCommand::List { after, search: None, tag: None, limit: PAGE_LIMIT_MAX };
        match ask.call.plans(PlanCommand::Book(Box::new(list))).await? {
            PlanReply::Contacts(records, next) => Ok((records, next)),
            _ => Err(unexpected()),
        }
    });
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for tag in people.await?.into_iter().flat_map(|record| record.about.tags) {
        *sizes.entry(tag).or_default() += 1;
    }
    Ok(sizes.into_iter().map(|(tag, size)| GroupJson::of_tag(tag, size)).collect())
}

async fn create<G: Gateway>(ask: &mut Ask<'_, G>, mut body: CreateBody) -> Result<Answer, Failure> {
    device(ask, text(body.device()))?;
    let (group, about) = body.read()?;
    let mut view = view(ask, GroupCommand::Create(group)).await?;
    if let Some(about) = about {
        let changes = GroupChanges { description: Some(Some(about.clone())), ..GroupChanges::default() };
        let id = group_of(&view)?;
        match tell(ask, GroupCommand::Update(id, changes)).await {
            Ok(_) => view.description = Some(about),
            // The group is made: whoever heard of a failure would make a second one.
            Err(failure) => tracing::debug!(%failure, "a group was made without its description"),
        }
    }
    show(ask, GroupJson::of(&view))
}

fn group_of(view: &GroupView) -> Result<GroupId, Failure> {
    group(&view.group.jid)
}

async fn update<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (mut body, _memory): (UpdateBody, Memory) =
        body.held_json(ask.call.headers, MESSAGE_JSON_BYTES_MAX).await?;
    device(ask, text(body.device()))?;
    let (id, Changes { changes, picture }) = (id(ask)?, body.read()?);
    if changes != GroupChanges::default() {
        tell(ask, GroupCommand::Update(id.clone(), changes)).await?;
    }
    if let Some(picture) = picture {
        tell(ask, GroupCommand::SetPicture(id.clone(), Some(picture))).await?;
    }
    show(ask, GroupJson::of(&*view(ask, GroupCommand::Get(id)).await?))
}
