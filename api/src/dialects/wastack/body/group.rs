//! Groups and chats.

use trunkline_model::chat::{ChatChange, Mute};
use trunkline_model::command::{
    CreateGroup, GroupChanges, GroupId, GroupSettings, InviteCode, ParticipantAction,
};
use trunkline_model::limits::{GROUP_DESCRIPTION_CHARS_MAX, GROUP_PEOPLE_PER_CALL_MAX};
use trunkline_model::{Address, Failure};

use super::message::list;
use super::when::read_when;
use super::{needed, person, text};
use crate::dialects::loose::{Given, Loose, loose};
use crate::dialects::wastack::wrong;
use crate::json::fields::{Base64, First, Problems};
use crate::json::group::{check_subject, group_id, read_code};
use crate::limits::PICTURE_BYTES_MAX;

type People = First<Loose<String>, { GROUP_PEOPLE_PER_CALL_MAX + 1 }>;

loose! {
    /// A group that is to be made.
    CreateBody {
        /// The device that makes it.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Its name.
        name: [name, subject] Loose<String>,
        /// Whom it begins with.
        participants: [participants] People,
        /// What it is about.
        description: [description] Loose<String>,
    }
}

loose! {
    /// Changes to a group.
    UpdateBody {
        /// The device that makes them.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// Its name.
        name: [name, subject] Loose<String>,
        /// What it is about; empty for nothing.
        description: [description] Words,
        /// Whether admins alone write.
        announce: [announce] Loose<bool>,
        /// Whether admins alone change what is shown of it.
        locked: [locked] Loose<bool>,
        /// Its picture, a JPEG in base64.
        picture: [pictureBase64, picture_base64] Base64,
        /// Where its picture is; not taken, see `pictureBase64`.
        picture_url: [pictureUrl, picture_url] Loose<String>,
        /// Seconds after which messages disappear; 0 or false for never, true for a week.
        ephemeral: [ephemeral] Loose<String>,
    }
}

loose! {
    /// People of a group, and what is to be done.
    PeopleBody {
        /// The device that does it.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// The people.
        participants: [participants] People,
        /// `add`, `remove`, `promote` or `demote`.
        action: [action] Loose<String>,
    }
}

loose! {
    /// A group that is to be joined.
    JoinBody {
        /// The device that joins.
        device: [deviceId, device_id, sessionId] Loose<String>,
        /// The link, or the code at its end.
        code: [code, link, inviteLink] Loose<String>,
    }
}

loose! {
    /// Changes to a chat.
    ChatBody {
        /// Whether it is archived.
        archived: [archived, archive] Loose<bool>,
        /// Whether it is pinned.
        pinned: [pinned, pin] Loose<bool>,
        /// Until when it is muted: a time, `true` for ever, `false` for not at all.
        muted_until: [mutedUntil, muted] Loose<String>,
        /// Whether it is read.
        seen: [read, isRead] Loose<bool>,
    }
}

/// A text that says something when it is empty.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub(crate) struct Words(String);

impl Given for Words {}

/// Seconds in which messages disappear where no number is given.
const WEEK_S: u32 = 7 * 86_400;

/// A group by its WhatsApp id, with or without `@g.us`.
///
/// # Errors
/// `VALIDATION`.
pub(crate) fn group(text: &str) -> Result<GroupId, Failure> {
    group_id(text).ok_or_else(|| wrong("groupId", "is not the id of a group, as in 120363021033254949@g.us"))
}

fn name(name: String) -> Result<String, Failure> {
    let mut problems = Problems::default();
    check_subject(&mut problems, &name);
    problems.or(Some(name))
}

fn description(description: String) -> Result<Option<String>, Failure> {
    let mut problems = Problems::default();
    problems.bound_chars("description", &description, GROUP_DESCRIPTION_CHARS_MAX);
    problems.or(Some(Some(description).filter(|text| !text.is_empty())))
}

fn people(given: Option<People>) -> Result<Vec<Address>, Failure> {
    let people = list(given);
    if !(1..=GROUP_PEOPLE_PER_CALL_MAX).contains(&people.len()) {
        return Err(wrong("participants", format!("has not 1 to {GROUP_PEOPLE_PER_CALL_MAX} people")));
    }
    let read = |(index, Loose(text)): (usize, Loose<String>)| person(&format!("participants.{index}"), &text);
    people.into_iter().enumerate().map(read).collect()
}

impl CreateBody {
    /// The group, and what it is about.
    ///
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn read(mut self) -> Result<(CreateGroup, Option<String>), Failure> {
        let subject = name(needed("name", self.name())?)?;
        let participants = people(self.participants())?;
        let about = text(self.description()).map(description).transpose()?.flatten();
        Ok((CreateGroup { subject, participants, settings: GroupSettings::default() }, about))
    }
}

/// Changes to a group, the picture by itself.
pub(crate) struct Changes {
    pub(crate) changes: GroupChanges,
    pub(crate) picture: Option<Vec<u8>>,
}

