//! Groups and communities.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::command::{GroupId, InviteCode, JoinAnswer, ParticipantAction};
use trunkline_model::limits::GROUP_PEOPLE_PER_CALL_MAX;
use trunkline_model::{Address, Failure};

use crate::dialects::wsapi::wrong;
use crate::json::fields::{Base64, First, Problems};
use crate::json::group::{group_id, read_code};
use crate::json::party::read_people;

/// A list of people.
type People = First<String, { GROUP_PEOPLE_PER_CALL_MAX + 1 }>;

/// A group that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CreateBody {
    /// Its name.
    pub(crate) name: String,
    /// Whom it begins with.
    pub(crate) participants: People,
}

/// A community that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommunityBody {
    /// Its name.
    pub(crate) name: String,
    /// Whom it begins with.
    pub(crate) participants: Option<People>,
    /// `request_required` where joining takes an admin's consent.
    pub(crate) approval_mode: Option<String>,
}

/// A group that is to be made in a community.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SubGroupBody {
    /// Its name.
    pub(crate) name: String,
    /// Whom it begins with.
    pub(crate) participants: Option<People>,
}

/// A name.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NameBody {
    /// The name.
    pub(crate) name: String,
}

/// A description.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct DescriptionBody {
    /// The description; empty for none.
    pub(crate) description: Option<String>,
}

/// A picture.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PictureBody {
    /// The JPEG, in base64.
    #[serde(alias = "pictureBase64")]
    pub(crate) data: Base64,
}

/// A switch, under the name of either generation.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct FlagBody {
    /// Whether it is on.
    #[serde(
        alias = "announce",
        alias = "locked",
        alias = "joinApproval",
        alias = "onlyAdmins",
        alias = "onlyAdminAdd"
    )]
    pub(crate) enabled: Option<bool>,
}

/// People, and what is to be done to them.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PeopleBody {
    /// The people.
    participants: People,
    /// `add`, `remove`, `promote` or `demote`.
    action: String,
}

/// People who want to join, and the answer.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RequestsBody {
    /// The people.
    participants: People,
    /// `approve` or `reject`.
    action: String,
}

/// A link or its code.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct LinkBody {
    /// The code, or the link that ends with it.
    code: String,
}

/// A member's invitation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InviteBody {
    /// The group.
    pub(crate) group_id: String,
    /// Who invites.
    pub(crate) inviter_id: String,
    /// The code.
    pub(crate) code: String,
    /// Until when it serves, in seconds since the Unix epoch.
    pub(crate) expiration: Option<i64>,
}

/// A group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupRefBody {
    /// Its WhatsApp id.
    pub(crate) group_id: String,
}

impl PeopleBody {
    pub(crate) fn read(self) -> Result<(ParticipantAction, Vec<Address>), Failure> {
        let action = match self.action.as_str() {
            "add" => ParticipantAction::Add,
            "remove" => ParticipantAction::Remove,
            "promote" => ParticipantAction::Promote,
            "demote" => ParticipantAction::Demote,
            _ => return Err(wrong("action", "is not one of add, remove, promote, demote")),
        };
        Ok((action, some_people(self.participants)?))
    }
}

impl RequestsBody {
    pub(crate) fn read(self) -> Result<(JoinAnswer, Vec<Address>), Failure> {
        let answer = match self.action.as_str() {
            "approve" => JoinAnswer::Approve,
            "reject" => JoinAnswer::Reject,
            _ => return Err(wrong("action", "is neither approve nor reject")),
        };
        Ok((answer, some_people(self.participants)?))
    }
}

impl LinkBody {
    pub(crate) fn read(self) -> Result<InviteCode, Failure> {
        code("code", &self.code)
    }
}

/// The code of a link or a bare code.
pub(crate) fn code(field: &str, text: &str) -> Result<InviteCode, Failure> {
    let mut problems = Problems::default();
    let code = read_code(&mut problems, field, text);
    problems.or(code.map(InviteCode))
}

/// The people of a list that may be empty.
pub(crate) fn people(list: People) -> Result<Vec<Address>, Failure> {
    let mut problems = Problems::default();
    let people = read_people(&mut problems, "participants", list.0, GROUP_PEOPLE_PER_CALL_MAX);
    problems.or(Some(people))
}

/// The people of a list that must not be empty.
pub(crate) fn some_people(list: People) -> Result<Vec<Address>, Failure> {
    let people = people(list)?;
    if people.is_empty() { Err(wrong("participants", "is empty")) } else { Ok(people) }
}

/// A group by its whole WhatsApp id.
pub(crate) fn group(field: &str, text: &str) -> Result<GroupId, Failure> {
    let whole = text.contains('@').then(|| group_id(text)).flatten();
    whole.ok_or_else(|| wrong(field, "invalid JID; give that of a group, as in 120363021033254949@g.us"))
}
