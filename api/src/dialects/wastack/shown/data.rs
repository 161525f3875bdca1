//! What a device knows of WhatsApp.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::chat::Mute;
use trunkline_model::command::{AboutView, ChatView, CheckedPerson, ContactView, PictureView, ProfileView};

use super::{id_of, name_of};
use crate::json::time::Time;

/// A chat.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatJson {
    /// WhatsApp id.
    pub(crate) id: String,
    pub(crate) name: String,
    is_group: bool,
    unread_count: u32,
    last_message_at: Option<Time>,
    archived: bool,
    pinned: bool,
    /// Until when it is muted; null for one that is not, or that is for ever.
    muted_until: Option<Time>,
    muted: bool,
}

impl ChatJson {
    pub(crate) fn of(view: &ChatView, now_ms: i64) -> ChatJson {
        let muted_until = match view.mute {
            Mute::Until(until_ms) if until_ms > now_ms => Some(Time(until_ms)),
            _ => None,
        };
        ChatJson {
            id: id_of(&view.chat),
            name: view.chat.name.clone().unwrap_or_else(|| name_of(&view.chat)),
            is_group: view.is_group,
            unread_count: view.unread.max(u32::from(view.marked_unread)),
            last_message_at: view.last_message_ms.map(Time),
            archived: view.archived,
            pinned: view.pinned,
            muted: muted_until.is_some() || view.mute == Mute::Always,
            muted_until,
        }
    }

    /// Whether it is found by a text, which is in lower case.
    pub(crate) fn matches(&self, search: &str) -> bool {
        self.name.to_lowercase().contains(search) || self.id.contains(search)
    }
}

/// Somebody whom the phone knows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhoneContactJson {
    /// WhatsApp id.
    id: String,
    phone: Option<String>,
    name: Option<String>,
    push_name: Option<String>,
    is_business: bool,
}

impl PhoneContactJson {
    pub(crate) fn of(view: &ContactView) -> PhoneContactJson {
        PhoneContactJson {
            id: id_of(&view.person),
            phone: view.person.phone.clone(),
            name: view.full_name.clone().or_else(|| view.first_name.clone()),
            push_name: view.push_name.clone(),
            is_business: view.business_name.is_some(),
        }
    }

    /// Whether it is found by a text, which is in lower case.
    pub(crate) fn matches(&self, search: &str) -> bool {
        let names = [&self.name, &self.push_name].into_iter().flatten();
        self.id.contains(search) || names.into_iter().any(|name| name.to_lowercase().contains(search))
    }
}

/// What somebody shows of themselves.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonJson {
    /// WhatsApp id.
    id: String,
    phone: Option<String>,
    name: Option<String>,
    push_name: Option<String>,
    is_business: bool,
    /// Whether the number is on WhatsApp.
    exists: bool,
    about: Option<String>,
    picture_url: Option<String>,
}

impl PersonJson {
    pub(crate) fn of(
        checked: &CheckedPerson,
        known: Option<&ContactView>,
        about: Option<AboutView>,
        picture: Option<PictureView>,
    ) -> PersonJson {
        PersonJson {
            id: id_of(&checked.person),
            phone: checked.person.phone.clone(),
            name: known.and_then(|known| known.full_name.clone()),
            push_name: known.and_then(|known| known.push_name.clone()),
            is_business: checked.is_business,
            exists: checked.on_whatsapp,
            about: about.and_then(|about| about.about),
            picture_url: picture.map(|picture| picture.url),
        }
    }
}

/// The number's own profile.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileJson {
    /// WhatsApp id.
    id: String,
    phone: Option<String>,
    name: Option<String>,
    about: Option<String>,
    picture_url: Option<String>,
}

impl ProfileJson {
    pub(crate) fn of(view: &ProfileView) -> ProfileJson {
        ProfileJson {
            id: id_of(&view.account),
            phone: view.account.phone.clone(),
            name: view.account.name.clone(),
            about: view.about.clone(),
            picture_url: view.picture.as_ref().map(|picture| picture.url.clone()),
        }
    }
}

/// Whether a number is on WhatsApp.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckedJson {
    /// The number as it was asked about.
    phone: String,
    exists: bool,
    /// WhatsApp id.
    jid: Option<String>,
}

impl CheckedJson {
    pub(crate) fn of(phone: String, checked: Option<&CheckedPerson>) -> CheckedJson {
        let found = checked.filter(|checked| checked.on_whatsapp);
        CheckedJson { phone, exists: found.is_some(), jid: found.map(|found| id_of(&found.person)) }
    }
}