impl UpdateBody {
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn read(mut self) -> Result<Changes, Failure> {
        if self.picture_url().is_some() {
            return Err(wrong("pictureUrl", "is not fetched; give the picture in `pictureBase64`"));
        }
        let settings = GroupSettings {
            announce: self.announce().map(|Loose(on)| on),
            locked: self.locked().map(|Loose(on)| on),
            disappearing_seconds: text(self.ephemeral()).map(|text| lasting(&text)).transpose()?,
            ..GroupSettings::default()
        };
        let picture = self.picture().map(jpeg).transpose()?;
        let changes = GroupChanges {
            subject: text(self.name()).map(name).transpose()?,
            description: self.description().map(|Words(text)| description(text)).transpose()?,
            settings,
        };
        Ok(Changes { changes, picture })
    }
}

fn lasting(text: &str) -> Result<u32, Failure> {
    match text {
        "true" => Ok(WEEK_S),
        "false" => Ok(0),
        number => number.parse().map_err(|_| wrong("ephemeral", "is not a number of seconds")),
    }
}

/// The bytes of a picture, of the type that WhatsApp takes.
fn jpeg(Base64(bytes): Base64) -> Result<Vec<u8>, Failure> {
    if bytes.len() > PICTURE_BYTES_MAX as usize {
        return Err(wrong("pictureBase64", format!("is longer than {PICTURE_BYTES_MAX} bytes")));
    }
    if !bytes.starts_with(b"\xff\xd8\xff") {
        return Err(wrong("pictureBase64", "is not a JPEG in base64"));
    }
    Ok(bytes.to_vec())
}

impl PeopleBody {
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn read(mut self) -> Result<(ParticipantAction, Vec<Address>), Failure> {
        let action = match text(self.action()).as_deref() {
            None | Some("add") => ParticipantAction::Add,
            Some("remove") => ParticipantAction::Remove,
            Some("promote") => ParticipantAction::Promote,
            Some("demote") => ParticipantAction::Demote,
            Some(_) => return Err(wrong("action", "is not one of add, remove, promote, demote")),
        };
        Ok((action, people(self.participants())?))
    }
}

impl JoinBody {
    /// # Errors
    /// `VALIDATION` for what is no code.
    pub(crate) fn read(mut self) -> Result<InviteCode, Failure> {
        let given = needed("code", self.code())?;
        let mut problems = Problems::default();
        let code = read_code(&mut problems, "code", &given);
        problems.or(code.map(InviteCode))
    }
}

impl ChatBody {
    /// # Errors
    /// `VALIDATION` when nothing is given, or a time is none.
    pub(crate) fn read(mut self) -> Result<Vec<ChatChange>, Failure> {
        let muted = match text(self.muted_until()).as_deref() {
            None => None,
            Some("true") => Some(Mute::Always),
            Some("false") => Some(Mute::Off),
            Some(time) => Some(Mute::Until(read_when("mutedUntil", time, None)?)),
        };
        let changes: Vec<ChatChange> = [
            self.archived().map(|Loose(on)| ChatChange::Archived(on)),
            self.pinned().map(|Loose(on)| ChatChange::Pinned(on)),
            muted.map(ChatChange::Muted),
            self.read_flag(),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() {
            Err(wrong("archived", "is missing, and so is every other change"))
        } else {
            Ok(changes)
        }
    }

    fn read_flag(&mut self) -> Option<ChatChange> {
        self.seen().map(|Loose(on)| ChatChange::Read(on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_chat_are_those_that_are_given() {
        let check = |json: &str, expected: Option<Vec<ChatChange>>| {
            let body: ChatBody = serde_json::from_str(json).expect(json);
            assert_eq!(body.read().ok(), expected, "{json}");
        };
        check(
            r#"{"archived":true,"read":false}"#,
            Some(vec![ChatChange::Archived(true), ChatChange::Read(false)]),
        );
        check(r#"{"mutedUntil":false}"#, Some(vec![ChatChange::Muted(Mute::Off)]));
        let until = Mute::Until(1_769_851_800_000);
        check(r#"{"mutedUntil":"2026-01-31T09:30:00Z"}"#, Some(vec![ChatChange::Muted(until)]));
        check(r#"{"muted":true}"#, Some(vec![ChatChange::Muted(Mute::Always)]));
        check("{}", None);
        check(r#"{"mutedUntil":"soon"}"#, None);
    }

    #[test]
    fn a_group_is_changed_in_what_is_named() {
        let read = |json: &str| serde_json::from_str::<UpdateBody>(json).expect(json).read();
        let Changes { changes, picture } = read(r#"{"description":"","ephemeral":true}"#).expect("changes");
        assert_eq!((changes.description, changes.subject, picture), (Some(None), None, None));
        assert_eq!(changes.settings.disappearing_seconds, Some(WEEK_S));
        for wrong in [
            r#"{"pictureUrl":"https://e.org/a.jpg"}"#,
            r#"{"ephemeral":"long"}"#,
            r#"{"pictureBase64":"AAAA"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
