//! Groups: what can be asked, and what a group looks like.

use crate::address::Address;
use crate::inbound::Party;

/// A command about groups. Groups live on WhatsApp: every one of these asks it, and needs an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum GroupCommand {
    /// Every group that the account is in. Answered by [`super::Reply::Groups`].
    List,
    /// One group with its participants. Answered by [`super::Reply::Group`].
    Get(GroupId),
    /// Makes a group. Answered by [`super::Reply::Group`].
    Create(CreateGroup),
    /// Changes subject, description or settings, one after the other. Answered by [`super::Reply::Group`].
    Update(GroupId, GroupChanges),
    /// Leaves it. Answered by [`super::Reply::Done`].
    Leave(GroupId),
    /// What a code or link leads to. Answered by [`super::Reply::Group`].
    Preview(InviteCode),
    /// Joins by a code or link. Answered by [`super::Reply::Joined`].
    Join(InviteCode),
    /// Joins by an invitation that a member sent. Answered by [`super::Reply::Joined`].
    AcceptInvitation(GroupInvitation),
    /// Adds, removes, promotes or demotes people. Answered by [`super::Reply::Participants`], one outcome each.
    ChangeParticipants(GroupId, ParticipantAction, Vec<Address>),
    /// Who waits to be let in. Answered by [`super::Reply::JoinRequests`].
    ListJoinRequests(GroupId),
    /// Lets people in, or does not. Answered by [`super::Reply::Participants`].
    AnswerJoinRequests(GroupId, JoinAnswer, Vec<Address>),
    /// The invitation link. Answered by [`super::Reply::InviteLink`].
    GetInviteLink(GroupId),
    /// Makes a new invitation link; the one before it leads nowhere then. Answered by [`super::Reply::InviteLink`].
    ResetInviteLink(GroupId),
    /// Sets the picture, or removes it. Answered by [`super::Reply::Done`].
    SetPicture(GroupId, Option<Vec<u8>>),
}

/// The part of a group's WhatsApp id before `@g.us`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct GroupId(pub String);

/// The code at the end of an invitation link.
#[derive(Debug, Clone, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InviteCode(pub String);

/// A group that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CreateGroup {
    /// Its subject.
    pub subject: String,
    /// Whom it begins with, besides the account itself.
    pub participants: Vec<Address>,
    /// What else it begins with.
    pub settings: GroupSettings,
}

/// Changes to a group: `None` leaves a thing as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct GroupChanges {
    /// New subject.
    pub subject: Option<String>,
    /// New description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// New settings.
    pub settings: GroupSettings,
}

/// What a group's members may do: `None` leaves a thing as it is, or as WhatsApp makes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct GroupSettings {
    /// Whether only admins may write.
    pub announce: Option<bool>,
    /// Whether only admins may change subject, description and picture.
    pub locked: Option<bool>,
    /// Whether admins decide about everyone who wants to join.
    pub join_approval: Option<bool>,
    /// Whether every member may add people.
    pub members_can_add: Option<bool>,
    /// Seconds after which messages disappear; 0 for never.
    pub disappearing_seconds: Option<u32>,
}

/// An invitation that a member sent as a message.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct GroupInvitation {
    /// The group.
    pub group: GroupId,
    /// The invitation's code.
    pub code: String,
    /// Until when it serves, in seconds since the Unix epoch.
    pub expires_at_s: i64,
    /// Who sent it.
    pub from: Address,
}

/// What is to be done to participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ParticipantAction {
    /// Let in.
    Add,
    /// Put out.
    Remove,
    /// Make an admin.
    Promote,
    /// Make an ordinary member.
    Demote,
}

/// An answer to people who want to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum JoinAnswer {
    /// They are let in.
    Approve,
    /// They are not.
    Reject,
}

/// A group as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct GroupView {
    /// The group, its subject as the name.
    pub group: Party,
    /// Its description.
    pub description: Option<String>,
    /// Who made it.
    pub creator: Option<Party>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: Option<i64>,
    /// Number of participants, where it is told.
    pub size: Option<u32>,
    /// Its participants; a preview may know some of them or none.
    pub participants: Vec<Participant>,
    /// What its members may do.
    pub settings: GroupSettings,
    /// The community that it belongs to: its WhatsApp id.
    pub community: Option<String>,
    /// Whether it is a community itself.
    pub is_community: bool,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Participant {
    /// Who.
    pub person: Party,
    /// What they are in the group.
    pub role: ParticipantRole,
}

/// What somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ParticipantRole {
    /// An ordinary member.
    Member,
    /// An admin.
    Admin,
    /// The admin who made it.
    Owner,
}

impl ParticipantRole {
    /// Every role.
    pub const ALL: [ParticipantRole; 3] =
        [ParticipantRole::Member, ParticipantRole::Admin, ParticipantRole::Owner];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            ParticipantRole::Member => "member",
            ParticipantRole::Admin => "admin",
            ParticipantRole::Owner => "owner",
        }
    }
}

/// What became of one person in a change.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ParticipantOutcome {
    /// Who.
    pub person: Party,
    /// WhatsApp's code for why not; `None` when it worked.
    pub error: Option<String>,
    /// An invitation to send to somebody who cannot be added directly.
    pub invitation: Option<Invitation>,
}

/// An invitation for one person.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Invitation {
    /// Its code.
    pub code: String,
    /// Until when it serves, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// Somebody who waits to be let in.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct JoinRequest {
    /// Who.
    pub person: Party,
    /// Since when, in milliseconds since the Unix epoch.
    pub requested_at_ms: Option<i64>,
}

/// What joining led to.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct JoinedGroup {
    /// The group.
    pub group: Party,
    /// Whether an admin has to approve first.
    pub awaits_approval: bool,
}
