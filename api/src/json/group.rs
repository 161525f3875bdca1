//! Groups: bodies and answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{
    CreateGroup, GroupChanges, GroupId, GroupInvitation, GroupSettings, GroupView, InviteCode, JoinRequest,
    JoinedGroup, Participant, ParticipantOutcome,
};
use trunkline_model::limits::{
    GROUP_DESCRIPTION_CHARS_MAX, GROUP_PEOPLE_PER_CALL_MAX, GROUP_SUBJECT_CHARS_MAX, INVITE_CODE_BYTES_MAX,
};
use trunkline_model::{Address, Failure};

use super::fields::{First, Object, Problems, nullable, present};
use super::party::{Person, read_people};
use super::time::Time;

/// What a group's members may do. What is left out stays as it is, or as WhatsApp makes it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupSettings")]
pub(crate) struct SettingsBody {
    /// Whether only admins may write.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    announce: Option<bool>,
    /// Whether only admins may change subject, description and picture.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    locked: Option<bool>,
    /// Whether admins decide about everyone who wants to join.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    join_approval: Option<bool>,
    /// Whether every member may add people.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    members_can_add: Option<bool>,
    /// Seconds after which messages disappear; 0 for never.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32")]
    disappearing_seconds: Option<u32>,
}

impl SettingsBody {
    fn read(self) -> GroupSettings {
        GroupSettings {
            announce: self.announce,
            locked: self.locked,
            join_approval: self.join_approval,
            members_can_add: self.members_can_add,
            disappearing_seconds: self.disappearing_seconds,
        }
    }
}

/// A group that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateGroup")]
pub(crate) struct CreateGroupBody {
    /// Its subject.
    #[schemars(length(min = 1, max = GROUP_SUBJECT_CHARS_MAX))]
    subject: String,
    /// Whom it begins with, besides the number itself: phone numbers or WhatsApp ids.
    #[serde(default)]
    participants: First<String, { GROUP_PEOPLE_PER_CALL_MAX + 1 }>,
    /// What its members may do.
    #[serde(default)]
    settings: Object<SettingsBody>,
}

impl CreateGroupBody {
    /// The group to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<CreateGroup, Failure> {
        let mut problems = Problems::default();
        check_subject(&mut problems, &self.subject);
        let participants =
            read_people(&mut problems, "participants", self.participants.0, GROUP_PEOPLE_PER_CALL_MAX);
        problems.or(Some(CreateGroup {
            subject: self.subject,
            participants,
            settings: self.settings.0.read(),
        }))
    }
}

/// Changes to a group. What is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateGroup")]
pub(crate) struct UpdateGroupBody {
    /// New subject.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1, max = GROUP_SUBJECT_CHARS_MAX))]
    subject: Option<String>,
    /// New description; null removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schemars(with = "Option<String>", length(max = GROUP_DESCRIPTION_CHARS_MAX))]
    description: Option<Option<String>>,
    /// New settings.
    #[serde(default)]
    settings: Object<SettingsBody>,
}

impl UpdateGroupBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<GroupChanges, Failure> {
        let mut problems = Problems::default();
        if let Some(subject) = &self.subject {
            check_subject(&mut problems, subject);
        }
        if let Some(Some(description)) = &self.description {
            problems.bound_chars("description", description, GROUP_DESCRIPTION_CHARS_MAX);
        }
        let settings = self.settings.0.read();
        problems.or(Some(GroupChanges { subject: self.subject, description: self.description, settings }))
    }
}

/// Adds a problem when a subject is empty or too long.
pub(crate) fn check_subject(problems: &mut Problems, subject: &str) {
    if subject.trim().is_empty() {
        problems.add("subject", "is empty");
    }
    problems.bound_chars("subject", subject, GROUP_SUBJECT_CHARS_MAX);
}

/// People, by phone number or WhatsApp id.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "People")]
pub(crate) struct PeopleBody {
    /// The people.
    #[schemars(length(min = 1))]
    people: First<String, { GROUP_PEOPLE_PER_CALL_MAX + 1 }>,
}

