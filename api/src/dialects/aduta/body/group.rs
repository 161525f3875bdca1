//! Groups.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::command::{
    CreateGroup, GroupChanges, GroupId, GroupSettings, InviteCode, ParticipantAction,
};
use trunkline_model::limits::{GROUP_DESCRIPTION_CHARS_MAX, GROUP_PEOPLE_PER_CALL_MAX};
use trunkline_model::{Address, Failure};

use super::{Loose, twofold};
use crate::dialects::aduta::{given, wrong};
use crate::json::fields::{First, Problems};
use crate::json::group::{check_subject, group_id, read_code};
use crate::json::party::read_people;

type People = First<Loose, { GROUP_PEOPLE_PER_CALL_MAX + 1 }>;

twofold! {
    /// A group that is to be made.
    CreateBody, CreateOthers {
        /// Its name.
        name / "subject": String,
        /// Who is in it from the beginning.
        participants / "members": People,
    }
}

/// People of a group.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ParticipantsBody {
    /// Phone numbers or WhatsApp ids.
    participants: People,
}

/// What is to be done to people of a group.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ActionBody {
    /// `promote` or `demote`; `add` and `remove` as well.
    action: String,
    /// Phone numbers or WhatsApp ids.
    participants: People,
}

/// Changes to a group.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SettingsBody {
    /// Its name.
    subject: Option<String>,
    /// What it is about; empty for nothing.
    description: Option<String>,
    /// Whether only admins may write.
    announce: Option<bool>,
    /// Whether only admins may change name, description and picture.
    restrict: Option<bool>,
}

/// An invitation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AcceptBody {
    /// The code, or the link that ends with it.
    code: String,
}

fn people(problems: &mut Problems, people: People) -> Vec<Address> {
    let texts = people.0.into_iter().map(|Loose(text)| text).collect();
    read_people(problems, "participants", texts, GROUP_PEOPLE_PER_CALL_MAX)
}

/// People of whom there has to be one.
fn some_people(given: People) -> Result<Vec<Address>, Failure> {
    let mut problems = Problems::default();
    if given.0.is_empty() {
        problems.add("participants", "is empty");
    }
    let people = people(&mut problems, given);
    problems.or(Some(people))
}

impl CreateBody {
    /// The group to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<CreateGroup, Failure> {
        let body = self.merged();
        let mut problems = Problems::default();
        let subject = given(body.name).unwrap_or_default();
        if subject.is_empty() {
            problems.add("name", "is missing");
        } else {
            check_subject(&mut problems, &subject);
        }
        let participants = people(&mut problems, body.participants.unwrap_or_default());
        problems.or(Some(CreateGroup { subject, participants, settings: GroupSettings::default() }))
    }
}

impl ParticipantsBody {
    /// Who.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<Vec<Address>, Failure> {
        some_people(self.participants)
    }
}

impl ActionBody {
    /// What, and to whom.
    ///
    /// # Errors
    /// `VALIDATION` with the field that is wrong.
    pub(crate) fn read(self) -> Result<(ParticipantAction, Vec<Address>), Failure> {
        let action = match self.action.as_str() {
            "promote" => ParticipantAction::Promote,
            "demote" => ParticipantAction::Demote,
            "add" => ParticipantAction::Add,
            "remove" => ParticipantAction::Remove,
            _ => return Err(wrong("action", "is neither promote nor demote")),
        };
        Ok((action, some_people(self.participants)?))
    }
}

impl SettingsBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<GroupChanges, Failure> {
        let mut problems = Problems::default();
        if let Some(subject) = &self.subject {
            check_subject(&mut problems, subject);
        }
        let description = self.description.as_deref().unwrap_or_default();
        problems.bound_chars("description", description, GROUP_DESCRIPTION_CHARS_MAX);
        let settings =
            GroupSettings { announce: self.announce, locked: self.restrict, ..GroupSettings::default() };
        let description = self.description.map(|text| given(Some(text)));
        let changes = GroupChanges { subject: self.subject, description, settings };
        if changes == GroupChanges::default() {
            problems.add(
                "subject",
                "is missing, and so are `description`, `announce` and `restrict`; give one of them",
            );
        }
        problems.or(Some(changes))
    }
}

impl AcceptBody {
    /// The code.
    ///
    /// # Errors
    /// `VALIDATION`.
    pub(crate) fn read(self) -> Result<InviteCode, Failure> {
        code(&self.code)
    }
}

/// The code of a link, or a bare code.
pub(crate) fn code(text: &str) -> Result<InviteCode, Failure> {
    let mut problems = Problems::default();
    let code = read_code(&mut problems, "code", text);
    problems.or(code.map(InviteCode))
}

/// A group by its WhatsApp id, with or without the server's part.
pub(crate) fn group(text: &str) -> Result<GroupId, Failure> {
    group_id(text).ok_or_else(|| wrong("jid", "is not the id of a group, as in 120363021033254949@g.us"))
}
