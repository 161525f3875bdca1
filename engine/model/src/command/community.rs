//! Communities: groups of groups. A community is a group to WhatsApp; its announcements and its chats are groups of their own.

use super::group::{GroupChanges, GroupId, ParticipantAction};
use crate::address::Address;

/// A command about communities. Every one of these asks WhatsApp, and needs an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum CommunityCommand {
    /// Those that the account is in. Answered by [`super::Reply::Groups`].
    List,
    /// One of them. Answered by [`super::Reply::Group`].
    Get(GroupId),
    /// Makes one. Answered by [`super::Reply::Group`].
    Create(CreateCommunity),
    /// Changes subject, description or settings. Answered by [`super::Reply::Group`].
    Update(GroupId, GroupChanges),
    /// Leaves it and its groups. Answered by [`super::Reply::Done`].
    Leave(GroupId),
    /// Ends it; its groups live on. Answered by [`super::Reply::Done`].
    Deactivate(GroupId),
    /// Its groups. Answered by [`super::Reply::SubGroups`].
    ListGroups(GroupId),
    /// Makes a group in it. Answered by [`super::Reply::Group`].
    CreateGroup {
        /// In which community.
        community: GroupId,
        /// The group's subject.
        subject: String,
        /// Whom it begins with, besides the account itself.
        participants: Vec<Address>,
    },
    /// Links groups that exist. Answered by [`super::Reply::Links`].
    Link(GroupId, Vec<GroupId>),
    /// Unlinks one. Answered by [`super::Reply::Links`].
    Unlink(GroupId, GroupId),
    /// Comes into one of its groups. Answered by [`super::Reply::Group`].
    JoinGroup(GroupId, GroupId),
    /// Everybody in its groups. Answered by [`super::Reply::Members`].
    ListMembers(GroupId),
    /// Adds, removes, promotes or demotes people. Answered by [`super::Reply::Participants`], one outcome each.
    ChangeMembers(GroupId, ParticipantAction, Vec<Address>),
    /// Its invitation link. Answered by [`super::Reply::InviteLink`].
    GetInviteLink(GroupId),
    /// Makes a new invitation link. Answered by [`super::Reply::InviteLink`].
    ResetInviteLink(GroupId),
    /// Sets its picture, or removes it. Answered by [`super::Reply::Done`].
    SetPicture(GroupId, Option<Vec<u8>>),
}

/// A community that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CreateCommunity {
    /// Its subject.
    pub subject: String,
    /// Its description.
    pub description: Option<String>,
    /// Whether joining one of its groups takes an admin's consent.
    pub closed: bool,
    /// Whether members may make groups in it.
    pub members_can_create_groups: bool,
    /// Whether it begins with a chat of all.
    pub general_chat: bool,
}

/// A group of a community.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SubGroup {
    /// Its WhatsApp id.
    pub jid: String,
    /// Its subject.
    pub subject: String,
    /// Number of participants, where told.
    pub size: Option<u32>,
    /// Whether it is the community's announcements, which every member is in.
    pub is_announcements: bool,
    /// Whether it is the chat of all.
    pub is_general_chat: bool,
}

/// What became of a group that was to be linked or unlinked.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LinkOutcome {
    /// Its WhatsApp id.
    pub jid: String,
    /// WhatsApp's code for why not; `None` when it worked.
    pub error: Option<String>,
}