impl PeopleBody {
    /// The people.
    ///
    /// # Errors
    /// `VALIDATION` when there is nobody, or an entry is no person.
    pub(crate) fn read(self) -> Result<Vec<Address>, Failure> {
        let mut problems = Problems::default();
        if self.people.0.is_empty() {
            problems.add("people", "is empty; name at least one person");
        }
        let people = read_people(&mut problems, "people", self.people.0, GROUP_PEOPLE_PER_CALL_MAX);
        problems.or(Some(people))
    }
}

/// What leads to a group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InviteCode")]
pub(crate) struct InviteBody {
    /// An invitation link, or the code at its end.
    #[schemars(length(min = 1))]
    invite: String,
}

impl InviteBody {
    /// The code.
    ///
    /// # Errors
    /// `VALIDATION` when it is none.
    pub(crate) fn read(self) -> Result<InviteCode, Failure> {
        let mut problems = Problems::default();
        let code = read_code(&mut problems, "invite", &self.invite);
        problems.or(code.map(InviteCode))
    }
}

/// The code of a link or a bare code. Letters and digits only: it becomes part of a request to WhatsApp.
pub(crate) fn read_code(problems: &mut Problems, field: &str, text: &str) -> Option<String> {
    let code = text.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let code = code.split(['?', '#']).next().unwrap_or_default();
    let well_formed = (1..=INVITE_CODE_BYTES_MAX).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if !well_formed {
        problems.add(field, "is neither an invitation link nor the code at the end of one");
    }
    well_formed.then(|| code.to_owned())
}

/// An invitation that a member sent as a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupInvitation")]
pub(crate) struct InvitationBody {
    /// The group's id.
    group: String,
    /// The invitation's code.
    #[schemars(length(min = 1))]
    code: String,
    /// Until when it serves, in seconds since the Unix epoch, as the message said.
    expires_at_seconds: i64,
    /// Who sent it.
    from: String,
}

impl InvitationBody {
    /// The invitation.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<GroupInvitation, Failure> {
        let mut problems = Problems::default();
        let group = group_id(&self.group);
        if group.is_none() {
            problems.add("group", "is not the id of a group");
        }
        let code = read_code(&mut problems, "code", &self.code);
        let from = problems.keep("from", self.from.parse::<Address>());
        if from.as_ref().is_some_and(|from| !from.is_person()) {
            problems.add("from", "is not a person");
        }
        let invitation = group.zip(code).zip(from).map(|((group, code), from)| GroupInvitation {
            group,
            code,
            expires_at_s: self.expires_at_seconds,
            from,
        });
        problems.or(invitation)
    }
}

/// A group's id, with or without its server part.
pub(crate) fn group_id(text: &str) -> Option<GroupId> {
    let full = if text.contains('@') { text.to_owned() } else { format!("{text}@g.us") };
    match full.parse() {
        Ok(Address::Group(id)) => Some(GroupId(id)),
        _ => None,
    }
}

/// A group.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Group")]
pub(crate) struct GroupJson<'a> {
    /// WhatsApp id.
    id: &'a str,
    /// Its subject.
    subject: Option<&'a str>,
    /// Its description.
    description: Option<&'a str>,
    /// Who made it.
    creator: Option<Person<'a>>,
    /// When it was made.
    created_at: Option<Time>,
    /// Number of participants.
    size: Option<u32>,
    /// The participants; a preview may know some of them or none.
    participants: Vec<ParticipantJson<'a>>,
    /// What its members may do.
    settings: SettingsJson,
    /// WhatsApp id of the community that it belongs to.
    community: Option<&'a str>,
    /// Whether it is a community itself.
    is_community: bool,
}

/// What a group's members may do.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GroupSettingsNow")]
struct SettingsJson {
    announce: Option<bool>,
    locked: Option<bool>,
    join_approval: Option<bool>,
    members_can_add: Option<bool>,
    disappearing_seconds: Option<u32>,
}

