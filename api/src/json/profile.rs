//! The number's own profile, its devices and privacy, presence, limits: bodies and answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{
    ChatActivity, LimitsView, LinkedDevice, PictureView, PresenceCommand, PrivacySetting, PrivacyValue,
    PrivacyView, ProfileChanges, ProfileView,
};
use trunkline_model::limits::{ABOUT_CHARS_MAX, PRESENCE_PEOPLE_PER_CALL_MAX, PROFILE_NAME_CHARS_MAX};
use trunkline_model::{Address, Failure};

use super::fields::{First, Problems, present};
use super::party::{Person, read_people};
use super::time::Time;

/// Changes to the number's own profile. What is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateProfile")]
pub(crate) struct UpdateProfileBody {
    /// The name that others see.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1, max = PROFILE_NAME_CHARS_MAX))]
    name: Option<String>,
    /// The text under it; empty for none.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(max = ABOUT_CHARS_MAX))]
    about: Option<String>,
}

impl UpdateProfileBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<ProfileChanges, Failure> {
        let mut problems = Problems::default();
        if let Some(name) = &self.name {
            if name.trim().is_empty() {
                problems.add("name", "is empty");
            }
            problems.bound_chars("name", name, PROFILE_NAME_CHARS_MAX);
        }
        if let Some(about) = &self.about {
            problems.bound_chars("about", about, ABOUT_CHARS_MAX);
        }
        problems.or(Some(ProfileChanges { name: self.name, about: self.about }))
    }
}

/// The number's own profile.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Profile")]
pub(crate) struct ProfileJson<'a> {
    /// Who, with the name that others see.
    account: Person<'a>,
    /// The text under the name.
    about: Option<&'a str>,
    /// The picture; null without one.
    picture: Option<PictureJson<'a>>,
}

/// A profile picture on WhatsApp's servers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProfilePicture")]
pub(crate) struct PictureJson<'a> {
    /// WhatsApp's id of it; another picture has another.
    id: &'a str,
    /// Where it can be fetched for a while.
    url: &'a str,
}

