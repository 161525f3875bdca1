//! Communities.

use crate::json::List;
use crate::json::community::{
    CreateCommunityBody, CreateSubGroupBody, LinkGroupsBody, LinkJson, SubGroupJson,
};
use crate::json::group::{GroupJson, InviteLinkJson, OutcomeJson, PeopleBody, UpdateGroupBody};
use crate::json::party::Person;

super::operations! {
    /// Operations on communities.
    Community: CommunityOperation, TABLE;
    List: GET "/v1/instances/{instance}/communities", "communities.list", GroupsRead / Lookup,
        - => (200 List<GroupJson<'_>>), [],
        "Lists the communities that the number is in.";
    Create: POST "/v1/instances/{instance}/communities", "communities.create", GroupsWrite / Write,
        {CreateCommunityBody} => (201 GroupJson<'_>), [],
        "Makes a community with its announcements.";
    Get: GET "/v1/instances/{instance}/communities/{community}", "communities.get", GroupsRead / Lookup,
        - => (200 GroupJson<'_>), [],
        "Returns one community.";
    Update: PATCH "/v1/instances/{instance}/communities/{community}", "communities.update", GroupsWrite / Write,
        {UpdateGroupBody} => (200 GroupJson<'_>), [],
        "Changes subject, description or settings; what is left out stays.";
    Leave: POST "/v1/instances/{instance}/communities/{community}/leave", "communities.leave", GroupsWrite / Write,
        {} => (204), [],
        "Leaves the community and all its groups.";
    Deactivate: DELETE "/v1/instances/{instance}/communities/{community}", "communities.deactivate", GroupsWrite / Write,
        - => (204), [],
        "Ends the community; its groups live on by themselves.";
    SetPicture: PUT "/v1/instances/{instance}/communities/{community}/picture", "communities.set_picture", GroupsWrite / Write,
        {file} => (204), [],
        "Sets the community's picture: a JPEG as the body.";
    RemovePicture: DELETE "/v1/instances/{instance}/communities/{community}/picture", "communities.remove_picture", GroupsWrite / Write,
        - => (204), [],
        "Removes the community's picture.";
    ListGroups: GET "/v1/instances/{instance}/communities/{community}/groups", "communities.list_groups", GroupsRead / Lookup,
        - => (200 List<SubGroupJson<'_>>), [],
        "Lists the community's groups, its announcements first.";
    CreateGroup: POST "/v1/instances/{instance}/communities/{community}/groups", "communities.create_group", GroupsWrite / Write,
        {CreateSubGroupBody} => (201 GroupJson<'_>), [],
        "Makes a group in the community.";
    LinkGroups: POST "/v1/instances/{instance}/communities/{community}/groups/link", "communities.link_groups", GroupsWrite / Write,
        {LinkGroupsBody} => (200 List<LinkJson<'_>>), [],
        "Links groups that exist; the answer says for each what became of it.";
    UnlinkGroup: DELETE "/v1/instances/{instance}/communities/{community}/groups/{group}", "communities.unlink_group", GroupsWrite / Write,
        - => (200 List<LinkJson<'_>>), [],
        "Unlinks a group, which lives on by itself.";
    JoinGroup: POST "/v1/instances/{instance}/communities/{community}/groups/{group}/join", "communities.join_group", GroupsWrite / Write,
        {} => (200 GroupJson<'_>), [],
        "Comes into one of the community's groups.";
    ListMembers: GET "/v1/instances/{instance}/communities/{community}/participants", "communities.list_participants", GroupsRead / Lookup,
        - => (200 List<Person<'_>>), [],
        "Lists everybody in the community's groups.";
    AddMembers: POST "/v1/instances/{instance}/communities/{community}/participants", "communities.add_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Adds people through the announcements; the answer says for each what became of it.";
    RemoveMembers: POST "/v1/instances/{instance}/communities/{community}/participants/remove", "communities.remove_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Removes people from the community and all its groups.";
    PromoteMembers: POST "/v1/instances/{instance}/communities/{community}/participants/promote", "communities.promote_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Makes people admins of the community.";
    DemoteMembers: POST "/v1/instances/{instance}/communities/{community}/participants/demote", "communities.demote_participants", GroupsWrite / Write,
        {PeopleBody} => (200 List<OutcomeJson<'_>>), [],
        "Makes admins of the community ordinary members.";
    GetInviteLink: GET "/v1/instances/{instance}/communities/{community}/invite-link", "communities.get_invite_link", GroupsRead / Lookup,
        - => (200 InviteLinkJson<'_>), [],
        "Returns the community's invitation link.";
    ResetInviteLink: POST "/v1/instances/{instance}/communities/{community}/invite-link/reset", "communities.reset_invite_link", GroupsWrite / Write,
        {} => (200 InviteLinkJson<'_>), [],
        "Makes a new invitation link; the one before it leads nowhere then.";
}
