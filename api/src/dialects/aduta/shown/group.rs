//! Groups.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{GroupView, JoinedGroup, Participant, ParticipantOutcome, ParticipantRole};

use super::{id_of, lid_of};
use crate::json::time::Time;

/// A group in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupJson {
    id: String,
    name: Option<String>,
    /// A list does not ask for pictures: null.
    img_url: Option<String>,
    /// How many are in it.
    size: Option<u32>,
}

impl GroupJson {
    pub(crate) fn of(view: &GroupView) -> GroupJson {
        GroupJson {
            id: view.group.jid.clone(),
            name: view.group.name.clone(),
            img_url: None,
            size: view.size,
        }
    }
}

/// A group. What WhatsApp does not tell is null.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetadataJson {
    id: String,
    subject: Option<String>,
    name: Option<String>,
    owner: Option<String>,
    owner_pn: Option<String>,
    /// When it was made, in seconds since the Unix epoch.
    creation: Option<i64>,
    desc: Option<String>,
    size: Option<u32>,
    participants: Vec<ParticipantJson>,
    /// Whether only admins may write.
    announce: Option<bool>,
    /// Whether only admins may change it.
    restrict: Option<bool>,
    /// Whether every member may add people.
    member_add_mode: Option<bool>,
    /// Whether admins decide about who joins.
    join_approval_mode: Option<bool>,
    is_community: bool,
    /// The community that it belongs to.
    linked_parent: Option<String>,
    /// Seconds after which messages disappear; 0 for never.
    ephemeral_duration: Option<u32>,
    /// Whether its people are named by numbers or by ids that hide them.
    addressing_mode: &'static str,
}

impl MetadataJson {
    pub(crate) fn of(view: &GroupView) -> MetadataJson {
        let hides = view.participants.iter().any(|participant| participant.person.jid.ends_with("@lid"));
        let settings = &view.settings;
        MetadataJson {
            id: view.group.jid.clone(),
            subject: view.group.name.clone(),
            name: view.group.name.clone(),
            owner: view.creator.as_ref().map(id_of),
            owner_pn: view.creator.as_ref().filter(|creator| creator.phone.is_some()).map(id_of),
            creation: view.created_at_ms.map(|ms| ms.div_euclid(1_000)),
            desc: view.description.clone(),
            size: view.size.or_else(|| u32::try_from(view.participants.len()).ok()),
            participants: view.participants.iter().map(ParticipantJson::of).collect(),
            announce: settings.announce,
            restrict: settings.locked,
            member_add_mode: settings.members_can_add,
            join_approval_mode: settings.join_approval,
            is_community: view.is_community,
            linked_parent: view.community.clone(),
            ephemeral_duration: settings.disappearing_seconds,
            addressing_mode: if hides { "lid" } else { "pn" },
        }
    }
}

/// Somebody in a group.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParticipantJson {
    id: String,
    lid: Option<String>,
    /// `admin`, `superadmin` for who made it, or null.
    admin: Option<&'static str>,
    is_admin: bool,
    is_super_admin: bool,
}

impl ParticipantJson {
    pub(crate) fn of(participant: &Participant) -> ParticipantJson {
        let admin = match participant.role {
            ParticipantRole::Member => None,
            ParticipantRole::Admin => Some("admin"),
            ParticipantRole::Owner => Some("superadmin"),
        };
        ParticipantJson {
            id: id_of(&participant.person),
            lid: lid_of(&participant.person),
            admin,
            is_admin: admin.is_some(),
            is_super_admin: participant.role == ParticipantRole::Owner,
        }
    }
}

/// What became of somebody in a change.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OutcomeJson {
    id: String,
    /// 200 where it worked, else WhatsApp's number for why not.
    status: u16,
    message: String,
    /// A code to invite them with who cannot be added directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationJson>,
}

/// An invitation for one person.
#[derive(Debug, Serialize, JsonSchema)]
struct InvitationJson {
    code: String,
    expiration: Time,
}

impl OutcomeJson {
    pub(crate) fn of(outcome: &ParticipantOutcome) -> OutcomeJson {
        let invitation = outcome.invitation.as_ref().map(|invitation| InvitationJson {
            code: invitation.code.clone(),
            expiration: Time(invitation.expires_at_ms),
        });
        let (status, message) = match &outcome.error {
            None => (200, "success".to_owned()),
            Some(word) => (word.parse().unwrap_or(500), format!("WhatsApp answered {word}")),
        };
        OutcomeJson { id: id_of(&outcome.person), status, message, invitation }
    }
}

/// A group after a change.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangedJson {
    subject: Option<String>,
    description: Option<String>,
    announce: Option<bool>,
    restrict: Option<bool>,
}

impl ChangedJson {
    pub(crate) fn of(view: &GroupView) -> ChangedJson {
        ChangedJson {
            subject: view.group.name.clone(),
            description: view.description.clone(),
            announce: view.settings.announce,
            restrict: view.settings.locked,
        }
    }
}

/// An invitation link.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkJson {
    invite_link: String,
    /// What it ends with.
    code: String,
}

impl LinkJson {
    pub(crate) fn of(link: String) -> LinkJson {
        let code = link.rsplit('/').next().unwrap_or_default().to_owned();
        LinkJson { invite_link: link, code }
    }
}

/// A group that was joined, or will be.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JoinedJson {
    group_jid: String,
    /// Whether an admin has to let the session in.
    awaits_approval: bool,
}

impl JoinedJson {
    pub(crate) fn of(joined: &JoinedGroup) -> JoinedJson {
        JoinedJson { group_jid: joined.group.jid.clone(), awaits_approval: joined.awaits_approval }
    }
}
