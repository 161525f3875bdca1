//! Groups.

use trunkline_model::account::LEGACY;
use trunkline_model::command::{
    Command, ContactCommand, CreateGroup, GroupChanges, GroupCommand, GroupId, GroupInvitation,
    GroupSettings, GroupView, ParticipantOutcome, Reply,
};
use trunkline_model::{Address, ErrorCode, Failure};

use super::body::group::{
    CreateBody, DescriptionBody, FlagBody, InviteBody, LinkBody, NameBody, PeopleBody, PictureBody,
    RequestsBody, code, group, some_people,
};
use super::messages::held;
use super::shown::group::{
    GroupJson, InvitationJson, JoinedJson, LinkJson, ParticipantJson, PictureSetJson, RequestJson,
};
use super::shown::{IdJson, PictureJson};
use super::table::groups::GroupOperation;
use super::{Ask, anybody, given, wrong};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::json::fields::{Base64, Problems};
use crate::json::group::check_subject;
use crate::limits::PICTURE_BYTES_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: GroupOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use GroupOperation as Op;
    match operation {
        Op::List => {
            let groups = groups_in(ask.tell(Command::Group(GroupCommand::List)).await?)?;
            Ok(ask.show(&groups.iter().map(|view| group_json(ask, view)).collect::<Vec<_>>()))
        }
        Op::Create => create(ask, ask.call.body(body).await?).await,
        Op::Get => Ok(ask.show(&group_json(ask, &*view(ask, GroupCommand::Get(id(ask)?)).await?))),
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
            let group = id(ask)?;
            let (body, _memory): (PictureBody, Memory) = held(ask, body).await?;
            let command =
                Command::Group(GroupCommand::SetPicture(group.clone(), Some(jpeg("data", body.data)?)));
            picture_set(ask, command, Address::Group(group.0)).await
        }
        Op::Picture => picture(ask, Address::Group(id(ask)?.0)).await,
        Op::Leave => ask.done(Command::Group(GroupCommand::Leave(id(ask)?))).await,
        Op::Participants => {
            let view = view(ask, GroupCommand::Get(id(ask)?)).await?;
            Ok(ask.show(&view.participants.iter().map(ParticipantJson::of).collect::<Vec<_>>()))
        }
        Op::Change => {
            let (action, people) = ask.call.body::<PeopleBody>(body).await?.read()?;
            let command = GroupCommand::ChangeParticipants(id(ask)?, action, people);
            some_worked(ask, Command::Group(command)).await
        }
        Op::InviteLink => link(ask, Command::Group(GroupCommand::GetInviteLink(id(ask)?))).await,
        Op::ResetInviteLink => link(ask, Command::Group(GroupCommand::ResetInviteLink(id(ask)?))).await,
        Op::Announce | Op::Locked | Op::JoinApproval | Op::MemberAddMode => {
            setting(ask, operation, ask.call.body(body).await?).await
        }
        Op::JoinByLink => join(ask, ask.call.body(body).await?).await,
        Op::JoinByInvite => accept(ask, ask.call.body(body).await?).await,
        Op::Preview => {
            let code = code("code", &ask.param("code")?)?;
            Ok(ask.show(&GroupJson::of(&*view(ask, GroupCommand::Preview(code)).await?)))
        }
        Op::Invitation => {
            let code = code("inviteCode", &ask.param("inviteCode")?)?;
            let view = view(ask, GroupCommand::Preview(code.clone())).await?;
            Ok(ask.show(&InvitationJson::of(code, &view)))
        }
        Op::Requests => requests(ask).await,
        Op::AnswerRequests => {
            let (answer, people) = ask.call.body::<RequestsBody>(body).await?.read()?;
            some_worked(ask, Command::Group(GroupCommand::AnswerJoinRequests(id(ask)?, answer, people))).await
        }
    }
}

async fn join<G: Gateway>(ask: &Ask<'_, G>, body: LinkBody) -> Result<Answer, Failure> {
    match ask.tell(Command::Group(GroupCommand::Join(body.read()?))).await? {
        Reply::Joined(joined) => Ok(ask.show(&JoinedJson::of(joined.group.jid))),
        _ => Err(unexpected()),
    }
}

async fn requests<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    match ask.tell(Command::Group(GroupCommand::ListJoinRequests(id(ask)?))).await? {
        Reply::JoinRequests(waiting) => {
            Ok(ask.show(&waiting.iter().map(RequestJson::of).collect::<Vec<_>>()))
        }
        _ => Err(unexpected()),
    }
}

/// A group as the generation of the key reads it.
fn group_json<G: Gateway>(ask: &Ask<'_, G>, view: &GroupView) -> GroupJson {
    let group = GroupJson::of(view);
    let is_legacy = ask.call.principal.dialect_scopes.iter().any(|word| word == LEGACY);
    if is_legacy { group.with_ids() } else { group }
}

/// The group in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<GroupId, Failure> {
    group("id", &ask.param("id")?)
}

pub(super) fn groups_in(reply: Reply) -> Result<Vec<GroupView>, Failure> {
    match reply {
        Reply::Groups(groups) => Ok(groups),
        _ => Err(unexpected()),
    }
}

