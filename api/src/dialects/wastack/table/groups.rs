//! Groups.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::contact::DeviceBody;
use crate::dialects::wastack::body::group::{CreateBody, JoinBody, PeopleBody, UpdateBody};
use crate::dialects::wastack::body::message::SendBody;
use crate::dialects::wastack::shown::Pagination;
use crate::dialects::wastack::shown::group::{
    GroupJson, JoinedJson, LeftJson, LinkJson, OutcomeJson, ParticipantJson,
};
use crate::dialects::wastack::shown::message::AcceptedJson;

operations! {
    /// Operations on groups.
    Wastack ("wastack") Group: GroupOperation;
    List: GroupsRead / Read, Key, - => (Paged<GroupJson, Pagination>), ["deviceId", "type", "page", "limit"],
        "Lists the groups of a device; with `type=contact` the tags of the address book."
        { GET "/api/v1/groups" 200 Inferred }
    Create: GroupsWrite / Write, Key, {CreateBody} => (Success<GroupJson>), [], "Makes a group."
        { POST "/api/v1/groups" 201 Inferred }
    Join: GroupsWrite / Write, Key, {JoinBody} => (Success<JoinedJson>), [], "Joins a group by its link."
        { POST "/api/v1/groups/join" 200 Inferred }
    Get: GroupsRead / Read, Key, - => (Success<GroupJson>), ["deviceId"], "Returns a group with its people."
        { GET "/api/v1/groups/{groupId}" 200 Inferred }
    Update: GroupsWrite / Write, Key, {media UpdateBody} => (Success<GroupJson>), ["deviceId"],
        "Changes a group; what is left out stays."
        { PATCH "/api/v1/groups/{groupId}" 200 Inferred, PUT "/api/v1/groups/{groupId}" 200 Inferred }
    Participants: GroupsRead / Read, Key, - => (Success<Vec<ParticipantJson>>), ["deviceId"], "Lists the people of a group."
        { GET "/api/v1/groups/{groupId}/participants" 200 Inferred }
    Change: GroupsWrite / Write, Key, {PeopleBody} => (Success<Vec<OutcomeJson>>), ["deviceId"],
        "Adds, removes, promotes or demotes people, and says what became of each."
        { POST "/api/v1/groups/{groupId}/participants" 200 Inferred }
    Remove: GroupsWrite / Write, Key, - => (Success<Vec<OutcomeJson>>), ["deviceId"], "Removes somebody from a group."
        { DELETE "/api/v1/groups/{groupId}/participants/{phone}" 200 Inferred }
    InviteLink: GroupsRead / Read, Key, - => (Success<LinkJson>), ["deviceId"], "Returns the link by which a group is joined."
        { GET "/api/v1/groups/{groupId}/invite-link" 200 Inferred, POST "/api/v1/groups/{groupId}/invite-link" 200 Inferred }
    ResetInviteLink: GroupsWrite / Write, Key, - => (Success<LinkJson>), ["deviceId"],
        "Makes a new link in the place of the one that there is."
        { GET "/api/v1/groups/{groupId}/invite-link/reset" 200 Inferred,
          POST "/api/v1/groups/{groupId}/invite-link/reset" 200 Inferred }
    Leave: GroupsWrite / Write, Key, {DeviceBody} => (Success<LeftJson>), ["deviceId"], "Leaves a group."
        { POST "/api/v1/groups/{groupId}/leave" 200 Inferred }
    Send: MessagesSend / Send, Key, {media SendBody} => (Success<AcceptedJson>), ["deviceId"], "Accepts a message to a group."
        { POST "/api/v1/groups/{groupId}/messages" 202 Inferred }
}
