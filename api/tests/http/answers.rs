//! What the fake engine answers commands with that only WhatsApp could answer.

use trunkline_model::command::{
    GroupCommand, GroupSettings, GroupView, JoinRequest, JoinedGroup, Participant, ParticipantOutcome,
    ParticipantRole, Reply,
};
use trunkline_model::inbound::Party;
use trunkline_model::settings::{InstanceSettings, SettingsUpdate};

fn person() -> Party {
    Party {
        jid: "5511912345678@s.whatsapp.net".to_owned(),
        phone: Some("5511912345678".to_owned()),
        ..Party::default()
    }
}

fn group_party() -> Party {
    Party { jid: "120363021033254949@g.us".to_owned(), name: Some("Orders".to_owned()), ..Party::default() }
}

fn view() -> GroupView {
    GroupView {
        group: group_party(),
        description: None,
        creator: Some(person()),
        created_at_ms: Some(1_700_000_000_000),
        size: Some(1),
        participants: vec![Participant { person: person(), role: ParticipantRole::Owner }],
        settings: GroupSettings { announce: Some(true), ..GroupSettings::default() },
        community: None,
        is_community: false,
    }
}

/// The answer to a command about groups.
pub fn group(command: &GroupCommand) -> Reply {
    match command {
        GroupCommand::List => Reply::Groups(vec![view()]),
        GroupCommand::Get(_)
        | GroupCommand::Create(_)
        | GroupCommand::Update(..)
        | GroupCommand::Preview(_) => Reply::Group(Box::new(view())),
        GroupCommand::Leave(_) | GroupCommand::SetPicture(..) => Reply::Done,
        GroupCommand::Join(_) | GroupCommand::AcceptInvitation(_) => {
            Reply::Joined(JoinedGroup { group: group_party(), awaits_approval: false })
        }
        GroupCommand::ChangeParticipants(..) | GroupCommand::AnswerJoinRequests(..) => {
            let refused = Some("403".to_owned());
            Reply::Participants(vec![ParticipantOutcome {
                person: person(),
                error: refused,
                invitation: None,
            }])
        }
        GroupCommand::ListJoinRequests(_) => {
            Reply::JoinRequests(vec![JoinRequest { person: person(), requested_at_ms: None }])
        }
        GroupCommand::GetInviteLink(_) | GroupCommand::ResetInviteLink(_) => {
            Reply::InviteLink("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv".to_owned())
        }
    }
}

/// The settings after a change.
pub fn settings(update: SettingsUpdate) -> Reply {
    Reply::Settings(Box::new(InstanceSettings::default().with(update)))
}
