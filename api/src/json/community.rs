//! Communities: bodies and answers. A community itself looks like a group.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::command::{CommunityCommand, CreateCommunity, GroupId, LinkOutcome, SubGroup};
use trunkline_model::limits::{
    GROUP_DESCRIPTION_CHARS_MAX, GROUP_PEOPLE_PER_CALL_MAX, GROUP_SUBJECT_CHARS_MAX, LINKS_PER_CALL_MAX,
};

use super::fields::{First, Problems, present};
use super::group::{check_subject, group_id};
use super::party::read_people;

/// A community that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateCommunity")]
pub(crate) struct CreateCommunityBody {
    /// Its subject.
    #[schemars(length(min = 1, max = GROUP_SUBJECT_CHARS_MAX))]
    subject: String,
    /// Its description.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(max = GROUP_DESCRIPTION_CHARS_MAX))]
    description: Option<String>,
    /// Whether joining one of its groups takes an admin's consent.
    #[serde(default)]
    closed: bool,
    /// Whether members may make groups in it.
    #[serde(default)]
    members_can_create_groups: bool,
    /// Whether it begins with a chat of all.
    #[serde(default)]
    general_chat: bool,
}

impl CreateCommunityBody {
    /// The community to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<CreateCommunity, Failure> {
        let mut problems = Problems::default();
        check_subject(&mut problems, &self.subject);
        if let Some(description) = &self.description {
            problems.bound_chars("description", description, GROUP_DESCRIPTION_CHARS_MAX);
        }
        problems.or(Some(CreateCommunity {
            subject: self.subject,
            description: self.description.filter(|text| !text.is_empty()),
            closed: self.closed,
            members_can_create_groups: self.members_can_create_groups,
            general_chat: self.general_chat,
        }))
    }
}

/// A group that is to be made in a community.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateSubGroup")]
pub(crate) struct CreateSubGroupBody {
    /// Its subject.
    #[schemars(length(min = 1, max = GROUP_SUBJECT_CHARS_MAX))]
    subject: String,
    /// Whom it begins with, besides the number itself: phone numbers or WhatsApp ids.
    #[serde(default)]
    participants: First<String, { GROUP_PEOPLE_PER_CALL_MAX + 1 }>,
}

impl CreateSubGroupBody {
    /// The group to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, community: GroupId) -> Result<CommunityCommand, Failure> {
        let mut problems = Problems::default();
        check_subject(&mut problems, &self.subject);
        let participants =
            read_people(&mut problems, "participants", self.participants.0, GROUP_PEOPLE_PER_CALL_MAX);
        problems.or(Some(CommunityCommand::CreateGroup { community, subject: self.subject, participants }))
    }
}

/// Groups that are to be linked to a community.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LinkGroups")]
pub(crate) struct LinkGroupsBody {
    /// Their ids.
    #[schemars(length(min = 1))]
    groups: First<String, { LINKS_PER_CALL_MAX + 1 }>,
}

impl LinkGroupsBody {
    /// The groups to link.
    ///
    /// # Errors
    /// `VALIDATION` when there is none, or an entry is no group.
    pub(crate) fn read(self, community: GroupId) -> Result<CommunityCommand, Failure> {
        let mut problems = Problems::default();
        problems.few("groups", &self.groups.0, LINKS_PER_CALL_MAX);
        if self.groups.0.is_empty() {
            problems.add("groups", "is empty; name at least one group");
        }
        let mut groups = Vec::with_capacity(self.groups.0.len());
        for (index, text) in self.groups.0.iter().enumerate() {
            match group_id(text) {
                Some(id) => groups.push(id),
                None => problems.add(format!("groups.{index}"), "is not the id of a group"),
            }
        }
        problems.or(Some(CommunityCommand::Link(community, groups)))
    }
}

/// A group of a community.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SubGroup")]
pub(crate) struct SubGroupJson<'a> {
    /// WhatsApp id.
    id: &'a str,
    /// Its subject.
    subject: &'a str,
    /// Number of participants.
    size: Option<u32>,
    /// Whether it is the community's announcements, which every member is in.
    is_announcements: bool,
    /// Whether it is the chat of all.
    is_general_chat: bool,
}

impl<'a> SubGroupJson<'a> {
    pub(crate) fn of(group: &'a SubGroup) -> SubGroupJson<'a> {
        SubGroupJson {
            id: &group.jid,
            subject: &group.subject,
            size: group.size,
            is_announcements: group.is_announcements,
            is_general_chat: group.is_general_chat,
        }
    }
}

/// What became of a group that was to be linked or unlinked.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinkOutcome")]
pub(crate) struct LinkJson<'a> {
    /// WhatsApp id of the group.
    group: &'a str,
    /// Whether it worked.
    ok: bool,
    /// WhatsApp's code for why not.
    error: Option<&'a str>,
}

impl<'a> LinkJson<'a> {
    pub(crate) fn of(outcome: &'a LinkOutcome) -> LinkJson<'a> {
        LinkJson { group: &outcome.jid, ok: outcome.error.is_none(), error: outcome.error.as_deref() }
    }
}
