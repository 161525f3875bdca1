//! Communities.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::group::{
    CommunityBody, DescriptionBody, FlagBody, GroupRefBody, NameBody, PeopleBody, PictureBody, SubGroupBody,
};
use crate::dialects::wsapi::shown::group::{CommunityJson, LinkJson, PictureSetJson, SubGroupJson};
use crate::dialects::wsapi::shown::{IdJson, Identity};

operations! {
    /// Operations on communities.
    Wsapi ("wsapi") Community: CommunityOperation;
    List: GroupsRead / Lookup, Instance, - => (Vec<CommunityJson>), [], "Lists the communities that the number is in."
        { GET "/communities" 200 Public }
    Create: GroupsWrite / Write, Instance, {CommunityBody} => (IdJson), [], "Makes a community."
        { POST "/communities" 201 Public }
    Get: GroupsRead / Lookup, Instance, - => (CommunityJson), [], "Returns one community."
        { GET "/communities/{id}" 200 Public }
    Leave: GroupsWrite / Write, Instance, - => -, [], "Leaves a community."
        { POST "/communities/{id}/leave" 204 Public }
    Name: GroupsWrite / Write, Instance, {NameBody} => -, [], "Renames a community."
        { PUT "/communities/{id}/name" 204 Public }
    Description: GroupsWrite / Write, Instance, {DescriptionBody} => -, [], "Changes a community's description."
        { PUT "/communities/{id}/description" 204 Public }
    SetPicture: GroupsWrite / Write, Instance, {media PictureBody} => (PictureSetJson), [], "Sets a community's picture."
        { POST "/communities/{id}/picture" 200 Public }
    Locked: GroupsWrite / Write, Instance, {FlagBody} => -, [], "Lets only admins change the community, or everybody."
        { PUT "/communities/{id}/settings/locked" 204 Public }
    Members: GroupsRead / Lookup, Instance, - => (Vec<Identity>), [], "Lists a community's members."
        { GET "/communities/{id}/participants" 200 Public }
    Change: GroupsWrite / Write, Instance, {PeopleBody} => -, [], "Adds, removes, promotes or demotes members."
        { PUT "/communities/{id}/participants" 204 Public }
    InviteLink: GroupsRead / Lookup, Instance, - => (LinkJson), [], "Returns a community's invitation link."
        { GET "/communities/{id}/invite-link" 200 Public }
    ResetInviteLink: GroupsWrite / Write, Instance, - => (LinkJson), [], "Makes a new invitation link."
        { POST "/communities/{id}/invite-link/reset" 200 Public }
    Groups: GroupsRead / Lookup, Instance, - => (Vec<SubGroupJson>), [], "Lists a community's groups."
        { GET "/communities/{id}/groups" 200 Public }
    CreateGroup: GroupsWrite / Write, Instance, {SubGroupBody} => (IdJson), [], "Makes a group in a community."
        { POST "/communities/{id}/groups" 201 Public }
    Link: GroupsWrite / Write, Instance, {GroupRefBody} => -, [], "Links a group that exists."
        { POST "/communities/{id}/groups/link" 204 Public, PUT "/communities/{id}/groups/link" 204 Public }
    UnlinkNamed: GroupsWrite / Write, Instance, {GroupRefBody} => -, [], "Unlinks a group, which lives on."
        { PUT "/communities/{id}/groups/unlink" 204 Public }
    Unlink: GroupsWrite / Write, Instance, - => -, [], "Unlinks a group, which lives on."
        { DELETE "/communities/{id}/groups/{groupId}" 204 Public }
}