impl<'a> GroupJson<'a> {
    pub(crate) fn of(view: &'a GroupView) -> GroupJson<'a> {
        let settings = &view.settings;
        GroupJson {
            id: &view.group.jid,
            subject: view.group.name.as_deref(),
            description: view.description.as_deref(),
            creator: view.creator.as_ref().map(Person::of),
            created_at: view.created_at_ms.map(Time),
            size: view.size,
            participants: view.participants.iter().map(ParticipantJson::of).collect(),
            settings: SettingsJson {
                announce: settings.announce,
                locked: settings.locked,
                join_approval: settings.join_approval,
                members_can_add: settings.members_can_add,
                disappearing_seconds: settings.disappearing_seconds,
            },
            community: view.community.as_deref(),
            is_community: view.is_community,
        }
    }
}

/// Somebody in a group.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Participant")]
pub(crate) struct ParticipantJson<'a> {
    person: Person<'a>,
    /// `member`, `admin` or `owner`.
    role: &'static str,
}

impl<'a> ParticipantJson<'a> {
    pub(crate) fn of(participant: &'a Participant) -> ParticipantJson<'a> {
        ParticipantJson { person: Person::of(&participant.person), role: participant.role.as_str() }
    }
}

/// What became of one person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ParticipantOutcome")]
pub(crate) struct OutcomeJson<'a> {
    person: Person<'a>,
    /// Whether it worked.
    ok: bool,
    /// WhatsApp's code for why not.
    error: Option<&'a str>,
    /// An invitation to send to somebody whose privacy settings do not let them be added.
    invitation: Option<InvitationJson<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PersonalInvitation")]
struct InvitationJson<'a> {
    code: &'a str,
    expires_at: Time,
}

impl<'a> OutcomeJson<'a> {
    pub(crate) fn of(outcome: &'a ParticipantOutcome) -> OutcomeJson<'a> {
        OutcomeJson {
            person: Person::of(&outcome.person),
            ok: outcome.error.is_none(),
            error: outcome.error.as_deref(),
            invitation: outcome.invitation.as_ref().map(|invitation| InvitationJson {
                code: &invitation.code,
                expires_at: Time(invitation.expires_at_ms),
            }),
        }
    }
}

/// Somebody who waits to be let in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JoinRequest")]
pub(crate) struct JoinRequestJson<'a> {
    person: Person<'a>,
    requested_at: Option<Time>,
}

impl<'a> JoinRequestJson<'a> {
    pub(crate) fn of(request: &'a JoinRequest) -> JoinRequestJson<'a> {
        JoinRequestJson {
            person: Person::of(&request.person),
            requested_at: request.requested_at_ms.map(Time),
        }
    }
}

/// What joining led to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JoinedGroup")]
pub(crate) struct JoinedJson<'a> {
    /// WhatsApp id of the group.
    group: &'a str,
    /// Whether an admin has to approve first.
    awaits_approval: bool,
}

impl<'a> JoinedJson<'a> {
    pub(crate) fn of(joined: &'a JoinedGroup) -> JoinedJson<'a> {
        JoinedJson { group: &joined.group.jid, awaits_approval: joined.awaits_approval }
    }
}

/// An invitation link.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InviteLink")]
pub(crate) struct InviteLinkJson<'a> {
    link: &'a str,
}

impl<'a> InviteLinkJson<'a> {
    pub(crate) fn of(link: &'a str) -> InviteLinkJson<'a> {
        InviteLinkJson { link }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_from_links() {
        let check = |text: &str, expected: Option<&str>| {
            let read = read_code(&mut Problems::default(), "invite", text);
            assert_eq!(read.as_deref(), expected, "{text}");
        };
        check("https://chat.whatsapp.com/AbC123", Some("AbC123"));
        check("https://chat.whatsapp.com/AbC123/?mode=x", None);
        check("https://chat.whatsapp.com/AbC123?mode=x", Some("AbC123"));
        check("AbC-1_2", Some("AbC-1_2"));
        check("", None);
        check("no code", None);
    }

    #[test]
    fn ids_of_groups_are_read_with_and_without_their_server() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(group_id(text).map(|GroupId(id)| id).as_deref(), expected, "{text}");
        };
        check("120363021033254949", Some("120363021033254949"));
        check("120363021033254949@g.us", Some("120363021033254949"));
        check("5511987650001-1614300000", Some("5511987650001-1614300000"));
        check("15550000001@s.whatsapp.net", None);
        check("nonsense", None);
    }
}
