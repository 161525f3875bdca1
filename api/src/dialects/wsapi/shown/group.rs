//! Groups and communities.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{GroupView, InviteCode, JoinRequest, Participant, ParticipantRole, SubGroup};

use super::Identity;
use crate::json::time::Time;

/// A group, in the words of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupJson {
    group_id: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Time>,
    description: String,
    is_announce: bool,
    is_locked: bool,
    is_ephemeral: bool,
    /// Seconds after which messages disappear; 0 for never.
    ephemeral_expiration: i64,
    participants: ParticipantsJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_id: Option<String>,
    is_announcement_group: bool,
    is_join_approval_required: bool,
    /// Left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_add_mode: Option<&'static str>,
}

impl GroupJson {
    pub(crate) fn of(view: &GroupView) -> GroupJson {
        let owner = view.creator.as_ref().map(Identity::of);
        let settings = &view.settings;
        let disappearing_seconds = settings.disappearing_seconds.unwrap_or(0);
        GroupJson {
            group_id: view.group.jid.clone(),
            id: view.group.jid.clone(),
            owner_id: owner.as_ref().map(|owner| owner.id.clone()),
            owner,
            name: view.group.name.clone().unwrap_or_default(),
            created_at: view.created_at_ms.map(Time),
            created: view.created_at_ms.map(Time),
            description: view.description.clone().unwrap_or_default(),
            is_announce: settings.announce.unwrap_or(false),
            is_locked: settings.locked.unwrap_or(false),
            is_ephemeral: disappearing_seconds > 0,
            ephemeral_expiration: i64::from(disappearing_seconds),
            participants: ParticipantsJson::People(
                view.participants.iter().map(ParticipantJson::of).collect(),
            ),
            community_id: view.community.clone(),
            // Only a community's announcements are in it and let nobody but admins write.
            is_announcement_group: view.community.is_some() && settings.announce == Some(true),
            is_join_approval_required: settings.join_approval.unwrap_or(false),
            member_add_mode: settings
                .members_can_add
                .map(|everybody| if everybody { "all_member_add" } else { "admin_add" }),
        }
    }
}

impl GroupJson {
    /// With people as the libraries of the first generation read them: by their ids.
    pub(crate) fn with_ids(mut self) -> GroupJson {
        if let ParticipantsJson::People(people) = self.participants {
            let ids = people.into_iter().map(|participant| participant.person.id).collect();
            self.participants = ParticipantsJson::Ids(ids);
        }
        self
    }
}

/// Who is in a group. No one form can be read by the libraries of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum ParticipantsJson {
    People(Vec<ParticipantJson>),
    /// To keys of the first generation: WhatsApp ids.
    Ids(Vec<String>),
}

/// Somebody in a group.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParticipantJson {
    #[serde(flatten)]
    person: Identity,
    is_admin: bool,
    is_super_admin: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
}

impl ParticipantJson {
    pub(crate) fn of(participant: &Participant) -> ParticipantJson {
        ParticipantJson {
            person: Identity::of(&participant.person),
            is_admin: participant.role != ParticipantRole::Member,
            is_super_admin: participant.role == ParticipantRole::Owner,
            display_name: participant.person.name.clone(),
        }
    }
}

/// A picture that was set, in the words of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PictureSetJson {
    picture_id: String,
    id: String,
}

impl PictureSetJson {
    pub(crate) fn of(id: String) -> PictureSetJson {
        PictureSetJson { picture_id: id.clone(), id }
    }
}

/// An invitation link, in the words of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkJson {
    link: String,
    invite_link: String,
}

impl LinkJson {
    pub(crate) fn of(link: String) -> LinkJson {
        LinkJson { invite_link: link.clone(), link }
    }
}

/// A group that was joined, in the words of both generations.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JoinedJson {
    id: String,
    group_id: String,
}

impl JoinedJson {
    pub(crate) fn of(id: String) -> JoinedJson {
        JoinedJson { group_id: id.clone(), id }
    }
}

/// What a code leads to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InvitationJson {
    code: String,
    group: GroupJson,
    /// Links do not end by themselves.
    expires: Option<Time>,
}

impl InvitationJson {
    pub(crate) fn of(InviteCode(code): InviteCode, view: &GroupView) -> InvitationJson {
        InvitationJson { code, group: GroupJson::of(view), expires: None }
    }
}

/// Somebody who wants to join.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestJson {
    user: Identity,
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_at: Option<Time>,
}

impl RequestJson {
    pub(crate) fn of(request: &JoinRequest) -> RequestJson {
        let user = Identity::of(&request.person);
        RequestJson { user_id: user.id.clone(), user, requested_at: request.requested_at_ms.map(Time) }
    }
}

/// A community.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommunityJson {
    community_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Identity>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Time>,
    description: String,
    is_locked: bool,
    community_approval_mode: &'static str,
    participants: Vec<ParticipantJson>,
}

impl CommunityJson {
    pub(crate) fn of(view: &GroupView) -> CommunityJson {
        let asks = view.settings.join_approval == Some(true);
        CommunityJson {
            community_id: view.group.jid.clone(),
            owner: view.creator.as_ref().map(Identity::of),
            name: view.group.name.clone().unwrap_or_default(),
            created: view.created_at_ms.map(Time),
            description: view.description.clone().unwrap_or_default(),
            is_locked: view.settings.locked.unwrap_or(false),
            community_approval_mode: if asks { "request_required" } else { "open" },
            participants: view.participants.iter().map(ParticipantJson::of).collect(),
        }
    }
}

/// A group of a community.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubGroupJson {
    group_id: String,
    name: String,
    is_announcement_group: bool,
}

impl SubGroupJson {
    pub(crate) fn of(group: &SubGroup) -> SubGroupJson {
        SubGroupJson {
            group_id: group.jid.clone(),
            name: group.subject.clone(),
            is_announcement_group: group.is_announcements,
        }
    }
}
