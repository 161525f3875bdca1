//! What the fake engine answers commands with that only WhatsApp could answer.

use trunkline_model::Address;
use trunkline_model::chat::{ChatChange, LabelRecord, Mute};
use trunkline_model::command::{
    AboutView, AudienceKind, AudienceList, BusinessDay, BusinessView, CallCommand, ChatCommand, ChatView,
    CheckedPerson, CommunityCommand, ContactCommand, ContactView, GroupCommand, GroupSettings, GroupView,
    JoinRequest, JoinedGroup, LabelView, LimitsView, LinkOutcome, LinkedDevice, MessageView, NewChatLimit,
    NewsletterCommand, NewsletterPost, NewsletterView, Participant, ParticipantOutcome, ParticipantRole,
    PictureView, Place, PrivacySetting, PrivacyValue, PrivacyView, ProfileCommand, ProfileView,
    ReachoutLimit, ReceiptView, Reply, SavedContact, SendRequest, StatusCommand, StoredBody, StoredMessage,
    SubGroup,
};
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMessage, Party};
use trunkline_model::message::{Content, Lane, MessageStatus, SendMessage, SendOptions, Text};
use trunkline_model::settings::{InstanceSettings, SettingsUpdate};

use crate::fake;

pub mod account;
pub mod endpoint;
pub mod plan;

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

fn picture() -> PictureView {
    PictureView { id: "1700000000".to_owned(), url: "https://pps.example.org/1.jpg".to_owned() }
}

/// The answer to a command about the profile.
pub fn profile(command: &ProfileCommand) -> Reply {
    match command {
        ProfileCommand::Get | ProfileCommand::Update(_) => {
            Reply::Profile(Box::new(ProfileView { account: person(), about: None, picture: Some(picture()) }))
        }
        ProfileCommand::GetPicture => Reply::Picture(Some(picture())),
        ProfileCommand::SetPicture(_) => Reply::Done,
        ProfileCommand::ListDevices => {
            Reply::Devices(vec![LinkedDevice { number: 0, jid: person().jid, is_this: false }])
        }
    }
}

/// The answer to a command about privacy.
pub fn privacy() -> Reply {
    Reply::Privacy(PrivacyView { settings: vec![(PrivacySetting::LastSeen, PrivacyValue::Nobody)] })
}

/// The limits.
pub fn limits() -> Reply {
    let until_ms = Some(1_700_000_000_000);
    Reply::Limits(Box::new(LimitsView {
        reachout: Some(ReachoutLimit { restricted: true, kind: Some("default".to_owned()), until_ms }),
        new_chats: Some(NewChatLimit {
            status: "none".to_owned(),
            total: Some(50),
            used: None,
            from_ms: None,
            until_ms,
        }),
    }))
}

/// The answer to a command about calls.
pub fn call(command: &CallCommand) -> Reply {
    match command {
        CallCommand::Reject { .. } => Reply::Done,
        CallCommand::CreateLink { .. } => Reply::CallLink("https://call.whatsapp.com/video/abc".to_owned()),
    }
}

fn newsletter_view() -> NewsletterView {
    NewsletterView {
        jid: "120400000000000001@newsletter".to_owned(),
        name: "News".to_owned(),
        description: None,
        followers: Some(1),
        verified: false,
        state: "active".to_owned(),
        role: Some("owner".to_owned()),
        muted: Some(false),
        invite: Some("0029VaAbCdEfGhIjKlMnOp".to_owned()),
        created_at_ms: None,
    }
}

/// The answer to a command about newsletters.
pub fn newsletter(command: &NewsletterCommand) -> Reply {
    match command {
        NewsletterCommand::List => Reply::Newsletters(vec![newsletter_view()]),
        NewsletterCommand::Get(_)
        | NewsletterCommand::Preview(_)
        | NewsletterCommand::Create { .. }
        | NewsletterCommand::Update { .. } => Reply::Newsletter(Box::new(newsletter_view())),
        NewsletterCommand::Delete(_)
        | NewsletterCommand::Follow { .. }
        | NewsletterCommand::Mute { .. }
        | NewsletterCommand::React { .. } => Reply::Done,
        NewsletterCommand::Posts { .. } => Reply::NewsletterPosts {
            posts: vec![NewsletterPost {
                number: 101,
                wa_id: Some("3EB0AA".to_owned()),
                time_ms: 1_700_000_000_000,
                from_me: true,
                kind: "text".to_owned(),
                text: Some("new".to_owned()),
                reactions: vec![("👍".to_owned(), 3)],
            }],
            next: Some(101),
        },
    }
}

