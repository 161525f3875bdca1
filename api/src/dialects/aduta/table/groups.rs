//! Groups.

use crate::dialects::aduta::body::group::{
    AcceptBody, ActionBody, CreateBody, ParticipantsBody, SettingsBody,
};
use crate::dialects::aduta::pages::ListJson;
use crate::dialects::aduta::shown::contact::ImageJson;
use crate::dialects::aduta::shown::group::{
    ChangedJson, GroupJson, JoinedJson, LinkJson, MetadataJson, OutcomeJson, ParticipantJson,
};
use crate::dialects::aduta::shown::{Said, Success};
use crate::dialects::table::operations;

operations! {
    /// Operations on groups.
    Aduta ("aduta") Group: GroupOperation;
    List: GroupsRead / Lookup, Instance, - => (Success<ListJson<GroupJson>>), ["paginated", "page", "limit"],
        "Lists the groups that this session is in; with `paginated=true`, page by page."
        { GET "/api/v1/groups" 200 Reference }
    Create: GroupsWrite / Write, Instance, {CreateBody} => (Success<MetadataJson>), [], "Makes a group."
        { POST "/api/v1/groups" 201 Reference }
    Get: GroupsRead / Lookup, Instance, - => (Success<MetadataJson>), [], "Returns a group with its participants."
        { GET "/api/v1/groups/{jid}" 200 Reference, GET "/api/v1/groups/{jid}/metadata" 200 Public }
    Participants: GroupsRead / Lookup, Instance, - => (Success<Vec<ParticipantJson>>), [], "Lists who is in a group."
        { GET "/api/v1/groups/{jid}/participants" 200 Reference }
    Add: GroupsWrite / Write, Instance, {ParticipantsBody} => (Success<Vec<OutcomeJson>>), [], "Adds people to a group."
        { POST "/api/v1/groups/{jid}/participants/add" 200 Reference }
    Remove: GroupsWrite / Write, Instance, {ParticipantsBody} => (Success<Vec<OutcomeJson>>), [], "Removes people from a group."
        { POST "/api/v1/groups/{jid}/participants/remove" 200 Reference }
    Leave: GroupsWrite / Write, Instance, - => (Success<Said>), [], "Leaves a group."
        { POST "/api/v1/groups/{jid}/leave" 200 Reference }
    Change: GroupsWrite / Write, Instance, {ActionBody} => (Success<Vec<OutcomeJson>>), [], "Makes people admins of a group, or takes that back."
        { PUT "/api/v1/groups/{jid}/participants/update" 200 Public }
    Settings: GroupsWrite / Write, Instance, {SettingsBody} => (Success<ChangedJson>), [],
        "Changes subject, description, and who may write or change them."
        { PUT "/api/v1/groups/{jid}/settings" 200 Public }
    InviteLink: GroupsRead / Lookup, Instance, - => (Success<LinkJson>), [], "Returns the invitation link of a group."
        { GET "/api/v1/groups/{jid}/invite-link" 200 Public }
    Picture: GroupsRead / Lookup, Instance, - => (Success<ImageJson>), [], "Returns where a group's picture is."
        { GET "/api/v1/groups/{jid}/picture" 200 Public }
    Preview: GroupsRead / Lookup, Instance, - => (Success<MetadataJson>), [], "Returns what an invitation leads to."
        { GET "/api/v1/groups/invite/{code}" 200 Public }
    Accept: GroupsWrite / Write, Instance, {AcceptBody} => (Success<JoinedJson>), [], "Joins a group by an invitation."
        { POST "/api/v1/groups/invite/accept" 200 Public }
}
