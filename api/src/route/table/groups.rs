//! Groups.

use crate::json::List;
use crate::json::group::{
    CreateGroupBody, GroupJson, InvitationBody, InviteBody, InviteLinkJson, JoinRequestJson, JoinedJson,
    OutcomeJson, ParticipantJson, PeopleBody, UpdateGroupBody,
};

super::operations! {
    /// Operations on groups.
    Group: GroupOperation, TABLE;
    List: GET "/v1/instances/{instance}/groups", "groups.list", GroupsRead / Lookup,
        - => (200 List<GroupJson<'_>>), [],
        "Lists the groups that the number is in.";
    Create: POST "/v1/instances/{instance}/groups", "groups.create", GroupsWrite / Write,
        {CreateGroupBody} => (201 GroupJson<'_>), [],
        "Makes a group with these people.";
    Join: POST "/v1/instances/{instance}/groups/join", "groups.join", GroupsWrite / Write,
        {InviteBody} => (200 JoinedJson<'_>), [],
        "Joins a group by its link or code, or asks its admins to be let in.";
    AcceptInvitation: POST "/v1/instances/{instance}/groups/accept-invitation", "groups.accept_invitation", GroupsWrite / Write,
        {InvitationBody} => (200 JoinedJson<'_>), [],
        "Joins a group by an invitation that a member sent as a message.";
    Preview: POST "/v1/instances/{instance}/groups/preview", "groups.preview", GroupsRead / Lookup,
        {InviteBody} => (200 GroupJson<'_>), [],
        "Shows the group behind a link or code without joining it.";
    Get: GET "/v1/instances/{instance}/groups/{group}", "groups.get", GroupsRead / Lookup,
        - => (200 GroupJson<'_>), [],
        "Returns one group with its participants.";
    Update: PATCH "/v1/instances/{instance}/groups/{group}", "groups.update", GroupsWrite / Write,
        {UpdateGroupBody} => (200 GroupJson<'_>), [],
        "Changes subject, description or settings; what is left out stays.";
    Leave: POST "/v1/instances/{instance}/groups/{group}/leave", "groups.leave", GroupsWrite / Write,
        {} => (204), [],
        "Leaves the group.";
    SetPicture: PUT "/v1/instances/{instance}/groups/{group}/picture", "groups.set_picture", GroupsWrite / Write,
        {file} => (204), [],
        "Sets the group's picture: a JPEG as the body.";
    RemovePicture: DELETE "/v1/instances/{instance}/groups/{group}/picture", "groups.remove_picture", GroupsWrite / Write,
        - => (204), [],
        "Removes the group's picture.";
    ListParticipants: GET "/v1/instances/{instance}/groups/{group}/participants", "groups.list_participants", GroupsRead / Lookup,
        - => (200 List<ParticipantJson<'_>>), [],
        "Lists the group's participants with their roles.";
    AddParticipants: POST "/v1/instances/{instance}/groups/{group}/participants", "groups.add_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Adds people; the answer says for each what became of it.";
    RemoveParticipants: POST "/v1/instances/{instance}/groups/{group}/participants/remove", "groups.remove_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Removes people; the answer says for each what became of it.";
    PromoteParticipants: POST "/v1/instances/{instance}/groups/{group}/participants/promote", "groups.promote_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Makes people admins.";
    DemoteParticipants: POST "/v1/instances/{instance}/groups/{group}/participants/demote", "groups.demote_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Makes admins ordinary members.";
    ListJoinRequests: GET "/v1/instances/{instance}/groups/{group}/requests", "groups.list_requests", GroupsRead / Lookup,
        - => (200 List<JoinRequestJson<'_>>), [],
        "Lists the people who wait to be let in.";
    ApproveJoinRequests: POST "/v1/instances/{instance}/groups/{group}/requests/approve", "groups.approve_requests", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Lets people in who asked.";
    RejectJoinRequests: POST "/v1/instances/{instance}/groups/{group}/requests/reject", "groups.reject_requests", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Does not let people in who asked.";
    GetInviteLink: GET "/v1/instances/{instance}/groups/{group}/invite-link", "groups.get_invite_link", GroupsRead / Lookup,
        - => (200 InviteLinkJson<'_>), [],
        "Returns the group's invitation link.";
    ResetInviteLink: POST "/v1/instances/{instance}/groups/{group}/invite-link/reset", "groups.reset_invite_link", GroupsWrite / Write,
        {} => (200 InviteLinkJson<'_>), [],
        "Makes a new invitation link; the one before it leads nowhere then.";
}