/// The answer to a command about communities.
pub fn community(command: &CommunityCommand) -> Reply {
    match command {
        CommunityCommand::List => Reply::Groups(vec![view()]),
        CommunityCommand::Get(_)
        | CommunityCommand::Create(_)
        | CommunityCommand::Update(..)
        | CommunityCommand::CreateGroup { .. }
        | CommunityCommand::JoinGroup(..) => Reply::Group(Box::new(view())),
        CommunityCommand::Leave(_) | CommunityCommand::Deactivate(_) | CommunityCommand::SetPicture(..) => {
            Reply::Done
        }
        CommunityCommand::ListGroups(_) => Reply::SubGroups(vec![SubGroup {
            jid: group_party().jid,
            subject: "Announcements".to_owned(),
            size: None,
            is_announcements: true,
            is_general_chat: false,
        }]),
        CommunityCommand::Link(..) | CommunityCommand::Unlink(..) => {
            Reply::Links(vec![LinkOutcome { jid: group_party().jid, error: Some("403".to_owned()) }])
        }
        CommunityCommand::ListMembers(_) => Reply::Members(vec![person()]),
        CommunityCommand::ChangeMembers(..) => {
            Reply::Participants(vec![ParticipantOutcome { person: person(), error: None, invitation: None }])
        }
        CommunityCommand::GetInviteLink(_) | CommunityCommand::ResetInviteLink(_) => {
            Reply::InviteLink("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv".to_owned())
        }
    }
}

/// The answer to a command about status.
pub fn status(command: &StatusCommand) -> Reply {
    match command {
        StatusCommand::GetAudience => Reply::StatusAudience(vec![AudienceList {
            kind: AudienceKind::Only,
            is_default: true,
            people: vec![person()],
        }]),
        StatusCommand::Delete { .. } => Reply::Done,
    }
}

fn chat_view() -> ChatView {
    ChatView {
        chat: person(),
        is_group: false,
        last_message_ms: Some(1_700_000_000_000),
        unread: 1,
        marked_unread: false,
        archived: true,
        pinned: false,
        mute: Mute::Until(1_800_000_000_000),
        disappearing_seconds: None,
        labels: vec!["3".to_owned()],
    }
}

fn messages() -> Vec<StoredMessage> {
    let received = InboundMessage {
        wa_id: "3EB0AA".to_owned(),
        chat: person(),
        sender: person(),
        from_me: false,
        is_group: false,
        time_ms: 1_700_000_000_000,
        from_offline_queue: false,
        content: InboundContent::Text { body: "hello".to_owned() },
        quote: None,
        mentions: Vec::new(),
        marks: InboundMarks::default(),
    };
    let stored = |message| StoredMessage {
        time_ms: 1_700_000_000_000,
        starred: false,
        text: Some("hello".to_owned()),
        message,
    };
    vec![
        stored(StoredBody::Received { sequence: 3, message: Box::new(received) }),
        stored(StoredBody::Sent(Box::new(fake::message(MessageStatus::Sent)))),
    ]
}

fn label() -> LabelView {
    LabelView { id: "3".to_owned(), label: LabelRecord { name: "New order".to_owned(), color: 4 } }
}

