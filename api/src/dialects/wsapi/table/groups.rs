//! Groups.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::group::{
    CreateBody, DescriptionBody, FlagBody, InviteBody, LinkBody, NameBody, PeopleBody, PictureBody,
    RequestsBody,
};
use crate::dialects::wsapi::shown::group::{
    GroupJson, InvitationJson, JoinedJson, LinkJson, ParticipantJson, PictureSetJson, RequestJson,
};
use crate::dialects::wsapi::shown::{IdJson, PictureJson};

operations! {
    /// Operations on groups.
    Wsapi ("wsapi") Group: GroupOperation;
    List: GroupsRead / Lookup, Instance, - => (Vec<GroupJson>), [], "Lists the groups that the number is in."
        { GET "/groups" 200 Public }
    Create: GroupsWrite / Write, Instance, {CreateBody} => (IdJson), [], "Makes a group."
        { POST "/groups" 201 Public }
    Get: GroupsRead / Lookup, Instance, - => (GroupJson), [], "Returns one group."
        { GET "/groups/{id}" 200 Public }
    Name: GroupsWrite / Write, Instance, {NameBody} => -, [], "Renames a group."
        { PUT "/groups/{id}/name" 204 Public }
    Description: GroupsWrite / Write, Instance, {DescriptionBody} => -, [], "Changes a group's description."
        { PUT "/groups/{id}/description" 204 Public }
    SetPicture: GroupsWrite / Write, Instance, {media PictureBody} => (PictureSetJson), [], "Sets a group's picture."
        { POST "/groups/{id}/picture" 200 Public }
    Picture: GroupsRead / Lookup, Instance, - => (PictureJson), [], "Returns where a group's picture is."
        { GET "/groups/{id}/picture" 200 Public }
    Leave: GroupsWrite / Write, Instance, - => -, [], "Leaves a group."
        { POST "/groups/{id}/leave" 204 Public, PUT "/groups/{id}/leave" 204 Public, DELETE "/groups/{id}" 204 Public }
    Participants: GroupsRead / Lookup, Instance, - => (Vec<ParticipantJson>), [], "Lists a group's participants."
        { GET "/groups/{id}/participants" 200 Public }
    Change: GroupsWrite / Write, Instance, {PeopleBody} => -, [], "Adds, removes, promotes or demotes people."
        { PUT "/groups/{id}/participants" 204 Public }
    InviteLink: GroupsRead / Lookup, Instance, - => (LinkJson), [], "Returns a group's invitation link."
        { GET "/groups/{id}/invite-link" 200 Public }
    ResetInviteLink: GroupsWrite / Write, Instance, - => (LinkJson), [], "Makes a new invitation link."
        { POST "/groups/{id}/invite-link/reset" 200 Public }
    Announce: GroupsWrite / Write, Instance, {FlagBody} => -, [], "Lets only admins write, or everybody."
        { PUT "/groups/{id}/settings/announce" 204 Public, PUT "/groups/{id}/announce" 204 Public }
    Locked: GroupsWrite / Write, Instance, {FlagBody} => -, [], "Lets only admins change the group, or everybody."
        { PUT "/groups/{id}/settings/locked" 204 Public, PUT "/groups/{id}/locked" 204 Public }
    JoinApproval: GroupsWrite / Write, Instance, {FlagBody} => -, [], "Has admins decide about who joins, or not."
        { PUT "/groups/{id}/settings/join-approval" 204 Public, PUT "/groups/{id}/join-approval" 204 Public }
    MemberAddMode: GroupsWrite / Write, Instance, {FlagBody} => -, [], "Lets only admins add people, or everybody."
        { PUT "/groups/{id}/settings/member-add-mode" 204 Public, PUT "/groups/{id}/member-add-mode" 204 Public }
    JoinByLink: GroupsWrite / Write, Instance, {LinkBody} => (JoinedJson), [], "Joins a group by its link."
        { POST "/groups/join/link" 201 Public }
    JoinByInvite: GroupsWrite / Write, Instance, {InviteBody} => -, [], "Joins a group by a member's invitation."
        { POST "/groups/join/invite" 204 Public }
    Preview: GroupsRead / Lookup, Instance, - => (GroupJson), [], "Shows the group behind a code."
        { GET "/groups/invite/{code}" 200 Public }
    Invitation: GroupsRead / Lookup, Instance, - => (InvitationJson), [], "Shows what a code leads to."
        { GET "/group-invites/{inviteCode}" 200 Public }
    Requests: GroupsRead / Lookup, Instance, - => (Vec<RequestJson>), [], "Lists who wants to join."
        { GET "/groups/{id}/requests" 200 Public }
    AnswerRequests: GroupsWrite / Write, Instance, {RequestsBody} => -, [], "Lets people join, or does not."
        { PUT "/groups/{id}/requests" 204 Public }
}
