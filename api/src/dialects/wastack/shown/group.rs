//! Groups.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{GroupView, JoinedGroup, Participant, ParticipantOutcome, ParticipantRole};

use super::{id_of, name_of};
use crate::json::time::Time;

/// A group.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupJson {
    /// WhatsApp id.
    pub(crate) id: String,
    pub(crate) subject: String,
    owner: Option<String>,
    pub(crate) size: usize,
    created_at: Option<Time>,
    announce: bool,
    locked: bool,
    description: Option<String>,
    /// Seconds after which messages disappear; 0 for never.
    ephemeral: u32,
    participants: Vec<ParticipantJson>,
}

impl GroupJson {
    pub(crate) fn of(view: &GroupView) -> GroupJson {
        let told = view.size.and_then(|size| usize::try_from(size).ok());
        GroupJson {
            id: view.group.jid.clone(),
            subject: view.group.name.clone().unwrap_or_default(),
            owner: view.creator.as_ref().map(name_of),
            size: told.unwrap_or(view.participants.len()),
            created_at: view.created_at_ms.map(Time),
            announce: view.settings.announce.unwrap_or(false),
            locked: view.settings.locked.unwrap_or(false),
            description: view.description.clone(),
            ephemeral: view.settings.disappearing_seconds.unwrap_or(0),
            participants: view.participants.iter().map(ParticipantJson::of).collect(),
        }
    }

    /// A tag of the address book, and how many have it.
    pub(crate) fn of_tag(tag: String, size: usize) -> GroupJson {
        GroupJson {
            id: tag.clone(),
            subject: tag,
            owner: None,
            size,
            created_at: None,
            announce: false,
            locked: false,
            description: None,
            ephemeral: 0,
            participants: Vec::new(),
        }
    }
}

/// Somebody in a group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ParticipantJson {
    /// WhatsApp id.
    id: String,
    phone: Option<String>,
    admin: bool,
}

impl ParticipantJson {
    pub(crate) fn of(participant: &Participant) -> ParticipantJson {
        ParticipantJson {
            id: id_of(&participant.person),
            phone: participant.person.phone.clone(),
            admin: participant.role != ParticipantRole::Member,
        }
    }
}

/// What became of somebody.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OutcomeJson {
    /// WhatsApp id.
    id: String,
    phone: Option<String>,
    success: bool,
    /// Why not.
    error: Option<String>,
    /// The code of an invitation that stands in the place of what was asked for.
    #[serde(rename = "inviteCode")]
    invite_code: Option<String>,
}

impl OutcomeJson {
    pub(crate) fn of(outcome: &ParticipantOutcome) -> OutcomeJson {
        OutcomeJson {
            id: id_of(&outcome.person),
            phone: outcome.person.phone.clone(),
            success: outcome.error.is_none(),
            error: outcome.error.clone(),
            invite_code: outcome.invitation.as_ref().map(|invitation| invitation.code.clone()),
        }
    }
}

/// The link of a group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LinkJson {
    link: String,
    code: String,
}

impl LinkJson {
    pub(crate) fn of(link: String) -> LinkJson {
        let code = link.rsplit('/').next().unwrap_or_default().to_owned();
        LinkJson { link, code }
    }
}

/// That a group was joined, or an admin was asked.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JoinedJson {
    group_id: String,
    /// Whether an admin has to let the number in.
    pending: bool,
}

impl JoinedJson {
    pub(crate) fn of(joined: &JoinedGroup) -> JoinedJson {
        JoinedJson { group_id: joined.group.jid.clone(), pending: joined.awaits_approval }
    }
}

/// That a group was left.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftJson {
    pub(crate) group_id: String,
    pub(crate) left: bool,
}