pub(super) fn group_in(reply: Reply) -> Result<Box<GroupView>, Failure> {
    match reply {
        Reply::Group(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

async fn view<G: Gateway>(ask: &Ask<'_, G>, command: GroupCommand) -> Result<Box<GroupView>, Failure> {
    group_in(ask.tell(Command::Group(command)).await?)
}

/// A name that a group can have.
pub(super) fn name(name: String) -> Result<String, Failure> {
    let mut problems = Problems::default();
    check_subject(&mut problems, &name);
    problems.or(Some(name))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: CreateBody) -> Result<Answer, Failure> {
    let subject = name(body.name)?;
    let participants = some_people(body.participants)?;
    let group = CreateGroup { subject, participants, settings: GroupSettings::default() };
    let view = view(ask, GroupCommand::Create(group)).await?;
    Ok(ask.show(&IdJson { id: view.group.jid.clone() }))
}

async fn update<G: Gateway>(ask: &Ask<'_, G>, changes: GroupChanges) -> Result<Answer, Failure> {
    ask.done(Command::Group(GroupCommand::Update(id(ask)?, changes))).await
}

async fn setting<G: Gateway>(
    ask: &Ask<'_, G>,
    operation: GroupOperation,
    body: FlagBody,
) -> Result<Answer, Failure> {
    // A switch that is left out is off, as in the service's own reader.
    let on = body.enabled.unwrap_or(false);
    let mut settings = GroupSettings::default();
    match operation {
        GroupOperation::Announce => settings.announce = Some(on),
        GroupOperation::Locked => settings.locked = Some(on),
        GroupOperation::JoinApproval => settings.join_approval = Some(on),
        _ => settings.members_can_add = Some(!on),
    }
    update(ask, GroupChanges { settings, ..GroupChanges::default() }).await
}

async fn accept<G: Gateway>(ask: &Ask<'_, G>, body: InviteBody) -> Result<Answer, Failure> {
    let invitation = GroupInvitation {
        group: group("groupId", &body.group_id)?,
        code: code("code", &body.code)?.0,
        expires_at_s: body.expiration.unwrap_or(0),
        from: anybody("inviterId", &body.inviter_id)?,
    };
    ask.done(Command::Group(GroupCommand::AcceptInvitation(invitation))).await
}

/// The bytes of a picture, of the type that WhatsApp takes.
pub(super) fn jpeg(field: &str, Base64(bytes): Base64) -> Result<Vec<u8>, Failure> {
    if bytes.len() > PICTURE_BYTES_MAX as usize {
        return Err(wrong(field, format!("is longer than {PICTURE_BYTES_MAX} bytes")));
    }
    if !bytes.starts_with(b"\xff\xd8\xff") {
        return Err(wrong(field, "is not a JPEG in base64"));
    }
    Ok(bytes.to_vec())
}

/// Sets a picture and shows the id that WhatsApp has given it.
pub(super) async fn picture_set<G: Gateway>(
    ask: &Ask<'_, G>,
    command: Command,
    of: Address,
) -> Result<Answer, Failure> {
    ask.tell(command).await?;
    let shown = ask.tell(Command::Contact(ContactCommand::GetPicture { of, preview: true })).await;
    // It is set; that its id cannot be told is no reason to say otherwise.
    let id = match shown {
        Ok(Reply::Picture(Some(picture))) => picture.id,
        _ => String::new(),
    };
    Ok(ask.show(&PictureSetJson::of(id)))
}

/// Where somebody's picture is, or a group's.
pub(super) async fn picture<G: Gateway>(ask: &Ask<'_, G>, of: Address) -> Result<Answer, Failure> {
    match ask.tell(Command::Contact(ContactCommand::GetPicture { of, preview: false })).await? {
        Reply::Picture(picture) => Ok(ask.show(&PictureJson::of(picture))),
        _ => Err(unexpected()),
    }
}

/// An invitation link.
pub(super) async fn link<G: Gateway>(ask: &Ask<'_, G>, command: Command) -> Result<Answer, Failure> {
    match ask.tell(command).await? {
        Reply::InviteLink(link) => Ok(ask.show(&LinkJson::of(link))),
        _ => Err(unexpected()),
    }
}

/// A change to people. The service tells of no single outcome, so it failed only where it did for all.
pub(super) async fn some_worked<G: Gateway>(ask: &Ask<'_, G>, command: Command) -> Result<Answer, Failure> {
    let Reply::Participants(outcomes) = ask.tell(command).await? else {
        return Err(unexpected());
    };
    let failed = |outcome: &ParticipantOutcome| outcome.error.is_some() && outcome.invitation.is_none();
    if !outcomes.is_empty() && outcomes.iter().all(failed) {
        let word = outcomes.iter().find_map(|outcome| outcome.error.clone()).unwrap_or_default();
        return Err(Failure::new(
            ErrorCode::WhatsAppRefused,
            format!("WhatsApp refused all of them: {word}"),
        ));
    }
    Ok(ask.nothing())
}