/// The answer to a command about chats.
pub fn chat(command: &ChatCommand) -> Reply {
    match command {
        ChatCommand::List { .. } => Reply::Chats { chats: vec![chat_view()], next: Some(Place(vec![1])) },
        ChatCommand::Get(_) | ChatCommand::Change(..) => Reply::Chat(Box::new(chat_view())),
        ChatCommand::Act(_, ChatChange::Labelled { .. }) => Reply::Chat(Box::new(chat_view())),
        ChatCommand::Act(..) | ChatCommand::DeleteLabel(_) => Reply::Done,
        ChatCommand::ListMessages(..) | ChatCommand::Search(_) => {
            Reply::StoredMessages { messages: messages(), next: None }
        }
        ChatCommand::RequestHistory { .. } => Reply::HistoryRequested,
        ChatCommand::ListLabels => Reply::Labels(vec![label()]),
        ChatCommand::CreateLabel(_) | ChatCommand::UpdateLabel(..) => Reply::Label(label()),
        ChatCommand::GetRetention => Reply::Retention(None),
        ChatCommand::SetRetention(days) => Reply::Retention(*days),
    }
}

fn contact_view() -> ContactView {
    ContactView {
        person: person(),
        push_name: None,
        full_name: Some("Ana Souza".to_owned()),
        first_name: Some("Ana".to_owned()),
        business_name: None,
        saved: true,
        blocked: false,
    }
}

fn checked(query: &Address) -> CheckedPerson {
    CheckedPerson {
        query: query.clone(),
        person: person(),
        on_whatsapp: true,
        is_business: false,
        checked_at_ms: 1_700_000_000_000,
    }
}

/// The answer to a command about people.
pub fn contact(command: &ContactCommand) -> Reply {
    match command {
        ContactCommand::List { .. } => Reply::Contacts { contacts: vec![contact_view()], next: None },
        ContactCommand::Get(_) => Reply::Contact(Box::new(contact_view())),
        ContactCommand::Save(contacts) => {
            let saved =
                |person: &Address| SavedContact { person: person.clone(), outcome: Ok(contact_view()) };
            Reply::SavedContacts(contacts.iter().map(|contact| saved(&contact.person)).collect())
        }
        ContactCommand::Block(..) => Reply::Done,
        ContactCommand::ListBlocked => Reply::People(vec![person()]),
        ContactCommand::GetPicture { .. } => {
            Reply::Picture(Some(PictureView { id: "7".to_owned(), url: "https://example.org/7".to_owned() }))
        }
        ContactCommand::GetAbout(_) => Reply::About(AboutView {
            person: person(),
            about: Some("busy".to_owned()),
            picture_id: None,
            is_business: false,
        }),
        ContactCommand::GetBusiness(_) => {
            let day = BusinessDay {
                day: "mon".to_owned(),
                mode: "specific_hours".to_owned(),
                opens_at_minutes: Some(540),
                closes_at_minutes: Some(1_080),
            };
            let view = BusinessView { person: person(), hours: vec![day], ..BusinessView::default() };
            Reply::Business(Some(Box::new(view)))
        }
        ContactCommand::Check(people) => Reply::Checked(people.iter().map(checked).collect()),
        ContactCommand::Resolve(person) => Reply::Checked(vec![checked(person)]),
    }
}

/// The answer to a batch: every message is accepted, as `like` it.
pub fn sent(requests: Vec<SendRequest>, like: &MessageView) -> Reply {
    let accepted = |request: SendRequest| MessageView { to: request.message.to.jid(), ..like.clone() };
    Reply::Sent(requests.into_iter().map(accepted).map(Ok).collect())
}

/// Somebody who has a message and has not read it.
pub fn receipts() -> Reply {
    Reply::Receipts(vec![ReceiptView {
        person: person(),
        device: Some(0),
        delivered_at_ms: Some(1_700_000_000_000),
        read_at_ms: None,
        played_at_ms: None,
    }])
}

/// What messages say.
pub fn bodies(ids: &[trunkline_model::MessageId]) -> Reply {
    let body = SendMessage {
        to: Address::Phone("5511912345678".to_owned()),
        content: Content::Text(Text::plain("hello")),
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    };
    Reply::Bodies(ids.iter().map(|_| Some(body.clone())).collect())
}

/// The settings after a change.
pub fn settings(update: SettingsUpdate) -> Reply {
    Reply::Settings(Box::new(InstanceSettings::default().with(update)))
}