impl<'a> ProfileJson<'a> {
    pub(crate) fn of(view: &'a ProfileView) -> ProfileJson<'a> {
        ProfileJson {
            account: Person::of(&view.account),
            about: view.about.as_deref(),
            picture: view.picture.as_ref().map(PictureJson::of),
        }
    }
}

impl<'a> PictureJson<'a> {
    pub(crate) fn of(view: &'a PictureView) -> PictureJson<'a> {
        PictureJson { id: &view.id, url: &view.url }
    }
}

/// A device of the number's WhatsApp account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinkedDevice")]
pub(crate) struct DeviceJson<'a> {
    /// Its number: 0 is the phone.
    number: u16,
    /// Its WhatsApp id.
    id: &'a str,
    /// Whether it is the phone.
    is_phone: bool,
    /// Whether it is this instance.
    is_this: bool,
}

impl<'a> DeviceJson<'a> {
    pub(crate) fn of(device: &'a LinkedDevice) -> DeviceJson<'a> {
        DeviceJson {
            number: device.number,
            id: &device.jid,
            is_phone: device.number == 0,
            is_this: device.is_this,
        }
    }
}

/// Changes to privacy settings, by their names. What is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdatePrivacy")]
pub(crate) struct UpdatePrivacyBody {
    /// Who sees when the account was online last: `all`, `contacts`, `contacts_except`, `nobody`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    last_seen: Option<String>,
    /// Who sees whether it is online: `all`, `match_last_seen`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    online: Option<String>,
    /// Who sees its picture: `all`, `contacts`, `contacts_except`, `nobody`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    picture: Option<String>,
    /// Who sees its about text: `all`, `contacts`, `contacts_except`, `nobody`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    about: Option<String>,
    /// Who may add it to groups: `all`, `contacts`, `contacts_except`, `nobody`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    groups: Option<String>,
    /// Who learns that it read something: `all`, `nobody`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    read_receipts: Option<String>,
    /// Who may call it: `all`, `known`, `contacts`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    calls: Option<String>,
    /// Who may write to it: `all`, `contacts`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    messages: Option<String>,
    /// The defence against unwanted messages: `off`, `on_standard`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    defense: Option<String>,
}

impl UpdatePrivacyBody {
    /// The changes, in the order of the settings.
    ///
    /// # Errors
    /// `VALIDATION` with every value that its setting does not take.
    pub(crate) fn read(self) -> Result<Vec<(PrivacySetting, PrivacyValue)>, Failure> {
        let given = [
            (PrivacySetting::LastSeen, self.last_seen),
            (PrivacySetting::Online, self.online),
            (PrivacySetting::Picture, self.picture),
            (PrivacySetting::About, self.about),
            (PrivacySetting::Groups, self.groups),
            (PrivacySetting::ReadReceipts, self.read_receipts),
            (PrivacySetting::Calls, self.calls),
            (PrivacySetting::Messages, self.messages),
            (PrivacySetting::Defense, self.defense),
        ];
        let mut problems = Problems::default();
        let mut changes = Vec::new();
        for (setting, word) in given {
            let Some(word) = word else { continue };
            match PrivacyValue::parse(&word).filter(|value| setting.values().contains(value)) {
                Some(value) => changes.push((setting, value)),
                None => {
                    let known: Vec<&str> = setting.values().iter().map(|value| value.as_str()).collect();
                    problems.add(setting.as_str(), format!("is none of {}", known.join(", ")));
                }
            }
        }
        problems.or(Some(changes))
    }
}

/// The privacy settings. One that WhatsApp did not tell, or set to something that this version does not know, is left out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Privacy")]
pub(crate) struct PrivacyJson {
    /// Each setting and what it is set to.
    #[serde(flatten)]
    settings: BTreeMap<&'static str, &'static str>,
}

impl PrivacyJson {
    pub(crate) fn of(view: &PrivacyView) -> PrivacyJson {
        let settings = view.settings.iter().map(|(setting, value)| (setting.as_str(), value.as_str()));
        PrivacyJson { settings: settings.collect() }
    }
}

/// Whether the number shows itself as online.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetPresence")]
pub(crate) struct PresenceBody {
    /// Whether online.
    online: bool,
}

impl PresenceBody {
    pub(crate) fn read(self) -> PresenceCommand {
        PresenceCommand::Set { online: self.online }
    }
}

/// People whose presence is to be followed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FollowPresence")]
pub(crate) struct FollowBody {
    /// The people: phone numbers or WhatsApp ids.
    #[schemars(length(min = 1))]
    people: First<String, { PRESENCE_PEOPLE_PER_CALL_MAX + 1 }>,
}

impl FollowBody {
    /// The people.
    ///
    /// # Errors
    /// `VALIDATION` when there is nobody, or an entry is no person.
    pub(crate) fn read(self) -> Result<PresenceCommand, Failure> {
        let mut problems = Problems::default();
        if self.people.0.is_empty() {
            problems.add("people", "is empty; name at least one person");
        }
        let people = read_people(&mut problems, "people", self.people.0, PRESENCE_PEOPLE_PER_CALL_MAX);
        problems.or(Some(PresenceCommand::Subscribe(people)))
    }
}

/// What is shown in a chat.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChatActivity")]
pub(crate) struct ActivityBody {
    /// `composing`, `recording` or `paused`.
    state: String,
}

impl ActivityBody {
    /// What to show there.
    ///
    /// # Errors
    /// `VALIDATION` for any other word.
    pub(crate) fn read(self, chat: Address) -> Result<PresenceCommand, Failure> {
        let mut problems = Problems::default();
        let activity = ChatActivity::ALL.into_iter().find(|known| known.as_str() == self.state);
        if activity.is_none() {
            problems.add("state", "is none of composing, recording, paused");
        }
        problems.or(activity.map(|activity| PresenceCommand::Show { chat, activity }))
    }
}

/// What WhatsApp publishes of what the number may do towards people it never wrote to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Limits")]
pub(crate) struct LimitsJson<'a> {
    /// Whether writing to strangers is restricted; null where WhatsApp did not tell.
    reachout: Option<ReachoutJson<'a>>,
    /// How many chats may be begun; null where WhatsApp did not tell.
    new_chats: Option<NewChatsJson<'a>>,
}

/// A restriction of writing to strangers. Chats that exist go on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReachoutLimit")]
pub(crate) struct ReachoutJson<'a> {
    /// Whether it is in force.
    restricted: bool,
    /// WhatsApp's word for why.
    kind: Option<&'a str>,
    /// Until when.
    until: Option<Time>,
}

/// A quota of new chats.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewChatLimit")]
pub(crate) struct NewChatsJson<'a> {
    /// WhatsApp's word for how it stands: `none` without a quota.
    status: &'a str,
    /// How many in a cycle.
    total: Option<u64>,
    /// How many of them are used.
    used: Option<u64>,
    /// Begin of the cycle.
    from: Option<Time>,
    /// Its end.
    until: Option<Time>,
}

impl<'a> LimitsJson<'a> {
    pub(crate) fn of(view: &'a LimitsView) -> LimitsJson<'a> {
        LimitsJson {
            reachout: view.reachout.as_ref().map(|limit| ReachoutJson {
                restricted: limit.restricted,
                kind: limit.kind.as_deref(),
                until: limit.until_ms.map(Time),
            }),
            new_chats: view.new_chats.as_ref().map(|limit| NewChatsJson {
                status: &limit.status,
                total: limit.total,
                used: limit.used,
                from: limit.from_ms.map(Time),
                until: limit.until_ms.map(Time),
            }),
        }
    }
}
